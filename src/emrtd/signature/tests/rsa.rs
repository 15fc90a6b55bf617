//! RSA in both paddings.

use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};

use super::HASHES;
use crate::emrtd::algorithm::HashAlgorithm;
use crate::emrtd::signature::{Pss, PublicKey, SignatureAlgorithm, SignatureFault};
use crate::emrtd::tlv::build;

fn of_openssl(hash: HashAlgorithm) -> MessageDigest {
    match hash {
        HashAlgorithm::Sha1 => MessageDigest::sha1(),
        HashAlgorithm::Sha224 => MessageDigest::sha224(),
        HashAlgorithm::Sha256 => MessageDigest::sha256(),
        HashAlgorithm::Sha384 => MessageDigest::sha384(),
        HashAlgorithm::Sha512 => MessageDigest::sha512(),
    }
}

fn pair(bits: u32) -> (PKey<Private>, PublicKey) {
    let pair = PKey::from_rsa(Rsa::generate(bits).expect("a key pair")).expect("a key");
    let key = PublicKey::parse(&pair.public_key_to_der().expect("encodable")).expect("a right key");
    (pair, key)
}

/// Signs whatever block: what a forger with a weak verifier would love to do.
fn raw(pair: &PKey<Private>, block: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; block.len()];
    let rsa = pair.rsa().expect("an RSA key");
    rsa.private_encrypt(block, &mut signature, Padding::NONE)
        .expect("a raw signature");
    signature
}

#[test]
fn pkcs1_signatures_of_openssl_verify_with_every_hash() {
    for bits in [1024, 2048, 3072] {
        let (pair, key) = pair(bits);
        for hash in HASHES {
            let mut signer = Signer::new(of_openssl(hash), &pair).expect("a signer");
            let mut signature = signer.sign_oneshot_to_vec(b"message").expect("signed");
            let algorithm = SignatureAlgorithm::RsaPkcs1(hash);
            assert_eq!(key.verify(&algorithm, b"message", &signature), Ok(()));
            let wrong = Err(SignatureFault::Wrong);
            let another = key.verify(&algorithm, b"another message", &signature);
            assert_eq!(another, wrong);
            signature[7] ^= 1;
            assert_eq!(key.verify(&algorithm, b"message", &signature), wrong);
        }
    }
}

#[test]
fn pss_signatures_of_openssl_verify_with_any_mask_hash_and_salt_and_with_no_other() {
    // A modulus of 8n+1 bits makes the block one byte longer than the encoded message.
    for bits in [2048, 2049, 2055] {
        let (pair, key) = pair(bits);
        for (hash, mask_hash, salt_len) in [
            (HashAlgorithm::Sha1, HashAlgorithm::Sha1, 20),
            (HashAlgorithm::Sha256, HashAlgorithm::Sha256, 32),
            (HashAlgorithm::Sha256, HashAlgorithm::Sha1, 0),
            (HashAlgorithm::Sha512, HashAlgorithm::Sha512, 64),
        ] {
            let mut signer = Signer::new(of_openssl(hash), &pair).expect("a signer");
            signer.set_rsa_padding(Padding::PKCS1_PSS).expect("PSS");
            signer.set_rsa_mgf1_md(of_openssl(mask_hash)).expect("MGF1");
            let salt = RsaPssSaltlen::custom(salt_len as i32);
            signer.set_rsa_pss_saltlen(salt).expect("a salt");
            let signature = signer.sign_oneshot_to_vec(b"message").expect("signed");
            let right = Pss {
                hash,
                mask_hash,
                salt_len,
            };
            let verify = |pss| key.verify(&SignatureAlgorithm::RsaPss(pss), b"message", &signature);
            assert_eq!(verify(right), Ok(()), "{bits} {right:?}");
            let wrong = Err(SignatureFault::Wrong);
            let algorithm = SignatureAlgorithm::RsaPss(right);
            let another = key.verify(&algorithm, b"another message", &signature);
            assert_eq!(another, wrong);
            for salt_len in [salt_len + 1, 4_000_000_000] {
                assert_eq!(verify(Pss { salt_len, ..right }), wrong);
            }
            let mask_hash = HashAlgorithm::Sha384;
            assert_eq!(verify(Pss { mask_hash, ..right }), wrong);
        }
    }
}

#[test]
fn a_block_with_room_for_a_forger_is_refused() {
    let (pair, key) = pair(1024);
    let hash = HashAlgorithm::Sha256;
    let mut signer = Signer::new(of_openssl(hash), &pair).expect("a signer");
    let right = signer.sign_oneshot_to_vec(b"message").expect("signed");
    let PublicKey::Rsa(rsa) = &key else {
        panic!("an RSA key");
    };
    let block = rsa.public_operation(&right).expect("a block");
    let info = &block[block.len() - 51..];
    let garbage = vec![0x5A; 128 - 2 - 8 - 1 - 51];
    let short_padding = [&[0, 1], &[0xFF; 8][..], &[0], info, &garbage].concat();
    let suffix_only = [&vec![0x5A; 128 - 51 - 1][..], &[0], info].concat();
    let suffix_only = [&[0][..], &suffix_only[1..]].concat();
    let mut other_type = block.clone();
    other_type[1] = 2;
    let algorithm = SignatureAlgorithm::RsaPkcs1(hash);
    assert_eq!(key.verify(&algorithm, b"message", &right), Ok(()));
    for block in [short_padding, suffix_only, other_type] {
        let signature = raw(&pair, &block);
        assert_eq!(rsa.public_operation(&signature), Some(block));
        let wrong = Err(SignatureFault::Wrong);
        assert_eq!(key.verify(&algorithm, b"message", &signature), wrong);
    }
}

/// Nothing but the salt is free: the hash does not cover the padding, so each byte of it counts.
#[test]
fn a_pss_block_with_one_wrong_byte_is_refused() {
    let (pair, key) = pair(2048);
    let hash = HashAlgorithm::Sha256;
    let mut signer = Signer::new(of_openssl(hash), &pair).expect("a signer");
    signer.set_rsa_padding(Padding::PKCS1_PSS).expect("PSS");
    let salt = RsaPssSaltlen::DIGEST_LENGTH;
    signer.set_rsa_pss_saltlen(salt).expect("a salt");
    let right = signer.sign_oneshot_to_vec(b"message").expect("signed");
    let PublicKey::Rsa(rsa) = &key else {
        panic!("an RSA key");
    };
    let block = rsa.public_operation(&right).expect("a block");
    let algorithm = SignatureAlgorithm::RsaPss(Pss {
        hash,
        mask_hash: hash,
        salt_len: 32,
    });
    assert_eq!(key.verify(&algorithm, b"message", &right), Ok(()));
    for place in 0..block.len() {
        let mut wrong = block.clone();
        wrong[place] ^= 1;
        let verified = key.verify(&algorithm, b"message", &raw(&pair, &wrong));
        assert_eq!(verified, Err(SignatureFault::Wrong), "byte {place}");
    }
}

#[test]
fn what_is_not_as_long_as_the_modulus_or_not_below_it_is_no_signature() {
    let (_, key) = pair(1024);
    let PublicKey::Rsa(rsa) = key else {
        panic!("an RSA key");
    };
    assert_eq!(
        (rsa.bits(), rsa.len(), rsa.modulus().len()),
        (1024, 128, 128)
    );
    assert_eq!(rsa.public_operation(&[1; 127]), None);
    assert_eq!(rsa.public_operation(&[1; 129]), None);
    assert_eq!(rsa.public_operation(&rsa.modulus()), None);
    assert_eq!(rsa.public_operation(&[0xFF; 128]), None);
}

#[test]
fn pss_parameters_that_are_absent_have_their_defaults() {
    const PSS: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10];
    let identifier = |parameters: &[u8]| build(0x30, &[&build(0x06, PSS), parameters].concat());
    let default = SignatureAlgorithm::RsaPss(Pss {
        hash: HashAlgorithm::Sha1,
        mask_hash: HashAlgorithm::Sha1,
        salt_len: 20,
    });
    for parameters in [vec![], build(0x30, &[])] {
        assert_eq!(
            SignatureAlgorithm::parse(&identifier(&parameters)),
            Ok(default)
        );
    }
    let salt = build(0x30, &build(0xA2, &build(0x02, &[48])));
    assert!(matches!(
        SignatureAlgorithm::parse(&identifier(&salt)),
        Ok(SignatureAlgorithm::RsaPss(Pss { salt_len: 48, .. }))
    ));
    let trailer = build(0x30, &build(0xA3, &build(0x02, &[2])));
    assert!(SignatureAlgorithm::parse(&identifier(&trailer)).is_err());
}
