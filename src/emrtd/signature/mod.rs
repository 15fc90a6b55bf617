//! Signatures on documents and certificates: keys, algorithms, verification. Everything here is
//! public data.

mod algorithm;
mod brainpool512;
mod domain;
mod ecdsa;
mod key;
mod rsa;
#[cfg(all(test, feature = "sim"))]
mod tests;

use thiserror::Error;

pub(super) use algorithm::{SignatureAlgorithm, hash_of};
pub(super) use key::{KeyFault, PublicKey, curve};
pub(super) use rsa::{Pss, RsaKey};

use super::asn1::Asn1Error;
use crate::identity::CheckResult;

/// Why a signature was not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum SignatureFault {
    /// It does not sign this message under this key.
    #[error("the signature is wrong")]
    Wrong,
    /// Its algorithm is broken: nobody may sign with it.
    #[error("{0}")]
    Forbidden(&'static str),
    /// It could not be decided here.
    #[error("{0}")]
    Unsupported(&'static str),
    /// It is no signature, or names no algorithm.
    #[error("{0}")]
    Malformed(#[from] Asn1Error),
}

impl SignatureFault {
    /// What it makes of a check: what cannot be decided here is nobody's fault.
    pub fn result(&self) -> CheckResult {
        match self {
            Self::Wrong | Self::Forbidden(_) | Self::Malformed(_) => CheckResult::Failed,
            Self::Unsupported(_) => CheckResult::Undetermined,
        }
    }
}

impl PublicKey {
    /// Verifies a signature over a message.
    pub fn verify(
        &self,
        algorithm: &SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureFault> {
        use SignatureAlgorithm::{EcdsaDer, EcdsaPlain, RsaPkcs1, RsaPss};
        match (self, algorithm) {
            (Self::Rsa(key), RsaPkcs1(hash)) => key.verify_pkcs1(*hash, message, signature),
            (Self::Rsa(key), RsaPss(pss)) => key.verify_pss(pss, message, signature),
            (Self::Ec { .. }, EcdsaDer(hash)) => {
                self.verify_ecdsa_der(&hash.digest(&[message]), signature)
            }
            (Self::Ec { .. }, EcdsaPlain(hash)) => {
                self.verify_ecdsa_plain(&hash.digest(&[message]), signature)
            }
            (Self::Rsa(_), EcdsaDer(_) | EcdsaPlain(_))
            | (Self::Ec { .. }, RsaPkcs1(_) | RsaPss(_)) => Err(SignatureFault::Wrong),
        }
    }

    /// Verifies an ECDSA signature `r‖s` (BSI TR-03111 §5.2.1) over a hash; of a hash longer than
    /// the curve's order the leftmost bits count (FIPS 186-5 §6.4.2).
    pub fn verify_ecdsa_plain(&self, hash: &[u8], r_s: &[u8]) -> Result<(), SignatureFault> {
        match self {
            Self::Ec { curve, point } => ecdsa::verify(*curve, point, hash, r_s),
            Self::Rsa(_) => Err(SignatureFault::Wrong),
        }
    }

    /// The same for a signature in DER (ANSI X9.62).
    pub fn verify_ecdsa_der(&self, hash: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
        match self {
            Self::Ec { curve, .. } => {
                self.verify_ecdsa_plain(hash, &ecdsa::plain_of_der(*curve, signature)?)
            }
            Self::Rsa(_) => Err(SignatureFault::Wrong),
        }
    }
}
