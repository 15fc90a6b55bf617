//! What can go wrong with chip authentication: the cases of BSI TR-03105-5.1, unit ISO7816_D;
//! `src/emrtd/conformance.md` lists them.

use tiepdon::emrtd::{Access, Chip};
use tiepdon::identity::CheckResult::{self, Failed, Successful, Undetermined};
use tiepdon::sim::card::chip::CipherKind;
use tiepdon::sim::card::profile::{ChipPlan, Possession, Profile};
use tiepdon::sim::card::{Card, Faults};
use tiepdon::sim::issuer::{Curve, KeyKind};

use crate::{Between, NO_PORTRAIT, attempt, chip_of, profile, read_with, sealed, somebody};

const DG14: u16 = 0x010E;
/// id-PK-ECDH.
const PUBLIC_KEY: [u8; 9] = [4, 0, 0x7F, 0, 7, 2, 2, 1, 2];

/// A card whose only proof that it is no copy is chip authentication with these keys.
fn with_keys(keys: &[ChipPlan]) -> Profile {
    let mut profile = profile("genuine");
    profile.chip = keys.to_vec();
    profile.active.offered = false;
    profile
}

fn key(id: Option<u8>, curve: Curve, cipher: CipherKind) -> ChipPlan {
    ChipPlan {
        key: KeyKind::Named(curve),
        cipher,
        id,
        private: Possession::Own,
    }
}

fn sole(id: Option<u8>) -> Profile {
    with_keys(&[key(id, Curve::Brainpool256, CipherKind::Aes128)])
}

fn read(card: Card) -> Chip {
    attempt(card, somebody(), NO_PORTRAIT)
        .0
        .expect("it is read")
}

/// The card of a profile with its DG14 changed, and signed so.
fn with_dg14(profile: &Profile, change: impl Fn(&mut Vec<u8>)) -> Chip {
    let mut chip = chip_of(profile);
    change(chip.files.get_mut(&DG14).expect("DG14"));
    read(Card::of(sealed(chip), Faults::default()))
}

fn check(chip: &Chip, expected: CheckResult, reason: &str) {
    let proof = chip.proofs.chip();
    assert_eq!(chip.proofs.passive().result(), Successful);
    assert_eq!(proof.result(), expected, "{}", proof.reason());
    assert!(proof.reason().contains(reason), "{}", proof.reason());
}

fn place(bytes: &[u8], pattern: &[u8]) -> usize {
    let found = bytes.windows(pattern.len()).position(|w| w == pattern);
    found.expect("it is there")
}

/// D_03 to D_05: of several keys the one with the strongest cipher is used, by its number.
#[test]
fn any_of_one_two_or_three_numbered_keys_can_be_used() {
    let keys = [
        key(Some(1), Curve::P256, CipherKind::TripleDes),
        key(Some(2), Curve::Brainpool384, CipherKind::Aes256),
        key(Some(3), Curve::Brainpool256, CipherKind::Aes128),
    ];
    for (count, method) in [
        (1, "CA-ECDH-3DES"),
        (2, "CA-ECDH-AES256"),
        (3, "CA-ECDH-AES256"),
    ] {
        let profile = with_keys(&keys[..count]);
        let chip = read(Card::of(chip_of(&profile), Faults::default()));
        check(&chip, Successful, "");
        assert_eq!(chip.proofs.chip().method(), Some(method));
    }
}

/// D_06 and D_13. A sole key and a sole protocol belong together, but the chip does not know the
/// number; with two keys nothing says which is meant.
#[test]
fn a_protocol_for_the_number_of_no_key_fails_or_is_undetermined() {
    let other_number = |dg14: &mut Vec<u8>| {
        let at = place(dg14, &[0x02, 0x01, 0x01, 0x02, 0x01, 0x07]);
        dg14[at + 5] = 8;
    };
    let one = with_dg14(&sole(Some(7)), other_number);
    check(&one, Failed, "");
    let cipher = CipherKind::Aes128;
    let mut two = chip_of(&with_keys(&[
        key(Some(7), Curve::P256, cipher),
        key(Some(9), Curve::P256, cipher),
    ]));
    let dg14 = two.files.get_mut(&DG14).expect("DG14");
    other_number(dg14);
    let at = place(dg14, &[0x02, 0x01, 0x01, 0x02, 0x01, 0x09]);
    dg14[at + 5] = 8;
    let two = read(Card::of(sealed(two), Faults::default()));
    check(&two, Undetermined, "no protocol is for the key");
}

/// D_15: the command that sets the key, or the one that agrees, is refused.
#[test]
fn a_chip_that_refuses_what_its_signed_dg14_offers_fails() {
    let at = {
        let mut first = None;
        let card = Card::of(chip_of(&sole(Some(7))), Faults::default());
        let mut between = Between::new(card, |number, command: &[u8], _: &mut Vec<u8>| {
            if command[..4] == [0x0C, 0x22, 0x41, 0xA4] {
                first = Some(number);
            }
        });
        let access = Access::of(&somebody().number);
        read_with(&mut between, access, NO_PORTRAIT).expect("it is read");
        first.expect("the key is set")
    };
    for at in [at, at + 1] {
        for word in [0x6A80, 0x6A88, 0x6A86, 0x6982, 0x6984, 0x6300, 0x6F00] {
            let faults = Faults {
                status_at: Some((at, word)),
                ..Faults::default()
            };
            let chip = read(Card::of(chip_of(&sole(Some(7))), faults));
            check(&chip, Failed, "");
        }
    }
}

/// D_08 and D_12.
#[test]
fn a_key_that_cannot_be_used_is_undetermined_and_another_one_fails() {
    let off_curve = with_dg14(&sole(None), |dg14| {
        *dg14.last_mut().expect("a key") ^= 1;
    });
    check(&off_curve, Undetermined, "");
    let curve = [0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07];
    let unknown_curve = with_dg14(&sole(None), |dg14| {
        let at = place(dg14, &curve);
        dg14[at + 8] = 0x63;
    });
    check(&unknown_curve, Undetermined, "curve");
    let no_key = with_dg14(&sole(None), |dg14| {
        let at = place(dg14, &PUBLIC_KEY);
        dg14[at + 7] = 9;
    });
    check(&no_key, Undetermined, "no key");
    let another = {
        let genuine = chip_of(&sole(None));
        let mut chip = chip_of(&sole(None));
        chip.files.insert(DG14, genuine.files[&DG14].clone());
        read(Card::of(sealed(chip), Faults::default()))
    };
    check(&another, Failed, "");
}

/// D_01, D_07, D_11.
#[test]
fn diffie_hellman_over_integers_is_undetermined() {
    let chip = with_dg14(&sole(None), |dg14| {
        let at = place(dg14, &PUBLIC_KEY);
        dg14[at + 8] = 1;
        let at = place(dg14, &[4, 0, 0x7F, 0, 7, 2, 2, 3, 2, 2]);
        dg14[at + 8] = 1;
    });
    check(&chip, Undetermined, "DH keys are not done here");
}

/// LDS_F_04 to F_07.
#[test]
fn an_info_without_its_protocol_or_version_is_no_offer() {
    let protocol = [4, 0, 0x7F, 0, 7, 2, 2, 3, 2, 2];
    let other_protocol = with_dg14(&sole(None), |dg14| {
        let at = place(dg14, &PUBLIC_KEY);
        dg14[at + 8] = 3;
    });
    check(&other_protocol, Undetermined, "");
    // The key is left alone, for the protocol that needs no info: the chip does not do it.
    let other_version = with_dg14(&sole(None), |dg14| {
        let at = place(dg14, &protocol);
        dg14[at + protocol.len() + 2] = 10;
    });
    check(&other_version, Failed, "");
    let no_version = with_dg14(&sole(None), |dg14| {
        let at = place(dg14, &protocol);
        dg14[at + protocol.len()] = 0x04;
    });
    check(&no_version, Failed, "");
}
