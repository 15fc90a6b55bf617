//! What is shown or laid down while the screen names somebody: of the same person it is no event, of
//! another staff are told, and whoever stands there goes on.

use std::time::Duration;

use uuid::Uuid;

use super::paths::known;
use super::world::{
    World, card_code, chip, insurance_code, insurance_number, paper_code, person, rules,
};
use crate::checkin::{Effect, Event, Screen, Touch};
use crate::config::{Chip, Privacy};
use crate::identity::{CheckResult, Grade, Payload, VisitCode, VisitKey, Way};
use crate::queue::{Draft, ServiceCode, VisitKind};
use crate::words::Cause;

fn visit_code() -> Payload {
    let key = VisitKey::derive(b"a site of the tests");
    Payload::Visit(VisitCode::sign(Uuid::nil(), &key))
}

const ALERT: Effect = Effect::StaffWanted(Cause::AnotherPerson);

/// A screen that names person 0, and how they came there.
#[derive(Debug, Clone, Copy, PartialEq)]
enum At {
    ConfirmByCard,
    ConfirmByInsurance,
    ChooseByCard,
    ChooseByNumber,
    ChooseByChip,
}

const ALL: [At; 5] = [
    At::ConfirmByCard,
    At::ConfirmByInsurance,
    At::ChooseByCard,
    At::ChooseByNumber,
    At::ChooseByChip,
];

fn arrived(at: At) -> World {
    let mut world = World::new(rules(Chip::Preferred, Privacy::Notice, 2));
    world.step(match at {
        At::ConfirmByCard | At::ChooseByCard | At::ChooseByChip => card_code(0),
        At::ConfirmByInsurance => insurance_code(0),
        At::ChooseByNumber => bare_number(0),
    });
    if at == At::ChooseByChip {
        world.step(Event::CardPlaced);
        read(&mut world, 0);
    }
    known(&mut world);
    world.step(Event::Touch(Touch::NoCard));
    if at == At::ChooseByCard {
        world.step(Event::Touch(Touch::Confirm(true)));
    }
    let confirm = matches!(at, At::ConfirmByCard | At::ConfirmByInsurance);
    match world.screen() {
        Screen::Confirm { .. } if confirm => {}
        Screen::Choose { .. } if !confirm => {}
        other => panic!("{at:?}: {other:?}"),
    }
    world
}

fn read(world: &mut World, who: usize) {
    let (ask, result) = (world.chip_ask(), Ok(chip(who, CheckResult::Successful)));
    world.step(Event::Chip { ask, result });
}

fn code(payload: Payload) -> Event {
    Event::Code(Box::new(payload))
}

fn bare_number(who: usize) -> Event {
    let number = person(who).personal_number.expect("a number");
    code(Payload::PersonalNumber(number))
}

/// Goes on to the number, whatever was shown.
fn draft(world: &mut World) -> Draft {
    if matches!(world.screen(), Screen::Confirm { .. }) {
        world.step(Event::Touch(Touch::Confirm(true)));
    }
    world.step(Event::Touch(Touch::Choose(ServiceCode("NOI".into()))));
    world.draft().1
}

#[test]
fn a_code_shown_while_somebody_is_named_changes_nobody_and_another_s_is_told_to_staff() {
    use At::{ChooseByNumber, ConfirmByInsurance};
    let bare_insurance = |who| code(Payload::InsuranceNumber(insurance_number(who)));
    // What is shown; where it is known to be of another.
    let everywhere = &ALL[..];
    let by_name = &[
        At::ConfirmByCard,
        ConfirmByInsurance,
        At::ChooseByCard,
        At::ChooseByChip,
    ];
    let by_number = &[
        At::ConfirmByCard,
        At::ChooseByCard,
        ChooseByNumber,
        At::ChooseByChip,
    ];
    for (shown, another) in [
        (card_code(0), &[][..]),
        (insurance_code(0), &[]),
        (bare_number(0), &[]),
        (bare_insurance(0), &[]),
        (card_code(1), everywhere),
        (insurance_code(1), by_name),
        (bare_number(1), by_number),
        (bare_insurance(1), &[ConfirmByInsurance]),
        (paper_code("BN123456"), &[]),
        (code(Payload::Opaque), &[]),
        (code(Payload::Other), &[]),
        (code(visit_code()), &[]),
    ] {
        for at in ALL {
            let mut world = arrived(at);
            let (before, expected) = (world.screen(), another.contains(&at));
            world.step(shown.clone());
            assert_eq!(world.screen(), before, "{at:?} {shown:?}");
            let told: &[Effect] = if expected { &[ALERT] } else { &[] };
            assert_eq!(world.effects, told, "{at:?} {shown:?}");
            let alert = expected.then_some(Cause::AnotherPerson);
            assert_eq!(world.machine.view().alert, alert, "{at:?} {shown:?}");
            let undisturbed = draft(&mut arrived(at));
            assert_eq!(draft(&mut world), undisturbed, "{at:?} {shown:?}");
        }
    }
}

#[test]
fn staff_are_told_once_and_the_next_patient_s_screen_knows_nothing_of_it() {
    let mut world = arrived(At::ConfirmByCard);
    world.step(card_code(1));
    world.step(card_code(2));
    assert_eq!(world.effects, []);
    world.step(Event::Touch(Touch::Confirm(true)));
    world.step(insurance_code(1));
    assert_eq!(world.effects, []);
    assert_eq!(world.machine.view().alert, Some(Cause::AnotherPerson));
    world.step(Event::Touch(Touch::Cancel));
    assert_eq!(world.machine.view().alert, None);
}

/// Else whoever comes next, and shows a code again and again, would keep it there.
#[test]
fn a_screen_that_somebody_left_ends_however_often_another_shows_a_code() {
    for at in ALL {
        let mut world = arrived(at);
        let waits = world.rules.policy.waits;
        let end = world.mono + waits.idle + waits.warning;
        while world.mono < end {
            assert!(!matches!(world.screen(), Screen::Welcome { .. }));
            world.mono += Duration::from_secs(5);
            world.step(card_code(1));
        }
        assert!(matches!(world.screen(), Screen::Welcome { .. }), "{at:?}");
    }
}

#[test]
fn a_card_laid_down_late_proves_more_where_it_is_theirs() {
    let mut world = arrived(At::ConfirmByCard);
    world.step(Event::CardPlaced);
    assert!(matches!(world.screen(), Screen::Gathering { .. }));
    read(&mut world, 0);
    assert!(
        matches!(world.screen(), Screen::Choose { .. }),
        "nobody asks whom the chip has named"
    );
    let draft = draft(&mut world);
    assert_eq!((draft.grade, draft.way), (Some(Grade::Signed), Way::Chip));
    assert_eq!(draft.person, Some(person(0)));
    assert_eq!(world.machine.view().alert, None);
}

#[test]
fn a_card_laid_down_late_adds_nothing_where_it_is_another_s_or_none() {
    for (cause, told) in [
        (Cause::WrongCan, true),
        (Cause::CardMoved, false),
        (Cause::NotACitizenCard, false),
        (Cause::OtherDocument, false),
        (Cause::CardUnreadable, false),
    ] {
        let mut world = arrived(At::ConfirmByCard);
        let asked = world.screen();
        world.step(Event::CardPlaced);
        let (ask, result) = (world.chip_ask(), Err(cause));
        world.step(Event::Chip { ask, result });
        assert_eq!(world.effects.contains(&ALERT), told, "{cause:?}");
        // An unreadable chip is tried twice.
        if cause == Cause::CardUnreadable {
            let (ask, result) = (world.chip_ask(), Err(cause));
            world.step(Event::Chip { ask, result });
        }
        assert_eq!(world.screen(), asked, "{cause:?}");
        let undisturbed = draft(&mut arrived(At::ConfirmByCard));
        assert_eq!(draft(&mut world), undisturbed, "{cause:?}");
    }
}

/// The six digits are the same once in a million.
#[test]
fn a_card_of_another_that_the_code_opens_all_the_same_is_for_staff() {
    let mut world = arrived(At::ConfirmByCard);
    world.step(Event::CardPlaced);
    read(&mut world, 1);
    let (_, draft) = world.draft();
    assert_eq!((draft.kind, draft.person), (VisitKind::Desk, None));
    assert_eq!(draft.reason.as_deref(), Some("two_persons"));
}

#[test]
fn a_card_that_nothing_shown_opens_is_not_read_while_somebody_is_named() {
    for at in ALL.into_iter().filter(|at| *at != At::ConfirmByCard) {
        let mut world = arrived(at);
        let (before, open) = (world.screen(), world.open.len());
        for event in [Event::CardTaken, Event::CardPlaced, Event::CardTaken] {
            world.step(event);
            assert_eq!(
                (world.screen(), world.open.len()),
                (before.clone(), open),
                "{at:?}"
            );
        }
    }
}

#[test]
fn a_no_after_a_card_was_laid_down_begins_anew_with_nothing_of_the_first() {
    let mut world = arrived(At::ConfirmByCard);
    world.step(card_code(1));
    world.step(Event::CardPlaced);
    let (ask, result) = (world.chip_ask(), Err(Cause::WrongCan));
    world.step(Event::Chip { ask, result });
    world.step(Event::Touch(Touch::Confirm(false)));
    let Screen::Gathering { who, code_read, .. } = world.screen() else {
        panic!("{:?}", world.screen())
    };
    assert_eq!((who, code_read), (None, false));
    world.step(card_code(1));
    // The pause after wrong digits.
    world.wake();
    read(&mut world, 1);
    known(&mut world);
    assert_eq!(draft(&mut world).person, Some(person(1)));
}
