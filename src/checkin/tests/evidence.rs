//! Which evidence counts, when several pieces of it come, or come late.

use super::paths::{digits, kiosk, known, problem, want};
use super::world::{World, card_code, chip, insurance_code, insurance_number, person, rules};
use crate::checkin::{Effect, Event, Screen, Touch, Want};
use crate::config::{Chip, Privacy};
use crate::ehr::Match;
use crate::identity::{CheckResult, Payload, Person, Way};
use crate::queue::{InsuranceStatus, Paper, VisitKind};
use crate::words::{Cause, Language};

fn read(world: &mut World, index: usize, passive: CheckResult) {
    let (ask, result) = (world.chip_ask(), Ok(chip(index, passive)));
    world.step(Event::Chip { ask, result });
}

fn chip_fails(world: &mut World, cause: Cause) {
    let (ask, result) = (world.chip_ask(), Err(cause));
    world.step(Event::Chip { ask, result });
}

fn asked_person(world: &World) -> Person {
    let asked = world.open.iter().rev().find_map(|effect| match effect {
        Effect::FindPatient { person, .. } => Some(person.as_ref().clone()),
        _ => None,
    });
    asked.expect("a patient was looked for")
}

fn asks(world: &World, kind: fn(&Effect) -> bool) -> usize {
    world.open.iter().filter(|effect| kind(effect)).count()
}

#[test]
fn two_papers_of_one_person_add_up_in_any_order_and_the_card_still_opens() {
    for order in [
        [card_code(0), insurance_code(0)],
        [insurance_code(0), card_code(0)],
    ] {
        let mut world = kiosk();
        for code in order {
            world.step(code);
        }
        assert_eq!(want(&world), Want::Card);
        known(&mut world);
        world.step(Event::Touch(Touch::NoCard));
        world.step(Event::Touch(Touch::Confirm(true)));
        let (_, draft) = world.draft();
        let who = draft.person.expect("known");
        assert_eq!(draft.way, Way::CardQr);
        assert_eq!(who.personal_number, person(0).personal_number);
        assert_eq!(who.insurance_number, Some(insurance_number(0)));
    }
}

#[test]
fn the_patient_is_looked_for_by_all_numbers_that_were_shown() {
    let mut world = kiosk();
    world.step(insurance_code(0));
    world.step(Event::CardPlaced);
    world.step(card_code(0));
    read(&mut world, 0, CheckResult::Undetermined);
    let asked = asked_person(&world);
    assert_eq!(asked.personal_number, person(0).personal_number);
    assert_eq!(asked.insurance_number, Some(insurance_number(0)));
    known(&mut world);
    assert_eq!(world.draft().1.person, Some(asked));
}

#[test]
fn a_paper_of_somebody_else_takes_the_place_of_the_first() {
    let mut world = kiosk();
    world.step(card_code(0));
    world.step(insurance_code(1));
    known(&mut world);
    world.step(Event::Touch(Touch::Confirm(true)));
    let who = world.draft().1.person.expect("known");
    assert_eq!(who.insurance_number, Some(insurance_number(1)));
    assert_eq!(who.personal_number, None);
}

#[test]
fn a_bare_insurance_number_is_worth_what_a_typed_one_is() {
    let code = || Event::Code(Box::new(Payload::InsuranceNumber(insurance_number(0))));
    let mut world = kiosk();
    for _ in 0..2 {
        world.step(code());
        known(&mut world);
        assert_eq!(world.draft().1.way, Way::Typed);
        world.store_answers();
        world.prints(Ok(Paper::Confirmed));
        while world.wake() {}
    }
    assert_eq!(
        asks(&world, |e| matches!(e, Effect::FindAppointments { .. })),
        0
    );
    // It takes no place from a better code, and turns no chip into two persons.
    world.step(card_code(0));
    world.step(code());
    world.step(Event::CardPlaced);
    read(&mut world, 0, CheckResult::Undetermined);
    known(&mut world);
    let (_, draft) = world.draft();
    assert_eq!((draft.way, draft.kind), (Way::Chip, VisitKind::Service));
    assert_eq!(draft.person.expect("known").insurance_number, None);
}

#[test]
fn a_required_chip_is_not_got_round_by_a_code_that_opens_no_card() {
    let mut world = World::new(rules(Chip::Required, Privacy::Notice, 1));
    world.step(insurance_code(0));
    known(&mut world);
    assert_eq!(want(&world), Want::Card);
    world.step(Event::CardPlaced);
    assert_eq!(want(&world), Want::CodeOrCan);
    digits(&mut world, "345671");
    read(&mut world, 0, CheckResult::Undetermined);
    known(&mut world);
    let (_, draft) = world.draft();
    assert_eq!((draft.way, draft.kind), (Way::Chip, VisitKind::Service));
    assert_eq!(
        draft.person.expect("known").insurance_number,
        Some(insurance_number(0))
    );
}

#[test]
fn where_the_chip_is_required_there_is_time_to_fetch_the_card_and_then_the_desk() {
    let mut world = World::new(rules(Chip::Required, Privacy::Notice, 1));
    world.step(card_code(0));
    known(&mut world);
    world.mono += world.rules.policy.waits.card_after_code;
    world.step(Event::Woke);
    assert_eq!(want(&world), Want::Card);
    world.wake();
    assert_eq!(world.draft().1.reason.as_deref(), Some("chip_required"));
}

#[test]
fn a_rejected_card_is_an_alert_also_beside_the_code_of_somebody_else() {
    let mut world = kiosk();
    world.step(card_code(1));
    let (ask, status) = (world.insurance_ask(), InsuranceStatus::Eligible);
    world.step(Event::Insurance { ask, status });
    world.step(Event::CardPlaced);
    read(&mut world, 0, CheckResult::Failed);
    let (_, draft) = world.draft();
    assert!(draft.rejected && draft.kind == VisitKind::Desk);
    assert_eq!(draft.reason.as_deref(), Some("card_rejected"));
    assert_eq!(draft.person, Some(person(0)), "nothing of the other's");
    assert_eq!(draft.insurance, InsuranceStatus::NotAsked);
}

#[test]
fn no_name_is_shown_of_a_card_whose_proof_failed() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    digits(&mut world, "345671");
    read(&mut world, 0, CheckResult::Failed);
    let Screen::Issuing { who } = world.screen() else {
        panic!("{:?}", world.screen())
    };
    assert_eq!(who.and_then(|who| who.name), None);
}

#[test]
fn wrong_digits_of_an_earlier_code_do_not_shut_out_the_card_of_a_later_one() {
    let mut world = kiosk();
    world.step(card_code(1));
    world.step(Event::CardPlaced);
    world.step(card_code(0));
    chip_fails(&mut world, Cause::WrongCan);
    assert_eq!(want(&world), Want::HoldStill);
    world.wake();
    read(&mut world, 0, CheckResult::Undetermined);
    known(&mut world);
    assert_eq!(world.draft().1.way, Way::Chip);
}

#[test]
fn the_right_code_after_a_wrong_one_opens_the_card_that_lies_there() {
    let mut world = kiosk();
    world.step(card_code(1));
    world.step(Event::CardPlaced);
    chip_fails(&mut world, Cause::WrongCan);
    assert_eq!(want(&world), Want::Wait);
    world.step(card_code(0));
    assert_eq!(want(&world), Want::HoldStill);
}

#[test]
fn wrong_digits_of_a_card_that_is_gone_leave_the_next_card_its_chance() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    digits(&mut world, "000000");
    world.step(Event::CardTaken);
    chip_fails(&mut world, Cause::WrongCan);
    world.step(Event::CardPlaced);
    assert_eq!(want(&world), Want::CodeOrCan);
    digits(&mut world, "345671");
    assert_eq!(want(&world), Want::HoldStill);
}

#[test]
fn a_card_laid_back_before_the_reading_failed_is_read_again() {
    let mut world = kiosk();
    world.step(card_code(0));
    world.step(Event::CardPlaced);
    let first = world.chip_ask();
    world.step(Event::CardTaken);
    world.step(Event::CardPlaced);
    chip_fails(&mut world, Cause::CardMoved);
    assert_eq!(want(&world), Want::HoldStill);
    assert_ne!(world.chip_ask(), first);
}

#[test]
fn a_code_that_stays_in_view_does_not_prolong_the_wait_for_the_card() {
    let mut world = kiosk();
    world.step(card_code(0));
    known(&mut world);
    for _ in 0..3 {
        world.mono += std::time::Duration::from_secs(2);
        world.step(card_code(0));
    }
    world.step(Event::Woke);
    assert!(matches!(world.screen(), Screen::Confirm { .. }));
}

#[test]
fn whoever_types_slowly_is_not_sent_to_the_desk_in_the_middle() {
    let mut world = kiosk();
    world.step(Event::Touch(Touch::Start));
    world.step(Event::Code(Box::new(Payload::Other)));
    world.step(Event::Touch(Touch::TypeNumber));
    for digit in ["099", "012", "345", "671"] {
        world.mono += std::time::Duration::from_secs(20);
        world.step(Event::Woke);
        digits(&mut world, digit);
    }
    known(&mut world);
    world.step(Event::Touch(Touch::NoCard));
    assert_eq!(world.draft().1.kind, VisitKind::Service);
}

#[test]
fn a_number_that_never_reached_a_patient_is_theirs_however_they_are_known() {
    let mut world = kiosk();
    for _ in 0..2 {
        world.step(Event::Touch(Touch::TypeNumber));
        digits(&mut world, "099012345671");
        known(&mut world);
        world.step(Event::Touch(Touch::NoCard));
        if world.store.visits.is_empty() {
            // The store is cut off; its answer comes when nobody waits any more.
            while world.wake() {}
        }
        world.store_answers();
    }
    assert!(matches!(world.screen(), Screen::Printing { .. }));
    assert_eq!(world.store.visits.len(), 1);
}

#[test]
fn a_number_held_for_a_patient_who_left_twice_without_it_leaves_the_queue_again() {
    let mut world = kiosk();
    for _ in 0..2 {
        world.step(card_code(0));
        known(&mut world);
        world.step(Event::Touch(Touch::NoCard));
        world.step(Event::Touch(Touch::Confirm(true)));
        while world.wake() {}
        world.store_answers();
        assert!(!world.store.visits[0].2, "in the queue, and nobody has it");
    }
    assert_eq!(world.store.visits.len(), 1);
}

#[test]
fn a_chip_without_any_number_is_looked_up_once() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    digits(&mut world, "123456");
    let mut nameless = chip(0, CheckResult::Undetermined);
    nameless.person.personal_number = None;
    let (ask, result) = (world.chip_ask(), Ok(nameless));
    world.step(Event::Chip { ask, result });
    let (ask, result) = (world.patient_ask(), Ok(Match::Unknown));
    world.step(Event::Patient { ask, result });
    let (ask, status) = (world.insurance_ask(), InsuranceStatus::Unverified);
    world.step(Event::Insurance { ask, status });
    assert_eq!(asks(&world, |e| matches!(e, Effect::FindPatient { .. })), 1);
    assert_eq!(world.draft().1.kind, VisitKind::Service);
}

#[test]
fn an_answer_about_an_earlier_person_is_dropped_and_counted() {
    let mut world = kiosk();
    world.step(card_code(0));
    let (ask, result) = (world.patient_ask(), Ok(Match::Several));
    world.step(card_code(1));
    let before = world.machine.dropped();
    world.step(Event::Patient { ask, result });
    assert_eq!(world.machine.dropped(), before + 1);
    known(&mut world);
    world.step(Event::Touch(Touch::NoCard));
    assert!(matches!(world.screen(), Screen::Confirm { .. }));
}

#[test]
fn where_only_the_chip_counts_a_card_code_still_saves_the_typing() {
    let mut only_chip = rules(Chip::Preferred, Privacy::Notice, 1);
    only_chip.policy.ways = vec![Way::Chip];
    let mut world = World::new(only_chip);
    world.step(Event::CardPlaced);
    world.step(card_code(0));
    assert_eq!(problem(&world), None);
    assert_eq!(want(&world), Want::HoldStill);
    chip_fails(&mut world, Cause::CardUnreadable);
    chip_fails(&mut world, Cause::CardUnreadable);
    let Screen::Gathering { who, .. } = world.screen() else {
        panic!("{:?}", world.screen())
    };
    assert_eq!(who, None, "the code itself makes nobody known");
}

#[test]
fn a_language_that_nobody_goes_on_in_is_not_left_to_the_next() {
    let mut world = kiosk();
    world.step(Event::Touch(Touch::Language(Language::En)));
    assert_eq!(world.machine.view().language, Language::En);
    world.wake();
    assert_eq!(world.machine.view().language, Language::Vi);
    assert!(!world.wake(), "at rest");
    // Whoever goes on is spoken to in it to the end.
    world.step(Event::Touch(Touch::Language(Language::En)));
    world.step(Event::Touch(Touch::NoPapers));
    world.mono += std::time::Duration::from_secs(9);
    world.store_answers();
    assert_eq!(world.machine.view().language, Language::En);
}

#[test]
fn a_name_is_shown_in_full_short_or_not_at_all_by_the_way_it_came() {
    use crate::checkin::identified::Identified;
    for (way, rejected, expected) in [
        (Way::Chip, false, Some("LÒ T. XUÂN")),
        (Way::CardQr, false, Some("L. T. XUÂN")),
        (Way::BhytQr, false, Some("L. T. XUÂN")),
        (Way::Typed, false, None),
        (Way::None, false, None),
        (Way::Chip, true, None),
    ] {
        let mut who = Identified::nobody(uuid::Uuid::nil());
        (who.person, who.way, who.rejected) = (Some(person(0)), way, rejected);
        let shown = who.shown().expect("somebody");
        assert_eq!(shown.name.as_deref(), expected, "{way:?} {rejected}");
        assert_eq!(shown.birth_year.is_some(), expected.is_some(), "{way:?}");
    }
}
