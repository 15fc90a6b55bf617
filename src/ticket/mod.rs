//! The paper: template to raster, raster to printer, and what is known of it afterwards.
//!
//! Invariant: a ticket is a picture (Vietnamese never goes through a code page), and no evidence
//! is claimed that the printer did not give.

use std::time::Duration;

use crate::queue::Paper;
use crate::words::Cause;

/// A 1-bit picture, a row padded to whole bytes, most significant bit leftmost, 1 = black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    /// Width in dots; a multiple of 8.
    pub width: u32,
    /// Height in dots.
    pub height: u32,
    /// `width / 8 * height` bytes.
    pub bits: Vec<u8>,
}

/// Why nothing, or not all, was printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct PrinterFault {
    /// For patient and staff.
    pub cause: Cause,
    /// For engineers.
    pub detail: String,
}

/// Something that puts a raster onto paper.
pub trait Printer: Send {
    /// Prints and cuts. Ends within `within`. `id` is what the printer echoes when the printing is
    /// complete, where it can. Never gives [`Paper::Failed`]: that is an error here.
    fn print(
        &mut self,
        raster: &Raster,
        id: [u8; 4],
        within: Duration,
    ) -> Result<Paper, PrinterFault>;

    /// Whether it could print now.
    fn status(&mut self, within: Duration) -> Result<(), PrinterFault>;
}
