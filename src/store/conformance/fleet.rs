use serde_json::json;
use uuid::Uuid;

use super::{Promise, TODAY, at, draft, id, new};
use crate::queue::Draft;
use crate::store::{Act, Command, Store, StoreError};

pub(super) const PROMISES: &[Promise] = &[
    a_kiosk_is_known_by_its_last_report,
    a_command_waits_for_its_kiosk_until_it_is_answered,
    a_command_given_twice_is_one,
    the_first_answer_stands,
    old_commands_are_purged,
    every_audit_line_is_in_a_chain,
    lines_appended_at_once_are_in_one_chain,
    the_settings_of_durability_are_told,
];

fn command(n: u32, kiosk: &str) -> Command {
    Command {
        id: id(n),
        kiosk: kiosk.into(),
        act: Act::CallToDesk,
        who: "lan".into(),
        why: "card unreadable".into(),
        at: at(n),
        answer: None,
    }
}

fn ids(commands: Vec<Command>) -> Vec<Uuid> {
    commands.into_iter().map(|command| command.id).collect()
}

fn pending(store: &dyn Store, kiosk: &str) -> Vec<Uuid> {
    ids(store.pending(kiosk).expect("listed"))
}

fn a_kiosk_is_known_by_its_last_report(store: &dyn Store) {
    assert_eq!(store.kiosks().expect("listed"), []);
    for (kiosk, n) in [("K2", 1), ("K1", 2), ("K2", 3)] {
        store
            .publish(kiosk, &json!({ "n": n }), at(n))
            .expect("told");
    }
    let lines = store.kiosks().expect("listed");
    let lines: Vec<_> = lines
        .iter()
        .map(|line| (line.kiosk.as_str(), line.at, &line.status["n"]))
        .collect();
    assert_eq!(lines, [("K1", at(2), &json!(2)), ("K2", at(3), &json!(3))]);
}

fn a_command_waits_for_its_kiosk_until_it_is_answered(store: &dyn Store) {
    for (n, kiosk) in [(2, "K1"), (1, "K1"), (3, "K2")] {
        store.command(&command(n, kiosk)).expect("given");
    }
    assert_eq!(pending(store, "K1"), [id(2), id(1)]);
    assert_eq!(store.pending("K2").expect("listed"), [command(3, "K2")]);
    store.answer(id(2), "done", at(9)).expect("answered");
    assert_eq!(pending(store, "K1"), [id(1)]);
    let all = store.commands(10).expect("listed");
    let answered = Command {
        answer: Some("done".into()),
        ..command(2, "K1")
    };
    assert_eq!(all, [command(3, "K2"), command(1, "K1"), answered]);
    assert_eq!(ids(store.commands(1).expect("listed")), [id(3)]);
}

fn a_command_given_twice_is_one(store: &dyn Store) {
    store.command(&command(1, "K1")).expect("given");
    store.command(&command(1, "K2")).expect("given");
    assert_eq!(pending(store, "K1"), [id(1)]);
    assert!(pending(store, "K2").is_empty());
    store.answer(id(1), "done", at(2)).expect("answered");
    store.command(&command(1, "K1")).expect("given");
    assert!(pending(store, "K1").is_empty());
}

fn the_first_answer_stands(store: &dyn Store) {
    store.command(&command(1, "K1")).expect("given");
    store
        .answer(id(1), "nobody is here", at(2))
        .expect("answered");
    store.answer(id(1), "done", at(3)).expect("nothing happens");
    let all = store.commands(1).expect("listed");
    assert_eq!(all[0].answer.as_deref(), Some("nobody is here"));
    let unknown = store.answer(id(2), "done", at(3));
    assert!(matches!(
        unknown,
        Err(StoreError::Unknown {
            what: "command",
            ..
        })
    ));
}

fn old_commands_are_purged(store: &dyn Store) {
    store.command(&command(1, "K1")).expect("given");
    let in_two_days = TODAY.tomorrow().and_then(|day| day.tomorrow());
    let in_two_days = in_two_days.expect("a day");
    let later = Draft {
        day: in_two_days,
        ..draft(1)
    };
    new(store, &later);
    store.purge(TODAY, 0).expect("purged");
    assert_eq!(pending(store, "K1"), [id(1)]);
    store.purge(in_two_days, 0).expect("purged");
    assert!(pending(store, "K1").is_empty());
}

fn every_audit_line_is_in_a_chain(store: &dyn Store) {
    assert_eq!(store.verify().expect("verified"), 0);
    for n in 0..5 {
        for writer in ["K1", "staff"] {
            let detail = json!({ "n": n, "grade": "proven", "quote": "\"'\n" });
            store
                .append(writer, "issued", &detail, at(n))
                .expect("appended");
        }
    }
    store
        .append("K2", "started", &json!(null), at(0))
        .expect("appended");
    assert_eq!(store.verify().expect("verified"), 11);
}

fn lines_appended_at_once_are_in_one_chain(store: &dyn Store) {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..10 {
                    store
                        .append("K1", "issued", &json!(n), at(n))
                        .expect("appended");
                }
            });
        }
    });
    assert_eq!(store.verify().expect("verified"), 40);
}

fn the_settings_of_durability_are_told(store: &dyn Store) {
    assert!(!store.probe().expect("probed").is_empty());
}
