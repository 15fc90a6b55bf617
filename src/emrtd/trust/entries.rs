//! What the store holds, told to people: by `doctor` and `trust list`.

use jiff::civil::Date;

use super::{Anchor, TrustStore};
use crate::emrtd::signature::KeyFault;

/// 2.5.4.3: commonName.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// A certificate of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateEntry {
    /// The file that it came in.
    pub file: String,
    /// Whose it is.
    pub subject: String,
    /// The two-letter country.
    pub country: Option<String>,
    /// The first day of its validity.
    pub not_before: Date,
    /// The last day of its validity.
    pub not_after: Date,
    /// The serial number, hexadecimal.
    pub serial: String,
    /// The SHA-256 fingerprint, hexadecimal.
    pub sha256: String,
    /// Kind and size of its key (`EC brainpoolP384r1`), or why it cannot be used.
    pub key: String,
    /// Whether the key is of a kind that is known here.
    pub is_usable: bool,
    /// Whether it may sign certificates: a CSCA's, and not a document signer's.
    pub is_csca: bool,
    /// Signed by an older CSCA.
    pub is_link: bool,
    /// It came in a file of its own and not in a list alone.
    pub is_pinned: bool,
}

impl CertificateEntry {
    fn of(anchor: &Anchor) -> Self {
        let certificate = &anchor.certificate;
        let key = certificate.key();
        Self {
            file: anchor.file.clone(),
            subject: certificate.subject.to_string(),
            country: certificate.subject.country(),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            serial: hex::encode_upper(&certificate.serial),
            sha256: hex::encode_upper(anchor.fingerprint),
            is_usable: key.is_ok(),
            key: key.map_or_else(|fault: KeyFault| fault.to_string(), |key| key.name()),
            is_csca: certificate.is_issuer(),
            is_link: certificate.is_link(),
            is_pinned: anchor.is_pinned,
        }
    }

    /// Its validity is over.
    pub fn expired(&self, today: Date) -> bool {
        self.not_after < today
    }
}

/// A master list of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// The file that it came in.
    pub file: String,
    /// Who signed it.
    pub signer: String,
    /// The day on which it was signed, if that is told.
    pub signed: Option<Date>,
    /// How many certificates it holds.
    pub certificates: usize,
    /// The certificate in a file of its own that vouches for the signer.
    pub pinned_by: Option<String>,
}

/// A revocation list of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlEntry {
    /// The file that it came in.
    pub file: String,
    /// Whose certificates it revokes.
    pub issuer: String,
    /// The day of the list.
    pub this_update: Date,
    /// The day until which it is fresh.
    pub next_update: Option<Date>,
    /// How many certificates it revokes.
    pub revoked: usize,
    /// A CSCA of the store signed it.
    pub is_verified: bool,
}

impl CrlEntry {
    /// It says nothing about today any more.
    pub fn stale(&self, today: Date) -> bool {
        self.next_update.is_none_or(|next| next < today)
    }
}

impl TrustStore {
    /// The certificates.
    pub fn certificates(&self) -> Vec<CertificateEntry> {
        self.anchors.iter().map(CertificateEntry::of).collect()
    }

    /// The master lists.
    pub fn lists(&self) -> Vec<ListEntry> {
        let entry = |list: &super::List| ListEntry {
            file: list.file.clone(),
            signer: list.signer.subject.to_string(),
            signed: list.signed,
            certificates: list.certificates,
            pinned_by: self.pin_of(&list.signer).map(|pin| pin.subject.to_string()),
        };
        self.lists.iter().map(entry).collect()
    }

    /// The revocation lists.
    pub fn crls(&self) -> Vec<CrlEntry> {
        let entry = |(file, crl): &(String, super::Crl)| CrlEntry {
            file: file.clone(),
            issuer: crl.issuer.to_string(),
            this_update: crl.this_update,
            next_update: crl.next_update,
            revoked: crl.len(),
            is_verified: self.is_signed(crl),
        };
        self.crls.iter().map(entry).collect()
    }

    /// Whether a CSCA of Vietnam is here that signs identity cards: of the same country as the one
    /// of the passports, which every master list has, but not that one.
    pub fn has_vietnamese_id_card_csca(&self) -> bool {
        self.all().any(|certificate| {
            let common_name = certificate.subject.value(COMMON_NAME).unwrap_or_default();
            certificate.is_issuer()
                && certificate.subject.country().as_deref() == Some("VN")
                && !common_name.to_lowercase().contains("passport")
        })
    }
}
