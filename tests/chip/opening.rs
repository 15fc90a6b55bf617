//! What can go wrong while the chip is opened: EF.CardAccess, every step of PACE. These
//! are the cases of BSI TR-03105-5.1, unit ISO7816_G; `src/emrtd/conformance.md` lists them.

use tiepdon::emrtd::{Access, Chip, Plan, ReadError};
use tiepdon::identity::{Grade, Verdict};
use tiepdon::sim::card::chip::{CipherKind, Mapping};
use tiepdon::sim::card::profile::{Document, PacePlan, Profile};
use tiepdon::sim::card::{Card, Faults};
use tiepdon::sim::issuer::{Csca, Curve};

use crate::{
    Between, Direct, NO_PORTRAIT, attempt, card_of, check_person, chip_of, object, profile,
    read_with, sealed, somebody, with_faults,
};

/// The commands of a reading: EF.CardAccess, then PACE.
const MSE: u32 = 2;
const NONCE: u32 = 3;
const MAPPING: u32 = 4;
const AGREEMENT: u32 = 5;
pub const TOKEN: u32 = 6;
pub const CARD_ACCESS: u16 = 0x011C;
const DG14: u16 = 0x010E;
/// In a reply of PACE: the object's value, behind 7C and its own tag, each with a length.
const VALUE: usize = 4;

type Outcome = Result<Chip, ReadError>;

/// Reads somebody's card whose reply to command `at` is changed on the way.
pub fn changed(card: Card, at: u32, change: impl Fn(&[u8], &mut Vec<u8>) + Sync) -> Outcome {
    let mut between = Between::new(card, |number, command: &[u8], reply: &mut Vec<u8>| {
        if number == at {
            change(command, reply);
        }
    });
    read_with(&mut between, Access::of(&somebody().number), NO_PORTRAIT)
}

fn refused(outcome: &Outcome, what: &str) {
    assert!(
        matches!(outcome, Err(ReadError::Unreadable { .. })),
        "{what}: {:?}",
        outcome.as_ref().err()
    );
}

pub fn with_offers(offers: &[PacePlan]) -> Profile {
    let mut profile = profile("genuine");
    profile.access.pace = offers.to_vec();
    profile
}

pub fn offer(mapping: Mapping, cipher: CipherKind, curve: Curve) -> PacePlan {
    PacePlan {
        mapping,
        cipher,
        curve,
    }
}

pub fn read(card: Card) -> Outcome {
    attempt(card, somebody(), NO_PORTRAIT).0
}

pub fn proven(outcome: Outcome) -> Chip {
    let chip = outcome.expect("it is read");
    check_person(somebody(), &chip);
    assert_eq!(chip.proofs.verdict(), Verdict::Graded(Grade::Proven));
    chip
}

/// G_01 to G_04 and G_41.
#[test]
fn every_mapping_curve_and_cipher_opens_the_chip() {
    use CipherKind::{Aes128, Aes192, Aes256, TripleDes};
    use Curve::{Brainpool256, Brainpool384, P256, P384, P521};
    use Mapping::{ChipAuthentication, Generic, Integrated};
    for mapping in [Generic, Integrated, ChipAuthentication] {
        let curves = [P256, P384, P521, Brainpool256, Brainpool384].map(|curve| (curve, Aes128));
        let ciphers = [TripleDes, Aes192, Aes256].map(|cipher| (Brainpool256, cipher));
        for (curve, cipher) in curves.into_iter().chain(ciphers) {
            if (mapping, cipher) == (ChipAuthentication, TripleDes) {
                continue;
            }
            let profile = with_offers(&[offer(mapping, cipher, curve)]);
            let chip = proven(read(Card::of(chip_of(&profile), Faults::default())));
            let name = chip.access;
            assert!(name.starts_with("PACE-ECDH-"), "{name}");
            let method = chip.proofs.chip().method();
            let by_pace = method.is_some_and(|method| method == "PACE-CAM");
            assert_eq!(by_pace, mapping == ChipAuthentication, "{method:?}");
        }
    }
}

/// SecurityInfos of EF.CardAccess and of DG14, of which the first ones are `more`.
fn with_infos(profile: &Profile, more: &[Vec<u8>]) -> Card {
    let mut chip = chip_of(profile);
    let infos = |set: &[u8]| set[2..].to_vec();
    let access = infos(&chip.master_files[&CARD_ACCESS]);
    chip.master_files.insert(
        CARD_ACCESS,
        object(&[0x31], &[more.concat(), access].concat()),
    );
    let old = chip.files[&DG14].clone();
    // 6E 82 xx xx 31 82 xx xx, or with 81 and one byte each.
    let inner = match old[1] {
        0x82 => &old[4..],
        0x81 => &old[3..],
        _ => &old[2..],
    };
    let inner = match inner[1] {
        0x82 => &inner[4..],
        0x81 => &inner[3..],
        _ => &inner[2..],
    };
    let dg14 = object(
        &[0x6E],
        &object(&[0x31], &[more.concat(), inner.to_vec()].concat()),
    );
    chip.files.insert(DG14, dg14);
    Card::of(sealed(chip), Faults::default())
}

pub fn info(oid: &[u8], rest: &[&[u8]]) -> Vec<u8> {
    let parts = rest.iter().flat_map(|part| object(&[0x02], part));
    let parts = object(&[0x06], oid).into_iter().chain(parts);
    object(&[0x30], &parts.collect::<Vec<_>>())
}

/// id-PACE, without its last two numbers.
pub fn pace(mapping: u8, cipher: u8, version: u8, parameter: u8) -> Vec<u8> {
    let oid = [4, 0, 0x7F, 0, 7, 2, 2, 4, mapping, cipher];
    info(&oid, &[&[version], &[parameter]])
}

/// G_05 to G_07 and G_36: infos that nobody knows, offers that this reader cannot take (integers, a
/// curve of 224 bits, chip authentication mapping over integers) and domain parameters of the
/// chip's own stand before the one that it can.
#[test]
fn the_offer_that_can_be_taken_is_found_among_others() {
    let profile = profile("genuine");
    let domain = {
        let oid = object(&[0x06], &[4, 0, 0x7F, 0, 7, 2, 2, 4, 2]);
        let named = object(&[0x06], &[4, 0, 0x7F, 0, 7, 1, 2]);
        let curve = object(&[0x30], &[named, object(&[0x02], &[12])].concat());
        let id = object(&[0x02], &[64]);
        object(&[0x30], &[oid, curve, id].concat())
    };
    let others = [
        info(&[0x2A, 0x03, 0x04], &[&[1]]),
        info(&[0x2A, 0x03, 0x05], &[&[1], &[2]]),
        pace(1, 2, 2, 0),
        pace(2, 2, 2, 10),
        pace(5, 2, 2, 0),
        pace(2, 9, 2, 13),
        pace(2, 2, 1, 13),
        domain,
    ];
    let chip = proven(read(with_infos(&profile, &others)));
    assert_eq!(chip.access, "PACE-ECDH-GM-AES128");
    let generic = |cipher, curve| offer(Mapping::Generic, cipher, curve);
    let two = with_offers(&[
        generic(CipherKind::Aes256, Curve::P384),
        generic(CipherKind::Aes128, Curve::Brainpool256),
    ]);
    proven(read(Card::of(chip_of(&two), Faults::default())));
}

/// G_08, G_10, G_12, G_14, G_15, G_18, G_20, G_24.
#[test]
fn an_error_at_any_step_of_pace_ends_the_reading() {
    for at in MSE..=TOKEN {
        for word in [0x6A80, 0x6A88, 0x6982, 0x6985, 0x6F00, 0x6D00] {
            let faults = Faults {
                status_at: Some((at, word)),
                ..Faults::default()
            };
            let outcome = with_faults(faults, NO_PORTRAIT);
            refused(&outcome, &format!("{word:04X} at {at}"));
        }
    }
    for at in NONCE..=TOKEN {
        let outcome = changed(card_of("pace-im"), at, |_, reply| {
            *reply = vec![0x6A, 0x80];
        });
        assert!(outcome.is_err(), "integrated mapping, command {at}");
    }
}

/// G_11, G_13, G_19, G_25.
#[test]
fn a_wrong_tag_in_any_reply_of_pace_ends_the_reading() {
    for at in NONCE..=TOKEN {
        for wrong in [0x10, 0x01, 0x20] {
            let outcome = changed(card_of("genuine"), at, |_, reply| reply[2] ^= wrong);
            refused(
                &outcome,
                &format!("tag of reply {at} changed by {wrong:02X}"),
            );
        }
        let outcome = changed(card_of("genuine"), at, |_, reply| reply[0] = 0x7D);
        refused(&outcome, &format!("another template at {at}"));
        let outcome = changed(card_of("genuine"), at, |_, reply| {
            *reply = vec![0x7C, 0x00, 0x90, 0x00];
        });
        refused(&outcome, &format!("an empty template at {at}"));
    }
}

/// G_09: another nonce is another password, and one of another length is none.
#[test]
fn a_changed_nonce_never_opens_the_chip() {
    let flipped = changed(card_of("genuine"), NONCE, |_, reply| reply[VALUE] ^= 1);
    assert_eq!(flipped.err(), Some(ReadError::WrongCan));
    for len in [0, 1, 15, 17] {
        let outcome = changed(card_of("genuine"), NONCE, |_, reply| {
            let nonce = object(&[0x80], &vec![0x5A; len]);
            *reply = [object(&[0x7C], &nonce), vec![0x90, 0x00]].concat();
        });
        refused(&outcome, &format!("a nonce of {len} bytes"));
    }
}

/// G_16, G_21, G_23: the chip's keys of both steps.
#[test]
fn a_key_off_the_curve_at_infinity_or_our_own_ends_the_reading() {
    type Change<'c> = &'c (dyn Fn(&[u8], Vec<u8>) -> Vec<u8> + Sync);
    for (at, tag) in [(MAPPING, 0x82), (AGREEMENT, 0x84)] {
        let check = |what: &str, change: Change<'_>| {
            let outcome = changed(card_of("genuine"), at, |command, reply| {
                let key = change(command, reply[VALUE..reply.len() - 2].to_vec());
                let template = object(&[0x7C], &object(&[tag], &key));
                *reply = [template, vec![0x90, 0x00]].concat();
            });
            refused(&outcome, &format!("{what} in {tag:02X}"));
        };
        check("off the curve", &|_, mut key| {
            *key.last_mut().expect("a key") ^= 1;
            key
        });
        check("x and y zero", &|_, key| {
            [vec![0x04], vec![0; key.len() - 1]].concat()
        });
        check("infinity", &|_, _| vec![0x00]);
        check("compressed", &|_, key| [&[0x02], &key[1..33]].concat());
        check("y missing", &|_, key| key[..33].to_vec());
        check("too long", &|_, key| [&key[..], &[0]].concat());
        // CLA INS P1 P2 Lc 7C L 81 L, then the key.
        check("our own", &|command, key| {
            command[9..9 + key.len()].to_vec()
        });
    }
}

/// G_26.
#[test]
fn a_wrong_token_is_a_wrong_password_and_a_short_one_too() {
    for change in [
        |reply: &mut Vec<u8>| reply[VALUE] ^= 1,
        |reply: &mut Vec<u8>| *reply = vec![0x7C, 0x04, 0x86, 0x02, 1, 2, 0x90, 0x00],
        |reply: &mut Vec<u8>| *reply = vec![0x7C, 0x02, 0x86, 0x00, 0x90, 0x00],
    ] {
        let outcome = changed(card_of("genuine"), TOKEN, |_, reply| change(reply));
        assert_eq!(outcome.err(), Some(ReadError::WrongCan));
    }
}

/// G_27.
#[test]
fn a_card_access_that_is_no_tlv_ends_the_reading() {
    let right = chip_of(&profile("genuine")).master_files[&CARD_ACCESS].clone();
    let with = |place: usize, byte: u8| {
        let mut file = right.clone();
        file[place] = byte;
        file
    };
    for (what, file) in [
        ("another tag", with(0, 0x30)),
        ("length one less", with(1, right[1] - 1)),
        ("length one more", with(1, right[1] + 1)),
        ("first info longer than the set", with(3, 0x7F)),
        ("a length that is none", with(3, 0x80)),
        ("cut", right[..right.len() - 1].to_vec()),
        ("one byte", vec![0x31]),
    ] {
        let mut chip = chip_of(&profile("genuine"));
        chip.master_files.insert(CARD_ACCESS, file);
        let outcome = read(Card::of(chip, Faults::default()));
        refused(&outcome, what);
    }
}

/// G_28: with a number of no curve there is no offer; with that of another curve the chip refuses.
#[test]
fn a_wrong_number_of_domain_parameters_ends_the_reading() {
    let with_number = |number| {
        let mut chip = chip_of(&profile("genuine"));
        chip.master_files
            .insert(CARD_ACCESS, object(&[0x31], &pace(2, 2, 2, number)));
        read(Card::of(chip, Faults::default()))
    };
    for number in [0, 7, 19, 31, 0x7F] {
        let outcome = with_number(number);
        assert_eq!(outcome.err(), Some(ReadError::OtherDocument), "{number}");
    }
    for other in [12, 16] {
        refused(&with_number(other), &format!("parameter {other}"));
    }
}

#[test]
fn card_access_without_the_stronger_offer_of_dg14_is_a_forgery() {
    let generic = |cipher| offer(Mapping::Generic, cipher, Curve::Brainpool256);
    let mut chip = chip_of(&with_offers(&[
        generic(CipherKind::Aes256),
        generic(CipherKind::Aes128),
    ]));
    chip.master_files
        .insert(CARD_ACCESS, object(&[0x31], &pace(2, 2, 2, 13)));
    let chip = read(Card::of(chip, Faults::default())).expect("it is read");
    assert_eq!(chip.proofs.verdict(), Verdict::Rejected);
    assert_eq!(
        chip.proofs.passive().reason(),
        "EF.CardAccess: EF.CardAccess offers PACE otherwise than DG14"
    );
}

/// ISO7816_A_01.
#[test]
fn a_chip_without_access_control_is_not_read() {
    let mut profile = with_offers(&[]);
    profile.access.card_access = false;
    let mut direct = Direct::new(Card::of(chip_of(&profile), Faults::default()));
    let by_can = read_with(&mut direct, Access::of(&somebody().number), NO_PORTRAIT);
    assert_eq!(by_can.err(), Some(ReadError::OtherDocument));
    direct.card.reset();
    let access = Access::mrz("099012345999010183901016").expect("a right key");
    let by_zone = read_with(&mut direct, access, NO_PORTRAIT);
    assert!(matches!(by_zone, Err(ReadError::NotACitizenCard { .. })));
}

/// ISO7816_A_02: a passport that is older than PACE.
#[test]
fn a_passport_without_pace_opens_with_its_zone_and_not_with_an_access_number() {
    let mut profile = profile("bac");
    profile.document = Document::Passport;
    profile.csca = Csca::Abroad;
    let mut direct = Direct::new(Card::of(chip_of(&profile), Faults::default()));
    let by_can = read_with(&mut direct, Access::of(&somebody().number), NO_PORTRAIT);
    assert_eq!(by_can.err(), Some(ReadError::OtherDocument));
    direct.card.reset();
    let plan = Plan {
        any_document: true,
        ..NO_PORTRAIT
    };
    let access = Access::mrz("099012345999010183901016").expect("a right key");
    let by_zone = read_with(&mut direct, access, plan).expect("it is read");
    assert_eq!(by_zone.access, "BAC");
}
