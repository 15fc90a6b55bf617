//! The verifiers against OpenSSL as the other opinion, and keys as documents carry them.

mod keys;
mod rsa;

use openssl::bn::BigNumContext;
use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use proptest::prelude::*;

use super::{PublicKey, SignatureAlgorithm, SignatureFault};
use crate::emrtd::algorithm::{Curve, HashAlgorithm};
use crate::emrtd::tlv::build;

const HASHES: [HashAlgorithm; 5] = [
    HashAlgorithm::Sha1,
    HashAlgorithm::Sha224,
    HashAlgorithm::Sha256,
    HashAlgorithm::Sha384,
    HashAlgorithm::Sha512,
];

fn nid(curve: Curve) -> Nid {
    match curve {
        Curve::P256 => Nid::X9_62_PRIME256V1,
        Curve::P384 => Nid::SECP384R1,
        Curve::P521 => Nid::SECP521R1,
        Curve::BrainpoolP256r1 => Nid::BRAINPOOL_P256R1,
        Curve::BrainpoolP384r1 => Nid::BRAINPOOL_P384R1,
        Curve::BrainpoolP512r1 => Nid::BRAINPOOL_P512R1,
    }
}

fn key_pair(nid: Nid, form: Asn1Flag) -> EcKey<Private> {
    let mut group = EcGroup::from_curve_name(nid).expect("a known curve");
    group.set_asn1_flag(form);
    EcKey::generate(&group).expect("a key pair")
}

fn spki(key: &EcKey<Private>) -> Vec<u8> {
    let key = PKey::from_ec_key(key.clone()).expect("a key");
    key.public_key_to_der().expect("an encodable key")
}

fn plain(curve: Curve, signature: &EcdsaSig) -> Vec<u8> {
    let len = i32::try_from(curve.field_len()).expect("small");
    let padded = |n: &openssl::bn::BigNumRef| n.to_vec_padded(len).expect("it fits");
    [padded(signature.r()), padded(signature.s())].concat()
}

/// `ecdsa-with-SHA…`.
fn ansi(hash: HashAlgorithm) -> Vec<u8> {
    let last: &[u8] = match hash {
        HashAlgorithm::Sha1 => &[1],
        HashAlgorithm::Sha224 => &[3, 1],
        HashAlgorithm::Sha256 => &[3, 2],
        HashAlgorithm::Sha384 => &[3, 3],
        HashAlgorithm::Sha512 => &[3, 4],
    };
    let oid = [&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04], last].concat();
    build(0x30, &build(0x06, &oid))
}

/// `ecdsa-plain-SHA…`.
fn bsi(hash: HashAlgorithm) -> Vec<u8> {
    let last = 1 + HASHES
        .iter()
        .position(|h| *h == hash)
        .expect("all are listed") as u8;
    let oid = [4, 0, 0x7F, 0, 7, 1, 1, 4, 1, last];
    build(0x30, &build(0x06, &oid))
}

#[test]
fn ecdsa_of_openssl_verifies_on_every_curve_with_every_hash_in_both_forms() {
    for curve in Curve::ALL {
        let pair = key_pair(nid(curve), Asn1Flag::NAMED_CURVE);
        let key = PublicKey::parse(&spki(&pair)).expect("a right key");
        for hash in HASHES {
            let digest = hash.digest(&[b"message"]);
            let signature = EcdsaSig::sign(&digest, &pair).expect("a signature");
            let (der, plain) = (signature.to_der().expect("DER"), plain(curve, &signature));
            for (identifier, mut signature) in [(ansi(hash), der), (bsi(hash), plain)] {
                let algorithm = SignatureAlgorithm::parse(&identifier).expect("known");
                assert_eq!(key.verify(&algorithm, b"message", &signature), Ok(()));
                assert_eq!(
                    key.verify(&algorithm, b"another message", &signature),
                    Err(SignatureFault::Wrong),
                    "{curve:?} {hash:?}"
                );
                *signature.last_mut().expect("bytes") ^= 1;
                assert!(key.verify(&algorithm, b"message", &signature).is_err());
            }
        }
    }
}

#[test]
fn a_signature_of_zeros_or_of_the_order_or_of_another_length_verifies_nowhere() {
    for curve in Curve::ALL {
        let pair = key_pair(nid(curve), Asn1Flag::NAMED_CURVE);
        let key = PublicKey::parse(&spki(&pair)).expect("a right key");
        let len = curve.field_len();
        let mut order = openssl::bn::BigNum::new().expect("a number");
        let mut context = BigNumContext::new().expect("a context");
        pair.group().order(&mut order, &mut context).expect("order");
        let order = order.to_vec_padded(len as i32).expect("it fits");
        let zero = vec![0; len];
        let one = [&zero[1..], &[1]].concat();
        for (r, s) in [
            (&zero, &zero),
            (&zero, &one),
            (&one, &zero),
            (&order, &one),
            (&one, &order),
        ] {
            let r_s = [&r[..], s].concat();
            let wrong = Err(SignatureFault::Wrong);
            assert_eq!(key.verify_ecdsa_plain(&[0; 20], &r_s), wrong);
            assert_eq!(key.verify_ecdsa_plain(&[0; 20], &r_s[1..]), wrong);
        }
    }
}

/// Modulo the order they would be the same: only one form of a signature is one.
#[test]
fn a_number_of_a_signature_that_is_the_order_too_large_verifies_nowhere() {
    for curve in [Curve::BrainpoolP256r1, Curve::BrainpoolP512r1] {
        let pair = key_pair(nid(curve), Asn1Flag::NAMED_CURVE);
        let key = PublicKey::parse(&spki(&pair)).expect("a right key");
        let mut order = openssl::bn::BigNum::new().expect("a number");
        let mut context = BigNumContext::new().expect("a context");
        pair.group().order(&mut order, &mut context).expect("order");
        let len = curve.field_len();
        let larger = (0..200).find_map(|_| {
            let signature = EcdsaSig::sign(&[7; 32], &pair).expect("a signature");
            let r_s = plain(curve, &signature);
            assert_eq!(key.verify_ecdsa_plain(&[7; 32], &r_s), Ok(()));
            let s = (signature.s() + &*order).to_vec_padded(len as i32).ok()?;
            Some([&r_s[..len], &s].concat())
        });
        let larger = larger.expect("half of all s leave room for the order");
        let verified = key.verify_ecdsa_plain(&[7; 32], &larger);
        assert_eq!(verified, Err(SignatureFault::Wrong), "{curve:?}");
    }
}

#[test]
fn a_signature_of_one_kind_never_verifies_under_a_key_of_the_other() {
    let pair = key_pair(Nid::X9_62_PRIME256V1, Asn1Flag::NAMED_CURVE);
    let key = PublicKey::parse(&spki(&pair)).expect("a right key");
    let algorithm = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256);
    assert_eq!(
        key.verify(&algorithm, b"message", &[1; 256]),
        Err(SignatureFault::Wrong)
    );
}

#[test]
fn what_is_broken_or_unknown_is_named() {
    let named = |oid: &[u8]| SignatureAlgorithm::parse(&build(0x30, &build(0x06, oid)));
    for (oid, reason) in [
        (
            &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 4][..],
            "MD2, MD4 and MD5 are broken",
        ),
        (
            &[0x2A, 0x86, 0x48, 0xCE, 0x38, 4, 3],
            "DSA is not supported",
        ),
        (
            &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2],
            "DSA is not supported",
        ),
        (&[0x2B, 0x65, 0x70], "an unknown signature algorithm"),
    ] {
        let fault = named(oid).expect_err("not supported");
        assert_eq!(fault.to_string(), reason);
        assert_eq!(
            matches!(fault, SignatureFault::Forbidden(_)),
            reason.contains("broken")
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_as_key_and_algorithm_without_a_panic(bytes: Vec<u8>) {
        let _ = PublicKey::parse(&bytes);
        let _ = SignatureAlgorithm::parse(&bytes);
        let sequence = build(0x30, &bytes);
        let _ = PublicKey::parse(&sequence);
        let _ = SignatureAlgorithm::parse(&sequence);
    }

    #[test]
    fn any_damage_to_a_key_is_read_without_a_panic(place in 0usize..1_000, byte: u8) {
        let pair = key_pair(Nid::BRAINPOOL_P512R1, Asn1Flag::EXPLICIT_CURVE);
        let mut spki = spki(&pair);
        let place = place % spki.len();
        spki[place] = byte;
        if let Ok(key) = PublicKey::parse(&spki) {
            let _ = key.verify_ecdsa_plain(&[7; 64], &[7; 128]);
        }
    }
}
