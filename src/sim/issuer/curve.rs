//! Curves, by name or written out.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use serde::Deserialize;

use super::der;

/// A named curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Curve {
    /// NIST P-224, which no reader of ours knows.
    #[serde(rename = "P-224")]
    P224,
    /// NIST P-256.
    #[serde(rename = "P-256")]
    P256,
    /// NIST P-384.
    #[serde(rename = "P-384")]
    P384,
    /// NIST P-521.
    #[serde(rename = "P-521")]
    P521,
    /// RFC 5639.
    #[serde(rename = "brainpoolP224r1")]
    Brainpool224,
    /// RFC 5639.
    #[serde(rename = "brainpoolP256r1")]
    Brainpool256,
    /// RFC 5639.
    #[serde(rename = "brainpoolP384r1")]
    Brainpool384,
    /// RFC 5639.
    #[serde(rename = "brainpoolP512r1")]
    Brainpool512,
}

impl Curve {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::P224,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Brainpool224,
        Self::Brainpool256,
        Self::Brainpool384,
        Self::Brainpool512,
    ];

    /// Its name, its object identifier, and its number among the standardised domain parameters
    /// (ICAO 9303-11 §9.5.1).
    fn facts(self) -> (&'static str, &'static str, u8) {
        match self {
            Self::P224 => ("P-224", "1.3.132.0.33", 10),
            Self::P256 => ("P-256", "1.2.840.10045.3.1.7", 12),
            Self::P384 => ("P-384", "1.3.132.0.34", 15),
            Self::P521 => ("P-521", "1.3.132.0.35", 18),
            Self::Brainpool224 => ("brainpoolP224r1", "1.3.36.3.3.2.8.1.1.5", 11),
            Self::Brainpool256 => ("brainpoolP256r1", "1.3.36.3.3.2.8.1.1.7", 13),
            Self::Brainpool384 => ("brainpoolP384r1", "1.3.36.3.3.2.8.1.1.11", 16),
            Self::Brainpool512 => ("brainpoolP512r1", "1.3.36.3.3.2.8.1.1.13", 17),
        }
    }

    /// The number by which PACE names it.
    pub fn parameter(self) -> u8 {
        self.facts().2
    }

    pub(super) fn name(self) -> &'static str {
        self.facts().0
    }

    pub(super) fn oid(self) -> &'static str {
        self.facts().1
    }

    fn nid(self) -> Nid {
        match self {
            Self::P224 => Nid::SECP224R1,
            Self::P256 => Nid::X9_62_PRIME256V1,
            Self::P384 => Nid::SECP384R1,
            Self::P521 => Nid::SECP521R1,
            Self::Brainpool224 => Nid::BRAINPOOL_P224R1,
            Self::Brainpool256 => Nid::BRAINPOOL_P256R1,
            Self::Brainpool384 => Nid::BRAINPOOL_P384R1,
            Self::Brainpool512 => Nid::BRAINPOOL_P512R1,
        }
    }

    pub(super) fn group(self) -> Result<EcGroup, ErrorStack> {
        EcGroup::from_curve_name(self.nid())
    }

    /// ECParameters with the curve written out (X9.62; RFC 3279 §2.3.5).
    pub(super) fn written_out(self) -> Result<Vec<u8>, ErrorStack> {
        let group = self.group()?;
        let context = &mut *BigNumContext::new()?;
        let (mut p, mut a, mut b, mut n) = (
            BigNum::new()?,
            BigNum::new()?,
            BigNum::new()?,
            BigNum::new()?,
        );
        group.components_gfp(&mut p, &mut a, &mut b, context)?;
        group.order(&mut n, context)?;
        let base = group
            .generator_opt()
            .expect("a named curve has a generator")
            .to_bytes(&group, PointConversionForm::UNCOMPRESSED, context)?;
        let field = p.num_bytes();
        Ok(der::sequence([
            der::integer(1),
            der::sequence([der::oid("1.2.840.10045.1.1"), der::unsigned(&p.to_vec())]),
            der::sequence([
                der::octets(&a.to_vec_padded(field)?),
                der::octets(&b.to_vec_padded(field)?),
            ]),
            der::octets(&base),
            der::unsigned(&n.to_vec()),
            der::integer(1),
        ]))
    }
}
