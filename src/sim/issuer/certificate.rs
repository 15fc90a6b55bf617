//! Certificates and revocation lists (RFC 5280, profiled by ICAO 9303-12 §7).

use jiff::civil::Date;
use openssl::error::ErrorStack;
use serde::Deserialize;

use super::der;
use super::key::Key;
use super::signing::{Hash, Scheme, Signing};

/// Bits of keyUsage, and how many of the last byte are unused.
pub(super) const SIGNS_DOCUMENTS: [u8; 2] = [7, 0x80];
/// keyCertSign and cRLSign.
pub(super) const SIGNS_CERTIFICATES: [u8; 2] = [1, 0x06];

/// What is wrong with the certificate of a document signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateFlaw {
    /// It does not say what its key is for.
    NoKeyUsage,
    /// Its key is for signing certificates.
    WrongKeyUsage,
    /// It does not name the key that signed it.
    NoAuthorityKey,
    /// Its issuer is not the subject of the CSCA.
    OtherIssuer,
    /// The algorithm inside is not the one outside.
    OtherAlgorithm,
    /// It has a critical extension that nobody knows.
    UnknownCritical,
    /// One bit of its signature is wrong.
    WrongSignature,
}

/// A name: country, organisation, common name.
pub(super) fn name(country: &str, organisation: &str, common: &str) -> Vec<u8> {
    let part = |oid, text| der::set_of(vec![der::sequence([der::oid(oid), text])]);
    der::sequence([
        part("2.5.4.6", der::printable(country)),
        part("2.5.4.10", der::utf8(organisation)),
        part("2.5.4.3", der::utf8(common)),
    ])
}

/// What a certificate says.
pub(super) struct Certificate<'a> {
    pub serial: &'a [u8],
    pub issuer: &'a [u8],
    pub subject: &'a [u8],
    pub valid: [Date; 2],
    pub key: &'a Key,
    pub extensions: Vec<Vec<u8>>,
}

impl Certificate<'_> {
    /// The certificate, signed.
    pub fn signed(
        &self,
        signing: Signing,
        key: &Key,
        flaw: Option<CertificateFlaw>,
    ) -> Result<Vec<u8>, ErrorStack> {
        let inner = if flaw == Some(CertificateFlaw::OtherAlgorithm) {
            other(signing)
        } else {
            signing
        };
        let body = der::sequence([
            der::context(0, &der::integer(2)),
            der::unsigned(self.serial),
            inner.algorithm(),
            self.issuer.to_vec(),
            der::sequence(self.valid.map(der::time)),
            self.subject.to_vec(),
            self.key.spki()?,
            der::context(3, &der::sequence_of(&self.extensions)),
        ]);
        signed(
            body,
            signing,
            key,
            flaw == Some(CertificateFlaw::WrongSignature),
        )
    }
}

/// The same key with another hash.
fn other(signing: Signing) -> Signing {
    let hash = if signing.hash == Hash::Sha256 {
        Hash::Sha384
    } else {
        Hash::Sha256
    };
    Signing { hash, ..signing }
}

/// What a revocation list says.
pub(super) struct RevocationList<'a> {
    pub issuer: &'a [u8],
    pub authority_key: &'a [u8],
    pub updates: [Date; 2],
    pub revoked: &'a [u8],
}

impl RevocationList<'_> {
    /// The list, signed.
    pub fn signed(&self, signing: Signing, key: &Key) -> Result<Vec<u8>, ErrorStack> {
        let [this, next] = self.updates.map(der::time);
        let entry = der::sequence([der::unsigned(self.revoked), this.clone()]);
        let extensions = der::sequence([
            authority_key(self.authority_key),
            extension("2.5.29.20", false, &der::integer(1)),
        ]);
        let body = der::sequence([
            der::integer(1),
            signing.algorithm(),
            self.issuer.to_vec(),
            this,
            next,
            der::sequence([entry]),
            der::context(0, &extensions),
        ]);
        signed(body, signing, key, false)
    }
}

/// A body, the algorithm and the signature over the body.
fn signed(body: Vec<u8>, by: Signing, key: &Key, wrong: bool) -> Result<Vec<u8>, ErrorStack> {
    // Certificates carry r and s in DER, whatever the documents themselves do.
    let by = match by.scheme {
        Scheme::EcdsaPlain => Signing {
            scheme: Scheme::Ecdsa,
            ..by
        },
        Scheme::Pkcs1 | Scheme::Pss | Scheme::Ecdsa => by,
    };
    let mut signature = by.sign(key, &body)?;
    if wrong && let Some(last) = signature.last_mut() {
        *last ^= 1;
    }
    Ok(der::sequence([body, by.algorithm(), der::bits(&signature)]))
}

/// An extension.
pub(super) fn extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![der::oid(oid)];
    parts.extend(critical.then(der::yes));
    parts.push(der::octets(value));
    der::sequence_of(&parts)
}

/// keyUsage.
pub(super) fn key_usage(bits: [u8; 2]) -> Vec<u8> {
    extension("2.5.29.15", true, &der::object(0x03, &bits))
}

/// subjectKeyIdentifier.
pub(super) fn subject_key(id: &[u8]) -> Vec<u8> {
    extension("2.5.29.14", false, &der::octets(id))
}

/// authorityKeyIdentifier, with the key identifier alone.
pub(super) fn authority_key(id: &[u8]) -> Vec<u8> {
    let value = der::sequence([der::object(0x80, id)]);
    extension("2.5.29.35", false, &value)
}

/// privateKeyUsagePeriod.
pub(super) fn private_key_usage([from, to]: [Date; 2]) -> Vec<u8> {
    let day = |tag, day| der::object(tag, der::generalized(day).as_bytes());
    extension(
        "2.5.29.16",
        false,
        &der::sequence([day(0x80, from), day(0x81, to)]),
    )
}

/// basicConstraints of a CSCA: an authority, with nothing but end entities below.
pub(super) fn authority() -> Vec<u8> {
    let value = der::sequence([der::yes(), der::integer(0)]);
    extension("2.5.29.19", true, &value)
}

/// documentTypeList (ICAO 9303-12 §7.1.1.6).
pub(super) fn document_types(types: &[String]) -> Vec<u8> {
    let types = types.iter().map(|one| der::printable(one)).collect();
    let value = der::sequence([der::integer(0), der::set_of(types)]);
    extension("2.23.136.1.1.6.2", false, &value)
}
