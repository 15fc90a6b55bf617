//! Keys and signatures of all the kinds that documents are signed with.

use std::fmt;
use std::str::FromStr;

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, PointConversionForm};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};
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

    fn group(self) -> Result<EcGroup, ErrorStack> {
        EcGroup::from_curve_name(self.nid())
    }

    /// ECParameters with the curve written out (X9.62; RFC 3279 §2.3.5).
    fn written_out(self) -> Result<Vec<u8>, ErrorStack> {
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
            Self::Named(curve) => f.write_str(curve.facts().0),
            Self::Explicit(curve) => write!(f, "{}-explicit", curve.facts().0),
            Self::Standardised(curve) => write!(f, "{}-standardised", curve.facts().0),
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
            KeyKind::Named(curve) => (ec, der::oid(curve.facts().1)),
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
