//! The parsers of what a card sends, as plain functions for fuzzing: none may ever panic, go on
//! without end, or take memory beyond what it was given. `fuzz/` feeds them to libFuzzer, the tests
//! replay its corpus on any compiler.

mod card;

use jiff::civil::Date;

use super::apdu::Command;
use super::messaging::SecureMessaging;
use super::portrait::Portrait;
use super::proof::{Passive, passive::verified_card_security};
use super::signature::{PublicKey, SignatureAlgorithm};
use super::symmetric::{Cipher, Key};
use super::trust::{Certificate, Crl, TrustStore};
use super::{lds, tlv};

pub use card::{fuzz_reader, fuzz_reader_open, script_of};

/// The name of a fuzz target and of its corpus, and what it feeds.
pub type Parser = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: &[Parser] = &[
    ("atr_info", fuzz_atr_info),
    ("card_access", fuzz_card_access),
    ("certificate", fuzz_certificate),
    ("com", fuzz_com),
    ("crl", fuzz_crl),
    ("dg1", fuzz_dg1),
    ("dg2", fuzz_dg2),
    ("dg11", fuzz_dg11),
    ("dg12", fuzz_dg12),
    ("dg13", fuzz_dg13),
    ("dg14", fuzz_dg14),
    ("dg15", fuzz_dg15),
    ("master_list", fuzz_master_list),
    ("messaging", fuzz_messaging),
    ("mrz", fuzz_mrz),
    ("portrait", fuzz_portrait),
    ("reader", fuzz_reader),
    ("reader_open", fuzz_reader_open),
    ("security_infos", fuzz_security_infos),
    ("sod", fuzz_sod),
    ("tlv", fuzz_tlv),
];

const DAY: Date = Date::constant(2026, 1, 1);

/// EF.SOD, with all of passive authentication, and EF.CardSecurity.
pub fn fuzz_sod(bytes: &[u8]) {
    let trust = TrustStore::default();
    let mut passive = Passive::parse(bytes);
    passive.verify(&trust, DAY);
    passive.check_group(1, bytes);
    passive.check_document("VNM", "ID", Some(DAY));
    let _ = passive.proof();
    let _ = verified_card_security(bytes, &trust, DAY);
}

/// A certificate: its key, its algorithm, and a chain to itself.
pub fn fuzz_certificate(bytes: &[u8]) {
    let _ = PublicKey::parse(bytes);
    let _ = SignatureAlgorithm::parse(bytes);
    let Ok(certificate) = Certificate::parse(bytes) else {
        return;
    };
    let mut trust = TrustStore::default();
    if trust.add("fuzz", bytes).is_ok() {
        let _ = trust.anchor_of(&certificate);
        let _ = trust.certificates();
    }
}

/// A file of the trust store: PEM, certificate, master list, revocation list.
pub fn fuzz_master_list(bytes: &[u8]) {
    let mut trust = TrustStore::default();
    if trust.add("fuzz", bytes).is_ok() {
        let _ = (trust.lists(), trust.crls());
    }
}

/// A certificate revocation list.
pub fn fuzz_crl(bytes: &[u8]) {
    if let Ok(crl) = Crl::parse(bytes) {
        let _ = crl.revokes(bytes);
    }
}

/// BER-TLV.
pub fn fuzz_tlv(bytes: &[u8]) {
    let _ = tlv::list(bytes);
    let _ = tlv::header(bytes);
    let _ = tlv::only(bytes, 0x61);
}

/// EF.CardAccess: what it offers, under which names.
pub fn fuzz_card_access(bytes: &[u8]) {
    if let Ok(infos) = lds::SecurityInfos::parse(bytes) {
        let _ = infos.contradicts(&infos);
        for info in &infos.pace {
            let _ = info.name();
        }
    }
}

/// The SecurityInfos of DG14 and EF.CardSecurity, with their keys.
pub fn fuzz_security_infos(bytes: &[u8]) {
    if let Ok(infos) = lds::SecurityInfos::parse(bytes) {
        for key in &infos.chip_keys {
            let _ = PublicKey::parse(&key.spki);
        }
    }
}

/// EF.COM.
pub fn fuzz_com(bytes: &[u8]) {
    let _ = lds::parse_com(bytes);
}

/// EF.ATR/INFO.
pub fn fuzz_atr_info(bytes: &[u8]) {
    let _ = lds::parse_atr_info(bytes);
}

/// DG1.
pub fn fuzz_dg1(bytes: &[u8]) {
    let _ = lds::parse_dg1(bytes);
}

/// DG2.
pub fn fuzz_dg2(bytes: &[u8]) {
    let _ = lds::parse_dg2(bytes);
}

/// DG11.
pub fn fuzz_dg11(bytes: &[u8]) {
    let _ = lds::parse_dg11(bytes);
}

/// DG12.
pub fn fuzz_dg12(bytes: &[u8]) {
    let _ = lds::parse_dg12(bytes);
}

/// DG13.
pub fn fuzz_dg13(bytes: &[u8]) {
    let _ = lds::parse_dg13(bytes, true);
}

/// DG14.
pub fn fuzz_dg14(bytes: &[u8]) {
    let _ = lds::parse_dg14(bytes);
}

/// DG15.
pub fn fuzz_dg15(bytes: &[u8]) {
    let _ = lds::parse_dg15(bytes);
}

/// The text of a machine readable zone, with all its fields, and of a typed key.
pub fn fuzz_mrz(bytes: &[u8]) {
    if let Ok(zone) = lds::mrz::Mrz::parse(bytes) {
        let _ = (zone.key(), zone.birth_date(), zone.expiry_date());
        let _ = (zone.name_latin(), zone.personal_number());
        let _ = (
            zone.document_code(),
            zone.issuing_state(),
            zone.nationality(),
        );
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = lds::mrz::key_of(text);
    }
}

/// An image, decoded within limits.
pub fn fuzz_portrait(bytes: &[u8]) {
    if let Some(portrait) = Portrait::of(bytes) {
        let _ = portrait.decode();
    }
}

/// A reply under secure messaging with a known key. The first byte tells the cipher, and whether
/// the rest is a whole reply or the objects of one, which then get a right MAC: so a fuzzer also
/// comes to what is behind it.
pub fn fuzz_messaging(bytes: &[u8]) {
    let Some((mode, rest)) = bytes.split_first() else {
        return;
    };
    let ciphers = [
        Cipher::TripleDes,
        Cipher::Aes128,
        Cipher::Aes192,
        Cipher::Aes256,
    ];
    let cipher = ciphers[usize::from(mode & 3)];
    let key = || Key::cut(cipher, &[0x5A; 32]).expect("no key is longer");
    let mut messaging = SecureMessaging::new(key(), key());
    messaging.protect(&Command::read_sfi(1, 0x80));
    let reply = match mode & 4 {
        0 => rest.to_vec(),
        _ => with_right_mac(&key(), rest),
    };
    let _ = messaging.unprotect(&reply);
}

/// The second message of a session: the counter stands at two.
fn with_right_mac(key: &Key, objects: &[u8]) -> Vec<u8> {
    let block = key.cipher().block_len();
    let mut message = vec![0; block - 1];
    message.push(2);
    message.extend_from_slice(objects);
    super::symmetric::pad(&mut message, block);
    let mac = tlv::build(0x8E, &key.mac(&message));
    [objects, &mac, &[0x90, 0x00]].concat()
}
