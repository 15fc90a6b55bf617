//! The visit code as a QR symbol of whole dots.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

use super::sheet::Element;
use crate::ticket::TicketError;

/// What the code is called in the drawing.
pub(super) const ID: &str = "tiepdon visit code";

/// A module of fewer dots is not read from thermal paper.
const DOTS_MIN: f32 = 3.0;

/// Short codes are drawn no smaller than this (29 modules), so that tickets look alike.
const VERSION_MIN: u8 = 3;

/// The code in the middle of a square of `[x, y, side]`, in modules as large as whole dots of
/// `dot` allow. Error correction Q: a dead heating dot costs whole columns. The quiet zone is the
/// template's to keep.
pub(super) fn drawn(text: &str, [x, y, side]: [f32; 3], dot: f32) -> Result<Element, TicketError> {
    let too_long = || TicketError::CodeTooLong(text.len());
    let symbol = QrCode::encode_segments_advanced(
        &segments(text),
        QrCodeEcc::Quartile,
        Version::new(VERSION_MIN),
        Version::MAX,
        None,
        true,
    )
    .map_err(|_| too_long())?;
    let size = symbol.size();
    // Drawing is exact to a fraction of a dot.
    let dots = (side / dot / size as f32 + 0.02).floor();
    if dots < DOTS_MIN {
        return Err(too_long());
    }
    let module = dots * dot;
    let quiet = (side - size as f32 * module) / 2.0;
    let whole = |at: f32| ((at + quiet) / dot).round() * dot;
    let (left, top) = (whole(x), whole(y));
    let mut path = String::new();
    for row in 0..size {
        for column in (0..size).filter(|&column| symbol.get_module(column, row)) {
            let (x, y) = (left + column as f32 * module, top + row as f32 * module);
            write!(path, "M{x} {y}h{module}v{module}h-{module}z")
                .expect("a String takes all that is written to it");
        }
    }
    let mut drawn = Element::new("path");
    drawn.set("id", ID.into());
    drawn.set("shape-rendering", "crispEdges".into());
    drawn.set("d", path);
    Ok(drawn)
}

/// A mark and the digits after it in the mode that is shortest for each.
fn segments(text: &str) -> Vec<QrSegment> {
    let (mark, digits) = text.split_at(text.find(':').map_or(0, |colon| colon + 1));
    let split =
        !mark.is_empty() && QrSegment::is_alphanumeric(mark) && QrSegment::is_numeric(digits);
    if split {
        vec![
            QrSegment::make_alphanumeric(mark),
            QrSegment::make_numeric(digits),
        ]
    } else {
        QrSegment::make_segments(text)
    }
}
