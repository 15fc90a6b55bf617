//! The logical data structure (ICAO 9303-10): what the files mean.

mod atr_info;
mod com;
mod dg1;
mod dg11;
mod dg12;
mod dg13;
mod dg14;
mod dg15;
mod dg2;
mod file;
pub(super) mod mrz;
pub(super) mod security_info;
mod text;

use thiserror::Error;

pub(super) use atr_info::{AtrInfo, parse as parse_atr_info};
pub(super) use com::parse as parse_com;
pub(super) use dg1::parse as parse_dg1;
pub(super) use dg2::parse as parse_dg2;
pub(super) use dg11::{Dg11, parse as parse_dg11};
pub(super) use dg12::{Dg12, parse as parse_dg12};
pub(super) use dg13::{Dg13, parse as parse_dg13};
pub(super) use dg14::parse as parse_dg14;
pub(super) use dg15::parse as parse_dg15;
pub(super) use file::File;
pub(super) use security_info::SecurityInfos;

use super::tlv::TlvError;

/// The outermost tags of data groups 1 to 16 (ICAO 9303-10 §4.7).
const GROUP_TAGS: [u8; 16] = [
    0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70,
];

/// A file does not mean anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum LdsError {
    #[error("{0}")]
    Tlv(#[from] TlvError),
    #[error("{0}")]
    Content(&'static str),
}

/// A file with one byte changed by so much, for tests.
#[cfg(test)]
fn changed(file: &[u8], place: usize, by: i8) -> Vec<u8> {
    let mut file = file.to_vec();
    file[place] = file[place].wrapping_add_signed(by);
    file
}

/// A file of the BSI reference data set, for tests; `None` and a message where it is not at hand.
#[cfg(test)]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(super) fn bsi_reference(name: &str) -> Option<Vec<u8>> {
    let shared = std::env::var_os("TIEPDON_SHARED").unwrap_or("../shared".into());
    let path = std::path::Path::new(&shared)
        .join("data/emrtd/bsi-reference")
        .join(name);
    let file = std::fs::read(&path).ok();
    if file.is_none() {
        eprintln!("skipped: {name} (no {})", path.display());
    }
    file
}
