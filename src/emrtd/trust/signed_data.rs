//! CMS signed data (RFC 5652 §5) as ICAO uses it: security objects and master lists, each with one
//! signer and signed attributes (ICAO 9303-10 §4.6.2.2, ICAO 9303-12 §8).

use std::borrow::Cow;

use jiff::civil::Date;

use super::ber;
use super::certificate::{Certificate, date};
use super::name::Name;
use crate::emrtd::asn1::{self, Asn1Error, Elements, INTEGER, OCTET_STRING, OID, SEQUENCE, SET};
use crate::emrtd::signature::{PublicKey, SignatureAlgorithm, SignatureFault, hash_of};
use crate::emrtd::tlv::{self, Tlv};
use crate::identity::{Check, CheckResult};

/// 1.2.840.113549.1.7.2: `id-signedData`.
const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.7.1: `id-data`.
pub(in crate::emrtd) const ID_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];
/// 1.2.840.113549.1.9: attributes; 3 content type, 4 message digest, 5 signing time.
const ATTRIBUTES: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09];
/// `[0]`, constructed: the content, the certificates, the signed attributes.
const CONTEXT_0: u32 = 0xA0;
const CONTEXT_1: u32 = 0xA1;

/// Signed data with its one signer.
#[derive(Debug)]
pub(in crate::emrtd) struct SignedData<'a> {
    version: usize,
    digests: &'a [u8],
    /// The object identifier of what the content is.
    pub content_type: &'a [u8],
    /// What was signed.
    pub content: &'a [u8],
    /// The certificates that came along and could be read.
    pub certificates: Vec<Certificate>,
    signer: Signer<'a>,
}

#[derive(Debug)]
struct Signer<'a> {
    version: usize,
    id: SignerId<'a>,
    digest: &'a [u8],
    attributes: Option<Tlv<'a>>,
    algorithm: &'a [u8],
    signature: &'a [u8],
}

/// Which certificate the signer's is.
#[derive(Debug)]
enum SignerId<'a> {
    Serial { issuer: Name, serial: &'a [u8] },
    Key(&'a [u8]),
}

/// What the signed attributes say.
#[derive(Debug, Clone, Copy)]
pub(in crate::emrtd) struct Attributes {
    /// When it was signed, if that is told.
    pub signing_time: Option<Date>,
}

/// The bytes with definite lengths, if they need that to be read.
pub(in crate::emrtd) fn definite(bytes: &[u8]) -> Cow<'_, [u8]> {
    match SignedData::parse(bytes) {
        Ok(_) => Cow::Borrowed(bytes),
        Err(_) => ber::definite(bytes).map_or(Cow::Borrowed(bytes), Cow::Owned),
    }
}

impl<'a> SignedData<'a> {
    /// Reads a `ContentInfo` that holds signed data.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Asn1Error> {
        let mut info = Elements::within(bytes, SEQUENCE)?;
        if info.take(OID)?.value != SIGNED_DATA {
            return Err(Asn1Error::Content("it is no signed data"));
        }
        let mut explicit = info.enter(CONTEXT_0)?;
        let mut data = explicit.enter(SEQUENCE)?;
        explicit.end()?;
        let version = asn1::small(data.take(INTEGER)?.value)?;
        let digests = data.take(SET)?.value;
        let mut encapsulated = data.enter(SEQUENCE)?;
        let content_type = encapsulated.take(OID)?.value;
        let mut explicit = encapsulated.enter(CONTEXT_0)?;
        let content = explicit.take(OCTET_STRING)?.value;
        explicit.end()?;
        let certificates = match data.optional(CONTEXT_0)? {
            Some(certificates) => readable(certificates.value)?,
            None => Vec::new(),
        };
        data.optional(CONTEXT_1)?;
        let mut signers = data.enter(SET)?;
        let signer = Signer::parse(signers.enter(SEQUENCE)?)?;
        signers
            .end()
            .map_err(|_| Asn1Error::Content("it has more than one signer"))?;
        data.end()?;
        Ok(Self {
            version,
            digests,
            content_type,
            content,
            certificates,
            signer,
        })
    }

    /// The versions fit what they stand for, and no broken hash is announced (RFC 5652 §5.1, §5.3).
    pub fn check_form(&self) -> Result<(), Check> {
        let is_plain = self.content_type == ID_DATA && self.version == 1;
        if self.version != 3 && !is_plain {
            return Err(failed("the signed data have the wrong version"));
        }
        let expected = match self.signer.id {
            SignerId::Serial { .. } => 1,
            SignerId::Key(_) => 3,
        };
        if self.signer.version != expected {
            return Err(failed("the signer's version does not fit its identifier"));
        }
        let mut digests = Elements::of(self.digests);
        while !digests.is_empty() {
            let digest = digests.any().map_err(|e| failed(&e.to_string()))?;
            if let Err(fault @ SignatureFault::Forbidden(_)) = hash_of(digest.raw) {
                return Err(check(&fault));
            }
        }
        Ok(())
    }

    /// The signed attributes speak of this content.
    pub fn check_attributes(&self) -> Result<Attributes, Check> {
        let hash = hash_of(self.signer.digest).map_err(|fault| check(&fault))?;
        let attributes = self.signer.attributes;
        let attributes = attributes.ok_or(failed("there are no signed attributes"))?;
        let content_type = attribute(attributes.value, 3)?;
        let digest = attribute(attributes.value, 4)?;
        let signing_time = attribute(attributes.value, 5)?;
        if content_type.is_none_or(|value| value.tag != OID || value.value != self.content_type) {
            return Err(failed("the signed attributes do not name the content type"));
        }
        let expected = hash.digest(&[self.content]);
        if digest.is_none_or(|value| value.tag != OCTET_STRING || value.value != expected) {
            return Err(failed(
                "the signed attributes do not have the content's hash",
            ));
        }
        let signing_time = signing_time
            .map(|time| date(&mut Elements::of(time.raw)))
            .transpose()
            .map_err(|_| failed("the signing time is none"))?;
        Ok(Attributes { signing_time })
    }

    /// Whether this certificate is the one that the signer names.
    pub fn is_signer(&self, certificate: &Certificate) -> bool {
        match &self.signer.id {
            SignerId::Serial { issuer, serial } => {
                certificate.serial == *serial && certificate.issuer == *issuer
            }
            SignerId::Key(key) => certificate.extensions.subject_key.as_deref() == Some(key),
        }
    }

    /// Verifies the signature over the signed attributes (RFC 5652 §5.4); says what was odd.
    pub fn verify(&self, key: &PublicKey) -> Result<Option<&'static str>, SignatureFault> {
        let hash = hash_of(self.signer.digest)?;
        let algorithm = SignatureAlgorithm::parse_in_cms(self.signer.algorithm, hash)?;
        let attributes = self.signer.attributes.map_or(&[][..], |set| set.raw);
        let (_, rest) = attributes.split_first().ok_or(SignatureFault::Wrong)?;
        let as_they_came = [&[0x31], rest].concat();
        match key.verify(&algorithm, &as_they_came, self.signer.signature) {
            Err(SignatureFault::Wrong) => {}
            other => return other.map(|()| None),
        }
        // Some issuers sign the attributes in the order of DER and store them in another.
        let sorted = sorted(attributes)?;
        key.verify(&algorithm, &sorted, self.signer.signature)
            .map(|()| Some("the signed attributes are not in the order that was signed"))
    }

    /// The algorithm that it was signed with, for reports.
    pub fn algorithm(&self) -> Result<SignatureAlgorithm, SignatureFault> {
        SignatureAlgorithm::parse_in_cms(self.signer.algorithm, hash_of(self.signer.digest)?)
    }
}

impl<'a> Signer<'a> {
    fn parse(mut info: Elements<'a>) -> Result<Self, Asn1Error> {
        let version = asn1::small(info.take(INTEGER)?.value)?;
        let id = match info.optional(0x80)? {
            Some(key) => SignerId::Key(key.value),
            None => {
                let mut id = info.enter(SEQUENCE)?;
                let issuer = Name::parse(id.take(SEQUENCE)?.raw)?;
                let serial = id.take(INTEGER)?.value;
                SignerId::Serial { issuer, serial }
            }
        };
        let digest = info.take(SEQUENCE)?.raw;
        let attributes = info.optional(CONTEXT_0)?;
        let algorithm = info.take(SEQUENCE)?.raw;
        let signature = info.take(OCTET_STRING)?.value;
        info.optional(CONTEXT_1)?;
        info.end()?;
        Ok(Self {
            version,
            id,
            digest,
            attributes,
            algorithm,
            signature,
        })
    }
}

/// A check that a signature fault ends.
pub(in crate::emrtd) fn check(fault: &SignatureFault) -> Check {
    Check::new(fault.result(), &fault.to_string())
}

fn failed(reason: &str) -> Check {
    Check::new(CheckResult::Failed, reason)
}

/// The certificates of a set; other choices (attribute certificates) are passed over.
fn readable(set: &[u8]) -> Result<Vec<Certificate>, Asn1Error> {
    let choices = tlv::list(set)?;
    choices
        .iter()
        .filter(|choice| choice.tag == SEQUENCE)
        .map(|choice| Certificate::parse(choice.raw))
        .collect()
}

/// The one value of an attribute that may be there once.
fn attribute(attributes: &[u8], kind: u8) -> Result<Option<Tlv<'_>>, Check> {
    let read = || -> Result<Vec<Tlv<'_>>, Asn1Error> {
        let mut list = Elements::of(attributes);
        let mut found = Vec::new();
        while !list.is_empty() {
            let mut attribute = list.enter(SEQUENCE)?;
            let is_it = attribute.take(OID)?.value.strip_prefix(ATTRIBUTES) == Some(&[kind]);
            let mut values = attribute.enter(SET)?;
            if is_it {
                found.push(values.any()?);
                values.end()?;
            }
        }
        Ok(found)
    };
    let found = read().map_err(|_| failed("the signed attributes cannot be read"))?;
    match found[..] {
        [] => Ok(None),
        [value] => Ok(Some(value)),
        _ => Err(failed("a signed attribute stands there twice")),
    }
}

/// A set of attributes in the order of DER (ITU-T X.690 §11.6).
fn sorted(attributes: &[u8]) -> Result<Vec<u8>, Asn1Error> {
    let (set, _) = tlv::first(attributes)?;
    let header = &set.raw[1..set.raw.len() - set.value.len()];
    let mut elements: Vec<_> = tlv::list(set.value)?.iter().map(|tlv| tlv.raw).collect();
    elements.sort_unstable();
    Ok([&[0x31], header, &elements.concat()].concat())
}
