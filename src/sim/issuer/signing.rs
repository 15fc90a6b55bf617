//! Hashes, and signatures of all the kinds that documents carry.

use std::fmt;
use std::str::FromStr;

use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};
use serde::Deserialize;

use super::curve::Curve;
use super::der;
use super::key::{Key, KeyKind};

/// A hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hash {
    /// Broken, and refused by careful readers.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A hash with its names: in text, as a hash, and in the signatures of RSA.
type HashFacts = (&'static str, &'static str, &'static str);

impl Hash {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Md5,
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
    ];

    fn facts(self) -> HashFacts {
        match self {
            Self::Md5 => ("md5", "1.2.840.113549.2.5", "1.2.840.113549.1.1.4"),
            Self::Sha1 => ("sha1", "1.3.14.3.2.26", "1.2.840.113549.1.1.5"),
            Self::Sha224 => ("sha224", "2.16.840.1.101.3.4.2.4", "1.2.840.113549.1.1.14"),
            Self::Sha256 => ("sha256", "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.11"),
            Self::Sha384 => ("sha384", "2.16.840.1.101.3.4.2.2", "1.2.840.113549.1.1.12"),
            Self::Sha512 => ("sha512", "2.16.840.1.101.3.4.2.3", "1.2.840.113549.1.1.13"),
        }
    }

    /// OpenSSL's name of it.
    pub fn digest(self) -> MessageDigest {
        match self {
            Self::Md5 => MessageDigest::md5(),
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha224 => MessageDigest::sha224(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }

    /// The hash of some bytes.
    ///
    /// # Errors
    /// OpenSSL cannot.
    pub fn of(self, bytes: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        Ok(openssl::hash::hash(self.digest(), bytes)?.to_vec())
    }

    /// The object identifier of ECDSA with r and s side by side; active authentication names it
    /// too (ICAO 9303-11 §6.1.2).
    pub(in crate::sim) fn plain_oid(self) -> &'static str {
        match self {
            Hash::Md5 | Hash::Sha1 => "0.4.0.127.0.7.1.1.4.1.1",
            Hash::Sha224 => "0.4.0.127.0.7.1.1.4.1.2",
            Hash::Sha256 => "0.4.0.127.0.7.1.1.4.1.3",
            Hash::Sha384 => "0.4.0.127.0.7.1.1.4.1.4",
            Hash::Sha512 => "0.4.0.127.0.7.1.1.4.1.5",
        }
    }

    /// AlgorithmIdentifier of the hash, without parameters (RFC 5754 §2).
    pub(super) fn algorithm(self) -> Vec<u8> {
        der::sequence([der::oid(self.facts().1)])
    }
}

impl FromStr for Hash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|hash| hash.facts().0 == text);
        found.ok_or_else(|| format!("{text}: no hash; sha256 is one"))
    }
}

/// How a signature is made with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5.
    Pkcs1,
    /// RSASSA-PSS, its salt as long as the hash.
    Pss,
    /// ECDSA, r and s in DER (ANSI X9.62).
    Ecdsa,
    /// ECDSA, r and s side by side (BSI TR-03111 §5.2.1).
    EcdsaPlain,
}

impl Scheme {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Pkcs1, "pkcs1"),
        (Self::Pss, "pss"),
        (Self::Ecdsa, "ecdsa"),
        (Self::EcdsaPlain, "ecdsa-plain"),
    ];
}

/// A key, a scheme and a hash that go together. As text: `rsa-3072 pss sha256`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Signing {
    /// The kind of key.
    pub key: KeyKind,
    /// How it signs.
    pub scheme: Scheme,
    /// The hash that is signed.
    pub hash: Hash,
}

impl fmt::Display for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = Scheme::ALL.iter().find(|(one, _)| *one == self.scheme);
        let scheme = scheme.map_or("", |(_, name)| name);
        write!(f, "{} {scheme} {}", self.key, self.hash.facts().0)
    }
}

impl FromStr for Signing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text}: no way of signing; P-256 ecdsa sha256 is one");
        let mut words = text.split_whitespace();
        let (Some(key), Some(scheme), Some(hash), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(wrong());
        };
        let key: KeyKind = key.parse()?;
        let scheme = Scheme::ALL.iter().find(|(_, name)| *name == scheme);
        let (scheme, _) = *scheme.ok_or_else(wrong)?;
        let hash = hash.parse()?;
        let with_rsa = matches!(scheme, Scheme::Pkcs1 | Scheme::Pss);
        if with_rsa != matches!(key, KeyKind::Rsa(_)) || (!with_rsa && hash == Hash::Md5) {
            return Err(wrong());
        }
        Ok(Self { key, scheme, hash })
    }
}

impl TryFrom<String> for Signing {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl Signing {
    /// ECDSA on a named curve, with the hash of its size.
    pub fn ecdsa(curve: Curve) -> Self {
        let hash = match curve {
            Curve::P224 | Curve::Brainpool224 => Hash::Sha224,
            Curve::P256 | Curve::Brainpool256 => Hash::Sha256,
            Curve::P384 | Curve::Brainpool384 => Hash::Sha384,
            Curve::P521 | Curve::Brainpool512 => Hash::Sha512,
        };
        Self {
            key: KeyKind::Named(curve),
            scheme: Scheme::Ecdsa,
            hash,
        }
    }

    /// AlgorithmIdentifier of the signature (RFC 4055 §3 and §5, RFC 5758 §3.2, TR-03111 §5.2.1).
    pub(super) fn algorithm(self) -> Vec<u8> {
        let (_, _, rsa) = self.hash.facts();
        match self.scheme {
            Scheme::Pkcs1 => der::sequence([der::oid(rsa), der::null()]),
            Scheme::Pss => {
                let hash = self.hash.algorithm();
                let mask = der::sequence([der::oid("1.2.840.113549.1.1.8"), hash.clone()]);
                let salt = der::integer(self.hash.digest().size() as u32);
                // DER leaves out what is the default: SHA-1 and twenty bytes.
                let parameters = if self.hash == Hash::Sha1 {
                    der::sequence([])
                } else {
                    der::sequence([
                        der::context(0, &hash),
                        der::context(1, &mask),
                        der::context(2, &salt),
                    ])
                };
                der::sequence([der::oid("1.2.840.113549.1.1.10"), parameters])
            }
            Scheme::Ecdsa => der::sequence([der::oid(match self.hash {
                Hash::Md5 | Hash::Sha1 => "1.2.840.10045.4.1",
                Hash::Sha224 => "1.2.840.10045.4.3.1",
                Hash::Sha256 => "1.2.840.10045.4.3.2",
                Hash::Sha384 => "1.2.840.10045.4.3.3",
                Hash::Sha512 => "1.2.840.10045.4.3.4",
            })]),
            Scheme::EcdsaPlain => der::sequence([der::oid(self.hash.plain_oid())]),
        }
    }

    /// Signs a message.
    pub(super) fn sign(self, key: &Key, message: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let digest = self.hash.digest();
        let mut signer = Signer::new(digest, key.private())?;
        if self.scheme == Scheme::Pss {
            signer.set_rsa_padding(Padding::PKCS1_PSS)?;
            signer.set_rsa_mgf1_md(digest)?;
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        }
        let signature = signer.sign_oneshot_to_vec(message)?;
        if self.scheme != Scheme::EcdsaPlain {
            return Ok(signature);
        }
        let signature = EcdsaSig::from_der(&signature)?;
        let order = key.private().ec_key()?.group().order_bits().div_ceil(8) as i32;
        Ok([
            signature.r().to_vec_padded(order)?,
            signature.s().to_vec_padded(order)?,
        ]
        .concat())
    }
}
