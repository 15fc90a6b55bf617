//! The visit code as a QR symbol of whole dots.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

use crate::ticket::TicketError;

/// A module of fewer dots is not read from thermal paper.
const DOTS_MIN: u32 = 3;

/// Short codes are drawn no smaller than this (29 modules), so that tickets look alike.
const VERSION_MIN: u8 = 3;

/// An SVG path and its side in dots. The path's upper left corner is the origin; `dots` a module, or
/// fewer where the symbol would be wider than `side` dots. Error correction Q: a dead heating dot costs whole columns.
/// The quiet zone is the template's to keep.
pub(super) fn path(text: &str, dots: u32, side: u32) -> Result<(String, u32), TicketError> {
    let symbol = QrCode::encode_segments_advanced(
        &QrSegment::make_segments(text),
        QrCodeEcc::Quartile,
        Version::new(VERSION_MIN),
        Version::MAX,
        None,
        true,
    )
    .map_err(|_| TicketError::CodeTooLong(text.len()))?;
    let size = symbol.size();
    let dots = dots.min(side / size.unsigned_abs());
    if dots < DOTS_MIN {
        return Err(TicketError::CodeTooLong(text.len()));
    }
    let mut drawn = String::from("<path shape-rendering=\"crispEdges\" d=\"");
    for y in 0..size {
        for x in (0..size).filter(|&x| symbol.get_module(x, y)) {
            let (left, top) = (x.unsigned_abs() * dots, y.unsigned_abs() * dots);
            write!(drawn, "M{left} {top}h{dots}v{dots}h-{dots}z")
                .expect("a String takes all that is written to it");
        }
    }
    drawn.push_str("\"/>");
    Ok((drawn, size.unsigned_abs() * dots))
}
