//! The logical data structure (ICAO 9303-10): what the files mean.

mod dg1;
mod dg13;
mod dg2;
mod file;
pub(super) mod mrz;
pub(super) mod security_info;

use thiserror::Error;

pub(super) use dg1::parse as parse_dg1;
pub(super) use dg2::parse as parse_dg2;
pub(super) use dg13::{Dg13, parse as parse_dg13};
pub(super) use file::File;
pub(super) use security_info::SecurityInfos;

use super::tlv::TlvError;

/// A file does not mean anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum LdsError {
    #[error("{0}")]
    Tlv(#[from] TlvError),
    #[error("{0}")]
    Content(&'static str),
}
pub(super) fn parse_card_access(b: &[u8]) -> Result<SecurityInfos, LdsError> { Ok(SecurityInfos::parse(b)?) }
pub(super) fn parse_dg14(b: &[u8]) -> Result<SecurityInfos, LdsError> { Ok(SecurityInfos::parse(super::tlv::expect(b, 0x6E)?)?) }
pub(super) fn parse_dg15(b: &[u8]) -> Result<&[u8], LdsError> { Ok(super::tlv::expect(b, 0x6F)?) }
pub(super) struct AtrInfo { pub extended_length: bool, pub reply_max: Option<u32> }
pub(super) fn parse_atr_info(_b: &[u8]) -> Result<AtrInfo, LdsError> { Err(LdsError::Content("pending")) }
