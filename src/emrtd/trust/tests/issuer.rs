//! An issuer for tests: writes certificates, revocation lists and signed data, right or wrong in
//! any place. The signing is OpenSSL's.

use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};

use crate::emrtd::tlv::build;

/// A hash by its length in bits, with the last arcs of the algorithms that use it.
#[derive(Clone, Copy)]
pub(in crate::emrtd) struct Hash {
    digest: fn() -> MessageDigest,
    pub oid: &'static str,
    pkcs1: u8,
    ansi: &'static [u8],
    bsi: u8,
}

/// SHA-1, 224, 256, 384 and 512.
pub(in crate::emrtd) const HASHES: [Hash; 5] = [
    Hash {
        digest: MessageDigest::sha1,
        oid: "2B0E03021A",
        pkcs1: 5,
        ansi: &[1],
        bsi: 1,
    },
    Hash {
        digest: MessageDigest::sha224,
        oid: "608648016503040204",
        pkcs1: 14,
        ansi: &[3, 1],
        bsi: 2,
    },
    SHA256,
    Hash {
        digest: MessageDigest::sha384,
        oid: "608648016503040202",
        pkcs1: 12,
        ansi: &[3, 3],
        bsi: 4,
    },
    Hash {
        digest: MessageDigest::sha512,
        oid: "608648016503040203",
        pkcs1: 13,
        ansi: &[3, 4],
        bsi: 5,
    },
];

pub(in crate::emrtd) const SHA256: Hash = Hash {
    digest: MessageDigest::sha256,
    oid: "608648016503040201",
    pkcs1: 11,
    ansi: &[3, 2],
    bsi: 3,
};

impl Hash {
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        hash((self.digest)(), bytes).expect("a hash").to_vec()
    }

    pub fn identifier(self) -> Vec<u8> {
        sequence(&[oid(self.oid)])
    }
}

/// How a signature is made.
#[derive(Clone, Copy)]
pub(in crate::emrtd) enum Scheme {
    Pkcs1(Hash),
    /// The same, named as the kind of key alone (`rsaEncryption`).
    Pkcs1ByKey(Hash),
    Pss(Hash),
    Ecdsa(Hash),
    EcdsaPlain(Hash),
}

impl Scheme {
    pub fn identifier(self) -> Vec<u8> {
        const PKCS1: &str = "2A864886F70D0101";
        let last = |prefix: &str, arcs: &[u8]| oid(&(prefix.to_owned() + &hex::encode(arcs)));
        let null = build(0x05, &[]);
        match self {
            Self::Pkcs1(hash) => sequence(&[last(PKCS1, &[hash.pkcs1]), null]),
            Self::Pkcs1ByKey(_) => sequence(&[last(PKCS1, &[1]), null]),
            Self::Ecdsa(hash) => sequence(&[last("2A8648CE3D04", hash.ansi)]),
            Self::EcdsaPlain(hash) => sequence(&[last("04007F000701010401", &[hash.bsi])]),
            Self::Pss(hash) => {
                let len = u8::try_from((hash.digest)().size()).expect("short");
                let mgf = sequence(&[last(PKCS1, &[8]), hash.identifier()]);
                let parameters = [
                    build(0xA0, &hash.identifier()),
                    build(0xA1, &mgf),
                    build(0xA2, &build(0x02, &[len])),
                ];
                sequence(&[last(PKCS1, &[10]), sequence(&parameters)])
            }
        }
    }

    pub fn sign(self, key: &PKey<Private>, message: &[u8]) -> Vec<u8> {
        let (Self::Pkcs1(hash)
        | Self::Pkcs1ByKey(hash)
        | Self::Pss(hash)
        | Self::Ecdsa(hash)
        | Self::EcdsaPlain(hash)) = self;
        let mut signer = Signer::new((hash.digest)(), key).expect("a signer");
        if matches!(self, Self::Pss(_)) {
            signer.set_rsa_padding(Padding::PKCS1_PSS).expect("PSS");
            let salt = RsaPssSaltlen::DIGEST_LENGTH;
            signer.set_rsa_pss_saltlen(salt).expect("a salt length");
        }
        let signature = signer.sign_oneshot_to_vec(message).expect("a signature");
        match self {
            Self::EcdsaPlain(_) => plain(key, &signature),
            Self::Pkcs1(_) | Self::Pkcs1ByKey(_) | Self::Pss(_) | Self::Ecdsa(_) => signature,
        }
    }
}

fn plain(key: &PKey<Private>, der: &[u8]) -> Vec<u8> {
    let signature = EcdsaSig::from_der(der).expect("an ECDSA signature");
    let len = i32::try_from(key.bits().div_ceil(8)).expect("short");
    let padded = |n: &openssl::bn::BigNumRef| n.to_vec_padded(len).expect("it fits");
    [padded(signature.r()), padded(signature.s())].concat()
}

/// Somebody with a name and a key.
#[derive(Clone)]
pub(in crate::emrtd) struct Party {
    pub name: Vec<u8>,
    pub key: PKey<Private>,
}

impl Party {
    pub fn ec(name: &str, curve: Nid) -> Self {
        let group = EcGroup::from_curve_name(curve).expect("a known curve");
        let key = EcKey::generate(&group).expect("a key pair");
        Self {
            name: self::name("VN", name),
            key: PKey::from_ec_key(key).expect("a key"),
        }
    }

    pub fn rsa(name: &str, bits: u32) -> Self {
        let key = Rsa::generate(bits).expect("a key pair");
        Self {
            name: self::name("VN", name),
            key: PKey::from_rsa(key).expect("a key"),
        }
    }

    /// The scheme that fits its key, with SHA-256.
    pub fn scheme(&self) -> Scheme {
        match self.key.id() {
            Id::RSA => Scheme::Pss(SHA256),
            _ => Scheme::Ecdsa(SHA256),
        }
    }

    pub fn key_id(&self) -> Vec<u8> {
        let key = self.key.public_key_to_der().expect("an encodable key");
        HASHES[0].of(&key)
    }
}

/// A certificate to be made; every part can be made wrong.
#[derive(Clone)]
pub(in crate::emrtd) struct Cert {
    /// The `[0]` element, or nothing.
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub issuer: Vec<u8>,
    pub from: &'static str,
    pub until: &'static str,
    pub scheme: Scheme,
    /// The algorithm inside the signed part, if it differs.
    pub inner: Option<Vec<u8>>,
    pub extensions: Vec<Vec<u8>>,
}

impl Cert {
    /// A document signer's, valid for ten years from 2020.
    pub fn signer(issuer: &Party) -> Self {
        let authority = sequence(&[build(0x80, &issuer.key_id())]);
        Self {
            version: build(0xA0, &build(0x02, &[2])),
            serial: vec![0x0B],
            issuer: issuer.name.clone(),
            from: "200101000000Z",
            until: "301231235959Z",
            scheme: issuer.scheme(),
            inner: None,
            extensions: vec![
                extension("551D23", false, &authority),
                extension("551D0F", true, &build(0x03, &[7, 0x80])),
            ],
        }
    }

    /// A CSCA's, whether its own or a link from another.
    pub fn csca(subject: &Party, issuer: &Party) -> Self {
        let authority = sequence(&[build(0x80, &issuer.key_id())]);
        let constraints = sequence(&[build(0x01, &[0xFF]), build(0x02, &[0])]);
        Self {
            extensions: vec![
                extension("551D0E", false, &build(0x04, &subject.key_id())),
                extension("551D23", false, &authority),
                extension("551D0F", true, &build(0x03, &[1, 0x06])),
                extension("551D13", true, &constraints),
            ],
            serial: vec![0x01],
            ..Self::signer(issuer)
        }
    }

    /// Signs it.
    pub fn of(&self, subject: &Party, issuer: &Party) -> Vec<u8> {
        let algorithm = self.scheme.identifier();
        let time = |text: &str| build(if text.len() == 13 { 0x17 } else { 0x18 }, text.as_bytes());
        let body = sequence(&[
            self.version.clone(),
            build(0x02, &self.serial),
            self.inner.clone().unwrap_or(algorithm.clone()),
            self.issuer.clone(),
            sequence(&[time(self.from), time(self.until)]),
            subject.name.clone(),
            subject.key.public_key_to_der().expect("an encodable key"),
            build(0xA3, &sequence(&self.extensions)),
        ]);
        sign(&body, algorithm, &self.scheme.sign(&issuer.key, &body))
    }
}

/// A revocation list of these serial numbers.
pub(in crate::emrtd) fn crl(
    issuer: &Party,
    serials: &[&[u8]],
    next_update: &str,
    extensions: &[Vec<u8>],
) -> Vec<u8> {
    let date = build(0x17, b"260101000000Z");
    let entries: Vec<_> = serials
        .iter()
        .map(|serial| sequence(&[build(0x02, serial), date.clone()]))
        .collect();
    let mut body = vec![
        build(0x02, &[1]),
        issuer.scheme().identifier(),
        issuer.name.clone(),
        date.clone(),
        build(0x17, next_update.as_bytes()),
    ];
    if !entries.is_empty() {
        body.push(sequence(&entries));
    }
    if !extensions.is_empty() {
        body.push(build(0xA0, &sequence(extensions)));
    }
    let body = sequence(&body);
    let signature = issuer.scheme().sign(&issuer.key, &body);
    sign(&body, issuer.scheme().identifier(), &signature)
}

/// Signed data to be made; every part can be made wrong.
#[derive(Clone)]
pub(in crate::emrtd) struct Cms {
    pub version: u8,
    pub digests: Vec<Vec<u8>>,
    pub content_type: String,
    pub content: Vec<u8>,
    pub certificates: Vec<Vec<u8>>,
    pub signer_version: u8,
    pub signer_id: Vec<u8>,
    pub hash: Hash,
    /// The digest algorithm that the signer names, if it is another.
    pub named_digest: Option<Vec<u8>>,
    pub attributes: Vec<Vec<u8>>,
    pub scheme: Scheme,
    /// The signature algorithm that the signer names, if it is another.
    pub named_scheme: Option<Vec<u8>>,
    /// Signed in this order and stored in the other.
    pub is_stored_reversed: bool,
    pub signers: usize,
}

impl Cms {
    /// Right signed data by a signer whose certificate is inside and named by issuer and serial.
    pub fn of(content_type: &str, content: Vec<u8>, signer: &Party, certificate: &Cert) -> Self {
        let serial = build(0x02, &certificate.serial);
        Self {
            version: 3,
            digests: vec![SHA256.identifier()],
            content_type: content_type.to_owned(),
            attributes: attributes(content_type, &SHA256.of(&content), None),
            content,
            certificates: Vec::new(),
            signer_version: 1,
            signer_id: sequence(&[certificate.issuer.clone(), serial]),
            hash: SHA256,
            named_digest: None,
            scheme: signer.scheme(),
            named_scheme: None,
            is_stored_reversed: false,
            signers: 1,
        }
    }

    /// Signs it: a `ContentInfo`.
    pub fn sign(&self, signer: &Party) -> Vec<u8> {
        let signed = self.attributes.concat();
        let signature = self.scheme.sign(&signer.key, &build(0x31, &signed));
        let mut stored = self.attributes.clone();
        if self.is_stored_reversed {
            stored.reverse();
        }
        let digest = self.named_digest.clone().unwrap_or(self.hash.identifier());
        let scheme = self
            .named_scheme
            .clone()
            .unwrap_or(self.scheme.identifier());
        let mut info = vec![
            build(0x02, &[self.signer_version]),
            self.signer_id.clone(),
            digest,
        ];
        if !stored.is_empty() {
            info.push(build(0xA0, &stored.concat()));
        }
        info.extend([scheme, build(0x04, &signature)]);
        let info = sequence(&info).repeat(self.signers);
        let content = build(0xA0, &build(0x04, &self.content));
        let mut data = vec![
            build(0x02, &[self.version]),
            build(0x31, &self.digests.concat()),
            sequence(&[oid(&self.content_type), content]),
        ];
        if !self.certificates.is_empty() {
            data.push(build(0xA0, &self.certificates.concat()));
        }
        data.push(build(0x31, &info));
        sequence(&[oid("2A864886F70D010702"), build(0xA0, &sequence(&data))])
    }
}

/// Content type, message digest, and the signing time if given.
pub(in crate::emrtd) fn attributes(
    content_type: &str,
    digest: &[u8],
    signing_time: Option<&str>,
) -> Vec<Vec<u8>> {
    let mut all = vec![
        attribute(3, &oid(content_type)),
        attribute(4, &build(0x04, digest)),
    ];
    if let Some(time) = signing_time {
        all.insert(1, attribute(5, &build(0x17, time.as_bytes())));
    }
    all
}

pub(in crate::emrtd) fn attribute(kind: u8, value: &[u8]) -> Vec<u8> {
    let kind = oid(&format!("2A864886F70D0109{kind:02X}"));
    sequence(&[kind, build(0x31, value)])
}

pub(in crate::emrtd) fn extension(kind: &str, is_critical: bool, content: &[u8]) -> Vec<u8> {
    let critical = match is_critical {
        true => build(0x01, &[0xFF]),
        false => Vec::new(),
    };
    sequence(&[oid(kind), critical, build(0x04, content)])
}

pub(in crate::emrtd) fn name(country: &str, common_name: &str) -> Vec<u8> {
    let part = |kind: &str, tag, text: &str| {
        let attribute = sequence(&[oid(kind), build(tag, text.as_bytes())]);
        build(0x31, &attribute)
    };
    sequence(&[
        part("550406", 0x13, country),
        part("550403", 0x0C, common_name),
    ])
}

pub(in crate::emrtd) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    build(0x30, &parts.concat())
}

pub(in crate::emrtd) fn oid(hexadecimal: &str) -> Vec<u8> {
    build(0x06, &hex::decode(hexadecimal).expect("hex"))
}

fn sign(body: &[u8], algorithm: Vec<u8>, signature: &[u8]) -> Vec<u8> {
    let signature = build(0x03, &[&[0], signature].concat());
    sequence(&[body.to_vec(), algorithm, signature])
}
