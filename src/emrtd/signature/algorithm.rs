//! Which signature algorithm an `AlgorithmIdentifier` names.

use super::{Pss, SignatureFault};
use crate::emrtd::algorithm::HashAlgorithm;
use crate::emrtd::asn1::{self, Asn1Error, Elements, INTEGER, OID, SEQUENCE};

/// 1.2.840.113549.1.1: PKCS#1.
const PKCS1: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01];
/// 1.2.840.113549.2: the hash functions of RSA Laboratories.
const MD: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02];
const MD_BROKEN: &str = "MD2, MD4 and MD5 are broken";
/// 1.2.840.10045: ANSI X9.62.
const X962: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D];
/// 0.4.0.127.0.7.1.1.4.1: `ecdsa-plain-signatures` of BSI TR-03111 §5.2.1.1.
const BSI_PLAIN: &[u8] = &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x01, 0x01, 0x04, 0x01];
/// 1.2.840.10040.4 and 2.16.840.1.101.3.4.3: DSA.
const DSA: [&[u8]; 2] = [
    &[0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04],
    &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03],
];

/// A signature algorithm with its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emrtd) enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(HashAlgorithm),
    /// RSASSA-PSS.
    RsaPss(Pss),
    /// ECDSA, the signature as a DER structure (`ecdsa-with-SHA…`).
    EcdsaDer(HashAlgorithm),
    /// ECDSA, the signature as `r‖s` (`ecdsa-plain-SHA…`).
    EcdsaPlain(HashAlgorithm),
}

impl SignatureAlgorithm {
    /// Reads a DER `AlgorithmIdentifier`, as certificates carry it.
    pub fn parse(identifier: &[u8]) -> Result<Self, SignatureFault> {
        let (oid, parameters) = split(identifier)?;
        if let Some(&[last]) = oid.strip_prefix(PKCS1) {
            return pkcs1(last, parameters);
        }
        if let Some(rest) = oid.strip_prefix(X962) {
            return x962(rest);
        }
        if let Some(&[last]) = oid.strip_prefix(BSI_PLAIN) {
            return bsi_plain(last);
        }
        Err(SignatureFault::Unsupported(
            if DSA.iter().any(|dsa| oid.starts_with(dsa)) {
                "DSA is not supported"
            } else {
                "an unknown signature algorithm"
            },
        ))
    }

    /// Reads a DER `AlgorithmIdentifier` of a CMS `SignerInfo`, which may name the kind of key
    /// alone and leave the hash to `digestAlgorithm` (RFC 3370 §3.2, RFC 5753 §2.1.1).
    pub fn parse_in_cms(identifier: &[u8], digest: HashAlgorithm) -> Result<Self, SignatureFault> {
        let (oid, _) = split(identifier)?;
        if oid.strip_prefix(PKCS1) == Some(&[1]) {
            return Ok(Self::RsaPkcs1(digest));
        }
        if oid.strip_prefix(X962) == Some(&[0x02, 0x01]) {
            return Ok(Self::EcdsaDer(digest));
        }
        Self::parse(identifier)
    }

    /// Its usual name, for reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RsaPkcs1(_) => "RSA",
            Self::RsaPss(_) => "RSA-PSS",
            Self::EcdsaDer(_) | Self::EcdsaPlain(_) => "ECDSA",
        }
    }
}

/// The hash that a DER `AlgorithmIdentifier` names.
pub(in crate::emrtd) fn hash_of(identifier: &[u8]) -> Result<HashAlgorithm, SignatureFault> {
    let (oid, _) = split(identifier)?;
    HashAlgorithm::from_oid(oid).ok_or(match oid.strip_prefix(MD) {
        Some([2 | 4 | 5]) => SignatureFault::Forbidden(MD_BROKEN),
        _ => SignatureFault::Unsupported("an unknown hash function"),
    })
}

/// The object identifier and the parameters of an `AlgorithmIdentifier`.
pub(super) fn split(identifier: &[u8]) -> Result<(&[u8], Option<&[u8]>), Asn1Error> {
    let mut elements = Elements::within(identifier, SEQUENCE)?;
    let oid = elements.take(OID)?.value;
    let parameters = match elements.is_empty() {
        true => None,
        false => Some(elements.any()?.raw),
    };
    elements.end()?;
    Ok((oid, parameters))
}

fn pkcs1(last: u8, parameters: Option<&[u8]>) -> Result<SignatureAlgorithm, SignatureFault> {
    use SignatureAlgorithm::{RsaPkcs1, RsaPss};
    Ok(match last {
        2..=4 => return Err(SignatureFault::Forbidden(MD_BROKEN)),
        5 => RsaPkcs1(HashAlgorithm::Sha1),
        10 => RsaPss(pss(parameters)?),
        11 => RsaPkcs1(HashAlgorithm::Sha256),
        12 => RsaPkcs1(HashAlgorithm::Sha384),
        13 => RsaPkcs1(HashAlgorithm::Sha512),
        14 => RsaPkcs1(HashAlgorithm::Sha224),
        _ => return Err(SignatureFault::Unsupported("an unknown RSA signature")),
    })
}

fn x962(rest: &[u8]) -> Result<SignatureAlgorithm, SignatureFault> {
    let hash = match rest {
        [4, 1] => HashAlgorithm::Sha1,
        [4, 3, 1] => HashAlgorithm::Sha224,
        [4, 3, 2] => HashAlgorithm::Sha256,
        [4, 3, 3] => HashAlgorithm::Sha384,
        [4, 3, 4] => HashAlgorithm::Sha512,
        _ => return Err(SignatureFault::Unsupported("an unknown ECDSA signature")),
    };
    Ok(SignatureAlgorithm::EcdsaDer(hash))
}

fn bsi_plain(last: u8) -> Result<SignatureAlgorithm, SignatureFault> {
    let hash = match last {
        1 => HashAlgorithm::Sha1,
        2 => HashAlgorithm::Sha224,
        3 => HashAlgorithm::Sha256,
        4 => HashAlgorithm::Sha384,
        5 => HashAlgorithm::Sha512,
        _ => return Err(SignatureFault::Unsupported("ECDSA with a rare hash")),
    };
    Ok(SignatureAlgorithm::EcdsaPlain(hash))
}

/// `RSASSA-PSS-params` (RFC 8017 §A.2.3). What is absent has its default: SHA-1, MGF1 with SHA-1,
/// 20 bytes of salt.
fn pss(parameters: Option<&[u8]>) -> Result<Pss, SignatureFault> {
    const DEFAULT: Pss = Pss {
        hash: HashAlgorithm::Sha1,
        mask_hash: HashAlgorithm::Sha1,
        salt_len: 20,
    };
    let Some(parameters) = parameters else {
        return Ok(DEFAULT);
    };
    let mut elements = Elements::within(parameters, SEQUENCE)?;
    let mut pss = DEFAULT;
    if let Some(hash) = elements.optional(0xA0)? {
        pss.hash = hash_of(hash.value)?;
    }
    if let Some(mask) = elements.optional(0xA1)? {
        pss.mask_hash = match split(mask.value)? {
            (oid, Some(hash)) if oid.strip_prefix(PKCS1) == Some(&[8]) => hash_of(hash)?,
            _ => return Err(SignatureFault::Unsupported("a mask function but MGF1")),
        };
    }
    if let Some(salt) = elements.optional(0xA2)? {
        pss.salt_len = number(salt.value)?;
    }
    if let Some(trailer) = elements.optional(0xA3)?
        && number(trailer.value)? != 1
    {
        return Err(SignatureFault::Unsupported("a trailer but BC"));
    }
    elements.end()?;
    Ok(pss)
}

fn number(explicit: &[u8]) -> Result<usize, Asn1Error> {
    let mut elements = Elements::of(explicit);
    let number = asn1::small(elements.take(INTEGER)?.value)?;
    elements.end()?;
    Ok(number)
}
