//! The reference data set of BSI TR-03105-5: a card that we did not make. It comes with the
//! private keys of its chip and active authentication.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;

use super::super::ATR;
use super::super::chip::{ActiveKey, Chip, ChipKey, CipherKind, Habits};

/// Its files by identifier, and their names. Its EF.COM lists a DG4 too, which nobody may read.
const FILES: [(u16, &str); 6] = [
    (0x011E, "EF_COM.bin"),
    (0x011D, "EF_SOD.bin"),
    (0x0101, "Datagroup1.bin"),
    (0x0102, "Datagroup2.bin"),
    (0x010E, "Datagroup14.bin"),
    (0x010F, "Datagroup15.bin"),
];
/// Where the second line of the MRZ begins in DG1: after two tags with their lengths and the first.
const SECOND_LINE: usize = 5 + 44;
/// id-CA-ECDH-3DES-CBC-CBC, as its DG14 says.
const CIPHER: CipherKind = CipherKind::TripleDes;

/// The card whose files lie in `folder`; `None` if one of them is missing or is not what it says.
/// It is opened by basic access control: its DG14 does not announce PACE.
pub fn bsi(folder: &Path) -> Option<Chip> {
    let read = |name: &str| fs::read(folder.join(name)).ok();
    let mut files = BTreeMap::new();
    for (id, name) in FILES {
        files.insert(id, read(name)?);
    }
    let key = |name| PKey::private_key_from_pkcs8(&read(name)?).ok();
    Some(Chip {
        atr: ATR.to_vec(),
        mrz_key: Some(mrz_key(&files[&0x0101])?),
        bac: true,
        chip_keys: vec![ChipKey {
            id: None,
            cipher: CIPHER,
            private: Some(key("DG14_sk.pkcs8")?),
        }],
        active_key: Some(ActiveKey {
            private: key("DG15_sk.pkcs8")?,
            hash: MessageDigest::sha1(),
        }),
        habits: Habits {
            master_file: true,
            ..Habits::default()
        },
        files,
        ..Chip::default()
    })
}

/// Document number, birth and expiry date with their check digits (ICAO 9303-4 §4.2.2).
fn mrz_key(dg1: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(dg1.get(SECOND_LINE..)?).ok()?;
    let parts = [line.get(0..10)?, line.get(13..20)?, line.get(21..28)?];
    Some(parts.concat())
}
