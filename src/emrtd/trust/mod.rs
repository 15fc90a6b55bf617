//! Whom to trust: CSCA certificates, the master lists that carry them, and revocation lists
//! (ICAO 9303-12). Pure: the caller reads the files and hands their bytes in; nothing is believed
//! of a list before its signature is verified.

mod ber;
mod certificate;
mod chain;
mod crl;
mod entries;
mod name;
mod pem;
mod signed_data;
#[cfg(all(test, feature = "sim"))]
pub(super) mod tests;

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use thiserror::Error;

pub(super) use certificate::{Certificate, KeyUsage, MASTER_LIST_SIGNING};
pub(super) use crl::Crl;
pub use entries::{CertificateEntry, CrlEntry, ListEntry};
pub(super) use signed_data::{ID_DATA, SignedData, check, definite};

use super::asn1::{Asn1Error, Elements, INTEGER, SEQUENCE, SET};

/// 2.23.136.1.1.2: `id-icao-cscaMasterList`.
const MASTER_LIST: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x02];

/// The trust anchors, and what their issuers revoked.
#[derive(Debug, Clone, Default)]
pub struct TrustStore {
    anchors: Vec<Anchor>,
    /// The fingerprints of the anchors.
    known: BTreeSet<[u8; 32]>,
    lists: Vec<List>,
    crls: Vec<(String, Crl)>,
}

/// A certificate and where it came from.
#[derive(Debug, Clone)]
struct Anchor {
    file: String,
    certificate: Certificate,
    fingerprint: [u8; 32],
    /// It came in a file of its own: somebody chose this very certificate.
    is_pinned: bool,
}

/// A master list that was taken in.
#[derive(Debug, Clone)]
struct List {
    file: String,
    signer: Certificate,
    certificates: usize,
    signed: Option<jiff::civil::Date>,
}

/// What a file brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// Certificates that were not there yet.
    pub certificates: usize,
    /// Certificates that were there already.
    pub known: usize,
    /// Certificates of a master list that could not be read and were left out.
    pub unreadable: usize,
    /// Revocation lists.
    pub crls: usize,
    /// Signers of master lists that no certificate in a file of its own vouches for so far. Their
    /// lists are signed, but by somebody whom nobody here chose.
    pub unpinned: Vec<String>,
}

/// Nothing of a file was taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TrustFault {
    /// It is something else, or damaged.
    #[error("neither certificates, a master list nor a revocation list ({0})")]
    Unreadable(String),
    /// A master list whose signature does not hold.
    #[error("a master list that is not what its signer signed ({0})")]
    Signature(String),
}

impl TrustStore {
    /// Takes a file in, PEM or DER, by its content: certificates, a master list, revocation lists.
    /// All of it or nothing.
    pub fn add(&mut self, file: &str, bytes: &[u8]) -> Result<Added, TrustFault> {
        let objects = pem::objects(bytes).unwrap_or_else(|| vec![bytes.to_vec()]);
        let objects: Vec<_> = objects
            .iter()
            .map(|object| Object::parse(object))
            .collect::<Result<_, _>>()?;
        let mut added = Added::default();
        for object in objects {
            self.take(file, object, &mut added);
        }
        Ok(added)
    }

    fn take(&mut self, file: &str, object: Object, added: &mut Added) {
        match object {
            Object::Certificate(certificate) => self.anchor(file, *certificate, true, added),
            Object::Crl(crl) => {
                self.crls.push((file.to_owned(), crl));
                added.crls += 1;
            }
            Object::MasterList(list) => {
                if self.pin_of(&list.signer).is_none() {
                    added.unpinned.push(list.signer.subject.to_string());
                }
                added.unreadable += list.unreadable;
                self.lists.push(List {
                    file: file.to_owned(),
                    certificates: list.certificates.len(),
                    signer: list.signer,
                    signed: list.signed,
                });
                for certificate in list.certificates {
                    self.anchor(file, certificate, false, added);
                }
            }
        }
    }

    fn anchor(&mut self, file: &str, certificate: Certificate, is_pinned: bool, added: &mut Added) {
        let fingerprint = Sha256::digest(certificate.der()).into();
        if self.known.insert(fingerprint) {
            added.certificates += 1;
            self.anchors.push(Anchor {
                file: file.to_owned(),
                certificate,
                fingerprint,
                is_pinned,
            });
            return;
        }
        added.known += 1;
        let known = self.anchors.iter_mut();
        for anchor in known.filter(|anchor| anchor.fingerprint == fingerprint) {
            anchor.is_pinned |= is_pinned;
        }
    }

    fn all(&self) -> impl Iterator<Item = &Certificate> {
        self.anchors.iter().map(|anchor| &anchor.certificate)
    }

    /// The certificate in a file of its own that vouches for a list's signer.
    fn pin_of(&self, signer: &Certificate) -> Option<&Certificate> {
        let pinned = self.anchors.iter().filter(|anchor| anchor.is_pinned);
        let pinned = pinned.map(|anchor| &anchor.certificate);
        pinned
            .clone()
            .find(|pin| *pin == signer)
            .or_else(|| chain::anchor(pinned, signer).ok())
    }
}

/// What one file can hold.
enum Object {
    Certificate(Box<Certificate>),
    Crl(Crl),
    MasterList(Box<MasterList>),
}

impl Object {
    fn parse(der: &[u8]) -> Result<Self, TrustFault> {
        let unreadable = |error: Asn1Error| TrustFault::Unreadable(error.to_string());
        let content = definite(der);
        if let Ok(data) = SignedData::parse(&content) {
            return MasterList::parse(&data).map(|list| Self::MasterList(Box::new(list)));
        }
        if let Ok(crl) = Crl::parse(der) {
            return Ok(Self::Crl(crl));
        }
        let certificate = Certificate::parse(der).map_err(unreadable)?;
        Ok(Self::Certificate(Box::new(certificate)))
    }
}

/// A master list (ICAO 9303-12 §8) whose signature holds.
struct MasterList {
    signer: Certificate,
    signed: Option<jiff::civil::Date>,
    certificates: Vec<Certificate>,
    unreadable: usize,
}

impl MasterList {
    fn parse(data: &SignedData<'_>) -> Result<Self, TrustFault> {
        let wrong = |check: crate::identity::Check| TrustFault::Signature(check.reason);
        if data.content_type != MASTER_LIST {
            let reason = "signed data that are no master list".to_owned();
            return Err(TrustFault::Unreadable(reason));
        }
        data.check_form().map_err(wrong)?;
        let attributes = data.check_attributes().map_err(wrong)?;
        let signer = data.certificates.iter().find(|c| data.is_signer(c));
        let signer = signer.ok_or(TrustFault::Signature(
            "its signer's certificate is not with it".to_owned(),
        ))?;
        if !signer.extensions.is_for(MASTER_LIST_SIGNING) {
            let reason = "its signer may sign no master lists".to_owned();
            return Err(TrustFault::Signature(reason));
        }
        let key = signer
            .key()
            .map_err(|fault| TrustFault::Signature(fault.to_string()))?;
        data.verify(&key).map_err(|fault| wrong(check(&fault)))?;
        let (certificates, unreadable) = certificates(data.content)
            .map_err(|error| TrustFault::Unreadable(error.to_string()))?;
        Ok(Self {
            signer: signer.clone(),
            signed: attributes.signing_time,
            certificates,
            unreadable,
        })
    }
}

/// The certificates of a `CscaMasterList`, and how many could not be read.
fn certificates(content: &[u8]) -> Result<(Vec<Certificate>, usize), Asn1Error> {
    let mut list = Elements::within(content, SEQUENCE)?;
    list.take(INTEGER)?;
    let mut set = list.enter(SET)?;
    list.end()?;
    let (mut certificates, mut unreadable) = (Vec::new(), 0);
    while !set.is_empty() {
        match Certificate::parse(set.any()?.raw) {
            Ok(certificate) => certificates.push(certificate),
            Err(_) => unreadable += 1,
        }
    }
    Ok((certificates, unreadable))
}
