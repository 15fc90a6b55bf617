//! Cards without a fault.

use tiepdon::emrtd::{Access, ImageFormat, Line, Plan, ReadError, TraceLine, Traced};
use tiepdon::identity::{Grade, Verdict};
use tiepdon::sim::card::{Card, Faults, Personality};
use tiepdon::sim::persons;

use crate::{
    ALL, Direct, LONG_REPLY, NO_PORTRAIT, attempt, card_of, check_person, chip_of, profile,
    read_with, somebody,
};

#[test]
fn every_person_is_read_whole_and_proven_within_the_target_of_commands_and_bytes() {
    for sim in persons() {
        let (chip, direct) = attempt(Card::new(sim), sim, ALL);
        let chip = chip.expect("a good card is read");
        check_person(sim, &chip);
        assert_eq!(chip.data_groups, [1, 2, 13]);
        assert_eq!(chip.access, "PACE-ECDH-GM-AES128");
        let portrait = chip.portrait.expect("a portrait");
        assert_eq!(portrait.format, ImageFormat::Jpeg);
        assert!(image::load_from_memory(&portrait.bytes).is_ok());
        assert_eq!(chip.link.apdus, direct.card.commands());
        assert!(chip.link.apdus <= 110, "{} commands", chip.link.apdus);
        assert_eq!(chip.proofs.verdict(), Verdict::Graded(Grade::Proven));
    }
}

#[test]
fn identity_and_proof_take_at_most_32_commands_and_5600_bytes() {
    let (chip, _) = attempt(Card::new(somebody()), somebody(), NO_PORTRAIT);
    let chip = chip.expect("a good card is read");
    check_person(somebody(), &chip);
    assert_eq!((chip.portrait, &chip.data_groups[..]), (None, &[1, 13][..]));
    assert!(chip.link.apdus <= 32, "{} commands", chip.link.apdus);
    let bytes = chip.link.bytes_sent + chip.link.bytes_received;
    assert!(bytes <= 5_600, "{bytes} bytes");
}

#[test]
fn with_extended_length_a_portrait_takes_at_most_28_commands() {
    let mut direct = Direct::new(card_of("extended"));
    direct.line.reply_max = LONG_REPLY;
    let chip = read_with(&mut direct, Access::of(&somebody().number), ALL).expect("read");
    check_person(somebody(), &chip);
    assert!(chip.portrait.is_some());
    assert!(chip.link.apdus <= 28, "{} commands", chip.link.apdus);
    // A reader that takes short replies only gets them.
    direct.line = Line::default();
    direct.card.reset();
    let chip = read_with(&mut direct, Access::of(&somebody().number), ALL).expect("read");
    assert!(chip.link.apdus > 60, "{} commands", chip.link.apdus);
}

#[test]
fn dg1_alone_gives_the_same_person_without_diacritics() {
    for sim in persons() {
        let (chip, _) = attempt(Card::new(sim), sim, Plan::default());
        let chip = chip.expect("a good card is read");
        assert_eq!(chip.person.personal_number.as_ref(), Some(&sim.number));
        assert_eq!(chip.person.name, chip.person.name_latin);
        assert_eq!(chip.person.birth_date, Some(sim.birth_date), "the century");
        assert_eq!(chip.expiry_date, sim.expiry_date);
    }
}

#[test]
fn the_ethnicity_is_told_only_to_who_asks_for_it() {
    for ethnicity in [false, true] {
        let plan = Plan {
            ethnicity,
            ..NO_PORTRAIT
        };
        let (chip, _) = attempt(Card::new(somebody()), somebody(), plan);
        assert_eq!(chip.expect("read").ethnicity.is_some(), ethnicity);
    }
}

#[test]
fn the_mrz_opens_the_card_as_the_can_does() {
    let mut direct = Direct::new(Card::new(somebody()));
    let access = Access::mrz("099012345999010183901016").expect("a right key");
    let chip = read_with(&mut direct, access, NO_PORTRAIT).expect("the MRZ opens it");
    check_person(somebody(), &chip);
}

#[test]
fn a_card_that_announces_nothing_is_opened_as_citizen_cards_are() {
    let card = Card::with(somebody(), Personality::Silent, Faults::default());
    let (chip, _) = attempt(card, somebody(), NO_PORTRAIT);
    check_person(somebody(), &chip.expect("read"));
}

#[test]
fn a_wrong_can_is_tried_once_and_named() {
    let mut direct = Direct::new(Card::new(somebody()));
    let access = Access::can("999999").expect("six digits");
    assert_eq!(
        read_with(&mut direct, access, ALL).err(),
        Some(ReadError::WrongCan)
    );
    assert_eq!((direct.card.commands(), direct.resets), (6, 0));
}

#[test]
fn a_bank_card_is_no_citizen_card_and_a_passport_is_another_document() {
    let read = |personality| {
        let card = Card::with(somebody(), personality, Faults::default());
        attempt(card, somebody(), ALL).0
    };
    let bank = read(Personality::Bank);
    assert!(
        matches!(bank, Err(ReadError::NotACitizenCard { .. })),
        "{bank:?}"
    );
    assert_eq!(
        read(Personality::Passport).err(),
        Some(ReadError::OtherDocument)
    );
}

#[test]
fn what_was_learned_about_a_card_is_not_tried_out_again() {
    let card = || {
        let mut chip = chip_of(&profile("genuine"));
        chip.habits.largest_read = 150;
        chip.habits.long_read_ends_session = true;
        Direct::new(Card::of(chip, Faults::default()))
    };
    let mut first = card();
    let learned = read_with(&mut first, Access::of(&somebody().number), NO_PORTRAIT).expect("read");
    assert_eq!(first.resets, 2, "223 and 192 are too long");
    let mut second = card();
    let trust = crate::trust();
    let request = tiepdon::emrtd::Request {
        habits: Some(learned.habits),
        ..crate::request(Access::of(&somebody().number), NO_PORTRAIT, &trust)
    };
    let chip = tiepdon::emrtd::read(&mut second, request, &mut crate::random, &mut |_| {});
    check_person(somebody(), &chip.expect("read"));
    assert_eq!(second.resets, 0);
}

#[test]
fn a_trace_shows_headers_lengths_and_status_words_and_nothing_else() {
    let mut direct = Direct::new(Card::new(somebody()));
    let mut lines = Vec::new();
    let mut sink = |line: TraceLine| lines.push(line);
    let mut traced = Traced::new(&mut direct, &mut sink);
    let chip = read_with(&mut traced, Access::of(&somebody().number), NO_PORTRAIT).expect("read");
    assert_eq!(lines.len(), chip.link.apdus as usize);
    assert_eq!(lines[0].header, [0x00, 0xB0, 0x9C, 0x00]);
    assert_eq!(lines[6].header, [0x0C, 0xA4, 0x04, 0x0C]);
    let statuses: Vec<u16> = lines.iter().filter_map(|line| line.status).collect();
    assert!(
        statuses.iter().all(|sw| matches!(sw, 0x9000 | 0x6282)),
        "{statuses:04X?}"
    );
    let received: usize = lines.iter().map(|line| line.received).sum();
    assert_eq!(received as u64, chip.link.bytes_received);
}
