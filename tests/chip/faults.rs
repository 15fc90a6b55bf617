//! One thing goes wrong, at every command in turn.

use tiepdon::emrtd::{Access, ReadError, Transport, TransportError};
use tiepdon::identity::{Grade, Verdict};
use tiepdon::sim::card::{Card, Faults};

use crate::{ALL, Direct, NO_PORTRAIT, check_person, commands, read_with, somebody, with_faults};

/// EF.CardAccess and PACE, in plain.
const PLAIN: u32 = 6;

#[test]
fn a_card_pulled_at_any_command_was_moved_and_nothing_of_it_is_kept() {
    for at in 1..=commands(ALL) {
        let faults = Faults {
            remove_at: Some(at),
            ..Faults::default()
        };
        let result = with_faults(faults, ALL);
        assert_eq!(result.err(), Some(ReadError::Moved), "command {at}");
    }
}

/// The reading ended; or, where it was the reply that proves chip authentication, began again with
/// the same card and without the fault.
fn check_refused(faults: Faults, what: &str) {
    match with_faults(faults, NO_PORTRAIT) {
        Err(ReadError::Unreadable { .. }) => {}
        Ok(chip) => {
            check_person(somebody(), &chip);
            assert_eq!(
                chip.proofs.verdict(),
                Verdict::Graded(Grade::Proven),
                "{what}"
            );
            assert!(chip.link.apdus > commands(NO_PORTRAIT) + PLAIN, "{what}");
        }
        Err(other) => panic!("{what}: {other}"),
    }
}

#[test]
fn any_flipped_bit_in_any_protected_reply_ends_the_session() {
    for at in PLAIN + 1..=commands(NO_PORTRAIT) {
        // Every bit of the first bytes, where the structure is, and some of all others.
        for bit in (0..24).chain((24..2_000).step_by(397)) {
            let faults = Faults {
                flip: Some((at, bit)),
                ..Faults::default()
            };
            check_refused(faults, &format!("reply {at}, bit {bit}"));
        }
    }
}

#[test]
fn a_wrong_mac_or_a_bare_success_ends_the_session_at_any_command() {
    for at in PLAIN + 1..=commands(NO_PORTRAIT) {
        let wrong_mac = Faults {
            wrong_mac_at: Some(at),
            ..Faults::default()
        };
        check_refused(wrong_mac, &format!("wrong MAC at {at}"));
        let bare = Faults {
            bare_status_at: Some((at, 0x9000)),
            ..Faults::default()
        };
        check_refused(bare, &format!("bare 9000 at {at}"));
    }
}

#[test]
fn flipped_bits_before_the_session_never_lead_to_another_person() {
    for at in 1..=PLAIN {
        for bit in (0..600).step_by(23) {
            let faults = Faults {
                flip: Some((at, bit)),
                ..Faults::default()
            };
            match with_faults(faults, NO_PORTRAIT) {
                // A bit that PACE does not depend on, such as one of another offer.
                Ok(chip) => check_person(somebody(), &chip),
                Err(
                    ReadError::Unreadable { .. }
                    | ReadError::NotACitizenCard { .. }
                    | ReadError::OtherDocument,
                ) => {}
                // A changed nonce or key cannot be told from a wrong password.
                Err(ReadError::WrongCan) => assert!(at >= 3, "reply {at}, bit {bit}"),
                Err(other) => panic!("reply {at}, bit {bit}: {other}"),
            }
        }
    }
}

/// Either the reply was not needed, or the reading ended; a person is never another one, and an
/// identity never proven with less than all of its proof.
fn check_spoilt(faults: Faults, what: &str) {
    match with_faults(faults, NO_PORTRAIT) {
        Ok(chip) => check_person_or_less(&chip),
        Err(
            ReadError::Unreadable { .. }
            | ReadError::NotACitizenCard { .. }
            | ReadError::OtherDocument
            | ReadError::WrongCan,
        ) => {}
        Err(other) => panic!("{what}: {other}"),
    }
}

/// The same number at least: DG13 may be the file that the card refused.
fn check_person_or_less(chip: &tiepdon::emrtd::Chip) {
    assert_eq!(
        chip.person.personal_number.as_ref(),
        Some(&somebody().number)
    );
    assert_eq!(chip.person.birth_date, Some(somebody().birth_date));
}

#[test]
fn cut_replies_and_noise_end_the_reading_without_a_panic() {
    for at in 1..=commands(NO_PORTRAIT) {
        for len in [0, 1, 2, 3, 15, 30] {
            let faults = Faults {
                truncate: Some((at, len)),
                ..Faults::default()
            };
            check_spoilt(faults, &format!("reply {at} cut to {len}"));
        }
        let garbage = Faults {
            garbage_at: Some(at),
            ..Faults::default()
        };
        check_spoilt(garbage, &format!("noise at {at}"));
    }
}

#[test]
fn any_status_word_at_any_command_ends_in_a_person_or_a_reason() {
    const WORDS: [u16; 10] = [
        0x6282, 0x6300, 0x6700, 0x6982, 0x6985, 0x6988, 0x6A82, 0x6A88, 0x6B00, 0x6F00,
    ];
    for at in 1..=commands(NO_PORTRAIT) {
        for word in WORDS {
            let faults = Faults {
                status_at: Some((at, word)),
                ..Faults::default()
            };
            check_spoilt(faults, &format!("status {word:04X} at {at}"));
        }
    }
}

/// A card that forgets its session over reads longer than `most` and says so in plain.
struct Forgetful {
    direct: Direct,
    most: usize,
}

impl Transport for Forgetful {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let reply = self.direct.transmit(command)?;
        if command[0] == 0x0C && command[1] == 0xB0 && reply.len() > self.most {
            self.direct.card.reset();
            return Ok(vec![0x67, 0x00]);
        }
        Ok(reply)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.direct.reset()
    }
}

#[test]
fn a_card_that_forgets_its_session_over_long_reads_is_read_in_smaller_ones() {
    for (most, resets) in [(230, 1), (150, 2)] {
        let direct = Direct::new(Card::new(somebody()));
        let mut card = Forgetful { direct, most };
        let chip = read_with(&mut card, Access::of(&somebody().number), ALL).expect("read");
        check_person(somebody(), &chip);
        let counted = (card.direct.resets, chip.portrait.is_some());
        assert_eq!(counted, (resets, true));
    }
    let direct = Direct::new(Card::new(somebody()));
    let mut hopeless = Forgetful { direct, most: 20 };
    let result = read_with(&mut hopeless, Access::of(&somebody().number), ALL);
    assert!(matches!(result, Err(ReadError::Unreadable { .. })));
}
