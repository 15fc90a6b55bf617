//! No card is slowed down or blocked by what a kiosk tries on it.

use std::time::Duration;

use super::paths::{digits, kiosk, known, problem, want};
use super::world::{World, card_code, chip};
use crate::checkin::{Effect, Event, Screen, Touch, Want};
use crate::identity::CheckResult;
use crate::words::Cause;

/// How often a chip was asked for so far.
fn readings(world: &World) -> usize {
    let asked = |effect: &&Effect| matches!(effect, Effect::ReadChip { .. });
    world.open.iter().filter(asked).count()
}

fn answer(world: &mut World, cause: Cause) {
    let (ask, result) = (world.chip_ask(), Err(cause));
    world.step(Event::Chip { ask, result });
}

/// Waits for the reading, where wrong digits make it wait; gives how long that was.
fn pause(world: &mut World) -> Duration {
    let (before, asked) = (world.mono, readings(world));
    assert_eq!(want(world), Want::HoldStill);
    world.wake();
    assert_eq!(readings(world), asked + 1, "not read yet");
    world.mono - before
}

/// Types digits, and hears that they are wrong where they reach a chip.
fn types_wrong(world: &mut World, text: &str) {
    if matches!(world.screen(), Screen::Welcome { .. }) {
        world.step(Event::Touch(Touch::Start));
    }
    let asked = readings(world);
    digits(world, text);
    if matches!(want(world), Want::HoldStill) {
        if readings(world) == asked {
            pause(world);
        }
        answer(world, Cause::WrongCan);
    }
}

#[test]
fn a_card_is_tried_with_two_different_digits_however_often_the_patients_change() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    for text in ["000001", "000002", "000003", "000004"] {
        types_wrong(&mut world, text);
        world.step(Event::Touch(Touch::Cancel));
        assert!(matches!(world.screen(), Screen::Welcome { .. }));
    }
    assert_eq!(readings(&world), 2);
    // The code of a third person, who then says "no, that is not me", tries nothing either.
    for _ in 0..2 {
        world.step(card_code(0));
        known(&mut world);
        world.step(Event::Touch(Touch::NoCard));
        assert!(matches!(world.screen(), Screen::Confirm { .. }));
        world.step(Event::Touch(Touch::Confirm(false)));
    }
    assert_eq!(readings(&world), 2);
    // Nor does the mere passing of time.
    while world.wake() {}
    world.step(card_code(0));
    assert_eq!(readings(&world), 2);
}

#[test]
fn no_digits_are_asked_for_a_card_that_was_tried_enough() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    for text in ["000001", "000002"] {
        types_wrong(&mut world, text);
        world.step(Event::Touch(Touch::Cancel));
    }
    world.step(Event::Touch(Touch::Start));
    assert_eq!(want(&world), Want::CardOrCode);
    // Laid down again it is another card, as far as anybody can tell.
    world.step(Event::CardTaken);
    world.step(Event::CardPlaced);
    assert_eq!(want(&world), Want::CodeOrCan);
    digits(&mut world, "345671");
    assert_eq!(want(&world), Want::HoldStill);
}

#[test]
fn digits_known_to_be_wrong_are_told_so_without_another_try() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    types_wrong(&mut world, "000001");
    world.step(Event::Touch(Touch::Cancel));
    world.step(Event::Touch(Touch::Start));
    digits(&mut world, "000001");
    assert_eq!(problem(&world), Some(Cause::WrongCan));
    assert_eq!(readings(&world), 1);
}

#[test]
fn wrong_digits_make_the_next_ones_wait_and_right_ones_end_that() {
    let mut world = kiosk();
    let mut waited = Vec::new();
    for text in ["000001", "000002", "000003", "000004", "000005"] {
        world.step(Event::CardPlaced);
        digits(&mut world, text);
        if text != "000001" {
            waited.push(pause(&mut world).as_secs());
        }
        answer(&mut world, Cause::WrongCan);
        world.step(Event::CardTaken);
        world.step(Event::Touch(Touch::Cancel));
    }
    assert_eq!(waited, [2, 4, 8, 8]);
    world.step(Event::CardPlaced);
    digits(&mut world, "345671");
    pause(&mut world);
    let (ask, result) = (world.chip_ask(), Ok(chip(0, CheckResult::Undetermined)));
    world.step(Event::Chip { ask, result });
    world.step(Event::CardTaken);
    world.step(Event::Touch(Touch::Cancel));
    world.step(Event::CardPlaced);
    let asked = readings(&world);
    digits(&mut world, "345672");
    assert_eq!(readings(&world), asked + 1, "at once");
}

#[test]
fn a_reading_that_nobody_waits_for_counts_and_what_comes_of_it_is_heard() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    digits(&mut world, "000001");
    let ask = world.chip_ask();
    world.step(Event::Touch(Touch::Cancel));
    let dropped = world.machine.dropped();
    let result = Err(Cause::WrongCan);
    world.step(Event::Chip { ask, result });
    assert_eq!(world.machine.dropped(), dropped + 1);
    world.step(Event::Touch(Touch::Start));
    digits(&mut world, "000001");
    assert_eq!(readings(&world), 1, "known to be wrong");
    assert_eq!(problem(&world), Some(Cause::WrongCan));
}

#[test]
fn right_digits_may_be_tried_again_on_a_card_that_moved() {
    let mut world = kiosk();
    world.step(card_code(0));
    world.step(Event::CardPlaced);
    answer(&mut world, Cause::CardUnreadable);
    assert_eq!(readings(&world), 2);
    world.step(Event::Touch(Touch::Cancel));
    world.step(card_code(0));
    assert_eq!(readings(&world), 3);
}

#[test]
fn digits_that_opened_no_card_three_times_today_are_tried_again_tomorrow() {
    let mut world = kiosk();
    let lay = |world: &mut World| {
        world.step(Event::CardPlaced);
        world.step(card_code(0));
    };
    for expected in [1, 2, 3, 3] {
        lay(&mut world);
        if want(&world) == Want::HoldStill {
            if readings(&world) < expected {
                world.wake();
            }
            answer(&mut world, Cause::WrongCan);
        }
        assert_eq!(readings(&world), expected);
        world.step(Event::CardTaken);
        world.step(Event::Touch(Touch::Cancel));
    }
    world.wall += jiff::SignedDuration::from_hours(24);
    world.mono += Duration::from_secs(60);
    lay(&mut world);
    assert_eq!(readings(&world), 4);
}
