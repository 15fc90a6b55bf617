//! Keys and signatures that OpenSSL makes: every trailer, hash and curve.

use openssl::bn::BigNumRef;
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};

use super::{CHALLENGE, answered, check, reply};
use crate::emrtd::algorithm::{Curve, HashAlgorithm};
use crate::emrtd::lds::security_info::{ActiveHash, SecurityInfos};
use crate::emrtd::lds::{bsi_reference, parse_dg15};
use crate::emrtd::proof::active::{AaTurn, ActiveAuthentication, hash_by_size};
use crate::emrtd::signature::PublicKey;
use crate::identity::CheckResult::{Failed, Successful};

const TRAILERS: [(&[u8], HashAlgorithm); 6] = [
    (&[0xBC], HashAlgorithm::Sha1),
    (&[0x33, 0xCC], HashAlgorithm::Sha1),
    (&[0x34, 0xCC], HashAlgorithm::Sha256),
    (&[0x35, 0xCC], HashAlgorithm::Sha512),
    (&[0x36, 0xCC], HashAlgorithm::Sha384),
    (&[0x38, 0xCC], HashAlgorithm::Sha224),
];

fn public(key: &PKey<Private>) -> PublicKey {
    PublicKey::parse(&key.public_key_to_der().expect("DER")).expect("a key")
}

/// A signature with this first byte, trailer and hash.
fn signed(key: &Rsa<Private>, first: u8, trailer: &[u8], hash: HashAlgorithm) -> Vec<u8> {
    let len = key.size() as usize;
    let recovered = vec![0x5A; len - 1 - hash.len() - trailer.len()];
    let digest = hash.digest(&[&recovered, &CHALLENGE]);
    let block = [&[first][..], &recovered, &digest, trailer].concat();
    let mut signature = vec![0; len];
    key.private_encrypt(&block, &mut signature, Padding::NONE)
        .expect("a block as long as the key");
    signature
}

#[test]
fn every_trailer_is_accepted_with_its_hash_and_with_no_other() {
    let key = Rsa::generate(1024).expect("a key");
    let public = public(&PKey::from_rsa(key.clone()).expect("a key"));
    for (trailer, hash) in TRAILERS {
        check(&public, &signed(&key, 0x6A, trailer, hash), Successful);
        let other = match hash {
            HashAlgorithm::Sha1 => HashAlgorithm::Sha256,
            HashAlgorithm::Sha224
            | HashAlgorithm::Sha256
            | HashAlgorithm::Sha384
            | HashAlgorithm::Sha512 => HashAlgorithm::Sha1,
        };
        check(&public, &signed(&key, 0x6A, trailer, other), Failed);
        check(&public, &signed(&key, 0x4A, trailer, hash), Failed);
    }
    for unknown in [
        &[0x31, 0xCC][..],
        &[0x37, 0xCC],
        &[0xAC],
        &[0x34, 0xCD],
        &[0x00],
    ] {
        check(
            &public,
            &signed(&key, 0x6A, unknown, HashAlgorithm::Sha256),
            Failed,
        );
    }
}

#[test]
fn a_key_of_2048_bits_signs_in_extended_length() {
    let key = Rsa::generate(2048).expect("a key");
    let public = public(&PKey::from_rsa(key.clone()).expect("a key"));
    let signature = signed(&key, 0x6A, &[0x34, 0xCC], HashAlgorithm::Sha256);
    let (proof, sent) = answered(&public, true, &[reply(&signature, 0x9000)]);
    assert_eq!((proof.result(), sent.len()), (Successful, 1));
}

#[test]
fn ecdsa_is_accepted_on_every_curve_plain_and_in_der_with_the_hash_that_is_named() {
    for (curve, nid) in [
        (Curve::P256, Nid::X9_62_PRIME256V1),
        (Curve::P384, Nid::SECP384R1),
        (Curve::P521, Nid::SECP521R1),
        (Curve::BrainpoolP256r1, Nid::BRAINPOOL_P256R1),
        (Curve::BrainpoolP384r1, Nid::BRAINPOOL_P384R1),
        (Curve::BrainpoolP512r1, Nid::BRAINPOOL_P512R1),
    ] {
        let group = EcGroup::from_curve_name(nid).expect("a known curve");
        let key = EcKey::generate(&group).expect("a key");
        let public = public(&PKey::from_ec_key(key.clone()).expect("a key"));
        let signature = |hash: HashAlgorithm| {
            EcdsaSig::sign(&hash.digest(&[&CHALLENGE]), &key).expect("a signature")
        };
        let plain = |signature: &EcdsaSig| {
            let len = i32::try_from(curve.field_len()).expect("small");
            let number = |n: &BigNumRef| n.to_vec_padded(len).expect("below the order");
            [number(signature.r()), number(signature.s())].concat()
        };
        let default = signature(hash_by_size(curve));
        check(&public, &plain(&default), Successful);
        let proof = check(&public, &default.to_der().expect("DER"), Successful);
        assert!(proof.reason().ends_with("in DER, which is a defect"));
        let named = signature(HashAlgorithm::Sha1);
        check(&public, &plain(&named), Failed);
        let infos = SecurityInfos {
            active_hash: Some(ActiveHash::Known(HashAlgorithm::Sha1)),
            ..SecurityInfos::default()
        };
        let mut random = |out: &mut [u8]| out.copy_from_slice(&CHALLENGE);
        let (conversation, _) =
            ActiveAuthentication::start(&public, Some(&infos), &mut random, false)
                .expect("started");
        let turn = conversation.on_reply(&reply(&plain(&named), 0x9000));
        assert!(matches!(turn, AaTurn::Done(proof) if proof.result() == Successful));
    }
}

#[test]
fn the_private_key_of_the_bsi_reference_set_signs_for_its_dg15() {
    let (Some(dg15), Some(private)) = (
        bsi_reference("Datagroup15.bin"),
        bsi_reference("DG15_sk.pkcs8"),
    ) else {
        return;
    };
    let public = parse_dg15(&dg15).expect("a right file");
    let key = PKey::private_key_from_pkcs8(&private).expect("a key");
    let key = key.rsa().expect("an RSA key");
    for (trailer, hash) in TRAILERS {
        check(&public, &signed(&key, 0x6A, trailer, hash), Successful);
    }
    let clone = Rsa::generate(1024).expect("a key");
    let (trailer, hash) = TRAILERS[0];
    check(&public, &signed(&clone, 0x6A, trailer, hash), Failed);
}
