//! Active authentication: the cases of BSI TR-03105-5.1, unit ISO7816_F; `src/emrtd/conformance.md`
//! lists them.

use tiepdon::emrtd::{Access, Chip};
use tiepdon::identity::CheckResult::{self, Failed, Successful, Undetermined};
use tiepdon::identity::{Grade, Verdict};
use tiepdon::sim::card::profile::Profile;
use tiepdon::sim::card::{Card, Faults};
use tiepdon::sim::issuer::{Hash, KeyKind};

use crate::{Direct, LONG_REPLY, NO_PORTRAIT, chip_of, profile, read_with, sealed, somebody};

const DG14: u16 = 0x010E;
const HASHES: [(Hash, u8); 5] = [
    (Hash::Sha1, 0x33),
    (Hash::Sha224, 0x38),
    (Hash::Sha256, 0x34),
    (Hash::Sha384, 0x36),
    (Hash::Sha512, 0x35),
];

/// A card whose only proof that it is no copy is active authentication.
fn with_key(key: KeyKind, hash: Hash) -> Profile {
    let mut profile = profile("genuine");
    profile.chip.clear();
    profile.active.key = key;
    profile.active.hash = hash;
    profile
}

fn read(card: Card) -> Chip {
    let mut direct = Direct::new(card);
    direct.line.reply_max = LONG_REPLY;
    read_with(&mut direct, Access::of(&somebody().number), NO_PORTRAIT).expect("it is read")
}

fn check(chip: &Chip, verdict: Verdict, expected: CheckResult) {
    let active = chip.proofs.active();
    assert_eq!(active.result(), expected, "{}", active.reason());
    assert_eq!(chip.proofs.verdict(), verdict, "{}", active.reason());
}

/// F_01, F_04 to F_07.
#[test]
fn rsa_proves_the_chip_with_every_hash_and_its_trailer() {
    for (hash, number) in HASHES {
        let mut profile = with_key(KeyKind::Rsa(1024), hash);
        let mut trailers = vec![vec![number, 0xCC]];
        if hash == Hash::Sha1 {
            trailers.push(vec![0xBC]);
        }
        for trailer in trailers {
            profile.habits.active_trailer = Some(trailer);
            let chip = read(Card::of(chip_of(&profile), Faults::default()));
            check(&chip, Verdict::Graded(Grade::Proven), Successful);
        }
    }
}

/// F_02.
#[test]
fn ecdsa_proves_the_chip_with_every_hash() {
    for (hash, _) in HASHES {
        let key = KeyKind::Named(tiepdon::sim::issuer::Curve::Brainpool256);
        let chip = read(Card::of(chip_of(&with_key(key, hash)), Faults::default()));
        check(&chip, Verdict::Graded(Grade::Proven), Successful);
    }
}

/// F_08.
#[test]
fn a_wrong_trailer_is_a_copy() {
    for trailer in [
        vec![0x33, 0xCC],
        vec![0xBC],
        vec![0x34, 0xCB],
        vec![0x31, 0xCC],
    ] {
        let mut profile = with_key(KeyKind::Rsa(1024), Hash::Sha256);
        profile.habits.active_trailer = Some(trailer);
        let chip = read(Card::of(chip_of(&profile), Faults::default()));
        check(&chip, Verdict::Rejected, Failed);
    }
}

/// F_09.
#[test]
fn a_signature_algorithm_that_nobody_knows_leaves_the_chip_unproved() {
    let key = KeyKind::Named(tiepdon::sim::issuer::Curve::Brainpool256);
    let mut chip = chip_of(&with_key(key, Hash::Sha256));
    let plain = [4, 0, 0x7F, 0, 7, 1, 1, 4, 1, 3];
    let dg14 = chip.files.get_mut(&DG14).expect("DG14");
    let at = dg14.windows(plain.len()).position(|w| w == plain);
    dg14[at.expect("the algorithm") + 9] = 0x63;
    let chip = read(Card::of(sealed(chip), Faults::default()));
    check(&chip, Verdict::Graded(Grade::Signed), Undetermined);
}
