//! What breaks while a store is used, and what must not break with it.

use std::time::Duration;

use rusqlite::{Connection, params};
use serde_json::json;

use super::open;
use crate::queue::Draft;
use crate::store::conformance::{TODAY, at, draft, new, person, proven};
use crate::store::sql::Fault;
use crate::store::sqlite::Sqlite;
use crate::store::{
    Act, Answer, Audit, Command, Fleet, Outbox, Register, Store, StoreError, Visits,
};

fn raw(store: &Sqlite) -> Connection {
    Connection::open(&store.engine.path).expect("opens")
}

fn count(store: &Sqlite, table: &str) -> u32 {
    let count = format!("SELECT count(*) FROM {table}");
    let count = raw(store).query_row(&count, [], |row| row.get(0));
    count.expect("counted")
}

fn damage(store: &Sqlite, table: &str, column: &str, rowid: i64) {
    let read = format!("SELECT {column} FROM {table} WHERE rowid = {rowid}");
    let raw = raw(store);
    let mut bytes: Vec<u8> = raw.query_row(&read, [], |row| row.get(0)).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    let write = format!("UPDATE {table} SET {column} = ?1 WHERE rowid = {rowid}");
    assert_eq!(raw.execute(&write, [bytes]).expect("written"), 1);
}

#[test]
fn a_damaged_visit_is_told_and_harms_no_other() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    let visits = [1, 2, 3].map(|n| new(&store, &proven(n, n)));
    damage(&store, "visits", "record", 2);
    let answer = store.issue(&proven(2, 2));
    assert!(matches!(answer, Err(StoreError::Damaged { .. })));
    let other = store.issue(&proven(9, 3)).expect("works");
    assert_eq!(other, Answer::Same(visits[2].clone()));
    // The drainer goes on, and staff see what it left.
    let due = store.due(at(9), 10).expect("due");
    let due: Vec<_> = due.iter().map(|row| row.record.draft.visit).collect();
    assert_eq!(due, [visits[0].visit, visits[2].visit]);
    let state = store.state(visits[1].visit).expect("asked");
    assert_eq!(state.as_deref(), Some("parked"));
    let lines = store.waiting(TODAY).expect("listed");
    let line = lines.iter().find(|line| line.visit == visits[1].visit);
    let line = line.expect("a line");
    assert_eq!(line.waits_for, ["paper_failed", "parked", "damaged"]);
    assert_eq!((&line.number, &line.shown_name), (&visits[1].number, &None));
    assert!(
        line.reason
            .as_ref()
            .is_some_and(|why| why.contains("altered"))
    );
}

#[test]
fn a_record_moved_to_another_visit_does_not_open_there() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    new(&store, &proven(1, 1));
    new(&store, &proven(2, 2));
    let swap = "UPDATE visits SET record = (SELECT record FROM visits WHERE seq = 1) WHERE seq = 2";
    raw(&store).execute(swap, []).expect("swapped");
    let answer = store.issue(&proven(2, 2));
    assert!(matches!(answer, Err(StoreError::Damaged { .. })));
}

#[test]
fn a_damaged_patient_is_told_and_harms_no_other() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    store.remember(&person(1), at(1)).expect("remembered");
    let cut = "UPDATE patients SET record = substr(record, 1, 20)";
    raw(&store).execute(cut, []).expect("cut");
    store.remember(&person(2), at(1)).expect("remembered");
    let found = store.look_up(&person(1));
    assert!(matches!(found, Err(StoreError::Damaged { .. })));
    assert!(store.look_up(&person(2)).expect("works").is_some());
}

#[test]
fn on_a_full_disk_nothing_is_half_written() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    new(&store, &draft(1));
    let pages: i64 = store
        .engine
        .lock()
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .expect("asked");
    let limit = |pages: i64| {
        let connection = store.engine.lock();
        let set = connection
            .pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0));
        assert_eq!(set.expect("set"), pages);
    };
    limit(pages + 2);
    let mut last = 1;
    let error = loop {
        match store.issue(&proven(last + 1, last + 1)) {
            Ok(_) => last += 1,
            Err(error) => break error,
        }
    };
    assert!(last < 100, "the limit was met");
    let StoreError::Unusable { cause, .. } = error else {
        panic!("{error}");
    };
    assert!(cause.contains("full"), "{cause}");
    assert_eq!(
        (count(&store, "visits"), count(&store, "outbox")),
        (last, last)
    );
    store
        .append("K1", "x", &json!("y".repeat(9000)), at(1))
        .expect_err("full");
    assert_eq!(store.verify().expect("verified"), 0);
    // Room again: the retry gets the very next number.
    limit(pages + 100);
    let number = new(&store, &proven(last + 1, last + 1)).number;
    assert_eq!(number.as_str(), format!("A{:03}", last + 1));
}

#[test]
fn a_store_that_another_process_holds_is_given_up_in_time() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    let briefly = Duration::from_millis(20);
    store.engine.lock().busy_timeout(briefly).expect("set");
    let other = raw(&store);
    other.execute_batch("BEGIN IMMEDIATE").expect("begun");
    let answer = store.issue(&draft(1));
    assert!(matches!(answer, Err(StoreError::Unusable { cause, .. }) if cause.contains("locked")));
    assert_eq!(store.backlog().expect("reading goes on").queued, 0);
    other.execute_batch("COMMIT").expect("ended");
    assert_eq!(new(&store, &draft(1)).number.as_str(), "A001");
}

#[test]
fn two_programs_on_one_file_wait_for_each_other() {
    const EACH: u32 = 40;
    let folder = tempfile::tempdir().expect("folder");
    let stores = [1, 2].map(|_| open(folder.path()).expect("opens"));
    std::thread::scope(|scope| {
        for (store, from) in stores.iter().zip([0, EACH]) {
            scope.spawn(move || {
                for n in from..from + EACH {
                    new(store, &proven(n, n));
                    store.tally(TODAY).expect("read");
                }
            });
        }
    });
    let tally = stores[0].tally(TODAY).expect("read");
    let last = tally[0].last.as_ref().map(|number| number.as_str());
    assert_eq!((tally[0].issued, last), (2 * EACH, Some("A080")));
}

#[test]
fn a_thread_that_panics_leaves_a_sound_store() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    new(&store, &draft(1));
    let panicked = std::thread::scope(|scope| {
        let work = || -> Result<(), StoreError> {
            store.write(|tx| {
                tx.execute("UPDATE counters SET last = 99", &[])?;
                panic!("while writing");
            })
        };
        scope.spawn(work).join().is_err()
    });
    assert!(panicked && store.engine.connection.is_poisoned());
    assert_eq!(new(&store, &draft(2)).number.as_str(), "A002");
}

#[test]
fn an_error_takes_everything_back() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    new(&store, &draft(1));
    let failed: Result<(), _> = store.write(|tx| {
        tx.execute("UPDATE counters SET last = 99", &[])?;
        Err(Fault::Store(StoreError::NoService("X".into())))
    });
    assert!(failed.is_err());
    assert_eq!(new(&store, &draft(2)).number.as_str(), "A002");
}

#[test]
fn the_database_itself_refuses_what_must_not_be() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    new(&store, &proven(1, 1));
    let copy = |value: u32, state: &str| {
        raw(&store).execute(
            "INSERT INTO visits (visit, person, kiosk, kind, series, part, day, value, number, service,
                 session, lane, place, stops, rejected, state, at, changed, record)
             SELECT randomblob(16), person, kiosk, kind, series, part, day, ?1, number, service,
                 session, lane, place, stops, rejected, ?2, at, changed, record
             FROM visits WHERE seq = 1",
            params![value, state],
        )
    };
    for (value, state) in [(1, "settled"), (2, "waiting")] {
        let error = copy(value, state).expect_err("refused").to_string();
        assert!(error.contains("UNIQUE constraint failed"), "{error}");
    }
    copy(2, "settled").expect("no second live number, no number twice");
}

#[test]
fn a_command_that_was_not_made_here_is_not_obeyed() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    let command = Command {
        id: draft(1).visit,
        kiosk: "K1".into(),
        act: Act::Release,
        who: "lan".into(),
        why: "card unreadable".into(),
        at: at(1),
        answer: None,
    };
    store.command(&command).expect("given");
    let forged = "INSERT INTO commands (id, kiosk, at, command)
        SELECT randomblob(16), kiosk, at, command FROM commands";
    raw(&store).execute(forged, []).expect("written");
    assert_eq!(count(&store, "commands"), 2);
    assert_eq!(store.pending("K1").expect("listed"), [command]);
    let moved = "UPDATE commands SET kiosk = 'K2'";
    raw(&store).execute(moved, []).expect("moved");
    assert_eq!(store.pending("K2").expect("listed"), []);
}

/// Where the chain is said to break once `sql` was done to twice three lines.
fn broken_by(sql: &str) -> Option<String> {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    for n in 1..4 {
        for writer in ["K1", "K2"] {
            let appended = store.append(writer, "issued", &json!({ "n": n }), at(n));
            appended.expect("appended");
        }
    }
    raw(&store).execute_batch(sql).expect("done");
    match store.verify() {
        Ok(lines) => {
            assert_eq!(lines, 6);
            None
        }
        Err(StoreError::Damaged { cause, .. }) => Some(cause),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn an_audit_line_cannot_be_altered_moved_or_dropped_unseen() {
    assert_eq!(broken_by(""), None);
    for (sql, how) in [
        (
            "UPDATE audit SET what = 'x' WHERE seq = 2 AND writer = 'K2'",
            "K2, line 2: the line was altered",
        ),
        (
            "UPDATE audit SET detail = '{}' WHERE seq = 1 AND writer = 'K1'",
            "K1, line 1: the line was altered",
        ),
        (
            "UPDATE audit SET at = at + 1 WHERE seq = 3",
            "K1, line 3: the line was altered",
        ),
        (
            "UPDATE audit SET hash = zeroblob(32) WHERE seq = 3",
            "K1, line 3: the line was altered",
        ),
        (
            "UPDATE audit SET seq = 4 WHERE seq = 3",
            "K1, line 3: the line is missing",
        ),
        (
            "UPDATE audit SET writer = 'K3' WHERE writer = 'K1'",
            "K1, line 0: the lines after it are missing",
        ),
        (
            "DELETE FROM audit WHERE seq = 2",
            "K1, line 2: the line is missing",
        ),
        (
            "DELETE FROM audit WHERE seq = 3",
            "K1, line 2: the lines after it are missing",
        ),
        (
            "DELETE FROM audit WHERE writer = 'K2'",
            "K2, line 0: the lines after it are missing",
        ),
        (
            "DELETE FROM audit_ends WHERE writer = 'K2'",
            "K2, line 3: the lines after it are missing",
        ),
        (
            "DELETE FROM audit WHERE seq = 3;
             UPDATE audit_ends SET (seq, hash) = (SELECT seq, hash FROM audit
                 WHERE seq = 2 AND audit.writer = audit_ends.writer)",
            "K1, line 2: the seal of its end is wrong",
        ),
    ] {
        assert_eq!(broken_by(sql).as_deref(), Some(how), "{sql}");
    }
}

#[test]
fn a_shortened_chain_is_not_grown_on() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    store
        .append("K1", "issued", &json!(1), at(1))
        .expect("appended");
    let bend = "UPDATE audit_ends SET seal = zeroblob(32)";
    raw(&store).execute(bend, []).expect("bent");
    let next = store.append("K1", "issued", &json!(2), at(2));
    assert!(matches!(next, Err(StoreError::Damaged { .. })));
}

#[test]
fn times_before_1970_are_kept() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    let early = Draft {
        at: jiff::Timestamp::from_second(-1).expect("a time"),
        day: jiff::civil::date(1969, 12, 31),
        ..draft(1)
    };
    assert_eq!(new(&store, &early).at, early.at);
    assert_eq!(store.backlog().expect("asked").oldest, Some(early.at));
    assert_eq!(store.due(at(1), 9).expect("due").len(), 1);
    assert!(store.probe().is_ok());
}
