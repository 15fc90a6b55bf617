//! How much is wanted of the camera, screen by screen and hour by hour.

use std::time::Duration;

use super::paths::known;
use super::world::{World, card_code, rules};
use crate::checkin::{Effect, Event, Rules, Screen, Touch};
use crate::config::{Chip, Hours, Privacy};
use crate::scan::Mode;
use crate::store::Act;

fn watched(hours: &str) -> World {
    World::new(Rules {
        watched: Hours::parse(hours).expect("hours"),
        ..rules(Chip::Preferred, Privacy::Notice, 2)
    })
}

#[test]
fn a_code_held_up_at_welcome_begins_the_check_in_without_a_touch() {
    let mut world = watched("always");
    assert_eq!(world.watch, Mode::Watching);
    world.step(card_code(0));
    assert!(matches!(
        world.screen(),
        Screen::Gathering { who: Some(_), .. }
    ));
    assert_eq!(world.watch, Mode::Searching);
}

#[test]
fn the_camera_is_closed_as_soon_as_no_code_is_expected_and_watches_the_next_welcome() {
    let mut world = watched("always");
    world.step(card_code(0));
    known(&mut world);
    world.step(Event::Touch(Touch::NoCard));
    assert!(matches!(world.screen(), Screen::Confirm { .. }));
    assert_eq!(world.watch, Mode::Closed);
    world.step(Event::Touch(Touch::Cancel));
    assert_eq!(world.watch, Mode::Watching);
}

#[test]
fn the_camera_rests_when_staff_call_the_patient_away() {
    let mut world = watched("always");
    world.step(card_code(0));
    world.step(Event::Staff {
        id: uuid::Uuid::nil(),
        act: Act::CallToDesk,
    });
    assert_eq!(world.watch, Mode::Closed);
}

#[test]
fn a_site_that_does_not_want_it_watches_nobody_but_whoever_begins_is_seen() {
    let mut world = watched("never");
    assert_eq!(
        (world.watch, world.machine.deadline()),
        (Mode::Closed, None)
    );
    world.step(Event::Touch(Touch::Start));
    assert_eq!(world.watch, Mode::Searching);
    world.step(Event::Touch(Touch::Cancel));
    assert_eq!(world.watch, Mode::Closed);
}

/// The world begins at half past seven in the morning.
#[test]
fn the_camera_keeps_its_hours_and_the_machine_wakes_for_them() {
    let mut world = watched("06:00-18:00");
    assert_eq!(world.watch, Mode::Watching);
    let mut hours = Vec::new();
    let mut last = world.watch;
    for _ in 0..200 {
        let before = world.mono;
        assert!(world.wake(), "its hours end");
        let passed = world.mono.saturating_sub(before);
        // The wall clock goes on as long as the machine has slept.
        world.wall += passed;
        world.step(Event::Woke);
        if world.watch != last {
            last = world.watch;
            let time = world.rules.time_zone.to_datetime(world.wall).time();
            hours.push((time.to_string(), last));
        }
    }
    let expected = [("18:00:00", Mode::Closed), ("06:00:00", Mode::Watching)];
    let expected = expected.map(|(time, mode)| (time.to_owned(), mode));
    assert_eq!(hours[..2], expected);
}

#[test]
fn a_wall_clock_that_was_set_is_noticed_while_nobody_is_there() {
    let mut world = watched("06:00-18:00");
    world.wall += Duration::from_secs(12 * 3600);
    world.wake();
    assert_eq!(world.watch, Mode::Closed);
    assert!(world.mono <= Duration::from_secs(600));
}

#[test]
fn a_check_in_that_lasts_into_the_night_is_ended_in_peace() {
    let mut world = watched("06:00-18:00");
    world.step(Event::Touch(Touch::Start));
    world.wall += Duration::from_secs(12 * 3600);
    world.step(Event::Woke);
    assert_eq!(world.watch, Mode::Searching);
    world.step(Event::Touch(Touch::Cancel));
    assert_eq!(world.watch, Mode::Closed);
}

#[test]
fn after_a_step_that_panicked_the_camera_is_told_again() {
    let mut world = watched("always");
    world.step(card_code(0));
    let now = crate::checkin::Now {
        mono: crate::checkin::Mono(world.mono),
        wall: world.wall,
    };
    let effects = world.machine.recover(now);
    assert!(effects.contains(&Effect::Watch(Mode::Watching)));
}
