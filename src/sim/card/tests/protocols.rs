//! Every protocol in every variant, right and wrong.

use std::sync::atomic::Ordering;
use std::time::Duration;

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sha::sha1;

use super::terminal::{Heard, Terminal};
use crate::sim::card::chip::{ActiveKey, Chip, ChipKey, CipherKind, Mapping, PaceOffer};
use crate::sim::card::crypto::{Domain, Keys};
use crate::sim::card::tlv::object;
use crate::sim::card::{Card, Faults};

const CIPHERS: [CipherKind; 4] = [
    CipherKind::TripleDes,
    CipherKind::Aes128,
    CipherKind::Aes192,
    CipherKind::Aes256,
];
const CURVES: [(u8, Nid); 6] = [
    (12, Nid::X9_62_PRIME256V1),
    (13, Nid::BRAINPOOL_P256R1),
    (15, Nid::SECP384R1),
    (16, Nid::BRAINPOOL_P384R1),
    (17, Nid::BRAINPOOL_P512R1),
    (18, Nid::SECP521R1),
];
const CAN: &str = "012345";
const MRZ_KEY: &str = "099012345999010183901016";

fn key(nid: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(nid).expect("a known curve");
    PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key")
}

pub fn offer(mapping: Mapping, cipher: CipherKind, parameter: u8) -> PaceOffer {
    PaceOffer {
        mapping,
        cipher,
        parameter,
    }
}

/// The usual offer.
pub fn usual() -> PaceOffer {
    offer(Mapping::Generic, CipherKind::Aes128, 13)
}

pub fn chip() -> Chip {
    Chip {
        can: Some(CAN.to_owned()),
        mrz_key: Some(MRZ_KEY.to_owned()),
        pace: vec![usual()],
        files: [(0x0101, vec![0x61; 3000]), (0x011D, vec![0x77; 40])].into(),
        ..Chip::default()
    }
}

pub fn terminal(chip: Chip) -> Terminal {
    Terminal::new(Card::of(chip, Faults::default()))
}

/// A terminal that PACE let into the application.
pub fn opened(chip: Chip) -> Terminal {
    let first = chip.pace[0];
    let mut terminal = terminal(chip);
    terminal.pace(first, CAN).expect("the right CAN");
    assert_eq!(terminal.select_application().word(), 0x9000);
    terminal
}

fn seed() -> Vec<u8> {
    sha1(MRZ_KEY.as_bytes())[..16].to_vec()
}

#[test]
fn pace_opens_the_card_with_every_mapping_curve_and_cipher() {
    use Mapping::{ChipAuthentication, Generic, Integrated};
    for (parameter, nid) in CURVES {
        for cipher in CIPHERS {
            for mapping in [Generic, Integrated, ChipAuthentication] {
                if mapping == ChipAuthentication && cipher == CipherKind::TripleDes {
                    continue;
                }
                let offer = offer(mapping, cipher, parameter);
                let static_key = key(nid);
                let mut chip = chip();
                chip.pace = vec![offer];
                chip.mapping_key = Some(static_key.clone());
                let mut terminal = terminal(chip);
                let (mapped, proof) = terminal.pace(offer, CAN).expect("the right CAN");
                if mapping == ChipAuthentication {
                    check_mapping(&mut terminal, parameter, &static_key, &mapped, &proof);
                } else {
                    assert!(proof.is_empty(), "{offer:?}");
                }
                assert_eq!(terminal.select_application().word(), 0x9000, "{offer:?}");
                assert_eq!(terminal.read(1, 100).data(), [0x61; 100], "{offer:?}");
            }
        }
    }
}

/// The number in 8A times the static public key is the mapping's public key.
fn check_mapping(
    terminal: &mut Terminal,
    parameter: u8,
    key: &PKey<Private>,
    mapped: &[u8],
    proof: &[u8],
) {
    let number = terminal.chip_data(proof);
    let domain = Domain::of_parameter(parameter).expect("a known curve");
    let key = key.ec_key().expect("an EC key");
    let mut product = openssl::ec::EcPoint::new(domain.group()).expect("memory");
    let mut context = BigNumContext::new().expect("memory");
    product
        .mul2(domain.group(), key.public_key(), &number, &mut context)
        .expect("memory");
    assert_eq!(domain.encode(&product).expect("memory"), mapped);
}

#[test]
fn a_wrong_can_is_counted_and_slows_the_card_down_until_a_right_one() {
    let mut terminal = terminal(chip());
    let attempts = terminal.card.attempts();
    let first_nonce = |terminal: &mut Terminal| {
        let set = super::bytes("0022C1A412800A04007F0007020204020283010284010D");
        assert_eq!(terminal.transmit(&set).1, 0x9000);
        terminal.authenticate(0x10, &[]).expect("a nonce");
        terminal.card.last_cost()
    };
    let fresh = first_nonce(&mut terminal);
    assert!(fresh < Duration::from_millis(10), "{fresh:?}");
    for wrong in 1..=3 {
        assert_eq!(terminal.pace(usual(), "999999").err(), Some(0x6300));
        terminal.card.reset();
        let slow = first_nonce(&mut terminal) - fresh;
        assert_eq!(slow, Duration::from_millis(500) * wrong);
    }
    terminal.card.reset();
    terminal.pace(usual(), CAN).expect("never blocked");
    terminal.card.reset();
    terminal.session = None;
    assert_eq!(first_nonce(&mut terminal), fresh);
    assert_eq!(attempts.load(Ordering::SeqCst), 9);
}

#[test]
fn the_reader_must_say_which_of_several_offers_it_means() {
    let mut chip = chip();
    chip.pace
        .push(offer(Mapping::Generic, CipherKind::Aes128, 12));
    chip.pace
        .push(offer(Mapping::Integrated, CipherKind::Aes256, 16));
    for offer in chip.pace.clone() {
        let mut terminal = terminal(chip.clone());
        terminal.pace(offer, CAN).expect("offered");
    }
    for (data, word) in [
        // Ambiguous without a number, clear without one, a number that is not offered, a protocol
        // that is not offered, no such password, an object that is there twice.
        ("800A04007F00070202040202830102", 0x6A88),
        ("800A04007F00070202040404830102", 0x9000),
        ("800A04007F00070202040202830102840110", 0x6A88),
        ("800A04007F00070202040203830102", 0x6A80),
        ("800A04007F0007020204020283010384010D", 0x6A88),
        ("800A04007F0007020204020283010283010284010D", 0x6A80),
    ] {
        let mut terminal = terminal(chip.clone());
        let heard = terminal.send([0x00, 0x22, 0xC1, 0xA4], &super::bytes(data), None);
        assert_eq!(heard.word(), word, "{data}");
    }
}

#[test]
fn points_that_are_not_on_the_curve_are_refused() {
    for (step, tag) in [(1, 0x81), (2, 0x83)] {
        for point in [vec![0x04; 65], vec![0x00], vec![0x04; 33], Vec::new()] {
            let mut terminal = terminal(chip());
            let set = super::bytes("0022C1A412800A04007F0007020204020283010284010D");
            terminal.transmit(&set);
            terminal.authenticate(0x10, &[]).expect("a nonce");
            if step == 2 {
                let domain = Domain::of_parameter(13).expect("a known curve");
                let (_, public) = terminal.pair(&domain, domain.generator());
                let mapping = object(&[0x81], &public);
                terminal.authenticate(0x10, &mapping).expect("mapped");
            }
            let heard = terminal.authenticate(0x10, &object(&[tag], &point));
            assert_eq!(heard, Err(0x6A80), "{step}: {point:02X?}");
            assert_eq!(terminal.authenticate(0x10, &[]), Err(0x6985), "it is over");
        }
    }
}

#[test]
fn basic_access_control_opens_the_application_and_no_more() {
    let mut chip = chip();
    chip.bac = true;
    chip.master_files.insert(0x011D, vec![0x30; 20]);
    chip.habits.master_file = true;
    let mut terminal = terminal(chip);
    let challenge = [0x00, 0x84, 0, 0];
    assert_eq!(terminal.send(challenge, &[], Some(8)).word(), 0x6985);
    terminal.select_application();
    let answer = [0x00, 0x82, 0, 0];
    assert_eq!(terminal.send(answer, &[0; 40], Some(40)).word(), 0x6985);
    assert_eq!(terminal.bac(&[7; 16]), Err(0x6300));
    terminal.bac(&seed()).expect("the right key");
    assert_eq!(terminal.read(1, 0xDF).data(), [0x61; 0xDF]);
    let master_file = [0x00, 0xA4, 0x00, 0x0C];
    assert_eq!(terminal.send(master_file, &[], None).word(), 0x9000);
    assert_eq!(terminal.read(0x1D, 256).word(), 0x6982, "EF.CardSecurity");
}

#[test]
fn a_chip_without_basic_access_control_does_not_know_its_commands() {
    let mut terminal = terminal(chip());
    terminal.select_application();
    for header in [[0x00, 0x84, 0, 0], [0x00, 0x82, 0, 0], [0x00, 0x88, 0, 0]] {
        assert_eq!(terminal.send(header, &[0; 8], Some(8)).word(), 0x6D00);
    }
}

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
    let mut shared = openssl::ec::EcPoint::new(domain.group()).expect("memory");
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
