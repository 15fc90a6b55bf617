//! What is checked before a store is used.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;

use super::{config, open, services, settings};
use crate::store::conformance::{TODAY, at, draft, new};
use crate::store::sqlite::Sqlite;
use crate::store::{Answer, Calls, Outbox, Store, StoreError, Visits};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("exists").permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("mode set");
}

fn key_fault(folder: &Path) -> String {
    match open(folder).map(|_| ()) {
        Err(StoreError::Key { cause, .. }) => cause,
        other => panic!("not a fault of the key: {other:?}"),
    }
}

fn file_fault(settings: &config::Store) -> String {
    match Sqlite::open(settings, &services()).map(|_| ()) {
        Err(StoreError::Unusable { cause, .. }) => cause,
        other => panic!("not a fault of the file: {other:?}"),
    }
}

#[test]
fn a_store_that_was_closed_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("folder");
    for n in 1..4 {
        let store = open(folder.path()).expect("opens");
        let number = new(&store, &draft(n)).number;
        assert_eq!(number.as_str(), format!("A00{n}"));
    }
}

#[test]
fn all_files_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().expect("folder");
    let deep = folder.path().join("var/tiepdon");
    let store = open(&deep).expect("a new store");
    new(&store, &draft(1));
    assert_eq!(mode(&deep), 0o700);
    let files = ["store.db", "store.db-wal", "store.db-shm", "key"];
    for file in files {
        assert_eq!(mode(&deep.join(file)), 0o600, "{file}");
    }
    drop(store);
    set_mode(&deep.join("store.db"), 0o644);
    let store = open(&deep).expect("opens");
    new(&store, &draft(2));
    for file in files {
        assert_eq!(mode(&deep.join(file)), 0o600, "{file}");
    }
}

#[test]
fn durability_is_what_the_database_says_it_is() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    let line = store.probe().expect("probed");
    let settings = "journal_mode=wal, synchronous=full, foreign_keys=on, version 4";
    assert!(line.contains(settings), "{line}");
    for (setting, wrong) in [("synchronous", "off"), ("foreign_keys", "off")] {
        let store = open(folder.path()).expect("opens");
        store
            .engine
            .lock()
            .pragma_update(None, setting, wrong)
            .expect("set");
        assert!(matches!(store.probe(), Err(StoreError::Unusable { .. })));
    }
}

#[test]
fn the_key_of_another_store_is_told() {
    let folder = tempfile::tempdir().expect("folder");
    let (one, other) = (folder.path().join("1"), folder.path().join("2"));
    open(&one).expect("a new store");
    open(&other).expect("a new store");
    fs::copy(other.join("key"), one.join("key")).expect("copied");
    assert!(key_fault(&one).contains("another store"));
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    open(folder.path()).expect("a new store");
    for open_to_others in [0o640, 0o604, 0o620, 0o644] {
        set_mode(&folder.path().join("key"), open_to_others);
        assert!(key_fault(folder.path()).contains("chmod 600"));
    }
    set_mode(&folder.path().join("key"), 0o400);
    open(folder.path()).expect("opens");
}

#[test]
fn a_lost_key_is_never_replaced() {
    let folder = tempfile::tempdir().expect("folder");
    let key = folder.path().join("key");
    open(folder.path()).expect("a new store");
    let safe_copy = fs::read(&key).expect("read");
    fs::remove_file(&key).expect("removed");
    assert!(key_fault(folder.path()).contains("restore"));
    assert!(!key.exists());
    for wrong in [&b""[..], b"short", &[b'x'; 64], &[0; 200]] {
        fs::write(&key, wrong).expect("written");
        set_mode(&key, 0o600);
        assert!(key_fault(folder.path()).contains("neither"));
    }
    fs::write(&key, safe_copy).expect("restored");
    open(folder.path()).expect("opens");
}

#[test]
fn a_place_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("written");
    // Nobody, not even root, may make a folder here.
    for path in [file.join("store.db"), "/proc/tiepdon/store.db".into()] {
        let key_file = folder.path().join("key");
        file_fault(&config::Store {
            path: path.clone(),
            key_file,
        });
        let key_file = path.with_file_name("key");
        let path = folder.path().join("store.db");
        let both = config::Store { path, key_file };
        let fault = Sqlite::open(&both, &services()).map(|_| ());
        assert!(matches!(fault, Err(StoreError::Key { .. })), "{fault:?}");
        assert!(!both.path.exists(), "no store without its key");
    }
}

#[test]
fn what_is_not_a_store_of_this_version_is_left_alone() {
    let folder = tempfile::tempdir().expect("folder");
    let settings = settings(folder.path());
    fs::write(&settings.path, "").expect("written");
    open(folder.path()).expect("an empty file is a new store");
    let raw = Connection::open(&settings.path).expect("opens");
    raw.pragma_update(None, "user_version", 5).expect("set");
    assert!(file_fault(&settings).contains("newer program"));

    let foreign = config::Store {
        path: folder.path().join("foreign.db"),
        key_file: folder.path().join("foreign.key"),
    };
    fs::copy(&settings.key_file, &foreign.key_file).expect("copied");
    let raw = Connection::open(&foreign.path).expect("opens");
    raw.execute("CREATE TABLE t (a)", []).expect("made");
    assert!(file_fault(&foreign).contains("another program"));
    let journal = raw.pragma_query_value(None, "journal_mode", |row| row.get(0));
    let journal: String = journal.expect("asked");
    assert_eq!(journal, "delete", "nothing was changed");
    drop(raw);

    fs::write(&foreign.path, "no database".repeat(100)).expect("written");
    assert!(file_fault(&foreign).contains("not a database"));
}

#[test]
fn eight_first_starts_at_once_make_one_store() {
    for _ in 0..4 {
        let folder = tempfile::tempdir().expect("folder");
        let numbers = std::thread::scope(|scope| {
            let starts: Vec<_> = (1..9)
                .map(|n| {
                    let path = folder.path();
                    scope.spawn(move || new(&open(path).expect("opens"), &draft(n)).number)
                })
                .collect();
            let numbers = starts.into_iter().map(|start| start.join());
            let mut numbers: Vec<_> = numbers.map(|n| n.expect("no panic").to_string()).collect();
            numbers.sort();
            numbers
        });
        let expected: Vec<_> = (1..9).map(|n| format!("A{n:03}")).collect();
        assert_eq!(numbers, expected);
    }
}

#[test]
fn a_series_that_is_changed_during_the_day_gives_no_number_twice() {
    let folder = tempfile::tempdir().expect("folder");
    let mut queues = services();
    let mut numbers = Vec::new();
    for (n, first) in (1..).zip([1, 1, 50, 50, 1, 52]) {
        queues[0].series.first = first;
        let store = Sqlite::open(&settings(folder.path()), &queues).expect("opens");
        numbers.push(new(&store, &draft(n)).number.to_string());
    }
    assert_eq!(numbers, ["A001", "A002", "A050", "A051", "A052", "A053"]);
    queues[0].series.first = u32::MAX;
    let store = Sqlite::open(&settings(folder.path()), &queues).expect("opens");
    new(&store, &draft(8));
    let used_up = store.issue(&draft(9));
    assert!(matches!(used_up, Err(StoreError::UsedUp(_))));
}

/// A store of the first shape, with a day's numbers in it: they stand, and go on.
#[test]
fn a_store_of_the_first_shape_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("folder");
    let newest = open(folder.path()).expect("a new store");
    let held: Vec<_> = (1..4).map(|n| new(&newest, &draft(n))).collect();
    newest.unclaim(held[1].visit, at(5)).expect("unclaimed");
    drop(newest);
    let path = settings(folder.path()).path;
    let first = folder.path().join("first.db");
    let raw = Connection::open(&first).expect("a new file");
    raw.execute_batch(include_str!("../../schema/sqlite/0001.sql"))
        .expect("the first shape");
    let attach = "ATTACH ?1 AS newest";
    raw.execute(attach, [path.to_str()]).expect("attached");
    raw.execute_batch(
        "INSERT INTO meta SELECT * FROM newest.meta;
         INSERT INTO counters SELECT series, day, last FROM newest.counters;
         INSERT INTO visits SELECT seq, visit, person, kiosk, kind, service, day, value, number,
             rejected, state, paper, printed, at, changed, record FROM newest.visits;
         INSERT INTO outbox SELECT * FROM newest.outbox;
         DETACH newest;
         PRAGMA user_version = 1;",
    )
    .expect("the rows of that time");
    drop(raw);
    for beside in ["", "-wal", "-shm"] {
        let file = path.with_file_name(format!("store.db{beside}"));
        if file.exists() {
            fs::remove_file(file).expect("removed");
        }
    }
    fs::rename(first, &path).expect("in its place");

    let store = open(folder.path()).expect("brought to the newest shape");
    for n in [1, 3] {
        let again = store.issue(&draft(n)).expect("asked");
        let Answer::Same(same) = again else {
            panic!("another number: {again:?}");
        };
        assert_eq!(same.number, held[n as usize - 1].number);
    }
    assert_eq!(new(&store, &draft(4)).number.as_str(), "A004");
    let queue = store.queue(&services()[0].code, TODAY).expect("listed");
    let numbers: Vec<_> = queue.iter().map(|line| line.number.as_str()).collect();
    assert_eq!(numbers, ["A001", "A003", "A004"]);
    assert_eq!(store.due(at(99), 99).expect("listed").len(), 4);
}
