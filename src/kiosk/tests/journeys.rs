//! Whole check-ins, and what staff see of them meanwhile.

use std::path::Path;

use serde_json::Value;

use super::{AN, BINH, House, Seen};
use crate::checkin::{Event, Key, PaperShown, Screen, Touch};
use crate::config::{Config, EXAMPLE};
use crate::identity::{Grade, Way};
use crate::queue::InsuranceStatus;
use crate::store::{Fleet, Outbox, Visits};

#[test]
fn a_whole_check_in_passes_and_the_store_holds_it() {
    let house = House::new();
    house.show_code(AN);
    house.confirm();
    let printing = house.screen("printing", |screen| {
        if let Screen::Printing { number, .. } = screen {
            Some(number.to_string())
        } else {
            None
        }
    });
    let (number, paper) = house.done();
    assert_eq!((number.as_str(), paper), ("A001", PaperShown::Printed));
    assert_eq!(printing, number);

    house.store.until("sent", |store| {
        store.backlog().unwrap().queued == 0 && house.clinic.visit("A001").is_some()
    });
    let draft = house.clinic.visit("A001").unwrap().draft;
    assert_eq!(
        (draft.grade, draft.way),
        (Some(Grade::Claimed), Way::CardQr)
    );
    assert_eq!(draft.patient.unwrap().0, "p1");
    assert_eq!(draft.insurance, InsuranceStatus::Eligible);
    assert_eq!(
        house.store.state(draft.visit).unwrap().as_deref(),
        Some("sent")
    );
    assert_eq!(house.press.came(), 1);
    house.until_waiting(&[]);

    house.touch(Touch::Finish);
    house.welcome();
    assert_eq!(house.check_in(BINH), "A002");
    assert_eq!(
        house.check_in(AN),
        "A001",
        "the same person gets the same number"
    );
    let codes = house.store.audited();
    assert!(
        codes.iter().filter(|code| *code == "number").count() >= 2,
        "{codes:?}"
    );
    let tally = house.store.tally(house.today).unwrap();
    assert_eq!((tally[0].issued, tally[1].issued), (2, 0));
}

#[test]
fn what_a_kiosk_publishes_is_masked_at_every_moment() {
    let house = House::new();
    let mut published = Vec::new();
    for (digit, key) in "09901234567".bytes().zip(std::iter::repeat(Key::Digit)) {
        if published.is_empty() {
            house.touch(Touch::TypeNumber);
        }
        house.touch(Touch::Key(key(digit - b'0')));
        published.extend(house.store.kiosks().unwrap());
    }
    house.show_code(AN);
    house.confirm();
    house.done();
    house.store.until("the last screen is published", |store| {
        let kiosks = store.kiosks().unwrap();
        kiosks[0].status["view"]["screen"]["name"] == "done"
    });
    published.extend(house.store.kiosks().unwrap());
    for line in published {
        assert_masked(&line.status);
    }
}

fn assert_masked(status: &Value) {
    let json = status.to_string();
    for personal in [
        "099012345671",
        "0990123",
        "345671",
        "Lò Thị",
        "LÒ THỊ",
        "Bản Mẫu",
    ] {
        assert!(!json.contains(personal), "{personal} in {json}");
    }
}

#[test]
fn every_view_is_masked_before_it_is_published() {
    let house = House::new();
    house.show_code(AN);
    let mut views = 0;
    house.until("confirm", |seen| match seen {
        Seen::View(view) => {
            views += 1;
            assert_masked(&serde_json::to_value(&view).unwrap());
            matches!(view.screen, Screen::Confirm { .. }).then_some(())
        }
        Seen::Event(_) | Seen::Effect(_) => None,
    });
    house.touch(Touch::Confirm(true));
    house.until("done", |seen| match seen {
        Seen::View(view) => {
            views += 1;
            assert_masked(&serde_json::to_value(&view).unwrap());
            matches!(view.screen, Screen::Done { .. }).then_some(())
        }
        Seen::Event(_) | Seen::Effect(_) => None,
    });
    assert!(views > 4);
}

#[test]
fn a_panic_of_the_driver_ends_the_conversation_and_not_the_kiosk() {
    let fatal = Event::Touch(Touch::MoreTime);
    let house = House::with(|setup| setup.panics_at = Some(fatal.clone()));
    house.touch(Touch::Start);
    house.screen("gathering", |screen| {
        matches!(screen, Screen::Gathering { .. }).then_some(())
    });
    house.act(fatal);
    house.welcome();
    assert_eq!(house.check_in(AN), "A001");
}

#[test]
fn whoever_listens_for_views_misses_none_and_finds_the_first_at_once() {
    let house = House::new();
    let shared = house.kiosk().shared();
    let first = shared.first_view();
    assert!(matches!(first.screen, Screen::Welcome { .. }));
    let (sender, heard) = std::sync::mpsc::channel();
    shared.on_change(move || sender.send(()).unwrap());
    heard.recv_timeout(super::PATIENCE).expect("called at once");
    house.touch(Touch::Start);
    heard.recv_timeout(super::PATIENCE).expect("and on change");
}

#[test]
fn the_bounds_of_the_driver_leave_the_machine_its_own() {
    let config = Config::parse(EXAMPLE, Path::new("/nowhere")).unwrap();
    let waits = config.policy.waits;
    let limits = super::Limits::of(&waits);
    assert!(limits.store > waits.store && limits.printer > waits.printer);
    assert!(limits.lookup > waits.lookup);
}
