//! What staff ask of a kiosk.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{AN, House, Seen};
use crate::checkin::{Event, Screen, Touch};
use crate::store::faulty::Fault;
use crate::store::{Act, Command, Fleet};
use crate::words::Cause;

fn command(act: Act, age: SignedDuration) -> Command {
    Command {
        id: Uuid::now_v7(),
        kiosk: "K1".to_owned(),
        act,
        who: "staff".to_owned(),
        why: String::new(),
        at: Timestamp::now() - age,
        answer: None,
    }
}

fn until_answered(house: &House, command: &Command, expected: &str) {
    house
        .store
        .until(&format!("answered: {expected}"), |store| {
            let all = store.commands(10).unwrap();
            let row = all.iter().find(|row| row.id == command.id).unwrap();
            row.answer
                .as_deref()
                .is_some_and(|answer| answer.starts_with(expected))
        });
}

fn acts(house: &House) -> usize {
    let seen = house.seen.try_iter();
    seen.filter(|seen| matches!(seen, Seen::Event(Event::Staff { .. })))
        .count()
}

#[test]
fn a_call_to_the_desk_shows_on_the_kiosk_and_is_answered() {
    let house = House::new();
    house.touch(Touch::Start);
    let call = command(Act::CallToDesk, SignedDuration::ZERO);
    house.store.command(&call).unwrap();
    house.screen("the call", |screen| {
        matches!(
            screen,
            Screen::Help {
                cause: Cause::CalledToDesk
            }
        )
        .then_some(())
    });
    until_answered(&house, &call, "done");
    house.store.until("in the audit", |_| {
        house.store.audited().contains(&"staff_act".to_owned())
    });

    let release = command(Act::Release, SignedDuration::ZERO);
    house.store.command(&release).unwrap();
    house.welcome();
    until_answered(&house, &release, "done");
}

#[test]
fn a_release_does_not_tear_a_number_away() {
    let house = House::new();
    house.press.close();
    house.show_code(AN);
    house.confirm();
    house.press.until_waiting(1);
    let release = command(Act::Release, SignedDuration::ZERO);
    house.store.command(&release).unwrap();
    until_answered(&house, &release, "busy");
    house.press.open();
    house.done();
}

#[test]
fn a_command_that_nobody_saw_for_a_minute_is_answered_and_not_obeyed() {
    let house = House::new();
    house.touch(Touch::Start);
    let old = command(Act::CallToDesk, SignedDuration::from_secs(61));
    let young = command(Act::Release, SignedDuration::from_secs(50));
    house.store.command(&old).unwrap();
    until_answered(&house, &old, "too old");
    house.store.command(&young).unwrap();
    until_answered(&house, &young, "done");
    assert_eq!(acts(&house), 1, "the young one");
}

#[test]
fn a_command_is_obeyed_once_however_long_its_answer_takes() {
    let house = House::new();
    house.store.strike("answer", Fault::Hangs);
    let call = command(Act::CallToDesk, SignedDuration::ZERO);
    house.store.command(&call).unwrap();
    house.store.wait_until_hanging("answer");
    // Each change of the view makes the kiosk look for commands again.
    for _ in 0..3 {
        house.kiosk().inlet().touch(Touch::Start);
        house.store.until("it has looked again", |store| {
            assert_eq!(
                store.pending("K1").unwrap().len(),
                1,
                "the row is still open"
            );
            true
        });
        house.kiosk().inlet().touch(Touch::Cancel);
    }
    house.store.heal("answer");
    until_answered(&house, &call, "done");
    house.store.until("a last look", |store| {
        store.pending("K1").unwrap().is_empty()
    });
    assert_eq!(acts(&house), 1);
}

#[test]
fn a_command_for_another_kiosk_is_left_to_it() {
    let house = House::new();
    let other = Command {
        kiosk: "K2".to_owned(),
        ..command(Act::CallToDesk, SignedDuration::ZERO)
    };
    let own = command(Act::CallToDesk, SignedDuration::ZERO);
    house.store.command(&other).unwrap();
    house.store.command(&own).unwrap();
    until_answered(&house, &own, "done");
    assert_eq!(house.store.pending("K2").unwrap().len(), 1);
    assert_eq!(acts(&house), 1);
}
