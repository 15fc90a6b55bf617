//! The 2D scanner, whatever it plays towards the computer.

use super::source::{ScanEvent, SourceHandle, start};
use super::{serial, wedge};
use crate::config::{self, ScannerMode};

/// Starts reading the scanner. It is opened again by itself when it went away and came back.
pub fn start_scanner(
    settings: config::Scanner,
    sink: impl Fn(ScanEvent) + Send + 'static,
) -> SourceHandle {
    start("scanner", sink, move |outlet| match settings.mode {
        ScannerMode::Serial { baud } => serial::serve(&settings.device, baud, outlet),
        ScannerMode::Keyboard => wedge::serve(&settings.device, outlet),
    })
}
