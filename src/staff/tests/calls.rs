//! The one act: calling a patient to the desk.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{House, by_class, field, new_store, parse, welcome};
use crate::staff::board::Board;
use crate::store::{Act, Command, Fleet};

#[test]
fn a_call_to_the_desk_is_one_command_however_often_it_is_sent() {
    let house = House::new();
    house.publish("K1", &welcome());
    let mut clerk = house.clerk();
    let page = clerk.get("/?lang=en").body;
    let (secret, id) = (
        field(&page, "/call", "form_secret"),
        field(&page, "/call", "id"),
    );
    let form = [
        ("form_secret", secret.as_str()),
        ("id", &id),
        ("kiosk", "K1"),
        ("why", " Thẻ\nbị từ chối "),
    ];
    for _ in 0..2 {
        let answer = clerk.post("/call?lang=en", &form);
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert_eq!(answer.header("location"), Some("/?lang=en"));
    }
    let commands = house.store.commands(10).unwrap();
    assert_eq!(commands.len(), 1);
    assert_eq!(commands[0].id.to_string(), id);
    assert_eq!(
        (commands[0].act, commands[0].kiosk.as_str()),
        (Act::CallToDesk, "K1")
    );
    assert_eq!(commands[0].why, "Thẻbị từ chối");
    assert_eq!(house.store.audited(), ["sign_in", "call_to_desk"]);

    let page = clerk.get("/?lang=en").body;
    assert!(page.contains("waiting for the kiosk"), "{page}");
    assert!(
        by_class(&parse(&page), "act").is_empty(),
        "no second call meanwhile"
    );
}

#[test]
fn the_kiosks_answer_is_shown() {
    for (answer, expected) in [
        ("done", "has asked the patient to the desk"),
        ("<b>nobody</b>", "could not call: &lt;b&gt;nobody&lt;/b&gt;"),
    ] {
        let house = House::new();
        house.publish("K1", &welcome());
        let mut clerk = house.clerk();
        let page = clerk.get("/").body;
        let (secret, id) = (
            field(&page, "/call", "form_secret"),
            field(&page, "/call", "id"),
        );
        let form = [
            ("form_secret", secret.as_str()),
            ("id", &id),
            ("kiosk", "K1"),
        ];
        assert_eq!(clerk.post("/call", &form).status, 303);
        let command = house.store.pending("K1").unwrap().remove(0);
        house
            .store
            .answer(command.id, answer, Timestamp::now())
            .unwrap();
        let page = clerk.get("/?lang=en").body;
        assert!(page.contains(expected), "{expected:?} not in {page}");
    }
}

#[test]
fn the_button_comes_back_a_while_after_the_answer_or_when_none_came() {
    let store = new_store();
    let (same, sent) = (welcome(), Timestamp::now());
    let offered = |after_seconds: i64| {
        let now = sent + SignedDuration::from_secs(after_seconds);
        store.publish("K1", &same, now).unwrap();
        let board = Board::read(store.as_ref(), &TimeZone::UTC, now).unwrap();
        board.kiosks[0].next_call
    };
    let first = offered(0).unwrap();
    let command = Command {
        id: first,
        kiosk: "K1".into(),
        act: Act::CallToDesk,
        who: "staff".into(),
        why: String::new(),
        at: sent,
        answer: None,
    };
    store.command(&command).unwrap();
    assert_eq!(offered(1), None);
    assert_eq!(offered(59), None, "not answered yet");
    assert!(offered(61).is_some_and(|id| id != first), "it may be lost");
    store.answer(first, "done", sent).unwrap();
    assert_eq!(offered(1), None, "a second click");
    assert!(offered(11).is_some_and(|id| id != first));
}

#[test]
fn every_page_offers_the_same_call_until_something_changes() {
    let house = House::new();
    house.publish("K1", &welcome());
    house.publish("K2", &welcome());
    let ids = |page: &str| {
        let tree = parse(page);
        let hidden = tree
            .descendants()
            .filter(|n| n.attribute("name") == Some("id"));
        hidden
            .map(|n| n.attribute("value").unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = ids(&house.clerk().get("/").body);
    assert_eq!(first, ids(&house.clerk().get("/").body));
    assert_eq!(first.len(), 2);
    assert_ne!(first[0], first[1]);
}

#[test]
fn a_call_to_an_unknown_kiosk_or_without_a_proper_id_is_refused() {
    let house = House::new();
    house.publish("K1", &welcome());
    let mut clerk = house.clerk();
    let secret = field(&clerk.get("/").body, "/call", "form_secret");
    let id = Uuid::now_v7().to_string();
    for (kiosk, id, status) in [("K9", id.as_str(), 404), ("K1", "1", 400), ("K1", "", 400)] {
        let form = [
            ("form_secret", secret.as_str()),
            ("id", id),
            ("kiosk", kiosk),
        ];
        assert_eq!(clerk.post("/call", &form).status, status);
    }
    assert!(house.store.commands(10).unwrap().is_empty());
}
