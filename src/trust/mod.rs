//! The folder of trust anchors: reads it, notices when it changes, and says what is amiss with it.
//!
//! [`Contents`] is what a folder holds, file by file; [`Folder`] keeps the store of a running kiosk
//! up to date. What a certificate or a list means is `emrtd`'s affair.
//! Invariant: a change is used only if the whole folder is read without a fault; else what was
//! trusted before stays, and the fault is told.

mod contents;
mod folder;
#[cfg(all(test, feature = "sim"))]
mod tests;
mod warning;

pub use contents::{Contents, FileFault, Taken};
pub use folder::Folder;
pub use warning::{Warning, warnings};

/// The day on which certificates are judged: they are valid from and until a day in UTC.
pub fn today() -> jiff::civil::Date {
    let utc = jiff::tz::TimeZone::UTC;
    utc.to_datetime(jiff::Timestamp::now()).date()
}
