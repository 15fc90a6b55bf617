//! The hashes and curves that travel documents use, by their names on the wire.

use sha1::{Digest, Sha1};
use sha2::{Sha224, Sha256, Sha384, Sha512};

/// A hash function (ICAO 9303-12 §4.4, ICAO 9303-11 §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum HashAlgorithm {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl HashAlgorithm {
    /// The function with this object identifier (its value bytes); `None` for any other, MD5 too.
    pub fn from_oid(oid: &[u8]) -> Option<Self> {
        /// 2.16.840.1.101.3.4.2: NIST's hash functions; one more byte tells which.
        const NIST: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
        /// 1.3.14.3.2.26.
        const SHA1: &[u8] = &[0x2B, 0x0E, 0x03, 0x02, 0x1A];
        match oid.strip_prefix(NIST) {
            Some([1]) => Some(Self::Sha256),
            Some([2]) => Some(Self::Sha384),
            Some([3]) => Some(Self::Sha512),
            Some([4]) => Some(Self::Sha224),
            _ => (oid == SHA1).then_some(Self::Sha1),
        }
    }

    /// The hash of the parts, one after the other.
    pub fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        fn over<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut hash = D::new();
            parts.iter().for_each(|part| hash.update(part));
            hash.finalize().to_vec()
        }
        match self {
            Self::Sha1 => over::<Sha1>(parts),
            Self::Sha224 => over::<Sha224>(parts),
            Self::Sha256 => over::<Sha256>(parts),
            Self::Sha384 => over::<Sha384>(parts),
            Self::Sha512 => over::<Sha512>(parts),
        }
    }

    /// Its usual name, for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// Bytes of a hash.
    pub fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A curve over a prime field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
    BrainpoolP256r1,
    BrainpoolP384r1,
    /// For signatures only: no key agreement of ours runs on it.
    BrainpoolP512r1,
}

impl Curve {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::P256,
        Self::P384,
        Self::P521,
        Self::BrainpoolP256r1,
        Self::BrainpoolP384r1,
        Self::BrainpoolP512r1,
    ];

    /// The curve with this object identifier (its value bytes).
    pub fn from_oid(oid: &[u8]) -> Option<Self> {
        match oid {
            // 1.2.840.10045.3.1.7
            [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07] => Some(Self::P256),
            // 1.3.132.0.34 and 35
            [0x2B, 0x81, 0x04, 0x00, 0x22] => Some(Self::P384),
            [0x2B, 0x81, 0x04, 0x00, 0x23] => Some(Self::P521),
            // 1.3.36.3.3.2.8.1.1
            [0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, last] => match last {
                7 => Some(Self::BrainpoolP256r1),
                11 => Some(Self::BrainpoolP384r1),
                13 => Some(Self::BrainpoolP512r1),
                _ => None,
            },
            _ => None,
        }
    }

    /// The curve with this number of standardised domain parameters (ICAO 9303-11 §9.5.1).
    pub fn from_parameter_id(id: u8) -> Option<Self> {
        match id {
            12 => Some(Self::P256),
            13 => Some(Self::BrainpoolP256r1),
            15 => Some(Self::P384),
            16 => Some(Self::BrainpoolP384r1),
            17 => Some(Self::BrainpoolP512r1),
            18 => Some(Self::P521),
            _ => None,
        }
    }

    /// Bytes of a coordinate.
    pub fn field_len(self) -> usize {
        match self {
            Self::P256 | Self::BrainpoolP256r1 => 32,
            Self::P384 | Self::BrainpoolP384r1 => 48,
            Self::BrainpoolP512r1 => 64,
            Self::P521 => 66,
        }
    }

    /// Its usual name, for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::BrainpoolP256r1 => "brainpoolP256r1",
            Self::BrainpoolP384r1 => "brainpoolP384r1",
            Self::BrainpoolP512r1 => "brainpoolP512r1",
        }
    }
}
