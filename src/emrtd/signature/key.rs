//! Public keys out of `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).

use thiserror::Error;

use super::algorithm::split;
use super::{RsaKey, domain, ecdsa};
use crate::emrtd::algorithm::Curve;
use crate::emrtd::asn1::{
    self, Asn1Error, BIT_STRING, Elements, INTEGER, OCTET_STRING, OID, SEQUENCE,
};

/// 1.2.840.113549.1.1.1 and .10: `rsaEncryption`, and a key for RSASSA-PSS alone.
const RSA: [&[u8]; 2] = [
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A],
];
/// 1.2.840.10045.2.1: `id-ecPublicKey`.
const EC: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
/// 0.4.0.127.0.7.1.2: a curve by its number among the standardised domain parameters, as chip
/// authentication keys in EF.CardSecurity have it (ICAO 9303-11 §9.5 and App. I).
const STANDARDISED: &[u8] = &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x01, 0x02];
/// 1.2.840.10045.1.1: `prime-field`.
const PRIME_FIELD: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x01, 0x01];

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(in crate::emrtd) enum KeyFault {
    /// It is no key.
    #[error("{0}")]
    Malformed(#[from] Asn1Error),
    /// It may be one, but not of a kind, curve or size that is known here.
    #[error("{0}")]
    Unsupported(&'static str),
}

/// A key that verifies signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emrtd) enum PublicKey {
    /// RSA, 1024 to 8192 bits.
    Rsa(RsaKey),
    /// A point on one of the curves.
    Ec {
        /// The curve.
        curve: Curve,
        /// The uncompressed point, which is on the curve.
        point: Vec<u8>,
    },
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo`. Explicit curve parameters are matched to a known curve
    /// and then forgotten: nothing is ever computed on a curve that came with a key.
    pub fn parse(spki: &[u8]) -> Result<Self, KeyFault> {
        let mut elements = Elements::within(spki, SEQUENCE)?;
        let (oid, parameters) = split(elements.take(SEQUENCE)?.raw)?;
        let key = asn1::whole_bytes(elements.take(BIT_STRING)?.value)?;
        elements.end()?;
        if RSA.contains(&oid) {
            return RsaKey::parse(key).map(Self::Rsa);
        }
        if oid == STANDARDISED {
            return Self::ec(standardised(parameters)?, key);
        }
        if oid != EC {
            return Err(KeyFault::Unsupported("a key that is neither RSA nor EC"));
        }
        let parameters = parameters.ok_or(KeyFault::Unsupported("a key without a curve"))?;
        Self::ec(curve(parameters)?, key)
    }

    /// A point on a known curve.
    pub fn ec(curve: Curve, point: &[u8]) -> Result<Self, KeyFault> {
        match ecdsa::is_on_curve(curve, point) {
            true => Ok(Self::Ec {
                curve,
                point: point.to_vec(),
            }),
            false => Err(KeyFault::Unsupported(
                "the key is no uncompressed point of the curve it names",
            )),
        }
    }

    /// Kind and size, for reports: `RSA 4096`, `EC brainpoolP384r1`.
    pub fn name(&self) -> String {
        match self {
            Self::Rsa(key) => format!("RSA {}", key.bits()),
            Self::Ec { curve, .. } => format!("EC {}", curve.name()),
        }
    }
}

/// The curve with this INTEGER as its number.
fn standardised(parameters: Option<&[u8]>) -> Result<Curve, KeyFault> {
    let number = match Elements::of(parameters.unwrap_or_default())
        .take(INTEGER)?
        .value
    {
        [number] => Curve::from_parameter_id(*number),
        _ => None,
    };
    number.ok_or(KeyFault::Unsupported("unknown domain parameters"))
}

/// The curve that `ECParameters` (RFC 3279 §2.3.5) name or describe.
pub(in crate::emrtd) fn curve(parameters: &[u8]) -> Result<Curve, KeyFault> {
    let mut elements = Elements::of(parameters);
    let parameters = elements.any()?;
    elements.end()?;
    match parameters.tag {
        OID => Curve::from_oid(parameters.value).ok_or(KeyFault::Unsupported("an unknown curve")),
        SEQUENCE => {
            let described = Explicit::parse(parameters.value)?;
            Curve::ALL
                .into_iter()
                .find(|curve| described.is(domain::of(*curve)))
                .ok_or(KeyFault::Unsupported("a curve of the issuer's own"))
        }
        _ => Err(KeyFault::Unsupported("a key without a curve")),
    }
}

/// A curve described by its parameters.
struct Explicit<'a> {
    p: &'a [u8],
    a: &'a [u8],
    b: &'a [u8],
    base: &'a [u8],
    n: &'a [u8],
}

impl<'a> Explicit<'a> {
    fn parse(value: &'a [u8]) -> Result<Self, KeyFault> {
        let mut elements = Elements::of(value);
        elements.take(INTEGER)?;
        let mut field = elements.enter(SEQUENCE)?;
        if field.take(OID)?.value != PRIME_FIELD {
            return Err(KeyFault::Unsupported("a curve over a binary field"));
        }
        let p = asn1::unsigned(field.take(INTEGER)?.value)?;
        let mut coefficients = elements.enter(SEQUENCE)?;
        let a = coefficients.take(OCTET_STRING)?.value;
        let b = coefficients.take(OCTET_STRING)?.value;
        let base = elements.take(OCTET_STRING)?.value;
        let n = asn1::unsigned(elements.take(INTEGER)?.value)?;
        Ok(Self { p, a, b, base, n })
    }

    fn is(&self, domain: &domain::Domain) -> bool {
        equal(self.p, domain.p)
            && equal(self.a, domain.a)
            && equal(self.b, domain.b)
            && equal(self.n, domain.n)
            && self.has_base(domain)
    }

    fn has_base(&self, domain: &domain::Domain) -> bool {
        let odd = domain.y.ends_with(['1', '3', '5', '7', '9', 'B', 'D', 'F']);
        match self.base {
            [0x04, both @ ..] => {
                let (x, y) = both.split_at(both.len() / 2);
                equal(x, domain.x) && equal(y, domain.y)
            }
            [0x02, x @ ..] => !odd && equal(x, domain.x),
            [0x03, x @ ..] => odd && equal(x, domain.x),
            _ => false,
        }
    }
}

fn equal(number: &[u8], hexadecimal: &str) -> bool {
    let number = hex::encode_upper(asn1::without_leading_zeros(number));
    number.trim_start_matches('0') == hexadecimal.trim_start_matches('0')
}
