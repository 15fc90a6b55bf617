//! ICAO 9303 without I/O: reads a chip as a conversation of APDUs.
//!
//! [`Reader`] is the machine: it says what to transmit and is told what came back. It owns no
//! socket, no clock and no random source. [`read`] drives it over a [`Transport`]. To see how a
//! chip is read, open `reader.rs` first, then `access/pace.rs` and `messaging.rs`.
//!
//! Invariants: nothing of a card is accepted after the first reply that cannot be trusted; every
//! length that a card claims is checked against a limit before memory is taken for it; the same
//! password is tried once; keys, passwords and nonces are wiped when they are dropped.

mod access;
mod algorithm;
mod apdu;
mod asn1;
mod chip;
mod curve;
mod error;
mod file;
mod habits;
mod lds;
mod messaging;
mod portrait;
mod proof;
mod reader;
mod signature;
mod symmetric;
mod tlv;
mod transport;
mod trust;

pub use access::Access;
pub use chip::{Chip, LinkStats, Plan};
pub use error::ReadError;
pub use habits::Habits;
pub use portrait::{ImageFormat, Pixels, Portrait, PortraitFault};
pub use proof::{PassiveStep, Proof, Proofs};
pub use reader::{Reader, Request, Step};
pub use transport::{Line, Progress, TraceLine, Traced, Transport, TransportError, read};
pub use trust::{Added, CertificateEntry, CrlEntry, ListEntry, TrustFault, TrustStore};

/// The parsers of what a card sends, as plain functions for fuzzing: none may ever panic.
pub mod parsers {
    use jiff::civil::Date;

    use super::proof::{Passive, passive::verified_card_security};
    use super::signature::{PublicKey, SignatureAlgorithm};
    use super::trust::{Certificate, Crl, TrustStore};
    use super::{lds, tlv};

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
    }

    /// The SecurityInfos of EF.CardAccess and DG14.
    pub fn fuzz_card_access(bytes: &[u8]) {
        let _ = lds::security_info::SecurityInfos::parse(bytes);
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

    /// EF.COM.
    pub fn fuzz_com(bytes: &[u8]) {
        let _ = lds::parse_com(bytes);
    }

    /// EF.ATR/INFO.
    pub fn fuzz_atr_info(bytes: &[u8]) {
        let _ = lds::parse_atr_info(bytes);
    }

    /// The SecurityInfos of EF.CardAccess, DG14 and EF.CardSecurity.
    pub fn fuzz_security_infos(bytes: &[u8]) {
        let _ = lds::security_info::SecurityInfos::parse(bytes);
    }

    /// The text of a machine readable zone.
    pub fn fuzz_mrz(bytes: &[u8]) {
        let _ = lds::mrz::Mrz::parse(bytes);
    }
}
