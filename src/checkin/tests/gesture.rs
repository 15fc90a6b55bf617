//! One gesture: the card held before the camera and laid on the reader, in whichever order. And
//! the paper of another beside it.

use super::paths::{kiosk, known, want};
use super::world::{World, card_code, chip, insurance_code, person, rules};
use crate::checkin::{Effect, Event, Key, Screen, Touch, Want};
use crate::config::{Chip, Privacy};
use crate::identity::{CheckResult, Grade, Way};
use crate::queue::{Draft, VisitKind};
use crate::words::Cause;

fn chip_read(world: &mut World, who: usize) {
    let (ask, result) = (world.chip_ask(), Ok(chip(who, CheckResult::Successful)));
    world.step(Event::Chip { ask, result });
}

fn cans(world: &World) -> Vec<String> {
    let cans = world.open.iter().filter_map(|effect| match effect {
        Effect::ReadChip { can, .. } => Some(can.expose().clone()),
        _ => None,
    });
    cans.collect()
}

/// What was shown, and then the chip and every lookup answer well.
fn checked_in(privacy: Privacy, shown: &[Event]) -> Draft {
    let mut world = World::new(rules(Chip::Preferred, privacy, 1));
    for event in shown {
        world.step(event.clone());
    }
    if privacy == Privacy::Ask {
        world.step(Event::Touch(Touch::Consent(true)));
    }
    assert_eq!(
        cans(&world),
        ["345671"],
        "the code's last six digits open it"
    );
    assert_eq!(want(&world), Want::HoldStill);
    chip_read(&mut world, 0);
    known(&mut world);
    world.draft().1
}

#[test]
fn in_either_order_card_and_code_are_one_check_in_without_a_touch() {
    let (card, code, paper) = (Event::CardPlaced, card_code(0), insurance_code(0));
    let first = checked_in(Privacy::Notice, &[code.clone(), card.clone()]);
    assert_eq!((first.kind, first.way), (VisitKind::Service, Way::Chip));
    assert_eq!(first.grade, Some(Grade::Signed));
    let number = |draft: &Draft| {
        draft
            .person
            .as_ref()
            .and_then(|p| p.personal_number.clone())
    };
    assert_eq!(number(&first), person(0).personal_number);
    for privacy in [Privacy::Notice, Privacy::Ask] {
        for order in [
            &[card.clone(), code.clone()][..],
            &[code.clone(), card.clone(), code.clone()],
            &[code.clone(), code.clone(), card.clone()],
            &[card.clone(), Event::CardTaken, code.clone(), card.clone()],
        ] {
            let draft = checked_in(privacy, order);
            let same = Draft {
                visit: first.visit,
                ..draft
            };
            assert_eq!(same, first, "{privacy:?} {order:?}");
        }
    }
    // The insurance paper adds its number, whenever it is shown.
    let with_paper = checked_in(Privacy::Notice, &[paper, code, card]);
    assert_eq!(number(&with_paper), number(&first));
    assert!(with_paper.person.expect("known").insurance_number.is_some());
}

/// What must be so when the papers of two persons lie before the kiosk.
#[track_caller]
fn assert_alert_and_nobody(world: &World) {
    let alert = Effect::StaffWanted(Cause::TwoPersons);
    assert!(world.effects.contains(&alert), "{:?}", world.effects);
    let (_, draft) = world.draft();
    assert_eq!((draft.kind, &draft.person), (VisitKind::Desk, &None));
    assert_eq!(draft.patient, None);
    assert_eq!(draft.reason.as_deref(), Some("two_persons"));
    let shown = format!("{:?}", world.screen());
    for name in ["XUÂN", "SỬU", "5671", "5672"] {
        assert!(!shown.contains(name), "{shown}");
    }
}

#[test]
fn a_chip_of_another_than_the_code_s_is_an_alert() {
    let mut world = kiosk();
    world.step(card_code(0));
    world.step(Event::CardPlaced);
    chip_read(&mut world, 1);
    assert_alert_and_nobody(&world);
}

#[test]
fn a_code_of_another_while_the_chip_is_read_is_an_alert_when_it_is_read() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    for digit in "345671".bytes() {
        world.step(Event::Touch(Touch::Key(Key::Digit(digit - b'0'))));
    }
    world.step(card_code(1));
    assert_eq!(want(&world), Want::HoldStill);
    assert_eq!(cans(&world), ["345671"], "one card, one way to open it");
    chip_read(&mut world, 0);
    assert_alert_and_nobody(&world);
}

#[test]
fn a_code_of_another_after_the_chip_was_read_is_an_alert() {
    for code in [card_code(1), insurance_code(1)] {
        let mut world = kiosk();
        world.step(card_code(0));
        world.step(Event::CardPlaced);
        chip_read(&mut world, 0);
        assert_eq!(want(&world), Want::Wait);
        world.step(code);
        assert_alert_and_nobody(&world);
    }
}

/// The card that lies there is not opened by the digits of another's code, so whose it is stays
/// unknown: staff may look, and it adds nothing to the code.
#[test]
fn a_card_that_the_code_does_not_open_adds_nothing_to_the_code() {
    let mut world = kiosk();
    world.step(Event::CardPlaced);
    world.step(card_code(1));
    assert_eq!(cans(&world), ["345672"]);
    let (ask, result) = (world.chip_ask(), Err(Cause::WrongCan));
    world.step(Event::Chip { ask, result });
    let noted = Effect::StaffWanted(Cause::AnotherPerson);
    assert!(world.effects.contains(&noted), "{:?}", world.effects);
    known(&mut world);
    world.step(Event::Touch(Touch::NoCard));
    let Screen::Confirm { .. } = world.screen() else {
        panic!("{:?}", world.screen())
    };
    world.step(Event::Touch(Touch::Confirm(true)));
    let (_, draft) = world.draft();
    assert_eq!(
        (draft.grade, draft.way),
        (Some(Grade::Claimed), Way::CardQr)
    );
    assert_eq!(draft.proofs, None);
}

#[test]
fn of_two_codes_the_later_one_opens_the_card_and_the_first_is_forgotten() {
    let mut world = kiosk();
    world.step(card_code(0));
    world.step(card_code(1));
    world.step(Event::CardPlaced);
    assert_eq!(cans(&world), ["345672"]);
    chip_read(&mut world, 1);
    known(&mut world);
    let (_, draft) = world.draft();
    let person = draft.person.expect("known");
    assert_eq!(
        person.personal_number,
        super::world::person(1).personal_number
    );
    assert_eq!(person.name, super::world::person(1).name);
}
