//! The edges: bytes to a printer and back, each call against a deadline.
//!
//! A connection is opened for each ticket and closed after it, so that a printer that was
//! unplugged, switched off or replaced is found again by the next one.

mod escpos;
mod exchange;
mod folder;
mod ipp;
mod line;
mod roll;
#[cfg(test)]
mod tests;

use super::Printer;
use crate::config::{self, Link};

use escpos::EscPosPrinter;
use folder::FolderPrinter;
use ipp::IppPrinter;
pub use roll::Roll;

/// The printer that the settings name. Nothing is opened yet.
pub fn open(settings: &config::Printer) -> Box<dyn Printer> {
    let printer: Box<dyn Printer> = match &settings.link {
        Link::Tcp(_) | Link::Device(_) => Box::new(EscPosPrinter::new(settings)),
        Link::Ipp { uri, user } => Box::new(IppPrinter::new(uri, user)),
        Link::Folder(path) => Box::new(FolderPrinter::new(path)),
    };
    match &settings.roll {
        Some(roll) => Box::new(Roll::around(printer, roll)),
        None => printer,
    }
}
