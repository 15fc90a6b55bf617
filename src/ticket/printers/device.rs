use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use serialport::TTYPort;

use super::{Broken, Manner, Wire, ask, offline, ready};
use crate::queue::Paper;
use crate::ticket::{Printer, PrinterFault, Raster};

/// Speed of a serial line; a USB printer that poses as one ignores it. Slower is no use: at 9600
/// a ticket would take more than a minute.
const BAUD: u32 = 115_200;

/// ESC/POS to a device file: `/dev/usb/lp0` (usblp) or a serial line. Never blocks: usblp's reads
/// and, without paper, its writes have no time limit of their own.
#[derive(Debug)]
pub struct DevicePrinter {
    path: PathBuf,
    manner: Manner,
}

impl DevicePrinter {
    /// The printer at `path`. `band_rows`: rows of one raster band, 1 to 255.
    pub fn new(path: &Path, band_rows: u32) -> Self {
        Self {
            path: path.to_owned(),
            manner: Manner::new(band_rows),
        }
    }

    fn open(&self) -> Result<Line, PrinterFault> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let path = self.path.display();
        let file = rustix::fs::open(&self.path, flags, Mode::empty())
            .map_err(|e| offline(format!("printer {path}: {e}{}", cure(e))))?;
        let file = File::from(file);
        let settings = if file.is_terminal() {
            let port = serialport::new(self.path.to_string_lossy(), BAUD)
                .open_native()
                .map_err(|e| offline(format!("printer {path}: {e}")))?;
            Some(port)
        } else {
            None
        };
        Ok(Line {
            file,
            _raw: settings,
        })
    }
}

fn cure(error: Errno) -> &'static str {
    match error {
        Errno::NOENT | Errno::NODEV | Errno::NXIO | Errno::IO => {
            "; switch it on and check the cable"
        }
        Errno::BUSY => "; another program holds it: remove it from CUPS",
        Errno::ACCESS | Errno::PERM => "; install the udev rules",
        _ => "",
    }
}

impl Printer for DevicePrinter {
    fn print(
        &mut self,
        raster: &Raster,
        id: [u8; 4],
        within: Duration,
    ) -> Result<Paper, PrinterFault> {
        let deadline = Instant::now() + within;
        let mut line = self.open()?;
        self.manner.print(&mut line, raster, id, deadline)
    }

    fn status(&mut self, within: Duration) -> Result<(), PrinterFault> {
        let deadline = Instant::now() + within;
        ask(&mut self.open()?, deadline)
    }
}

struct Line {
    file: File,
    /// A serial line is raw as long as this lives: no byte of a picture is translated.
    _raw: Option<TTYPort>,
}

impl Wire for Line {
    fn send(&mut self, mut bytes: &[u8], until: Instant) -> Result<(), Broken> {
        while !bytes.is_empty() {
            ready(&self.file, PollFlags::OUT, until)?;
            match rustix::io::write(&self.file, bytes) {
                Ok(taken) => bytes = &bytes[taken..],
                Err(Errno::AGAIN | Errno::INTR) if Instant::now() < until => {}
                Err(Errno::AGAIN | Errno::INTR) => return Err(Broken::TimedOut),
                Err(e) => return Err(Broken::Closed(e.to_string())),
            }
        }
        // usblp takes a transfer and is writable again when the printer has it; to close the file
        // before that cuts the ticket off.
        ready(&self.file, PollFlags::OUT, until)
    }

    fn receive(&mut self, buffer: &mut [u8], until: Instant) -> Result<usize, Broken> {
        loop {
            ready(&self.file, PollFlags::IN, until)?;
            match rustix::io::read(&self.file, &mut *buffer) {
                Ok(0) => return Err(Broken::Closed("the printer is gone".into())),
                Ok(count) => return Ok(count),
                Err(Errno::AGAIN | Errno::INTR) if Instant::now() < until => {}
                Err(Errno::AGAIN | Errno::INTR) => return Err(Broken::TimedOut),
                Err(e) => return Err(Broken::Closed(e.to_string())),
            }
        }
    }
}
