//! Chip and active authentication in every variant, right and wrong.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::EcPoint;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};

use super::access::{CURVES, chip, key, opened, terminal};
use super::terminal::{Heard, Terminal};
use crate::sim::card::chip::{ActiveKey, Chip, ChipKey, CipherKind};
use crate::sim::card::crypto::{Domain, Keys};
use crate::sim::card::tlv::object;

fn with_chip_keys(habit: impl FnOnce(&mut Chip)) -> (Terminal, [PKey<Private>; 3]) {
    let keys = [Nid::BRAINPOOL_P256R1, Nid::SECP384R1, Nid::SECP521R1].map(key);
    let ciphers = [
        CipherKind::Aes128,
        CipherKind::Aes256,
        CipherKind::TripleDes,
    ];
    let mut chip = chip();
    let listed = keys.iter().zip(ciphers).zip(1..);
    chip.chip_keys = listed
        .map(|((key, cipher), id)| ChipKey {
            id: Some(id),
            cipher,
            private: Some(key.clone()),
        })
        .collect();
    habit(&mut chip);
    (opened(chip), keys)
}

/// Agrees with the public key of DG14, and goes on with the keys that only its owner can make.
fn authenticate_chip(
    terminal: &mut Terminal,
    cipher: CipherKind,
    id: &[u8],
    public: &PKey<Private>,
) -> u16 {
    let public = public.ec_key().expect("an EC key");
    let domain = Domain::of_group(public.group()).expect("a known curve");
    let (secret, ours) = terminal.pair(&domain, domain.generator());
    let mut shared = EcPoint::new(domain.group()).expect("memory");
    let mut context = BigNumContext::new().expect("memory");
    shared
        .mul2(domain.group(), public.public_key(), &secret, &mut context)
        .expect("memory");
    let id = if id.is_empty() {
        Vec::new()
    } else {
        object(&[0x84], id)
    };
    let word = if cipher == CipherKind::TripleDes {
        let data = [object(&[0x91], &ours), id].concat();
        terminal.send([0x00, 0x22, 0x41, 0xA6], &data, None).word()
    } else {
        let protocol = [
            0x04,
            0x00,
            0x7F,
            0x00,
            0x07,
            0x02,
            0x02,
            0x03,
            0x02,
            cipher.arc(),
        ];
        let data = [object(&[0x80], &protocol), id].concat();
        let word = terminal.send([0x00, 0x22, 0x41, 0xA4], &data, None).word();
        if word != 0x9000 {
            return word;
        }
        let reply = terminal.authenticate(0x00, &object(&[0x80], &ours));
        reply.map_or_else(|word| word, |objects| 0x9000 + objects.len() as u16)
    };
    if word == 0x9000 {
        let keys = Keys::derive(cipher, &domain.shared(&shared).expect("a point"));
        terminal.session = Some((keys, 0));
    }
    word
}

#[test]
fn chip_authentication_works_with_every_key_and_both_ways() {
    use CipherKind::{Aes128, Aes256, TripleDes};
    for (index, cipher, id) in [
        (0, Aes128, &[1][..]),
        (1, Aes256, &[2]),
        (2, TripleDes, &[3]),
        (2, TripleDes, &[]),
    ] {
        let (mut terminal, keys) = with_chip_keys(|chip| chip.habits.extended_length = true);
        assert_eq!(
            authenticate_chip(&mut terminal, cipher, id, &keys[index]),
            0x9000
        );
        assert_eq!(terminal.read(1, 50).data(), [0x61; 50], "{cipher:?}");
    }
}

#[test]
fn a_key_that_the_chip_does_not_have_is_refused_under_the_old_keys() {
    use CipherKind::{Aes128, Aes192};
    for (cipher, id, word) in [
        (Aes128, 9, 0x6A88),
        (Aes128, 2, 0x6A88),
        (Aes192, 1, 0x6A80),
    ] {
        let (mut terminal, keys) = with_chip_keys(|_| {});
        assert_eq!(
            authenticate_chip(&mut terminal, cipher, &[id], &keys[0]),
            word
        );
        assert_eq!(terminal.read(1, 50).data(), [0x61; 50], "the session lives");
    }
    let mut closed = terminal(chip());
    let heard = closed.send([0x00, 0x22, 0x41, 0xA4], &[0x80, 0x00], None);
    assert_eq!(heard.word(), 0x6982, "before access");
}

#[test]
fn a_clone_shows_itself_in_the_first_reply_under_the_new_keys() {
    for cipher in [CipherKind::Aes128, CipherKind::TripleDes] {
        let (mut terminal, keys) = with_chip_keys(|chip| {
            for key in &mut chip.chip_keys {
                (key.private, key.cipher) = (None, cipher);
            }
        });
        assert_eq!(
            authenticate_chip(&mut terminal, cipher, &[1], &keys[0]),
            0x9000
        );
        // The card finds our MAC wrong, as we would find its own.
        assert_eq!(terminal.read(1, 50), Heard::Unprotected(0x6988));
    }
}

#[test]
fn a_card_may_keep_its_old_keys_against_the_rules() {
    let (mut terminal, keys) = with_chip_keys(|chip| chip.habits.keeps_old_keys = true);
    let cipher = CipherKind::Aes128;
    assert_eq!(
        authenticate_chip(&mut terminal, cipher, &[1], &keys[0]),
        0x9000
    );
    assert_eq!(terminal.read(1, 50), Heard::Unprotected(0x6988));
}

const CHALLENGE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

fn internal_authenticate(terminal: &mut Terminal, le: usize) -> Heard {
    terminal.send([0x00, 0x88, 0, 0], &CHALLENGE, Some(le))
}

fn with_active_key(private: PKey<Private>, hash: MessageDigest) -> Chip {
    let mut chip = chip();
    chip.habits.extended_length = true;
    chip.active_key = Some(ActiveKey { private, hash });
    chip
}

#[test]
fn active_authentication_with_rsa_has_the_trailer_of_its_hash() {
    let key = PKey::from_rsa(Rsa::generate(1024).expect("a key")).expect("a key");
    for (digest, own, trailer) in [
        (MessageDigest::sha1(), None, &[0xBC][..]),
        (MessageDigest::sha1(), Some(vec![0x33, 0xCC]), &[0x33, 0xCC]),
        (MessageDigest::sha224(), None, &[0x38, 0xCC]),
        (MessageDigest::sha256(), None, &[0x34, 0xCC]),
        (MessageDigest::sha384(), None, &[0x36, 0xCC]),
        (MessageDigest::sha512(), None, &[0x35, 0xCC]),
    ] {
        let mut chip = with_active_key(key.clone(), digest);
        chip.habits.active_trailer = own;
        let signature = internal_authenticate(&mut opened(chip), 256).data();
        let mut block = vec![0; 128];
        let rsa = key.rsa().expect("an RSA key");
        rsa.public_decrypt(&signature, &mut block, Padding::NONE)
            .expect("the public operation");
        let end = 128 - trailer.len();
        let (part, hashed) = block[1..end].split_at(end - 1 - digest.size());
        let right = hash(digest, &[part, &CHALLENGE].concat()).expect("a hash");
        assert_eq!(
            (block[0], hashed, &block[end..]),
            (0x6A, &right[..], trailer)
        );
    }
}

#[test]
fn a_long_signature_needs_extended_length() {
    let key = PKey::from_rsa(Rsa::generate(2048).expect("a key")).expect("a key");
    let chip = with_active_key(key, MessageDigest::sha256());
    let mut terminal = opened(chip.clone());
    assert_eq!(internal_authenticate(&mut terminal, 256).word(), 0x6700);
    let signature = internal_authenticate(&mut terminal, 65_536).data();
    assert_eq!(signature.len(), 256, "the session went on");
    let mut cutting = chip.clone();
    cutting.habits.truncates_long_replies = true;
    let cut = internal_authenticate(&mut opened(cutting), 256).data();
    assert_eq!(cut.len(), 223);
    let mut forgetful = chip;
    forgetful.habits.long_read_ends_session = true;
    let heard = internal_authenticate(&mut opened(forgetful), 256);
    assert_eq!(heard, Heard::Unprotected(0x6700));
}

#[test]
fn active_authentication_with_ecdsa_is_verified_by_openssl_on_every_curve() {
    for (_, nid) in CURVES {
        for digest in [MessageDigest::sha256(), MessageDigest::sha512()] {
            let key = key(nid);
            let chip = with_active_key(key.clone(), digest);
            let signature = internal_authenticate(&mut opened(chip), 256).data();
            let (r, s) = signature.split_at(signature.len() / 2);
            let number = |half| BigNum::from_slice(half).expect("memory");
            let signature = EcdsaSig::from_private_components(number(r), number(s));
            let hashed = hash(digest, &CHALLENGE).expect("a hash");
            let key = key.ec_key().expect("an EC key");
            let right = signature.expect("numbers").verify(&hashed, &key);
            assert!(right.expect("a check"), "{nid:?}");
        }
    }
}

#[test]
fn active_authentication_comes_after_access_and_wants_eight_bytes() {
    let chip = with_active_key(key(Nid::BRAINPOOL_P256R1), MessageDigest::sha256());
    let mut closed = terminal(chip.clone());
    closed.select_application();
    assert_eq!(internal_authenticate(&mut closed, 256).word(), 0x6982);
    let heard = opened(chip).send([0x00, 0x88, 0, 0], &[1; 9], Some(256));
    assert_eq!(heard.word(), 0x6700);
}
