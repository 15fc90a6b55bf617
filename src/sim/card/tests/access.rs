//! Access in every variant, right and wrong.

use std::sync::atomic::Ordering;
use std::time::Duration;

use openssl::bn::BigNumContext;
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha1;

use super::terminal::Terminal;
use crate::sim::card::chip::{Chip, CipherKind, Mapping, PaceOffer};
use crate::sim::card::crypto::Domain;
use crate::sim::card::tlv::object;
use crate::sim::card::{Card, Faults};

const CIPHERS: [CipherKind; 4] = [
    CipherKind::TripleDes,
    CipherKind::Aes128,
    CipherKind::Aes192,
    CipherKind::Aes256,
];
pub const CURVES: [(u8, Nid); 9] = [
    (10, Nid::SECP224R1),
    (11, Nid::BRAINPOOL_P224R1),
    (12, Nid::X9_62_PRIME256V1),
    (13, Nid::BRAINPOOL_P256R1),
    (14, Nid::BRAINPOOL_P320R1),
    (15, Nid::SECP384R1),
    (16, Nid::BRAINPOOL_P384R1),
    (17, Nid::BRAINPOOL_P512R1),
    (18, Nid::SECP521R1),
];
const CAN: &str = "012345";
const MRZ_KEY: &str = "099012345999010183901016";

pub fn key(nid: Nid) -> PKey<Private> {
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
                // The encoding of points does not work on P-224.
                if mapping == Integrated && parameter == 10 {
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
    let mut product = EcPoint::new(domain.group()).expect("memory");
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
