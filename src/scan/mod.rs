//! Codes seen by camera or scanner, as text. Invariant: text is what stood in the code, or there is
//! none; no character set is guessed. Bytes are UTF-8, but for the Shift JIS that a code declares by
//! its kanji, and the katakana that the standard's first edition means by them.
//!
//! `decode` reads pictures, `look` says what is done with a live camera's frames, `camera` is the
//! device, `serial` and `wedge` are the scanners. `benches/qr` sets the decoder beside its peers.

#[cfg(feature = "camera")]
mod advice;
#[cfg(feature = "camera")]
mod camera;
mod decode;
#[cfg_attr(
    not(feature = "camera"),
    expect(
        dead_code,
        reason = "only whoever holds something before a camera is told"
    )
)]
mod hint;
mod linear;
#[cfg(feature = "camera")]
mod look;
mod luma;
mod measure;
#[cfg(feature = "camera")]
mod motion;
mod preview;
mod recent;
mod scanner;
mod serial;
#[cfg(feature = "camera")]
mod small;
mod source;
mod still;
mod wedge;

use crate::fence;

#[cfg(feature = "camera")]
pub use advice::Advice;
#[cfg(feature = "camera")]
pub use camera::{About, CameraFault, Inspection, cameras, inspect, start_camera};
#[cfg(all(feature = "camera", feature = "sim"))]
pub use camera::{Film, start_film};
pub use decode::{Code, Eye, Place, Sight, Symbology, decode, decode_linear};
pub use hint::Hint;
pub use luma::Luma;
pub use measure::{Area, Measure, measure, measure_area};
pub use preview::{Glance, Preview};
pub use scanner::start_scanner;
pub use source::{Mode, ScanEvent, SourceHandle};
pub use still::read_picture;
pub use wedge::{WedgeError, probe_wedge};

/// Why no code can be looked for.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The file cannot be opened.
    #[error("cannot be opened: {0}; check its name and your rights")]
    Open(#[source] std::io::Error),
    /// The file is no picture of a known kind, or it is damaged or too large.
    #[error("not a readable picture: {0}; give a PNG, JPEG, WebP, BMP or PNM file")]
    Picture(#[source] image::ImageError),
    /// The picture made its decoder fail.
    #[error("the picture is damaged; save it anew")]
    Damaged,
    /// The picture is empty or too large, in pixels.
    #[error("{0} by {1} pixels: give a picture of at most 8000 by 8000")]
    Size(u32, u32),
}
