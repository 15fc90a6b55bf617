use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config;
use crate::queue::Paper;
use crate::ticket::{Printer, PrinterFault, Raster};
use crate::words::Cause;

/// Dots a millimetre of the usual 203 dpi.
const DOTS_A_MM: u32 = 8;

/// From the cutter to the head: the paper that a cut wastes.
const CUT_MM: u32 = 15;

/// Counts the paper of each roll, for printers without a sensor for its end; the count is in a file
/// beside the store. A roll is new after the paper was out, after the cover was open while the roll
/// was low, and when somebody says so.
pub struct Roll {
    printer: Box<dyn Printer>,
    settings: config::Roll,
    count: Count,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Count {
    /// Millimetres that the present roll has given.
    printed_mm: u32,
    /// The roll is being changed: the paper is out, or the cover open while it was low.
    changing: bool,
}

impl Roll {
    pub(super) fn around(printer: Box<dyn Printer>, settings: &config::Roll) -> Self {
        // A count that cannot be read is of no roll: the warning comes too late at worst.
        let count = read(&settings.file).unwrap_or_else(|why| {
            tracing::warn!(why, "the count of the printer's roll is lost");
            Count::default()
        });
        Self {
            printer,
            settings: settings.clone(),
            count,
        }
    }

    /// Somebody put a new roll in.
    ///
    /// # Errors
    /// The count's file cannot be written.
    pub fn renew(settings: &config::Roll) -> io::Result<()> {
        write(&settings.file, Count::default())
    }

    /// Millimetres that the present roll has given.
    ///
    /// # Errors
    /// The count's file cannot be read.
    pub fn printed_mm(settings: &config::Roll) -> Result<u32, String> {
        read(&settings.file).map(|count| count.printed_mm)
    }

    /// Another process may have told of a new roll meanwhile.
    fn look(&mut self) {
        if let Ok(count) = read(&self.settings.file) {
            self.count = count;
        }
    }

    fn note<T>(&mut self, result: &Result<T, PrinterFault>, printed_mm: u32) {
        let before = self.count;
        self.count.printed_mm += printed_mm;
        match result.as_ref().map_err(|fault| fault.cause) {
            Err(Cause::MediaEmpty) => self.count.changing = true,
            Err(Cause::CoverOpen) => self.count.changing |= self.warning().is_some(),
            Ok(_) if self.count.changing => self.count = Count::default(),
            Ok(_) | Err(_) => {}
        }
        if self.count != before
            && let Err(error) = write(&self.settings.file, self.count)
        {
            tracing::warn!(%error, "the count of the printer's roll is not kept");
        }
    }
}

impl Printer for Roll {
    fn print(
        &mut self,
        raster: &Raster,
        id: [u8; 4],
        within: Duration,
    ) -> Result<Paper, PrinterFault> {
        self.look();
        let result = self.printer.print(raster, id, within);
        // What came out of a failed one is not known; it is a ticket at most.
        self.note(&result, raster.height / DOTS_A_MM + CUT_MM);
        result
    }

    fn status(&mut self, within: Duration) -> Result<(), PrinterFault> {
        self.look();
        let result = self.printer.status(within);
        self.note(&result, 0);
        result
    }

    fn warning(&self) -> Option<PrinterFault> {
        let left = self
            .settings
            .length_mm
            .saturating_sub(self.count.printed_mm);
        let counted = || {
            let detail = format!("about {left} mm are left on the printer's roll, by count");
            (left <= self.settings.low_mm).then(|| PrinterFault::new(Cause::MediaLow, detail))
        };
        self.printer.warning().or_else(counted)
    }

    fn about(&self) -> String {
        let mm = self.count.printed_mm;
        format!("{}, {mm} mm of this roll printed", self.printer.about())
    }
}

fn read(file: &Path) -> Result<Count, String> {
    match fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| e.to_string()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Count::default()),
        Err(e) => Err(e.to_string()),
    }
}

/// Wholly or not at all, and durably.
fn write(file: &Path, count: Count) -> io::Result<()> {
    let new = file.with_extension("new");
    let mut writing = File::create(&new)?;
    writing.write_all(&serde_json::to_vec(&count)?)?;
    writing.sync_all()?;
    fs::rename(&new, file)?;
    file.parent().map_or(Ok(()), |folder| {
        File::open(folder).and_then(|folder| folder.sync_all())
    })
}
