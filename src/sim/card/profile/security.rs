//! Files that tell a reader what the chip can do: EF.CardAccess, DG14, DG15, EF.ATR/INFO
//! (ICAO 9303-11 §9.2, 9303-10 §4.7.14).

use openssl::error::ErrorStack;

use super::super::chip::{CipherKind, Mapping, PaceOffer};
use super::super::tlv::object;
use super::plan::ChipPlan;
use crate::sim::issuer::{Hash, Key, der};

/// The BSI's arc of protocols.
const PROTOCOLS: &str = "0.4.0.127.0.7.2.2";

fn cipher_number(cipher: CipherKind) -> u8 {
    match cipher {
        CipherKind::TripleDes => 1,
        CipherKind::Aes128 => 2,
        CipherKind::Aes192 => 3,
        CipherKind::Aes256 => 4,
    }
}

/// TerminalAuthenticationInfo: citizen cards have fingerprints, and a lock on them.
pub(super) fn terminal_authentication() -> Vec<u8> {
    der::sequence([der::oid(&format!("{PROTOCOLS}.2")), der::integer(1)])
}

/// PACEInfo.
pub(super) fn pace(offer: &PaceOffer) -> Vec<u8> {
    let mapping = match offer.mapping {
        Mapping::Generic => 2,
        Mapping::Integrated => 4,
        Mapping::ChipAuthentication => 6,
    };
    let cipher = cipher_number(offer.cipher);
    der::sequence([
        der::oid(&format!("{PROTOCOLS}.4.{mapping}.{cipher}")),
        der::integer(2),
        der::integer(offer.parameter.into()),
    ])
}

/// ChipAuthenticationInfo.
pub(super) fn chip_authentication(plan: &ChipPlan) -> Vec<u8> {
    let cipher = cipher_number(plan.cipher);
    let mut parts = vec![
        der::oid(&format!("{PROTOCOLS}.3.2.{cipher}")),
        der::integer(1),
    ];
    parts.extend(plan.id.map(|id| der::integer(id.into())));
    der::sequence_of(&parts)
}

/// ChipAuthenticationPublicKeyInfo.
pub(super) fn chip_key(key: &Key, id: Option<u8>) -> Result<Vec<u8>, ErrorStack> {
    let mut parts = vec![der::oid(&format!("{PROTOCOLS}.1.2")), key.spki()?];
    parts.extend(id.map(|id| der::integer(id.into())));
    Ok(der::sequence_of(&parts))
}

/// ActiveAuthenticationInfo: the hash that goes with an EC key.
pub(super) fn active_authentication(hash: Hash) -> Vec<u8> {
    der::sequence([
        der::oid("2.23.136.1.1.5"),
        der::integer(1),
        der::oid(hash.plain_oid()),
    ])
}

/// SecurityInfos.
pub(super) fn infos(infos: Vec<Vec<u8>>) -> Vec<u8> {
    der::set_of(infos)
}

/// DG14.
pub(super) fn dg14(security_infos: &[u8]) -> Vec<u8> {
    object(&[0x6E], security_infos)
}

/// DG15.
pub(super) fn dg15(key: &Key) -> Result<Vec<u8>, ErrorStack> {
    Ok(object(&[0x6F], &key.spki()?))
}

/// EF.ATR/INFO of a chip with extended length: its capabilities, and the longest command and reply
/// (ISO/IEC 7816-4 §12.7.1).
pub(super) fn atr_info(longest: u16) -> Vec<u8> {
    let capabilities = object(&[0x47], &[0x00, 0x00, 0x40]);
    let length = der::integer(longest.into());
    let lengths = object(&[0x7F, 0x66], &[length.clone(), length].concat());
    [capabilities, lengths].concat()
}
