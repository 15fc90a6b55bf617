//! Published vectors, and, with the simulators, keys and signatures that OpenSSL makes.

#[cfg(feature = "sim")]
mod made;

use super::{AaTurn, ActiveAuthentication};
use crate::emrtd::apdu::Reply;
use crate::emrtd::asn1::{BIT_STRING, INTEGER, SEQUENCE};
use crate::emrtd::lds::security_info::{ActiveHash, SecurityInfos};
use crate::emrtd::proof::Proof;
use crate::emrtd::signature::PublicKey;
use crate::emrtd::tlv::build;
use crate::identity::CheckResult::{self, Aborted, Failed, Successful, Undetermined};

const CHALLENGE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
/// RSA-1024, exponent 65537, and its signature of the challenge with SHA-256 (trailer 34CC).
const MODULUS: &str = "D49F5594A5E9BC6CAEB63A1D226F9B4E63BD6E86CD08CF0B24F6B8045AF3D3E3E557EB0FD9FCB58AC14677423C7A36752BEA85EDA55B43A211DA6CEA14A939B9FE79D01262FD218A21228AC4BB4BF137F9C349948CC5CAD9C2068674EDCC4A0FE9F27E43402FE272EFC3ADE1DE2231FCD92E579FB8F50C05FB0597C6E7778C5D";
const SIGNATURE: &str = "2DA31598488093694C98DB17EEE337773D85BE43A221AD8CFFAC0A7A293B4040FE7C9E98EFBF88C2C3C1390D30F919F3CE152AAA069AEC43AA3D2E878A683CDDB26985EC35EB8739E128ECDE28CA7B6F836AB922255B23BAF877A97B50989E89613895AE9AC88EBB0995EB8F10D0CC96995CD292AE38B176197769CED5A3828D";
/// A point on brainpoolP256r1 (the mapping key of ICAO 9303-11 App. G.1), and its signature of the
/// challenge with SHA-256.
const POINT: &str = "04824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F5730D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54";
const PLAIN: &str = "04A85E89345F6234DA4CD9DDFC26221534E4CE7B0C27942E1888255CF395F9B11ED2061715AAE39B9FBCAA3CD3E77883C18227F128836D83BB1E7A4196E94AD8";

fn bytes(hexadecimal: &str) -> Vec<u8> {
    hex::decode(hexadecimal).expect("hex")
}

fn rsa_key(modulus: &[u8]) -> PublicKey {
    PublicKey::parse(&rsa_key_info(modulus)).expect("a key")
}

fn rsa_key_info(modulus: &[u8]) -> Vec<u8> {
    let n = build(INTEGER as u16, &[&[0][..], modulus].concat());
    let key = [n, bytes("0203010001")].concat();
    let key = build(SEQUENCE as u16, &key);
    let bits = build(BIT_STRING as u16, &[vec![0], key].concat());
    let algorithm = bytes("300D06092A864886F70D0101010500");
    build(SEQUENCE as u16, &[algorithm, bits].concat())
}

fn ec_key() -> PublicKey {
    let curve = crate::emrtd::algorithm::Curve::BrainpoolP256r1;
    PublicKey::ec(curve, &bytes(POINT)).expect("a point on the curve")
}

fn reply(data: &[u8], sw: u16) -> Reply {
    let reply = [data, &sw.to_be_bytes()].concat();
    Reply::parse(&reply).expect("has a status word")
}

/// The conversation with the challenge of the vectors.
fn started(key: &PublicKey, extended: bool) -> (ActiveAuthentication, Vec<u8>) {
    let mut random = |out: &mut [u8]| out.copy_from_slice(&CHALLENGE);
    let started = ActiveAuthentication::start(key, None, &mut random, extended);
    let (conversation, command) = started.expect("it can be carried out");
    (conversation, command.encode())
}

/// What comes of it when the card answers so, one reply after the other.
fn answered(key: &PublicKey, extended: bool, replies: &[Reply]) -> (Proof, Vec<String>) {
    let (mut conversation, command) = started(key, extended);
    let mut sent = vec![hex::encode_upper(command)];
    for reply in replies {
        match conversation.on_reply(reply) {
            AaTurn::Send(next, command) => {
                conversation = next;
                sent.push(hex::encode_upper(command.encode()));
            }
            AaTurn::Done(proof) => return (proof, sent),
        }
    }
    panic!("not decided after {} replies", replies.len());
}

fn check(key: &PublicKey, data: &[u8], expected: CheckResult) -> Proof {
    let (proof, _) = answered(key, false, &[reply(data, 0x9000)]);
    assert_eq!(proof.result(), expected, "{}", proof.reason());
    proof
}

#[test]
fn the_vectors_of_rsa_and_ecdsa_are_accepted_byte_for_byte() {
    let (_, command) = started(&ec_key(), false);
    assert_eq!(hex::encode_upper(command), "0088000008010203040506070800");
    let proof = check(&rsa_key(&bytes(MODULUS)), &bytes(SIGNATURE), Successful);
    assert_eq!(proof.method(), Some("AA-RSA"));
    assert_eq!(proof.reason(), "it signed a fresh challenge with SHA-256");
    let proof = check(&ec_key(), &bytes(PLAIN), Successful);
    assert_eq!(proof.method(), Some("AA-ECDSA"));
}

#[test]
fn the_other_root_n_minus_s_is_the_same_signature() {
    let (n, s) = (bytes(MODULUS), bytes(SIGNATURE));
    let other = super::iso9796::difference(&n, &s);
    assert_ne!(other, s);
    check(&rsa_key(&n), &other, Successful);
}

#[test]
fn any_changed_bit_of_a_signature_fails() {
    for (key, signature) in [
        (rsa_key(&bytes(MODULUS)), bytes(SIGNATURE)),
        (ec_key(), bytes(PLAIN)),
    ] {
        for bit in (0..signature.len() * 8).step_by(7) {
            let mut bad = signature.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            check(&key, &bad, Failed);
        }
    }
}

#[test]
fn the_signature_of_another_challenge_fails() {
    for (key, signature) in [
        (rsa_key(&bytes(MODULUS)), bytes(SIGNATURE)),
        (ec_key(), bytes(PLAIN)),
    ] {
        let mut random = |out: &mut [u8]| out.fill(9);
        let (conversation, _) =
            ActiveAuthentication::start(&key, None, &mut random, false).expect("started");
        let AaTurn::Done(proof) = conversation.on_reply(&reply(&signature, 0x9000)) else {
            panic!("not decided");
        };
        assert_eq!(proof.result(), Failed);
    }
}

#[test]
fn keys_and_links_that_cannot_do_it_are_told_before_anything_is_sent() {
    let result = |key: &PublicKey, infos: Option<&SecurityInfos>, extended| {
        let mut random = |_: &mut [u8]| panic!("no challenge is drawn");
        let started = ActiveAuthentication::start(key, infos, &mut random, extended);
        started.err().expect("it cannot be carried out").result()
    };
    // 1020 and 1025 bits, and 2048, too long for a short reply.
    let mut short = vec![0xFF; 128];
    short[0] = 0x0F;
    assert!(PublicKey::parse(&rsa_key_info(&short)).is_err());
    let mut odd = vec![0xFF; 129];
    odd[0] = 0x01;
    assert_eq!(result(&rsa_key(&odd), None, true), Undetermined);
    assert_eq!(result(&rsa_key(&[0xFF; 256]), None, false), Undetermined);
    let unknown = SecurityInfos {
        active_hash: Some(ActiveHash::Unknown),
        ..SecurityInfos::default()
    };
    assert_eq!(result(&ec_key(), Some(&unknown), true), Undetermined);
}

#[test]
fn another_le_is_tried_where_it_may_help_and_never_without_end() {
    let key = rsa_key(&bytes(MODULUS));
    let whole = || reply(&bytes(SIGNATURE), 0x9000);
    let (proof, sent) = answered(&key, false, &[reply(&[], 0x6C80), whole()]);
    assert_eq!(proof.result(), Successful);
    assert_eq!(
        sent[1], "0088000008010203040506070880",
        "the length that the card names"
    );
    let (proof, sent) = answered(
        &key,
        false,
        &[reply(&[], 0x6C80), reply(&[], 0x6C81), reply(&[], 0x6C80)],
    );
    assert_eq!((proof.result(), sent.len()), (Failed, 3));
    // Extended, then short where the card does not take it.
    let long = rsa_key(&[0xFF; 256]);
    for refusal in [reply(&[], 0x6700), reply(&[], 0x9000)] {
        let (proof, sent) = answered(&long, true, &[refusal, reply(&[0; 231], 0x9000)]);
        assert_eq!(proof.result(), Aborted, "cut to what a short reply holds");
        assert_eq!(
            sent,
            [
                "00880000000008010203040506070801 01".replace(' ', ""),
                "0088000008010203040506070800".to_owned()
            ]
        );
    }
}

#[test]
fn a_refusal_fails_and_a_cut_signature_is_aborted() {
    let key = rsa_key(&bytes(MODULUS));
    let signature = bytes(SIGNATURE);
    for (what, data, sw, expected) in [
        ("not supported", &[][..], 0x6D00, Failed),
        ("conditions", &[], 0x6985, Failed),
        ("security status", &[], 0x6982, Failed),
        ("length", &[], 0x6700, Failed),
        ("cut", &signature[..100], 0x9000, Aborted),
        ("empty", &[], 0x9000, Aborted),
        ("too long", &[&signature[..], &[0]].concat(), 0x9000, Failed),
        ("all zeros", &[0; 128], 0x9000, Failed),
        ("not below the modulus", &[0xFF; 128], 0x9000, Failed),
        ("with a warning", &signature, 0x6282, Successful),
    ] {
        let (proof, _) = answered(&key, false, &[reply(data, sw)]);
        assert_eq!(proof.result(), expected, "{what}: {}", proof.reason());
    }
    for (what, data, expected) in [
        ("cut to nearly nothing", &bytes(PLAIN)[..7], Aborted),
        ("half", &bytes(PLAIN)[..32], Failed),
        ("zeros", &[0; 64], Failed),
        ("too long", &[1; 80], Failed),
    ] {
        let (proof, _) = answered(&ec_key(), false, &[reply(data, 0x9000)]);
        assert_eq!(proof.result(), expected, "{what}: {}", proof.reason());
    }
}
