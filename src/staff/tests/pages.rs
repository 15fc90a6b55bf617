//! What the page shows, and the one act.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::{House, by_class, parse, status, welcome, words};
use crate::identity::{
    BirthDate, Check, CheckResult, Grade, Person, PersonalNumber, Private, Proofs, Sex, Way,
};
use crate::queue::{Draft, InsuranceStatus, Paper, ServiceCode, VisitKind};
use crate::staff::board::Board;
use crate::store::faulty::{EVERY, Fault};
use crate::store::{Fleet, Outbox, Visits};

fn draft(kind: VisitKind, name: &str, reason: Option<&str>) -> Draft {
    let now = Timestamp::now();
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    Draft {
        visit: Uuid::now_v7(),
        provenance: Uuid::now_v7(),
        session: Default::default(),
        stops: Vec::new(),
        kiosk: "K1".into(),
        kind,
        service: ServiceCode("NOI".into()),
        day: zone.to_datetime(now).date(),
        at: now,
        person: Some(Person {
            name: Some(Private::from(name)),
            ..Person::default()
        }),
        grade: Some(Grade::Claimed),
        way: Way::CardQr,
        proofs: None,
        rejected: false,
        patient: None,
        may_register: false,
        priority: None,
        insurance: InsuranceStatus::NotAsked,
        appointment: None,
        companion: None,
        reason: reason.map(str::to_owned),
    }
}

#[test]
fn each_screen_of_a_kiosk_is_said_in_words_in_both_languages() {
    let house = House::new();
    let mut clerk = house.clerk();
    let who = json!({ "name": "NGUYỄN V. A", "birth_year": 1990, "number": "5678" });
    for (screen, vi, en) in [
        (json!({ "name": "welcome" }), "Sẵn sàng", "Ready"),
        (
            json!({ "name": "gathering", "want": "card" }),
            "Chờ thẻ",
            "Waiting for the card",
        ),
        (
            json!({ "name": "gathering", "want": "wait" }),
            "Đang tra cứu",
            "Looking up",
        ),
        (
            json!({ "name": "confirm", "who": who }),
            "NGUYỄN V. A",
            "NGUYỄN V. A",
        ),
        (
            json!({ "name": "done", "number": "A012", "desk": null }),
            "A012",
            "Number given",
        ),
        (
            json!({ "name": "something_new" }),
            "something_new",
            "something_new",
        ),
        (json!({ "name": 7 }), "Chưa rõ", "State unknown"),
        (json!(null), "Chưa rõ", "State unknown"),
    ] {
        house.publish("K1", &status(&screen));
        for (lang, expected) in [("vi", vi), ("en", en)] {
            let page = clerk.get(&format!("/?lang={lang}")).body;
            let tree = parse(&page);
            let card = words(&by_class(&tree, "kiosk")[0]);
            assert!(card.contains(expected), "{expected:?} not in {card:?}");
        }
    }
}

#[test]
fn a_status_of_any_shape_shows_a_page() {
    let house = House::new();
    let mut clerk = house.clerk();
    for odd in [
        json!(null),
        json!([]),
        json!("text"),
        json!({ "view": 3, "health": [1], "since": "yesterday", "version": {} }),
        json!({ "view": { "screen": "welcome" }, "health": { "reader": 5, "x": "y" } }),
        json!({ "view": { "screen": { "name": "done", "paper": { "missing": "media-empty" } } } }),
    ] {
        house.publish("K1", &odd);
        let answer = clerk.get("/");
        assert_eq!(answer.status, 200, "{odd}");
        assert_eq!(by_class(&parse(&answer.body), "kiosk").len(), 1);
    }
}

#[test]
fn devices_that_fail_say_why_and_absent_ones_are_not_named() {
    let house = House::new();
    house.publish("K1", &welcome());
    let page = house.clerk().get("/?lang=en").body;
    let tree = parse(&page);
    let devices = words(&by_class(&tree, "devices")[0]);
    assert!(devices.contains("✓ Card reader"), "{devices}");
    assert!(devices.contains("✗ Printer: out of paper"), "{devices}");
    assert!(!devices.contains("Camera"), "{devices}");
}

#[test]
fn kiosks_that_need_help_come_first_then_by_name() {
    let house = House::new();
    let mut called = welcome();
    called["view"]["staff_called"] = json!(true);
    let desk = json!({ "name": "done", "number": "Q003", "desk": "no_papers" });
    let help = json!({ "name": "help", "cause": "called_by_patient" });
    house.publish("A", &welcome());
    house.publish("B", &status(&desk));
    house.publish("C", &welcome());
    house.publish("D", &status(&help));
    house.publish("E", &called);
    let page = house.clerk().get("/?lang=en").body;
    let tree = parse(&page);
    let order: Vec<String> = by_class(&tree, "kiosk")
        .iter()
        .map(|card| {
            words(card)
                .chars()
                .find(char::is_ascii_uppercase)
                .unwrap()
                .to_string()
        })
        .collect();
    assert_eq!(order.concat(), "BDEAC");
    assert_eq!(by_class(&tree, "calling").len(), 3);
}

#[test]
fn a_kiosk_that_does_not_report_is_silent_and_cannot_be_asked_to_call() {
    let house = House::new();
    let long_ago = Timestamp::now() - SignedDuration::from_secs(95);
    house.store.publish("K1", &welcome(), long_ago).unwrap();
    let page = house.clerk().get("/?lang=en").body;
    let tree = parse(&page);
    let card = words(&by_class(&tree, "silent")[0]);
    assert!(card.contains("Nothing heard"), "{card}");
    assert!(card.contains("1 min"), "{card}");
    assert!(by_class(&tree, "act").is_empty());
}

/// Staff are told which check failed, and of everybody else how far the card was proved.
#[test]
fn a_card_that_failed_is_listed_with_the_check_and_any_other_with_its_grade() {
    let check = |result, reason| Check::new(result, reason);
    let failed = Draft {
        grade: None,
        way: Way::Chip,
        rejected: true,
        proofs: Some(Proofs {
            passive: check(CheckResult::Successful, "signed"),
            chip: check(CheckResult::Failed, "it does not have the key of DG14"),
            active: check(CheckResult::NotSupported, "no DG15"),
        }),
        ..draft(VisitKind::Desk, "TRẦN THỊ B", Some("card_rejected"))
    };
    let proven = Draft {
        grade: Some(Grade::Proven),
        ..draft(VisitKind::Desk, "LÊ VĂN C", Some("patient_unclear"))
    };
    let house = House::new();
    for visit in [&failed, &proven] {
        house.store.issue(visit).unwrap();
    }
    let page = house.clerk().get("/?lang=en").body;
    let page = words(&parse(&page).root_element());
    for expected in [
        "A check of the chip failed",
        "it does not have the key of DG14",
        "ID card: chip verified",
    ] {
        assert!(page.contains(expected), "{expected} not in {page}");
    }
    assert!(!page.contains("no DG15"));
}

#[test]
fn what_does_not_fit_in_the_papers_is_shown_to_staff() {
    let with_card = |number: &str, expiry| Draft {
        person: Some(Person {
            sex: Some(Sex::Male),
            birth_date: BirthDate::parse("1990"),
            card_expiry: expiry,
            ..Person::typed(PersonalNumber::parse(number).unwrap())
        }),
        ..draft(VisitKind::Desk, "", Some("patient_unclear"))
    };
    let said = |visit: &Draft| {
        let house = House::new();
        house.store.issue(visit).unwrap();
        let page = house.clerk().get("/?lang=en").body;
        words(&parse(&page).root_element())
    };
    let all = [
        "The sex does not fit",
        "The year of birth does not fit",
        "no known province",
        "The card has expired",
    ];
    let odd = said(&with_card(
        "099191345678",
        Some(jiff::civil::date(2020, 1, 1)),
    ));
    let fitting = said(&with_card("001090345678", None));
    for hint in all {
        assert!(odd.contains(hint), "{hint} not in {odd}");
        assert!(!fitting.contains(hint), "{hint} in {fitting}");
    }
}

#[test]
fn what_does_not_fit_is_shown_also_of_a_visit_that_is_only_to_be_typed_in() {
    let house = House::new();
    let mut visit = draft(VisitKind::Service, "LÊ VĂN C", None);
    let person = visit.person.as_mut().unwrap();
    person.card_expiry = Some(visit.day.yesterday().unwrap());
    house.store.issue(&visit).unwrap();
    house.store.local(visit.visit).unwrap();
    let page = house.clerk().get("/?lang=en").body;
    assert!(page.contains("The card has expired"), "{page}");
}

#[test]
fn papers_of_another_are_told_beside_the_kiosk_and_nobody_is_called_for_them() {
    let house = House::new();
    let mut beside = status(&json!({ "name": "printing", "number": "N007" }));
    beside["view"]["alert"] = json!("another_person");
    house.publish("K1", &beside);
    let page = house.clerk().get("/?lang=en").body;
    let tree = parse(&page);
    let card = words(&by_class(&tree, "kiosk")[0]);
    assert!(card.contains("somebody else"), "{card}");
    assert!(by_class(&tree, "calling").is_empty());
}

#[test]
fn visits_that_wait_are_listed_by_what_they_wait_for_with_todays_numbers() {
    let house = House::new();
    let store = &house.store;
    let desk = draft(VisitKind::Desk, "TRẦN THỊ B", Some("a_code_of_tomorrow"));
    let typed_in = draft(VisitKind::Service, "LÊ VĂN C", None);
    let unprinted = draft(VisitKind::Service, "PHẠM THỊ D", None);
    let parked = draft(VisitKind::Service, "ĐỖ VĂN E", None);
    for visit in [&desk, &typed_in, &unprinted, &parked] {
        store.issue(visit).unwrap();
    }
    store.local(typed_in.visit).unwrap();
    for (visit, paper) in [
        (&desk, Paper::Confirmed),
        (&typed_in, Paper::OkAfter),
        (&unprinted, Paper::Failed),
        (&parked, Paper::Unverified),
    ] {
        store.paper(visit.visit, paper, Timestamp::now()).unwrap();
    }
    store.park(parked.visit, "422").unwrap();

    let page = house.clerk().get("/?lang=en").body;
    let tree = parse(&page);
    let section = |title: &str| {
        let found = tree
            .descendants()
            .find(|n| n.attribute("aria-label") == Some(title));
        words(&found.unwrap_or_else(|| panic!("no section {title}")))
    };
    let help = section("Waiting for help");
    for expected in [
        "N001",
        "T. T. B",
        "Desk number",
        "a_code_of_tomorrow", // the desk's
        "N003",
        "P. T. D",
        "Ticket not printed",
        "N004",
        "Đ. V. E",
        "Refused by the hospital system",
    ] {
        assert!(help.contains(expected), "{expected:?} not in {help:?}");
    }
    assert!(!help.contains("N002"), "{help}");
    let handover = section("To be entered in the hospital system");
    assert!(
        handover.contains("N002") && handover.contains("L. V. C"),
        "{handover}"
    );
    let numbers = section("Numbers today");
    assert!(numbers.contains("NOI") && numbers.contains('4') && numbers.contains("N004"));
    let outbox = section("To the hospital system");
    assert!(
        outbox.contains("Not sent yet 2") && outbox.contains("Refused 1"),
        "{outbox}"
    );
}

#[test]
fn a_change_reaches_an_open_page() {
    let house = House::new();
    house.publish("K1", &welcome());
    let clerk = house.clerk();
    let mut events = clerk.events();
    assert!(events.head.contains("text/event-stream"), "{}", events.head);
    let first = events.next().unwrap();
    assert!(first.contains("Ready"), "{first}");

    let help = json!({ "name": "help", "cause": "called_by_patient" });
    house.publish("K1", &status(&help));
    let second = events.next().unwrap();
    assert!(second.contains("kiosk calling"), "{second}");
    assert_eq!(
        parse(&second).root_element().attribute("data-calling"),
        Some("1")
    );
}

#[test]
fn a_heartbeat_that_changes_nothing_is_no_change_of_the_board() {
    let house = House::new();
    let (store, zone) = (house.store.as_ref(), TimeZone::UTC);
    let (same, now) = (welcome(), Timestamp::now());
    let later = now + SignedDuration::from_secs(5);
    store.publish("K1", &same, now).unwrap();
    let first = Board::read(store, &zone, now).unwrap();
    store.publish("K1", &same, later).unwrap();
    assert_eq!(first, Board::read(store, &zone, later).unwrap());
    let silent = later + SignedDuration::from_secs(31);
    assert_ne!(first, Board::read(store, &zone, silent).unwrap());
}

#[test]
fn an_open_page_is_told_when_the_store_fails() {
    let house = House::new();
    let mut clerk = house.clerk();
    let mut events = clerk.events();
    assert!(events.next().is_some());
    house.store.strike(EVERY, Fault::Fails);
    let told = events.next().unwrap();
    assert!(told.contains("The store cannot be read") && told.contains("disk I/O error"));
    let answer = clerk.get("/?lang=en");
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("disk I/O error"));
}

#[test]
fn the_language_is_the_one_asked_for_else_the_browsers_else_vietnamese() {
    let house = House::new();
    let mut stranger = house.stranger();
    for (path, accepts, lang) in [
        ("/", "", "vi"),
        ("/", "en-GB,en;q=0.9,vi;q=0.8", "en"),
        ("/", "fr, en;q=0.5", "en"),
        ("/", "fr", "vi"),
        ("/?lang=en", "vi", "en"),
        ("/?lang=xx", "en", "en"),
    ] {
        let answer = stranger.ask("GET", path, &[("Accept-Language", accepts)], "");
        let root = parse(&answer.body);
        assert_eq!(
            root.root_element().attribute("lang"),
            Some(lang),
            "{path} {accepts}"
        );
    }
}
