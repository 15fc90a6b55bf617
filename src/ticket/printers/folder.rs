use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::Access;

use crate::queue::Paper;
use crate::ticket::{Printer, PrinterFault, Raster};
use crate::words::Cause;

/// Tickets of one id and second: more is a loop somewhere.
const SAME_NAME_MAX: u32 = 100;

/// Pictures into a folder, for trials without a printer. A ticket names a person's errand, so the
/// folder and the files are for the kiosk's user alone.
#[derive(Debug)]
pub struct FolderPrinter {
    folder: PathBuf,
}

impl FolderPrinter {
    /// Tickets go into `folder`, which is made where it is missing.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    fn make_folder(&self) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
    }

    fn write(&self, raster: &Raster, id: [u8; 4]) -> io::Result<()> {
        self.make_folder()?;
        let mut file = self.create(id)?;
        file.write_all(&raster.to_png())?;
        file.sync_all()?;
        // The name is durable only with the folder.
        File::open(&self.folder)?.sync_all()
    }

    fn create(&self, id: [u8; 4]) -> io::Result<File> {
        let time = jiff::ZonedDateTime::now()
            .strftime("%Y%m%d-%H%M%S")
            .to_string();
        let id = if id.iter().all(u8::is_ascii_alphanumeric) {
            id.iter().map(|&byte| char::from(byte)).collect()
        } else {
            hex::encode(id)
        };
        for copy in 0..SAME_NAME_MAX {
            let copy = if copy == 0 {
                String::new()
            } else {
                format!("-{copy}")
            };
            let path = self.folder.join(format!("{time}-{id}{copy}.png"));
            match OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
            {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                result => return result,
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    fn fault(&self, error: &dyn std::fmt::Display) -> PrinterFault {
        let folder = self.folder.display();
        let detail = format!("no ticket can be written into {folder}: {error}");
        PrinterFault::new(Cause::PrinterShutdown, detail)
    }
}

impl Printer for FolderPrinter {
    /// [`Paper::Confirmed`] once the picture is on the disk.
    fn print(
        &mut self,
        raster: &Raster,
        id: [u8; 4],
        _within: Duration,
    ) -> Result<Paper, PrinterFault> {
        self.write(raster, id).map_err(|e| self.fault(&e))?;
        Ok(Paper::Confirmed)
    }

    fn status(&mut self, _within: Duration) -> Result<(), PrinterFault> {
        self.make_folder().map_err(|e| self.fault(&e))?;
        rustix::fs::access(&self.folder, Access::WRITE_OK | Access::EXEC_OK)
            .map_err(|e| self.fault(&e))
    }
}
