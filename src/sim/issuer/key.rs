//! Keys of all the kinds that documents are signed with and chips prove themselves with.

use std::fmt;
use std::str::FromStr;

use openssl::bn::BigNumContext;
use openssl::ec::{EcKey, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use serde::Deserialize;

use super::curve::Curve;
use super::der;

/// What kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum KeyKind {
    /// RSA with so many bits and the exponent 65537.
    Rsa(u32),
    /// On a curve that is named.
    Named(Curve),
    /// On a curve whose parameters are written out.
    Explicit(Curve),
    /// On a curve that is named by its number among the standardised domain parameters: keys of
    /// chip authentication alone (ICAO 9303-11 §9.5.1).
    Standardised(Curve),
}

/// Sizes that documents and their issuers use.
const RSA_BITS: [u32; 4] = [1024, 2048, 3072, 4096];

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "rsa-{bits}"),
            Self::Named(curve) => f.write_str(curve.name()),
            Self::Explicit(curve) => write!(f, "{}-explicit", curve.name()),
            Self::Standardised(curve) => write!(f, "{}-standardised", curve.name()),
        }
    }
}

impl FromStr for KeyKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rsa = RSA_BITS.map(Self::Rsa).into_iter();
        let curves = Curve::ALL.into_iter().flat_map(|curve| {
            [Self::Named, Self::Explicit, Self::Standardised].map(|of| of(curve))
        });
        rsa.chain(curves)
            .find(|kind| kind.to_string() == text)
            .ok_or_else(|| {
                format!("{text}: no kind of key; rsa-2048, P-256, brainpoolP384r1-explicit are")
            })
    }
}

impl TryFrom<String> for KeyKind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// A key pair.
#[derive(Clone)]
pub struct Key {
    kind: KeyKind,
    private: PKey<Private>,
}

impl Key {
    /// Makes a key.
    ///
    /// # Errors
    /// OpenSSL cannot.
    pub fn generate(kind: KeyKind) -> Result<Self, ErrorStack> {
        let private = match kind {
            KeyKind::Rsa(bits) => PKey::from_rsa(Rsa::generate(bits)?)?,
            KeyKind::Named(curve) | KeyKind::Explicit(curve) | KeyKind::Standardised(curve) => {
                PKey::from_ec_key(EcKey::generate(&*curve.group()?)?)?
            }
        };
        Ok(Self { kind, private })
    }

    /// A key that was kept.
    pub(super) fn kept(kind: KeyKind, pem: &[u8]) -> Result<Self, ErrorStack> {
        let private = PKey::private_key_from_pem(pem)?;
        Ok(Self { kind, private })
    }

    /// PKCS#8, to be kept.
    pub(super) fn to_keep(&self) -> Result<Vec<u8>, ErrorStack> {
        self.private.private_key_to_pem_pkcs8()
    }

    /// What kind it is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// OpenSSL's key.
    pub fn private(&self) -> &PKey<Private> {
        &self.private
    }

    /// The public key as SubjectPublicKeyInfo carries it: a point, or an RSAPublicKey.
    pub(super) fn public_bytes(&self) -> Result<Vec<u8>, ErrorStack> {
        match self.kind {
            KeyKind::Rsa(_) => self.private.rsa()?.public_key_to_der_pkcs1(),
            KeyKind::Named(_) | KeyKind::Explicit(_) | KeyKind::Standardised(_) => {
                let key = self.private.ec_key()?;
                let context = &mut *BigNumContext::new()?;
                key.public_key()
                    .to_bytes(key.group(), PointConversionForm::UNCOMPRESSED, context)
            }
        }
    }

    /// SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
    ///
    /// # Errors
    /// OpenSSL cannot.
    pub fn spki(&self) -> Result<Vec<u8>, ErrorStack> {
        let ec = "1.2.840.10045.2.1";
        let (algorithm, parameters) = match self.kind {
            KeyKind::Rsa(_) => ("1.2.840.113549.1.1.1", der::null()),
            KeyKind::Named(curve) => (ec, der::oid(curve.oid())),
            KeyKind::Explicit(curve) => (ec, curve.written_out()?),
            KeyKind::Standardised(curve) => {
                ("0.4.0.127.0.7.1.2", der::integer(curve.parameter().into()))
            }
        };
        Ok(der::sequence([
            der::sequence([der::oid(algorithm), parameters]),
            der::bits(&self.public_bytes()?),
        ]))
    }
}
