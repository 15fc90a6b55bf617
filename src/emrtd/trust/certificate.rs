//! X.509 certificates (RFC 5280 §4, ICAO 9303-12 §7.1): what passive authentication asks of them.
//! The bytes that are hashed are those that came.

use jiff::civil::Date;

use super::name::Name;
use crate::emrtd::asn1::{
    self, Asn1Error, BIT_STRING, BOOLEAN, Elements, INTEGER, OCTET_STRING, OID, SEQUENCE, SET,
};
use crate::emrtd::signature::{KeyFault, PublicKey, SignatureAlgorithm, SignatureFault};

/// A certificate.
#[derive(Debug, Clone)]
pub(in crate::emrtd) struct Certificate {
    der: Vec<u8>,
    spki: Vec<u8>,
    /// 1 to 3.
    pub version: usize,
    /// The bytes of the serial number, as they came.
    pub serial: Vec<u8>,
    pub issuer: Name,
    pub subject: Name,
    /// The first day of its validity.
    pub not_before: Date,
    /// The last day of its validity.
    pub not_after: Date,
    pub extensions: Extensions,
    /// Whether the algorithm inside the signed part is the one outside.
    pub algorithms_agree: bool,
}

impl Certificate {
    /// Reads a DER certificate.
    pub fn parse(der: &[u8]) -> Result<Self, Asn1Error> {
        let outer = Signed::parse(der)?;
        let mut body = Elements::within(outer.body, SEQUENCE)?;
        let version = match body.optional(0xA0)? {
            Some(version) => 1 + asn1::small(Elements::of(version.value).take(INTEGER)?.value)?,
            None => 1,
        };
        let serial = body.take(INTEGER)?.value.to_vec();
        let inner_algorithm = body.take(SEQUENCE)?.raw;
        let issuer = Name::parse(body.take(SEQUENCE)?.raw)?;
        let mut validity = body.enter(SEQUENCE)?;
        let not_before = date(&mut validity)?;
        let not_after = date(&mut validity)?;
        let subject = Name::parse(body.take(SEQUENCE)?.raw)?;
        let spki = body.take(SEQUENCE)?.raw.to_vec();
        for unique_id in [0x81, 0x82] {
            body.optional(unique_id)?;
        }
        let extensions = match body.optional(0xA3)? {
            Some(extensions) => Extensions::parse(extensions.value)?,
            None => Extensions::default(),
        };
        body.end()?;
        Ok(Self {
            der: der.to_vec(),
            spki,
            version,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            extensions,
            algorithms_agree: inner_algorithm == outer.algorithm,
        })
    }

    /// The certificate as it came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its public key.
    pub fn key(&self) -> Result<PublicKey, KeyFault> {
        PublicKey::parse(&self.spki)
    }

    /// The algorithm that it was signed with.
    pub fn algorithm(&self) -> Result<SignatureAlgorithm, SignatureFault> {
        SignatureAlgorithm::parse(self.signed().algorithm)
    }

    /// Verifies its signature under an issuer's key.
    pub fn verify(&self, issuer: &PublicKey) -> Result<(), SignatureFault> {
        self.signed().verify(issuer)
    }

    /// May sign certificates: `CA:TRUE`, and `keyCertSign` where its use is told.
    pub fn is_issuer(&self) -> bool {
        let usage = self.extensions.key_usage;
        self.extensions.is_ca && usage.is_none_or(|usage| usage.has(KeyUsage::CERT_SIGN))
    }

    /// Signed by another key than its own: a link from an older CSCA, whatever its names say.
    pub fn is_link(&self) -> bool {
        let Extensions {
            subject_key,
            authority_key,
            ..
        } = &self.extensions;
        self.is_issuer() && authority_key.is_some() && authority_key != subject_key
    }

    fn signed(&self) -> Signed<'_> {
        Signed::parse(&self.der).expect("the certificate was read before")
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

/// What an issuer signed: the outer structure of certificates and revocation lists alike.
pub(super) struct Signed<'a> {
    /// The signed part, whole.
    pub body: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Reads the three parts.
    pub fn parse(der: &'a [u8]) -> Result<Self, Asn1Error> {
        let mut outer = Elements::within(der, SEQUENCE)?;
        let signed = Self {
            body: outer.take(SEQUENCE)?.raw,
            algorithm: outer.take(SEQUENCE)?.raw,
            signature: asn1::whole_bytes(outer.take(BIT_STRING)?.value)?,
        };
        outer.end()?;
        Ok(signed)
    }

    /// Verifies the signature under the issuer's key.
    pub fn verify(&self, issuer: &PublicKey) -> Result<(), SignatureFault> {
        let algorithm = SignatureAlgorithm::parse(self.algorithm)?;
        issuer.verify(&algorithm, self.body, self.signature)
    }
}

/// The extensions that matter here (RFC 5280 §4.2.1, ICAO 9303-12 §7.1.1).
#[derive(Debug, Clone, Default)]
pub(in crate::emrtd) struct Extensions {
    pub subject_key: Option<Vec<u8>>,
    pub authority_key: Option<Vec<u8>>,
    pub is_ca: bool,
    pub key_usage: Option<KeyUsage>,
    /// What the key is for, as object identifiers; none: the certificate does not say.
    pub purposes: Vec<Vec<u8>>,
    /// The document types that a document signer may sign, as in the MRZ.
    pub document_types: Option<Vec<String>>,
    /// An extension that nobody may pass over is not known here, or keeps the key for other uses
    /// than documents.
    pub has_unknown_critical: bool,
}

/// What a key may be used for (RFC 5280 §4.2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emrtd) struct KeyUsage {
    pub is_critical: bool,
    bits: u8,
}

impl KeyUsage {
    /// Documents and their like.
    pub const DIGITAL_SIGNATURE: u8 = 0x80;
    /// Certificates.
    pub const CERT_SIGN: u8 = 0x04;

    /// Whether the key may be used for this.
    pub fn has(self, usage: u8) -> bool {
        self.bits & usage != 0
    }
}

impl Extensions {
    /// Whether this is one of the purposes that the certificate names.
    pub fn is_for(&self, purpose: &[u8]) -> bool {
        self.purposes.iter().any(|one| one == purpose)
    }

    fn parse(value: &[u8]) -> Result<Self, Asn1Error> {
        let mut extensions = Self::default();
        for_each(value, |oid, is_critical, content| {
            extensions.take(oid, is_critical, content)
        })?;
        Ok(extensions)
    }

    fn take(&mut self, oid: &[u8], is_critical: bool, content: &[u8]) -> Result<(), Asn1Error> {
        match oid {
            [0x55, 0x1D, 14] => {
                self.subject_key = Some(Elements::of(content).take(OCTET_STRING)?.value.to_vec());
            }
            [0x55, 0x1D, 15] => {
                let bits = Elements::of(content).take(BIT_STRING)?.value;
                let bits = bits.get(1).copied().unwrap_or(0);
                self.key_usage = Some(KeyUsage { is_critical, bits });
            }
            [0x55, 0x1D, 19] => {
                let flag = Elements::within(content, SEQUENCE)?.optional(BOOLEAN)?;
                self.is_ca = flag.is_some_and(|flag| flag.value != [0]);
            }
            [0x55, 0x1D, 35] => {
                let key = Elements::within(content, SEQUENCE)?.optional(0x80)?;
                self.authority_key = key.map(|key| key.value.to_vec());
            }
            [0x55, 0x1D, 37] => {
                let mut purposes = Elements::within(content, SEQUENCE)?;
                while !purposes.is_empty() {
                    self.purposes.push(purposes.take(OID)?.value.to_vec());
                }
                self.has_unknown_critical |= is_critical;
            }
            DOCUMENT_TYPES => self.document_types = Some(document_types(content)?),
            _ => self.has_unknown_critical |= is_critical && !is_harmless(oid),
        }
        Ok(())
    }
}

/// 2.23.136.1.1.3: `id-icao-cscaMasterListSigningKey` (ICAO 9303-12 §7.1.1.7).
pub(in crate::emrtd) const MASTER_LIST_SIGNING: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x03];

/// 2.23.136.1.1.6.2: `documentTypeList`.
const DOCUMENT_TYPES: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x06, 0x02];

/// Extensions that restrict nothing that is done here, so that being critical does no harm:
/// private key usage period, alternative names, distribution points, policies.
fn is_harmless(oid: &[u8]) -> bool {
    matches!(oid, [0x55, 0x1D, 16 | 17 | 18 | 31 | 32])
}

fn document_types(content: &[u8]) -> Result<Vec<String>, Asn1Error> {
    let mut list = Elements::within(content, SEQUENCE)?;
    list.take(INTEGER)?;
    let mut types = list.enter(SET)?;
    let mut all = Vec::new();
    while !types.is_empty() {
        all.push(String::from_utf8_lossy(types.any()?.value).into_owned());
    }
    Ok(all)
}

/// Goes through `Extensions`: object identifier, whether it is critical, content.
pub(super) fn for_each(
    value: &[u8],
    mut each: impl FnMut(&[u8], bool, &[u8]) -> Result<(), Asn1Error>,
) -> Result<(), Asn1Error> {
    let mut list = Elements::within(value, SEQUENCE)?;
    while !list.is_empty() {
        let mut extension = list.enter(SEQUENCE)?;
        let oid = extension.take(OID)?.value;
        let critical = extension.optional(BOOLEAN)?;
        let is_critical = critical.is_some_and(|flag| flag.value != [0]);
        each(oid, is_critical, extension.take(OCTET_STRING)?.value)?;
    }
    Ok(())
}

/// The day of a `Time` (RFC 5280 §4.1.2.5). Days are compared and not seconds: what a clinic's
/// clock and an issuer's time zone disagree about proves nothing.
pub(super) fn date(elements: &mut Elements<'_>) -> Result<Date, Asn1Error> {
    const UTC_TIME: u32 = 0x17;
    const GENERALIZED_TIME: u32 = 0x18;
    const WRONG: Asn1Error = Asn1Error::Content("a time is none");
    let time = elements.any()?;
    let number = |range: std::ops::Range<usize>| -> Option<i16> {
        let digits = time.value.get(range)?;
        let is_number = digits.iter().all(u8::is_ascii_digit);
        is_number.then(|| digits.iter().fold(0, |n, d| n * 10 + i16::from(d - b'0')))
    };
    let (year, month) = match time.tag {
        UTC_TIME => match number(0..2).ok_or(WRONG)? {
            year @ 0..50 => (2000 + year, 2),
            year => (1900 + year, 2),
        },
        GENERALIZED_TIME => (number(0..4).ok_or(WRONG)?, 4),
        _ => return Err(WRONG),
    };
    let two = |at: usize| number(at..at + 2).and_then(|n| i8::try_from(n).ok());
    let (month, day) = (two(month).ok_or(WRONG)?, two(month + 2).ok_or(WRONG)?);
    Date::new(year, month, day).map_err(|_| WRONG)
}
