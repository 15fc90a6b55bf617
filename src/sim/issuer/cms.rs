//! Signed data (RFC 5652 §5), as ICAO 9303-10 §4.6.2 profiles it.

use jiff::civil::Date;
use openssl::error::ErrorStack;
use serde::Deserialize;

use super::authority::DocumentSigner;
use super::der;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";

/// How signed data names the certificate of its signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignerIdentifier {
    /// By issuer and serial number.
    #[default]
    IssuerAndSerial,
    /// By the subject key identifier.
    KeyIdentifier,
}

/// What is wrong with signed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageFlaw {
    /// The digest is of something else.
    WrongDigest,
    /// There is no digest.
    NoDigest,
    /// The attribute names another content type.
    WrongContentType,
    /// There is no content type among the attributes.
    NoContentType,
    /// One bit of the signature is wrong.
    WrongSignature,
    /// The version of the signer's part does not go with how it names its certificate.
    WrongVersion,
    /// It is signed twice.
    TwoSigners,
    /// The attributes are signed and stored in another order than DER's.
    Unsorted,
}

/// Something to be signed.
pub(super) struct Message<'a> {
    /// Object identifier of the content type.
    pub content_type: &'a str,
    pub content: &'a [u8],
    pub identifier: SignerIdentifier,
    pub signing_time: Option<Date>,
    /// Certificates that go with it.
    pub certificates: Vec<Vec<u8>>,
    pub flaw: Option<MessageFlaw>,
}

impl Message<'_> {
    /// ContentInfo with SignedData.
    pub fn signed(&self, signer: &DocumentSigner) -> Result<Vec<u8>, ErrorStack> {
        let digest = signer.signing().hash.algorithm();
        let info = self.signer_info(signer)?;
        let infos = if self.flaw == Some(MessageFlaw::TwoSigners) {
            vec![info.clone(), info]
        } else {
            vec![info]
        };
        let mut parts = vec![
            der::integer(3),
            der::set_of(vec![digest]),
            der::sequence([
                der::oid(self.content_type),
                der::context(0, &der::octets(self.content)),
            ]),
        ];
        if !self.certificates.is_empty() {
            let mut certificates = self.certificates.clone();
            certificates.sort();
            parts.push(der::context(0, &certificates.concat()));
        }
        parts.push(der::set_of(infos));
        Ok(der::sequence([
            der::oid(SIGNED_DATA),
            der::context(0, &der::sequence_of(&parts)),
        ]))
    }

    fn signer_info(&self, signer: &DocumentSigner) -> Result<Vec<u8>, ErrorStack> {
        let (version, identifier) = match self.identifier {
            SignerIdentifier::IssuerAndSerial => (1, signer.issuer_and_serial()),
            SignerIdentifier::KeyIdentifier => (3, der::object(0x80, signer.key_id())),
        };
        let version = if self.flaw == Some(MessageFlaw::WrongVersion) {
            4 - version
        } else {
            version
        };
        let attributes = self.attributes(signer)?;
        let mut signature = signer.sign(&attributes)?;
        if self.flaw == Some(MessageFlaw::WrongSignature)
            && let Some(last) = signature.last_mut()
        {
            *last ^= 1;
        }
        // Signed as a SET, stored under an implicit tag (RFC 5652 §5.4).
        let mut stored = attributes;
        stored[0] = 0xA0;
        Ok(der::sequence([
            der::integer(version),
            identifier,
            signer.signing().hash.algorithm(),
            stored,
            signer.signing().algorithm(),
            der::octets(&signature),
        ]))
    }

    fn attributes(&self, signer: &DocumentSigner) -> Result<Vec<u8>, ErrorStack> {
        let attribute =
            |oid, value: Vec<u8>| der::sequence([der::oid(oid), der::set_of(vec![value])]);
        let mut digest = signer.signing().hash.of(self.content)?;
        let mut named = self.content_type;
        match self.flaw {
            Some(MessageFlaw::WrongDigest) => digest[0] ^= 1,
            // id-data.
            Some(MessageFlaw::WrongContentType) => named = "1.2.840.113549.1.7.1",
            _ => {}
        }
        let mut attributes = Vec::new();
        if self.flaw != Some(MessageFlaw::NoContentType) {
            attributes.push(attribute(CONTENT_TYPE, der::oid(named)));
        }
        if self.flaw != Some(MessageFlaw::NoDigest) {
            attributes.push(attribute(MESSAGE_DIGEST, der::octets(&digest)));
        }
        let time = self
            .signing_time
            .map(|day| attribute(SIGNING_TIME, der::time(day)));
        attributes.extend(time);
        if self.flaw == Some(MessageFlaw::Unsorted) {
            attributes.sort();
            attributes.reverse();
            return Ok(der::object(0x31, &attributes.concat()));
        }
        Ok(der::set_of(attributes))
    }
}
