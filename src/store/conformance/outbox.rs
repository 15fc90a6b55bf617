use jiff::Timestamp;
use uuid::Uuid;

use super::{Promise, at, desk, draft, id, new, of, proven};
use crate::identity::{Grade, Way};
use crate::queue::VisitRecord;
use crate::store::{Backlog, Store};

pub(super) const PROMISES: &[Promise] = &[
    every_number_is_on_its_way_as_soon_as_it_is_given,
    a_visit_goes_its_way_once,
    frozen_bytes_never_change,
    a_postponed_visit_waits_for_its_time,
    of_one_person_only_the_first_visit_goes,
    a_parked_visit_stands_in_nobodys_way_and_can_be_taken_back,
    what_was_sent_stays_sent,
    the_backlog_counts_what_waits,
];

fn due(store: &dyn Store, now: Timestamp) -> Vec<Uuid> {
    let rows = store.due(now, 100).expect("due");
    rows.into_iter().map(|row| row.record.draft.visit).collect()
}

fn every_number_is_on_its_way_as_soon_as_it_is_given(store: &dyn Store) {
    assert_eq!(store.next_due().expect("asked"), None);
    for wish in [proven(3, 1), desk(1), draft(2)] {
        let number = new(store, &wish).number;
        let rows = store.due(at(0), 100).expect("due");
        let row = rows.last().expect("a row");
        let record = VisitRecord {
            version: VisitRecord::VERSION,
            number,
            draft: wish,
        };
        assert_eq!(
            (&row.record, &row.frozen, row.attempts),
            (&record, &None, 0)
        );
    }
    // In the order in which they came, whatever their clocks said.
    assert_eq!(due(store, at(0)), [id(3), id(1), id(2)]);
    assert_eq!(store.due(at(0), 2).expect("due").len(), 2);
    let next = store.next_due().expect("asked");
    assert_eq!(next, Some(Timestamp::UNIX_EPOCH));
}

fn a_visit_goes_its_way_once(store: &dyn Store) {
    let visit = new(store, &proven(1, 1)).visit;
    assert_eq!(
        store.state(visit).expect("asked").as_deref(),
        Some("queued")
    );
    store.freeze(visit, b"bundle").expect("frozen");
    store.sent(visit, "e1", at(2)).expect("sent");
    assert_eq!(store.state(visit).expect("asked").as_deref(), Some("sent"));
    assert!(due(store, at(100)).is_empty());
    assert_eq!(store.next_due().expect("asked"), None);
    let other = new(store, &draft(2)).visit;
    store.local(other).expect("local");
    assert_eq!(store.state(other).expect("asked").as_deref(), Some("local"));
    assert!(due(store, at(100)).is_empty());
}

fn frozen_bytes_never_change(store: &dyn Store) {
    let visit = new(store, &proven(1, 1)).visit;
    assert_eq!(store.freeze(visit, b"first").expect("frozen"), b"first");
    assert_eq!(store.freeze(visit, b"second").expect("kept"), b"first");
    let rows = store.due(at(9), 1).expect("due");
    assert_eq!(rows[0].frozen.as_deref(), Some(&b"first"[..]));
    assert_eq!(rows[0].attempts, 2);
}

fn a_postponed_visit_waits_for_its_time(store: &dyn Store) {
    let early = new(store, &draft(1)).visit;
    let late = new(store, &draft(2)).visit;
    store.postpone(early, at(60), "down").expect("postponed");
    assert_eq!(due(store, at(59)), [late]);
    store.postpone(late, at(90), "down").expect("postponed");
    assert_eq!(store.next_due().expect("asked"), Some(at(60)));
    assert!(due(store, at(59)).is_empty());
    assert_eq!(due(store, at(60)), [early]);
    assert_eq!(due(store, at(90)), [early, late]);
}

fn of_one_person_only_the_first_visit_goes(store: &dyn Store) {
    let first = new(store, &proven(1, 1)).visit;
    store.settle(first, at(2)).expect("settled");
    let second = new(store, &of(2, 1, Grade::Claimed, Way::Typed)).visit;
    let other = new(store, &proven(3, 2)).visit;
    assert_eq!(due(store, at(9)), [first, other]);
    store.postpone(first, at(60), "down").expect("postponed");
    assert_eq!(due(store, at(9)), [other]);
    store.sent(other, "e1", at(9)).expect("sent");
    // The second is due, but not before the first: the drainer need not look before then.
    assert_eq!(store.next_due().expect("asked"), Some(at(60)));
    store.sent(first, "e2", at(61)).expect("sent");
    assert_eq!(due(store, at(9)), [second]);
}

fn a_parked_visit_stands_in_nobodys_way_and_can_be_taken_back(store: &dyn Store) {
    let first = new(store, &proven(1, 1)).visit;
    store.settle(first, at(2)).expect("settled");
    let second = new(store, &proven(2, 1)).visit;
    store.park(first, "refused").expect("parked");
    assert_eq!(
        store.state(first).expect("asked").as_deref(),
        Some("parked")
    );
    assert_eq!(due(store, at(9)), [second]);
    store.postpone(first, at(10), "staff").expect("taken back");
    assert_eq!(due(store, at(10)), [first]);
    store.park(first, "refused").expect("parked");
    store.sent(first, "e1", at(11)).expect("sent");
    assert_eq!(store.state(first).expect("asked").as_deref(), Some("sent"));
}

fn what_was_sent_stays_sent(store: &dyn Store) {
    let visit = new(store, &draft(1)).visit;
    store.sent(visit, "e1", at(2)).expect("sent");
    store.sent(visit, "e2", at(3)).expect("nothing happens");
    store.park(visit, "late").expect("nothing happens");
    store
        .postpone(visit, at(4), "late")
        .expect("nothing happens");
    store.local(visit).expect("nothing happens");
    store.freeze(visit, b"late").expect("nothing happens");
    assert_eq!(store.state(visit).expect("asked").as_deref(), Some("sent"));
    assert_eq!(store.backlog().expect("backlog"), Backlog::default());
}

fn the_backlog_counts_what_waits(store: &dyn Store) {
    assert_eq!(store.backlog().expect("backlog"), Backlog::default());
    let visits = [5, 3, 4, 6].map(|n| new(store, &draft(n)).visit);
    store.park(visits[1], "refused").expect("parked");
    store
        .postpone(visits[2], at(60), "down")
        .expect("postponed");
    store.sent(visits[3], "e1", at(7)).expect("sent");
    let expected = Backlog {
        queued: 2,
        parked: 1,
        oldest: Some(at(4)),
    };
    assert_eq!(store.backlog().expect("backlog"), expected);
}
