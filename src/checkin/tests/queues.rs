//! Which services may be had when, and what a number is taken for.

use super::paths::known;
use super::world::{World, card_code, rules};
use crate::checkin::{Effect, Event, Rules, Screen, Touch};
use crate::config::{Chip, Privacy};
use crate::queue::{
    Authority, Draft, Period, Refusal, Route, ServiceCode, Session, Sitting, Stop, Timetable,
    VisitKind, Weekdays,
};
use crate::store::Answer;
use crate::words::Cause;

fn code(text: &str) -> ServiceCode {
    ServiceCode(text.into())
}

/// Three services, NOI with sessions from these hours of taking numbers.
fn hospital(sessions: &[&str]) -> Rules {
    let mut rules = rules(Chip::Off, Privacy::Notice, 3);
    let sitting = |(index, numbers): (usize, &&str)| Sitting {
        session: Session(index as u8),
        days: Weekdays::ALL,
        rooms: Period::parse(numbers).expect("hours"),
        numbers: Period::parse(numbers).expect("hours"),
    };
    let sittings = sessions.iter().enumerate().map(sitting).collect();
    rules.services[0].timetable = Timetable::new(sittings, Vec::new()).expect("no clash");
    rules
}

/// Somebody confirmed who they are, at half past seven.
fn confirmed(rules: Rules) -> World {
    let mut world = World::new(rules);
    world.step(card_code(0));
    known(&mut world);
    world.step(Event::Touch(Touch::Confirm(true)));
    world
}

fn offered(world: &World) -> (Vec<String>, Option<String>) {
    match world.screen() {
        Screen::Choose { services, full, .. } => {
            (services.into_iter().map(|(code, _)| code.0).collect(), full)
        }
        other => panic!("no choice: {other:?}"),
    }
}

fn chosen(world: &mut World, service: &str) -> Draft {
    world.step(Event::Touch(Touch::Choose(code(service))));
    world.draft().1
}

fn full(world: &mut World) {
    let (ask, draft) = world.draft();
    let session = draft.session;
    world.step(Event::Number {
        ask,
        result: Ok(Answer::Refused(Refusal::Full { session })),
    });
}

#[test]
fn a_number_is_for_the_session_whose_numbers_are_taken() {
    for (sessions, session) in [
        (["05:00-10:00", "12:00-15:00"], 0),
        (["05:00-07:00", "07:15-15:00"], 1),
    ] {
        let mut world = confirmed(hospital(&sessions));
        let draft = chosen(&mut world, "NOI");
        assert_eq!(
            (draft.session, draft.service),
            (Session(session), code("NOI"))
        );
    }
}

#[test]
fn what_takes_no_numbers_now_is_not_offered() {
    let closed = hospital(&["08:00-10:00"]);
    assert_eq!(offered(&confirmed(closed.clone())).0, ["NGOAI", "NHI"]);
    let mut counter = closed.clone();
    counter.services[1].offered = false;
    // Of two that are offered one is closed: the other one is still asked for.
    assert_eq!(offered(&confirmed(counter)).0, ["NHI"]);
    let mut only = closed;
    only.services.truncate(1);
    let draft = confirmed(only).draft().1;
    assert_eq!(
        (draft.kind, draft.reason.as_deref()),
        (VisitKind::Desk, Some("no_service"))
    );
}

#[test]
fn what_closes_while_the_patient_thinks_is_not_given() {
    let mut world = confirmed(hospital(&["05:00-07:31"]));
    assert_eq!(offered(&world).0, ["NOI", "NGOAI", "NHI"]);
    world.wall += jiff::SignedDuration::from_mins(2);
    world.step(Event::Touch(Touch::Choose(code("NOI"))));
    assert_eq!(offered(&world).0, ["NGOAI", "NHI"]);
}

#[test]
fn a_full_service_leads_to_the_others_and_then_to_the_desk() {
    let mut world = confirmed(hospital(&[]));
    for (service, left) in [("NOI", vec!["NGOAI", "NHI"]), ("NHI", vec!["NGOAI"])] {
        chosen(&mut world, service);
        full(&mut world);
        let name = format!("Khoa {service}");
        assert_eq!(
            offered(&world),
            (left.into_iter().map(String::from).collect(), Some(name))
        );
    }
    chosen(&mut world, "NGOAI");
    full(&mut world);
    let desk = world.draft().1;
    assert_eq!(
        (desk.kind, desk.reason.as_deref()),
        (VisitKind::Desk, Some(Cause::NoService.code()))
    );
    world.store_answers();
    assert!(
        matches!(world.screen(), Screen::Printing { .. }),
        "nobody is at a dead end"
    );
}

#[test]
fn a_route_begins_at_its_first_stop() {
    let mut rules = hospital(&["05:00-10:00"]);
    rules.queue.routes = vec![Route {
        class: None,
        services: vec![code("NOI")],
        stops: vec![Stop::At(code("NHI")), Stop::Chosen, Stop::At(code("NGOAI"))],
    }];
    let mut world = confirmed(rules.clone());
    let draft = chosen(&mut world, "NOI");
    assert_eq!(
        (draft.service, draft.stops),
        (code("NHI"), vec![code("NOI"), code("NGOAI")])
    );
    let mut world = confirmed(rules);
    let draft = chosen(&mut world, "NHI");
    assert_eq!((draft.service, draft.stops), (code("NHI"), Vec::new()));
}

#[test]
fn where_the_hospitals_system_owns_the_queues_only_the_counters_numbers_are_given() {
    let mut rules = hospital(&[]);
    rules.queue.authority = Authority::His {
        counter: code("NHI"),
    };
    let draft = confirmed(rules).draft().1;
    assert_eq!(
        (draft.kind, draft.service),
        (VisitKind::Service, code("NHI"))
    );
}

/// The battery is empty and the network is not there yet.
#[test]
fn a_computer_that_wakes_in_1970_gives_no_numbers_and_says_so_at_once() {
    let right = World::new(hospital(&[])).wall;
    let clock_wrong = |world: &World| {
        assert_eq!(
            world.screen(),
            Screen::Help {
                cause: Cause::ClockWrong
            }
        );
        let wanted = Effect::StaffWanted(Cause::ClockWrong);
        assert!(world.effects.contains(&wanted), "staff hear of it");
        let asked = |effect: &Effect| matches!(effect, Effect::TakeNumber { .. });
        assert!(!world.open.iter().any(asked), "no number of another day");
    };
    for begins in [
        Event::Touch(Touch::Start),
        Event::Touch(Touch::NoPapers),
        Event::Touch(Touch::TypeNumber),
        card_code(0),
    ] {
        let mut world = World::new(hospital(&[]));
        world.wall = jiff::Timestamp::UNIX_EPOCH;
        world.step(begins);
        clock_wrong(&world);
        world.wall = right;
        world.step(Event::Touch(Touch::Finish));
        world.step(Event::Touch(Touch::NoPapers));
        assert_eq!(world.draft().1.kind, VisitKind::Desk, "the clock was set");
    }
    // It was set wrong while somebody stood there.
    let mut world = confirmed(hospital(&[]));
    world.wall = jiff::Timestamp::UNIX_EPOCH;
    world.step(Event::Touch(Touch::Choose(code("NOI"))));
    clock_wrong(&world);
}
