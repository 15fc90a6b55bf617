//! The reader against the virtual card, in one process: every person, every fault, at every APDU.
#![cfg(feature = "sim")]

use tiepdon::emrtd::{
    Access, Chip, ImageFormat, Plan, ReadError, Step, TraceLine, Traced, Transport, TransportError,
    read,
};
use tiepdon::identity::{CheckResult, Grade, Verdict};
use tiepdon::sim::card::{Card, Faults, Personality};
use tiepdon::sim::{SimPerson, person, persons};

const ALL: Plan = Plan {
    dg13: true,
    portrait: true,
};
const NO_PORTRAIT: Plan = Plan {
    dg13: true,
    portrait: false,
};

/// The card lies on the table of this process.
struct Direct {
    card: Card,
    resets: u32,
}

impl Transport for Direct {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.card
            .try_transmit(command)
            .map_err(|_| TransportError::Removed)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.resets += 1;
        self.card.reset();
        Ok(())
    }
}

fn random(out: &mut [u8]) {
    getrandom::fill(out).expect("the system has randomness");
}

fn read_with(transport: &mut dyn Transport, access: Access, plan: Plan) -> Result<Chip, ReadError> {
    let mut last = 0;
    let result = read(transport, access, plan, &mut random, &mut |percent| {
        assert!(percent > last && percent <= 100, "{last} -> {percent}");
        last = percent;
    });
    assert_eq!(
        result.is_ok(),
        last == 100,
        "100 % is told when, and only when, all is read"
    );
    result
}

fn attempt(
    person: &SimPerson,
    personality: Personality,
    faults: Faults,
    plan: Plan,
) -> (Result<Chip, ReadError>, u32) {
    let card = Card::with(person, personality, faults);
    let mut direct = Direct { card, resets: 0 };
    let result = read_with(&mut direct, Access::of(&person.number), plan);
    (result, direct.card.commands())
}

fn somebody() -> &'static SimPerson {
    person("001099012345").expect("built in")
}

fn check_person(sim: &SimPerson, chip: &Chip) {
    let person = &chip.person;
    assert_eq!(person.personal_number.as_ref(), Some(&sim.number));
    assert_eq!(person.name.as_ref().expect("name").expose(), &sim.name);
    assert_eq!(person.birth_date, Some(sim.birth_date));
    assert_eq!(person.sex, Some(sim.sex));
    assert_eq!(person.nationality.as_deref(), Some("VNM"));
    assert_eq!(
        person.residence.as_ref().expect("residence").expose(),
        &sim.residence
    );
    assert_eq!(
        person.old_id.as_ref().map(|id| id.expose().as_str()),
        sim.old_id.as_deref()
    );
    assert_eq!(chip.expiry_date, sim.expiry_date);
    let latin = sim
        .name_latin
        .split('<')
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    assert_eq!(
        person.name_latin.as_ref().expect("latin name").expose(),
        &latin
    );
}

#[test]
fn every_person_is_read_whole_within_the_target_of_commands_and_bytes() {
    for sim in persons() {
        let (chip, commands) = attempt(sim, Personality::Citizen, Faults::default(), ALL);
        let chip = chip.expect("a good card is read");
        check_person(sim, &chip);
        assert_eq!(chip.data_groups, [1, 2, 13]);
        assert_eq!(chip.access, "PACE-ECDH-GM-AES128");
        let portrait = chip.portrait.expect("a portrait");
        assert_eq!(portrait.format, ImageFormat::Jpeg);
        assert!(image::load_from_memory(&portrait.bytes).is_ok());
        assert_eq!(chip.link.apdus, commands);
        assert!(chip.link.apdus <= 110, "{} commands", chip.link.apdus);
        assert!(chip.link.bytes_sent + chip.link.bytes_received <= 26_000);
        assert_eq!(chip.proofs.verdict(), Verdict::Graded(Grade::Read));
        assert_eq!(chip.proofs.passive().result(), CheckResult::Undetermined);
    }
}

#[test]
fn without_the_portrait_a_dozen_commands_are_enough() {
    let (chip, _) = attempt(
        somebody(),
        Personality::Citizen,
        Faults::default(),
        NO_PORTRAIT,
    );
    let chip = chip.expect("a good card is read");
    check_person(somebody(), &chip);
    assert_eq!((chip.portrait, &chip.data_groups[..]), (None, &[1, 13][..]));
    assert!(chip.link.apdus <= 12, "{} commands", chip.link.apdus);
    assert!(chip.link.bytes_sent + chip.link.bytes_received <= 2_000);
}

#[test]
fn dg1_alone_gives_the_same_person_without_diacritics() {
    for sim in persons() {
        let plan = Plan {
            dg13: false,
            portrait: false,
        };
        let (chip, _) = attempt(sim, Personality::Citizen, Faults::default(), plan);
        let chip = chip.expect("a good card is read");
        assert_eq!(chip.person.personal_number.as_ref(), Some(&sim.number));
        assert_eq!(chip.person.name, chip.person.name_latin);
        assert_eq!(chip.person.birth_date, Some(sim.birth_date), "the century");
        assert_eq!(chip.expiry_date, sim.expiry_date);
    }
}

#[test]
fn the_mrz_opens_the_card_as_the_can_does() {
    let key = "099012345999010183901016";
    let mut direct = Direct {
        card: Card::new(somebody()),
        resets: 0,
    };
    let access = Access::mrz(key).expect("a right key");
    let chip = read_with(&mut direct, access, NO_PORTRAIT).expect("the MRZ opens it");
    check_person(somebody(), &chip);
}

#[test]
fn a_card_that_announces_nothing_is_opened_as_citizen_cards_are() {
    let (chip, _) = attempt(
        somebody(),
        Personality::Silent,
        Faults::default(),
        NO_PORTRAIT,
    );
    check_person(somebody(), &chip.expect("read"));
}

#[test]
fn a_wrong_can_is_tried_once_and_named() {
    let mut direct = Direct {
        card: Card::new(somebody()),
        resets: 0,
    };
    let access = Access::can("999999").expect("six digits");
    assert_eq!(
        read_with(&mut direct, access, ALL).err(),
        Some(ReadError::WrongCan)
    );
    assert_eq!((direct.card.commands(), direct.resets), (6, 0));
}

#[test]
fn bank_cards_and_passports_are_no_citizen_cards() {
    for personality in [Personality::Bank, Personality::Passport] {
        let (result, _) = attempt(somebody(), personality, Faults::default(), ALL);
        assert!(
            matches!(result, Err(ReadError::NotACitizenCard { .. })),
            "{result:?}"
        );
    }
}

#[test]
fn a_card_pulled_at_any_command_was_moved_and_nothing_of_it_is_kept() {
    let (_, commands) = attempt(somebody(), Personality::Citizen, Faults::default(), ALL);
    for at in 1..=commands {
        let faults = Faults {
            remove_at: Some(at),
            ..Faults::default()
        };
        let (result, _) = attempt(somebody(), Personality::Citizen, faults, ALL);
        assert_eq!(result.err(), Some(ReadError::Moved), "command {at}");
    }
}

#[test]
fn any_flipped_bit_in_any_protected_reply_ends_the_reading() {
    let (chip, commands) = attempt(
        somebody(),
        Personality::Citizen,
        Faults::default(),
        NO_PORTRAIT,
    );
    chip.expect("a good card is read");
    // The first six replies are EF.CardAccess and PACE, in plain.
    for at in 7..=commands {
        // Every bit of the first bytes, where the structure is, and some of all others.
        for bit in (0..40).chain((40..2_000).step_by(149)) {
            let faults = Faults {
                flip: Some((at, bit)),
                ..Faults::default()
            };
            let (result, _) = attempt(somebody(), Personality::Citizen, faults, NO_PORTRAIT);
            assert!(
                matches!(result, Err(ReadError::Unreadable { .. })),
                "reply {at}, bit {bit}"
            );
        }
    }
}

#[test]
fn flipped_bits_before_the_session_never_lead_to_another_person() {
    for at in 1..=6 {
        for bit in (0..600).step_by(11) {
            let faults = Faults {
                flip: Some((at, bit)),
                ..Faults::default()
            };
            match attempt(somebody(), Personality::Citizen, faults, NO_PORTRAIT).0 {
                // A bit that PACE does not depend on, such as one of another offer.
                Ok(chip) => check_person(somebody(), &chip),
                Err(ReadError::Unreadable { .. } | ReadError::NotACitizenCard { .. }) => {}
                // A changed nonce or key cannot be told from a wrong password.
                Err(ReadError::WrongCan) => assert!(at >= 3, "reply {at}, bit {bit}"),
                Err(other) => panic!("reply {at}, bit {bit}: {other}"),
            }
        }
    }
}

#[test]
fn cut_replies_and_noise_end_the_reading_without_a_panic() {
    let (_, commands) = attempt(
        somebody(),
        Personality::Citizen,
        Faults::default(),
        NO_PORTRAIT,
    );
    for at in 1..=commands {
        for len in [0, 1, 2, 3, 15, 16, 30] {
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
        if at > 6 {
            let wrong = Faults {
                wrong_mac_at: Some(at),
                ..Faults::default()
            };
            let (result, _) = attempt(somebody(), Personality::Citizen, wrong, NO_PORTRAIT);
            assert!(
                matches!(result, Err(ReadError::Unreadable { .. })),
                "wrong MAC at {at}"
            );
        }
    }
}

/// Either the reply was not needed (EF.CardAccess has a substitute), or the reading ended.
fn check_spoilt(faults: Faults, what: &str) {
    match attempt(somebody(), Personality::Citizen, faults, NO_PORTRAIT).0 {
        Ok(chip) => check_person(somebody(), &chip),
        Err(
            ReadError::Unreadable { .. } | ReadError::NotACitizenCard { .. } | ReadError::WrongCan,
        ) => {}
        Err(other) => panic!("{what}: {other}"),
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
        let direct = Direct {
            card: Card::new(somebody()),
            resets: 0,
        };
        let mut card = Forgetful { direct, most };
        let chip = read_with(&mut card, Access::of(&somebody().number), ALL).expect("read");
        check_person(somebody(), &chip);
        assert_eq!(
            (card.direct.resets, chip.portrait.is_some()),
            (resets, true)
        );
    }
    let direct = Direct {
        card: Card::new(somebody()),
        resets: 0,
    };
    let mut hopeless = Forgetful { direct, most: 20 };
    let result = read_with(&mut hopeless, Access::of(&somebody().number), ALL);
    assert!(matches!(result, Err(ReadError::Unreadable { .. })));
}

#[test]
fn a_trace_shows_headers_lengths_and_status_words_and_nothing_else() {
    let mut direct = Direct {
        card: Card::new(somebody()),
        resets: 0,
    };
    let mut lines = Vec::new();
    let mut sink = |line: TraceLine| lines.push(line);
    let mut traced = Traced::new(&mut direct, &mut sink);
    let chip = read_with(&mut traced, Access::of(&somebody().number), NO_PORTRAIT).expect("read");
    assert_eq!(lines.len(), chip.link.apdus as usize);
    assert_eq!(lines[0].header, [0x00, 0xB0, 0x9C, 0x00]);
    assert_eq!(lines[6].header, [0x0C, 0xA4, 0x04, 0x0C]);
    assert!(
        lines
            .iter()
            .all(|line| matches!(line.status, Some(0x9000 | 0x6282)))
    );
    let received: usize = lines.iter().map(|line| line.received).sum();
    assert_eq!(received as u64, chip.link.bytes_received);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn a_card_that_answers_anything_at_all_never_causes_a_panic_or_a_person(
        replies in proptest::collection::vec(proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), 1..30),
        statuses in proptest::collection::vec(proptest::sample::select(vec![0x9000u16, 0x6282, 0x6C10, 0x6700, 0x6B00, 0x6A82, 0x6300]), 30),
    ) {
        let mut random = random;
        let access = Access::of(&somebody().number);
        let mut reader = tiepdon::emrtd::Reader::new(access, ALL, &mut random);
        let mut step = reader.start();
        for (mut reply, status) in replies.into_iter().zip(statuses) {
            reply.extend(status.to_be_bytes());
            step = match step {
                Step::Transmit(command) => {
                    proptest::prop_assert!(command.len() >= 4);
                    reader.on_reply(&reply)
                }
                Step::Reset => reader.on_reset(),
                Step::Done(_) => panic!("a person out of noise"),
                // Whatever comes after the end is an error again.
                Step::Failed(_) => reader.on_reply(&reply),
            };
        }
    }
}
