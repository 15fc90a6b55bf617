//! The journeys a patient makes, told one by one.

use super::world::{World, card_code, chip, rules};
use crate::checkin::{Effect, Event, Key, PaperShown, PriorityShown, Screen, Touch, Want};
use crate::config::{Chip, Privacy};
use crate::ehr::{Appointment, Match};
use crate::identity::{CheckResult, Grade, Payload, Way};
use crate::queue::{InsuranceStatus, Paper, PatientRef, ServiceCode, VisitKind};
use crate::store::Act;
use crate::words::Cause;
use uuid::Uuid;

pub(super) fn kiosk() -> World {
    World::new(rules(Chip::Preferred, Privacy::Notice, 1))
}

pub(super) fn known(world: &mut World) {
    let (patient, insurance) = (world.patient_ask(), world.insurance_ask());
    let known = Match::Known(PatientRef("p1".into()));
    world.step(Event::Patient {
        ask: patient,
        result: Ok(known),
    });
    world.step(Event::Insurance {
        ask: insurance,
        status: InsuranceStatus::Eligible,
    });
    let appointments = world.open.iter().rev().find_map(|e| {
        if let Effect::FindAppointments { ask, .. } = e {
            Some(*ask)
        } else {
            None
        }
    });
    if let Some(ask) = appointments {
        world.step(Event::Appointments {
            ask,
            result: Ok(Vec::new()),
        });
    }
}

pub(super) fn want(world: &World) -> Want {
    match world.screen() {
        Screen::Gathering { want, .. } => want,
        other => panic!("not gathering: {other:?}"),
    }
}

pub(super) fn problem(world: &World) -> Option<Cause> {
    match world.screen() {
        Screen::Gathering { problem, .. } => problem,
        other => panic!("not gathering: {other:?}"),
    }
}

pub(super) fn digits(world: &mut World, text: &str) {
    for digit in text.bytes() {
        world.step(Event::Touch(Touch::Key(Key::Digit(digit - b'0'))));
    }
}

#[test]
fn code_then_chip_is_one_gesture_without_a_touch() {
    let mut world = kiosk();
    world.step(card_code(0));
    assert_eq!(want(&world), Want::Card);
    world.step(Event::CardPlaced);
    assert_eq!(want(&world), Want::HoldStill);
    let ask = world.chip_ask();
    world.step(Event::Chip {
        ask,
        result: Ok(chip(0, CheckResult::Undetermined)),
    });
    known(&mut world);
    assert_eq!(world.draft().1.grade, Some(Grade::Read));
    world.store_answers();
    assert!(matches!(world.screen(), Screen::Printing { .. }));
    world.prints(Ok(Paper::Confirmed));
    assert!(matches!(
        world.screen(),
        Screen::Done {
            paper: PaperShown::Printed,
            desk: None,
            ..
        }
    ));
    assert!(world.effects.iter().any(|e| matches!(
        e,
        Effect::Paper {
            paper: Paper::Confirmed,
            ..
        }
    )));
}

#[test]
fn six_typed_digits_open_the_card_that_lies_there() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    digits(&mut world, "345671");
    assert_eq!(want(&world), Want::HoldStill);
    let can = world.open.iter().find_map(|e| {
        if let Effect::ReadChip { can, .. } = e {
            Some(can.clone())
        } else {
            None
        }
    });
    assert_eq!(can.expect("asked").expose(), "345671");
}

#[test]
fn wrong_digits_reach_a_chip_twice_at_most() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    for last in 0..6 {
        digits(&mut world, &format!("00000{last}"));
        if want(&world) == Want::HoldStill {
            // Wrong digits make the next ones wait.
            world.wake();
            let ask = world.chip_ask();
            world.step(Event::Chip {
                ask,
                result: Err(Cause::WrongCan),
            });
        }
    }
    let tries = world
        .open
        .iter()
        .filter(|e| matches!(e, Effect::ReadChip { .. }))
        .count();
    assert_eq!(tries, 2);
    assert_eq!(problem(&world), Some(Cause::WrongCan));
}

#[test]
fn without_the_card_a_code_goes_on_after_six_seconds_and_asks_is_this_you() {
    let mut world = kiosk();
    world.step(card_code(0));
    known(&mut world);
    assert_eq!(want(&world), Want::Card);
    world.wake();
    let Screen::Confirm { who } = world.screen() else {
        panic!("{:?}", world.screen())
    };
    assert_eq!(who.name.as_deref(), Some("L. T. XUÂN"));
    world.step(Event::Touch(Touch::Confirm(true)));
    assert_eq!(world.draft().1.grade, Some(Grade::Claimed));
    assert_eq!(world.draft().1.way, Way::CardQr);
}

#[test]
fn a_rejected_card_leads_to_the_desk_and_so_does_its_number_later() {
    let mut world = kiosk();
    world.step(card_code(0));
    world.step(Event::CardPlaced);
    let ask = world.chip_ask();
    world.step(Event::Chip {
        ask,
        result: Ok(chip(0, CheckResult::Failed)),
    });
    known(&mut world);
    let (_, draft) = world.draft();
    assert!(draft.rejected && draft.kind == VisitKind::Desk && draft.grade.is_none());
    world.store_answers();
    world.prints(Ok(Paper::Confirmed));
    let Screen::Done { who, .. } = world.screen() else {
        panic!("done")
    };
    assert_eq!(
        who.and_then(|who| who.name),
        None,
        "no name on the screen of a rejected card"
    );
    while world.wake() {}

    world.step(card_code(0));
    known(&mut world);
    world.step(Event::Touch(Touch::NoCard));
    world.step(Event::Touch(Touch::Confirm(true)));
    world.store_answers();
    assert_eq!(world.draft().1.reason.as_deref(), Some("card_rejected"));
}

#[test]
fn report_only_records_a_failed_proof_and_goes_on() {
    let mut world = World::new(rules(Chip::ReportOnly, Privacy::Notice, 1));
    world.step(card_code(0));
    world.step(Event::CardPlaced);
    let ask = world.chip_ask();
    world.step(Event::Chip {
        ask,
        result: Ok(chip(0, CheckResult::Failed)),
    });
    known(&mut world);
    let (_, draft) = world.draft();
    assert_eq!(
        (draft.kind, draft.grade),
        (VisitKind::Service, Some(Grade::Read))
    );
    assert_eq!(
        draft.proofs.expect("kept").passive.result,
        CheckResult::Failed
    );
}

/// A foreigner has no citizen card to try next: the desk helps, and says so in a sentence of its own.
#[test]
fn a_passport_leads_to_the_desk_and_beside_a_code_the_code_goes_on() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    digits(&mut world, "123456");
    let passport = |world: &mut World| {
        let (ask, result) = (world.chip_ask(), Err(Cause::OtherDocument));
        world.step(Event::Chip { ask, result });
    };
    passport(&mut world);
    let (_, draft) = world.draft();
    assert_eq!((draft.kind, draft.person), (VisitKind::Desk, None));
    assert_eq!(draft.reason.as_deref(), Some("other_document"));
    let told = Effect::StaffWanted(Cause::OtherDocument);
    assert!(world.effects.contains(&told));

    let mut world = kiosk();
    world.step(card_code(0));
    world.step(Event::CardPlaced);
    passport(&mut world);
    assert_eq!(problem(&world), Some(Cause::NotACitizenCard));
    known(&mut world);
    world.step(Event::CardTaken);
    world.step(Event::Touch(Touch::NoCard));
    assert!(matches!(world.screen(), Screen::Confirm { .. }));
}

#[test]
fn a_bank_card_is_named_and_the_next_way_stays_open() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    digits(&mut world, "123456");
    let ask = world.chip_ask();
    world.step(Event::Chip {
        ask,
        result: Err(Cause::NotACitizenCard),
    });
    assert_eq!(problem(&world), Some(Cause::NotACitizenCard));
    assert_eq!(want(&world), Want::CardOrCode);
    world.step(Event::CardTaken);
    world.step(card_code(0));
    assert_eq!(want(&world), Want::Card);
}

#[test]
fn a_card_taken_away_mid_read_is_read_again_when_it_is_back() {
    let mut world = kiosk();
    world.step(card_code(0));
    world.step(Event::CardPlaced);
    let ask = world.chip_ask();
    world.step(Event::CardTaken);
    world.step(Event::Chip {
        ask,
        result: Err(Cause::CardMoved),
    });
    assert_eq!(problem(&world), Some(Cause::CardMoved));
    world.step(Event::CardPlaced);
    assert_eq!(want(&world), Want::HoldStill);
    assert_ne!(world.chip_ask(), ask);
}

#[test]
fn a_card_that_jumped_and_was_not_seen_to_leave_is_read_again_after_a_moment() {
    let mut world = kiosk();
    world.step(card_code(0));
    world.step(Event::CardPlaced);
    let ask = world.chip_ask();
    world.step(Event::Chip {
        ask,
        result: Err(Cause::CardMoved),
    });
    assert_eq!(want(&world), Want::Card);
    world.wake();
    assert_eq!(want(&world), Want::HoldStill);
    assert_ne!(world.chip_ask(), ask);
}

#[test]
fn thirty_seconds_of_trying_end_with_a_desk_number() {
    let mut world = kiosk();
    world.step(Event::Touch(Touch::Start));
    world.step(Event::Code(Box::new(Payload::Other)));
    assert_eq!(problem(&world), Some(Cause::QrOther));
    world.wake();
    assert_eq!(world.draft().1.reason.as_deref(), Some("tried_enough"));
}

#[test]
fn a_silent_ehr_does_not_hold_the_patient_up() {
    let mut world = kiosk();
    world.step(card_code(0));
    world.step(Event::CardPlaced);
    let ask = world.chip_ask();
    world.step(Event::Chip {
        ask,
        result: Ok(chip(0, CheckResult::Undetermined)),
    });
    assert_eq!(want(&world), Want::Wait);
    world.wake();
    let (_, draft) = world.draft();
    assert_eq!(
        (draft.patient, draft.insurance),
        (None, InsuranceStatus::Unverified)
    );
    assert_eq!(draft.kind, VisitKind::Service);
}

#[test]
fn an_unknown_person_with_a_mere_code_is_registered_at_the_desk() {
    let mut world = kiosk();
    world.step(card_code(0));
    let (patient, insurance) = (world.patient_ask(), world.insurance_ask());
    world.step(Event::Patient {
        ask: patient,
        result: Ok(Match::Unknown),
    });
    world.step(Event::Insurance {
        ask: insurance,
        status: InsuranceStatus::Eligible,
    });
    world.step(Event::Touch(Touch::NoCard));
    assert_eq!(world.draft().1.reason.as_deref(), Some("register_at_desk"));
}

#[test]
fn an_appointment_names_the_service_and_no_question_is_asked() {
    let mut world = World::new(rules(Chip::Preferred, Privacy::Notice, 3));
    world.step(card_code(0));
    world.step(Event::CardPlaced);
    let ask = world.chip_ask();
    world.step(Event::Chip {
        ask,
        result: Ok(chip(0, CheckResult::Undetermined)),
    });
    let (patient, insurance) = (world.patient_ask(), world.insurance_ask());
    world.step(Event::Patient {
        ask: patient,
        result: Ok(Match::Known(PatientRef("p".into()))),
    });
    world.step(Event::Insurance {
        ask: insurance,
        status: InsuranceStatus::Eligible,
    });
    let ask = world.asked(|e| {
        if let Effect::FindAppointments { ask, .. } = e {
            Some(*ask)
        } else {
            None
        }
    });
    let one = Appointment {
        id: "a7".into(),
        service: Some(ServiceCode("NGOAI".into())),
    };
    world.step(Event::Appointments {
        ask,
        result: Ok(vec![one]),
    });
    let (_, draft) = world.draft();
    assert_eq!(
        (draft.service.0.as_str(), draft.appointment.as_deref()),
        ("NGOAI", Some("a7"))
    );
}

#[test]
fn a_typed_number_shows_no_name_and_reprints_nothing() {
    let mut world = kiosk();
    for round in 0..2 {
        world.step(Event::Touch(Touch::TypeNumber));
        digits(&mut world, "099012345671");
        known(&mut world);
        world.step(Event::Touch(Touch::NoCard));
        let Screen::Issuing { who } = world.screen() else {
            panic!("{:?}", world.screen())
        };
        assert_eq!(who.and_then(|who| who.name), None);
        world.store_answers();
        if round == 0 {
            world.prints(Ok(Paper::Confirmed));
            while world.wake() {}
        }
    }
    assert_eq!(world.draft().1.reason.as_deref(), Some("number_held"));
}

#[test]
fn a_second_check_in_with_the_same_code_gets_the_same_number() {
    let mut world = kiosk();
    let mut numbers = Vec::new();
    for _ in 0..2 {
        world.step(card_code(0));
        known(&mut world);
        world.step(Event::Touch(Touch::NoCard));
        world.step(Event::Touch(Touch::Confirm(true)));
        world.store_answers();
        let Screen::Printing { number, .. } = world.screen() else {
            panic!("{:?}", world.screen())
        };
        numbers.push(number);
        world.prints(Ok(Paper::Confirmed));
        while world.wake() {}
    }
    assert_eq!(numbers[0], numbers[1]);
}

#[test]
fn a_number_that_comes_after_the_store_was_cut_off_is_unclaimed() {
    let mut world = kiosk();
    world.step(Event::Touch(Touch::NoPapers));
    world.wake();
    assert!(matches!(
        world.screen(),
        Screen::Help {
            cause: Cause::StoreDown
        }
    ));
    world.store_answers();
    assert!(
        world
            .effects
            .iter()
            .any(|e| matches!(e, Effect::Unclaim { .. }))
    );
}

#[test]
fn a_dead_printer_leaves_the_number_on_the_screen_and_the_truth_in_the_store() {
    let mut world = kiosk();
    world.step(Event::Touch(Touch::NoPapers));
    world.store_answers();
    world.wake();
    let Screen::Done { paper, .. } = world.screen() else {
        panic!("done")
    };
    assert_eq!(paper, PaperShown::Missing(Cause::PrinterTimedOut));
    let (_, visit) = world.print_ask();
    assert_eq!(world.store.papers[&visit], Paper::Failed);
    world.prints(Ok(Paper::Confirmed));
    assert_eq!(
        world.store.papers[&visit],
        Paper::Confirmed,
        "it came out after all"
    );
}

#[test]
fn consent_is_asked_before_the_chip_is_read_and_a_no_costs_nothing() {
    let mut world = World::new(rules(Chip::Preferred, Privacy::Ask, 1));
    world.step(Event::CardPlaced);
    assert!(matches!(world.screen(), Screen::Consent));
    world.step(card_code(0));
    assert!(world.open.is_empty(), "nothing is asked before consent");
    world.step(Event::Touch(Touch::Consent(false)));
    let (_, draft) = world.draft();
    assert_eq!(
        (draft.kind, draft.person.is_none()),
        (VisitKind::Desk, true)
    );
}

#[test]
fn the_screen_warns_before_it_ends_and_a_touch_keeps_it() {
    let mut world = kiosk();
    world.step(Event::Touch(Touch::Start));
    world.wake();
    assert!(world.machine.view().leaving);
    world.step(Event::Touch(Touch::MoreTime));
    assert!(!world.machine.view().leaving);
    world.wake();
    world.wake();
    assert!(matches!(world.screen(), Screen::Welcome { .. }));
}

#[test]
fn staff_call_somebody_to_the_desk_in_every_state() {
    let act = |id| Event::Staff {
        id: Uuid::from_u128(id),
        act: Act::CallToDesk,
    };
    let mut world = kiosk();
    world.step(card_code(0));
    world.step(act(1));
    assert!(matches!(
        world.screen(),
        Screen::Help {
            cause: Cause::CalledToDesk
        }
    ));
    while world.wake() {}
    world.step(Event::Touch(Touch::NoPapers));
    world.step(act(2));
    assert!(
        matches!(world.screen(), Screen::Issuing { .. }),
        "a number on its way is finished first"
    );
    world.store_answers();
    world.prints(Ok(Paper::Confirmed));
    world.step(Event::Touch(Touch::Finish));
    assert!(matches!(
        world.screen(),
        Screen::Help {
            cause: Cause::CalledToDesk
        }
    ));
}

#[test]
fn a_card_laid_down_while_the_last_number_shows_begins_the_next_check_in() {
    let mut world = kiosk();
    world.step(Event::Touch(Touch::NoPapers));
    world.store_answers();
    world.prints(Ok(Paper::Confirmed));
    world.step(Event::CardPlaced);
    world.step(Event::Touch(Touch::Finish));
    assert_eq!(want(&world), Want::CodeOrCan);
}

#[test]
fn a_forgotten_card_begins_nothing() {
    let mut world = kiosk();
    world.step(card_code(0));
    world.step(Event::CardPlaced);
    let ask = world.chip_ask();
    world.step(Event::Chip {
        ask,
        result: Ok(chip(0, CheckResult::Undetermined)),
    });
    known(&mut world);
    world.store_answers();
    world.prints(Ok(Paper::Confirmed));
    world.step(Event::Touch(Touch::Finish));
    assert!(matches!(world.screen(), Screen::Welcome { .. }));
}

#[test]
fn while_a_chip_is_read_the_end_of_trying_is_no_alarm_that_rings_for_ever() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    digits(&mut world, "123456");
    let (ask, result) = (world.chip_ask(), Err(Cause::CardUnreadable));
    world.step(Event::Chip { ask, result });
    // The second reading, with the same digits, hangs.
    assert_eq!(want(&world), Want::HoldStill);
    for _ in 0..3 {
        world.wake();
    }
    assert!(matches!(world.screen(), Screen::Welcome { .. }));
}

#[test]
fn a_call_for_staff_that_overtakes_the_end_of_the_screen_is_still_shown() {
    let mut world = kiosk();
    world.step(Event::Touch(Touch::Start));
    world.mono += std::time::Duration::from_secs(3600);
    world.step(Event::Touch(Touch::CallStaff));
    assert!(world.machine.view().staff_called);
    assert!(matches!(world.screen(), Screen::Gathering { .. }));
}

#[test]
fn an_emergency_is_told_at_once_from_anywhere_and_takes_no_number() {
    let begun: [&dyn Fn(&mut World); 4] = [
        &|_| (),
        &|world| world.step(Event::Touch(Touch::Start)),
        &|world| world.step(Event::Touch(Touch::TypeNumber)),
        &|world| {
            world.step(card_code(0));
            known(world);
        },
    ];
    for begin in begun {
        let mut world = kiosk();
        begin(&mut world);
        world.step(Event::Touch(Touch::Emergency));
        let wanted = Effect::StaffWanted(Cause::Emergency);
        assert!(world.effects.contains(&wanted), "{:?}", world.effects);
        let cause = Cause::Emergency;
        assert_eq!(world.screen(), Screen::Help { cause });
        let asked = |effect: &Effect| matches!(effect, Effect::TakeNumber { .. });
        assert!(!world.open.iter().any(asked));
    }
    // A number that is on its way arrives, and staff know all the same.
    let mut world = kiosk();
    world.step(Event::Touch(Touch::NoPapers));
    world.step(Event::Touch(Touch::Emergency));
    let wanted = Effect::StaffWanted(Cause::Emergency);
    assert!(world.effects.contains(&wanted));
    assert!(matches!(world.screen(), Screen::Issuing { .. }));
}

fn priority(world: &World) -> PriorityShown {
    match world.screen() {
        Screen::Done { priority, .. } => priority,
        other => panic!("not done: {other:?}"),
    }
}

/// With the number in hand: nobody's check-in takes a step more for it.
#[test]
fn who_goes_first_for_a_reason_that_no_paper_shows_says_so_once_and_keeps_the_number() {
    let mut world = kiosk();
    world.step(card_code(0));
    known(&mut world);
    world.step(Event::Touch(Touch::NoCard));
    world.step(Event::Touch(Touch::Confirm(true)));
    world.store_answers();
    world.prints(Ok(Paper::Confirmed));
    assert_eq!(priority(&world), PriorityShown::Offered);
    let (_, visit) = world.print_ask();
    world.step(Event::Touch(Touch::AskPriority));
    assert!(world.effects.contains(&Effect::AskPriority { visit }));
    assert_eq!(priority(&world), PriorityShown::Asked);
    world.step(Event::Touch(Touch::AskPriority));
    assert!(!world.effects.contains(&Effect::AskPriority { visit }));
}

#[test]
fn the_desk_sees_to_whoever_has_a_desk_number_anyway() {
    let mut world = kiosk();
    world.step(Event::Touch(Touch::NoPapers));
    world.store_answers();
    world.prints(Ok(Paper::Confirmed));
    assert_eq!(priority(&world), PriorityShown::Known);
    world.step(Event::Touch(Touch::AskPriority));
    let asks = |effect: &Effect| matches!(effect, Effect::AskPriority { .. });
    assert!(!world.effects.iter().any(asks));
}
