//! The number on a hospital's paper, shown or typed: worth nothing without the year of birth.

use super::world::{World, card_code, paper_code, rules};
use crate::checkin::{Effect, Event, Key, Screen, Shown, Touch, Want, Ways};
use crate::config::{Chip, Privacy};
use crate::ehr::Match;
use crate::identity::{Grade, HospitalNumber, Payload, Person, PersonalNumber, Way};
use crate::queue::{InsuranceStatus, PatientRef, VisitKind};
use crate::words::Cause;

fn kiosk() -> World {
    World::new(rules(Chip::Preferred, Privacy::Notice, 1))
}

fn digits(world: &mut World, digits: &str) {
    for digit in digits.bytes() {
        world.step(Event::Touch(Touch::Key(Key::Digit(digit - b'0'))));
    }
}

/// What the screen asks for, what was typed, what went wrong, and who it shows.
fn gathering(world: &World) -> (Want, usize, Option<Cause>, Option<Shown>) {
    let Screen::Gathering {
        want,
        keypad,
        problem,
        who,
        ..
    } = world.screen()
    else {
        panic!("{:?}", world.screen());
    };
    (
        want,
        keypad.map_or(0, |pad| pad.length.into()),
        problem,
        who,
    )
}

fn looked_up(world: &World) -> Option<Person> {
    world.open.iter().rev().find_map(|effect| match effect {
        Effect::FindPatient { person, .. } => Some((**person).clone()),
        _ => None,
    })
}

fn answer(world: &mut World, result: Result<Match, Cause>) {
    let ask = world.patient_ask();
    world.step(Event::Patient { ask, result });
}

fn patient() -> PatientRef {
    PatientRef("p1".into())
}

#[test]
fn a_paper_shown_asks_the_year_and_nothing_is_looked_up_before() {
    let mut world = kiosk();
    world.step(paper_code("BN123456"));
    assert_eq!(gathering(&world), (Want::BirthYear, 4, None, None));
    digits(&mut world, "196");
    assert_eq!(looked_up(&world), None);
    digits(&mut world, "0");
    let asked = looked_up(&world).expect("a lookup");
    assert_eq!(asked.hospital_number, HospitalNumber::parse("BN123456"));
    assert_eq!(asked.birth_date.map(|birth| birth.year()), Some(1960));
    assert!(asked.name.is_none() && asked.personal_number.is_none());
    // Until the answer is here, and after it, nobody is named.
    let (want, _, _, who) = gathering(&world);
    let shown = who.expect("what was typed");
    assert_eq!(
        (want, shown.name, shown.birth_year),
        (Want::Wait, None, None)
    );
    assert_eq!(shown.number.as_deref(), Some("3456"));

    answer(&mut world, Ok(Match::Known(patient())));
    let (_, draft) = world.draft();
    assert_eq!(
        (draft.kind, draft.grade, draft.way),
        (VisitKind::Service, Some(Grade::Claimed), Way::Typed)
    );
    assert_eq!((draft.patient, draft.appointment), (Some(patient()), None));
    assert_eq!(draft.insurance, InsuranceStatus::NotAsked);
    assert!(!draft.may_register);
    let asked_more = |e: &Effect| {
        matches!(
            e,
            Effect::FindAppointments { .. } | Effect::CheckInsurance { .. }
        )
    };
    assert!(!world.open.iter().any(asked_more));
}

#[test]
fn a_paper_can_be_typed_by_its_digits() {
    let mut world = kiosk();
    world.step(Event::Touch(Touch::Start));
    let Screen::Gathering { ways, .. } = world.screen() else {
        panic!("gathering");
    };
    assert!(matches!(
        ways,
        Ways {
            hospital_number: true,
            ..
        }
    ));
    world.step(Event::Touch(Touch::TypeHospitalNumber));
    assert_eq!(gathering(&world).0, Want::HospitalNumber);
    assert_eq!(gathering(&world).1, 6);
    digits(&mut world, "123456");
    assert_eq!(gathering(&world), (Want::BirthYear, 4, None, None));
    digits(&mut world, "1960");
    let asked = looked_up(&world).expect("a lookup");
    assert_eq!(asked.hospital_number, HospitalNumber::parse("BN123456"));
}

#[test]
fn what_the_system_does_not_confirm_goes_to_the_desk_without_a_word_of_whom() {
    for (result, cause) in [
        (Ok(Match::Unknown), "patient_unclear"),
        (Ok(Match::Contradicted), "patient_unclear"),
        (Ok(Match::Several), "patient_unclear"),
        (Err(Cause::EhrDown), "ehr_down"),
    ] {
        let mut rules = rules(Chip::Preferred, Privacy::Notice, 1);
        // Not even where everybody may be registered.
        rules.policy.register_from = Grade::Claimed;
        let mut world = World::new(rules);
        world.step(paper_code("BN123456"));
        digits(&mut world, "1960");
        answer(&mut world, result);
        let (_, draft) = world.draft();
        assert_eq!(
            (draft.kind, draft.reason.as_deref()),
            (VisitKind::Desk, Some(cause))
        );
        assert_eq!((draft.patient, draft.may_register), (None, false));
        let Screen::Issuing { who } = world.screen() else {
            panic!("{:?}", world.screen());
        };
        let who = who.expect("the number that was typed");
        assert_eq!((who.name, who.birth_year), (None, None));
    }
}

#[test]
fn a_system_that_is_silent_leads_to_the_desk() {
    let mut world = kiosk();
    world.step(paper_code("BN123456"));
    digits(&mut world, "1960");
    world.wake();
    assert_eq!(world.draft().1.reason.as_deref(), Some("ehr_down"));
}

#[test]
fn a_year_that_cannot_be_is_asked_again() {
    let mut world = kiosk();
    world.step(paper_code("BN123456"));
    for year in ["0000", "1849", "2027", "9999"] {
        digits(&mut world, year);
        assert_eq!(
            gathering(&world),
            (Want::BirthYear, 4, None, None),
            "{year}"
        );
        assert_eq!(looked_up(&world), None, "{year}");
    }
    digits(&mut world, "2026");
    assert!(looked_up(&world).is_some());
}

#[test]
fn numbers_of_other_houses_are_other_codes() {
    let mut other_rules = rules(Chip::Preferred, Privacy::Notice, 1);
    other_rules.hospital_number = None;
    let mut typed_off = rules(Chip::Preferred, Privacy::Notice, 1);
    typed_off.policy.ways.retain(|way| *way != Way::Typed);
    for (mut world, number) in [
        (kiosk(), "BN12345"),
        (kiosk(), "VN123456"),
        (World::new(other_rules), "BN123456"),
        (World::new(typed_off), "BN123456"),
    ] {
        world.step(paper_code(number));
        assert_eq!(
            gathering(&world),
            (Want::CardOrCode, 0, Some(Cause::QrOther), None)
        );
        // A button that is not offered does nothing, should a touch say otherwise.
        if world.rules.hospital_number.is_none() || !world.rules.policy.ways.contains(&Way::Typed) {
            world.step(Event::Touch(Touch::TypeHospitalNumber));
            assert_eq!(gathering(&world).0, Want::CardOrCode);
        }
    }
}

#[test]
fn better_papers_take_the_place_of_a_paper_and_never_the_other_way() {
    let mut world = kiosk();
    world.step(paper_code("BN123456"));
    digits(&mut world, "19");
    world.step(card_code(0));
    let (want, _, _, who) = gathering(&world);
    assert_eq!(want, Want::Card);
    assert!(who.expect("the card's person").name.is_some());
    let asked = looked_up(&world).expect("the card's");
    assert!(asked.hospital_number.is_none() && asked.personal_number.is_some());
    world.step(paper_code("BN123456"));
    assert_eq!(gathering(&world).0, Want::Card);

    // A paper that is begun and left for the personal number.
    let mut world = kiosk();
    world.step(paper_code("BN123456"));
    world.step(Event::Touch(Touch::TypeNumber));
    digits(&mut world, "099012345671");
    let asked = looked_up(&world).expect("a lookup");
    assert_eq!(asked.personal_number, PersonalNumber::parse("099012345671"));
    assert_eq!(asked.hospital_number, None);
}

#[test]
fn a_paper_leaves_nothing_behind() {
    let mut world = kiosk();
    world.step(paper_code("BN123456"));
    digits(&mut world, "19");
    let published = serde_json::to_string(&world.machine.view()).expect("JSON");
    assert!(!published.contains("BN12"), "{published}");
    world.step(Event::Touch(Touch::Cancel));
    world.step(Event::Touch(Touch::Start));
    assert_eq!(gathering(&world), (Want::CardOrCode, 0, None, None));
    world.step(Event::Code(Box::new(Payload::Other)));
    assert_eq!(gathering(&world).0, Want::CardOrCode);
}
