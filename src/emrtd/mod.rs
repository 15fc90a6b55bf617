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
mod crypto;
mod error;
mod file;
mod lds;
mod messaging;
mod proof;
mod reader;
mod signature;
mod tlv;
mod transport;
mod trust;

pub use access::Access;
pub use chip::{Chip, ImageFormat, LinkStats, Plan, Portrait};
pub use error::ReadError;
pub use reader::{Reader, Step};
pub use transport::{TraceLine, Traced, Transport, TransportError, read};
pub use trust::{Added, CertificateEntry, CrlEntry, ListEntry, TrustFault, TrustStore};

/// The parsers of what a card sends, as plain functions for fuzzing: none may ever panic.
pub mod parsers {
    use jiff::civil::Date;

    use super::proof::passive::{Passive, verified_card_security};
    use super::signature::{PublicKey, SignatureAlgorithm};
    use super::trust::{Certificate, Crl, TrustStore};
    use super::{access, lds, tlv};

    const DAY: Date = Date::constant(2026, 1, 1);

    /// EF.SOD, with all of passive authentication, and EF.CardSecurity.
    pub fn fuzz_sod(bytes: &[u8]) {
        let trust = TrustStore::default();
        let mut passive = Passive::of(bytes, &trust, DAY);
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

    /// EF.CardAccess.
    pub fn fuzz_card_access(bytes: &[u8]) {
        let _ = access::parse_card_access(bytes);
    }

    /// DG1.
    pub fn fuzz_dg1(bytes: &[u8]) {
        let _ = lds::parse_dg1(bytes);
    }

    /// DG2.
    pub fn fuzz_dg2(bytes: &[u8]) {
        let _ = lds::parse_dg2(bytes);
    }

    /// DG13.
    pub fn fuzz_dg13(bytes: &[u8]) {
        let _ = lds::parse_dg13(bytes);
    }

    /// The text of a TD1 machine readable zone.
    pub fn fuzz_mrz(bytes: &[u8]) {
        let _ = lds::mrz::Td1::parse(bytes);
    }
}
