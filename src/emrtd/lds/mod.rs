//! The logical data structure (ICAO 9303-10): what the files mean.

mod dg1;
mod dg13;
mod dg2;
pub(super) mod mrz;
pub(super) mod security_info;

use thiserror::Error;

pub(super) use dg1::parse as parse_dg1;
pub(super) use dg2::parse as parse_dg2;
pub(super) use dg13::{Dg13, parse as parse_dg13};

use super::tlv::TlvError;

/// A data group that this reader knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DataGroup {
    /// The machine readable zone.
    Dg1,
    /// The portrait.
    Dg2,
    /// What the issuer added: here, the holder in Vietnamese.
    Dg13,
}

impl DataGroup {
    /// Its number, which is also its short file identifier (ICAO 9303-10 §4.7).
    pub fn number(self) -> u8 {
        match self {
            Self::Dg1 => 1,
            Self::Dg2 => 2,
            Self::Dg13 => 13,
        }
    }

    /// Its outermost tag.
    pub fn tag(self) -> u32 {
        match self {
            Self::Dg1 => 0x61,
            Self::Dg2 => 0x75,
            Self::Dg13 => 0x6D,
        }
    }
}

/// A file does not mean anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum LdsError {
    #[error("{0}")]
    Tlv(#[from] TlvError),
    #[error("{0}")]
    Content(&'static str),
}
