//! What it takes to make one number durable, beside the floor on the same disk in the same run: the
//! barest transaction that writes as much, by hand, without index, question or seal.

mod common;

use std::path::Path;
use std::process::Command;
use std::sync::{Barrier, Mutex};
use std::time::Duration;

use common::visits::draft;
use common::{Table, Times, time};
use rusqlite::{Connection, TransactionBehavior, params};
use tiepdon::config;
use tiepdon::store::{Answer, Sqlite, Visits};

/// A multiple of eight.
const RUNS: u32 = 504;
/// The store also asks whether the person holds a number, seals the record and keeps six indexes.
const TIMES_THE_FLOOR: f64 = 3.0;
/// At a kiosk whose store is its own, nobody waits longer for a number.
const WAIT_MAX: Duration = Duration::from_millis(50);
/// Asks for the figures of a slow machine.
const STATION: &str = "--station";

fn main() {
    if !common::wanted() {
        return;
    }
    // Not the system's folder for such things, which may be memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("folder");
    let store = open(folder.path());
    issue(&store, 0);
    let floor = Floor::new(folder.path(), record_bytes(folder.path()));
    let station = std::env::args().any(|argument| argument == STATION);
    let mut table = Table::new(match station {
        false => "A number made durable: one transaction, WAL, synchronous=FULL",
        true => "The same on one core, with an fsync that takes 15 ms",
    });

    // In turns, so that both meet the same disk.
    let pairs: Vec<_> = (1..=RUNS)
        .map(|n| (time(|| issue(&store, n)), time(|| floor.write(n))))
        .collect();
    let ours: Times = pairs.iter().map(|(ours, _)| *ours).collect();
    let by_hand: Times = pairs.iter().map(|(_, by_hand)| *by_hand).collect();
    table.times("1 thread: issue", &ours, None);
    table.times("1 thread: floor", &by_hand, None);
    against(&mut table, "1 thread", ours.median(), by_hand.median());
    let p99 = ours.p99();
    let bar = Some((&*common::millis(WAIT_MAX), p99 <= WAIT_MAX));
    table.figure("1 thread: p99", &common::millis(p99), bar);

    // A lock lets one thread overtake another: only the time of all of them can be compared.
    let (ours, all) = at_once(|n| issue(&store, RUNS + n));
    let (_, all_by_hand) = at_once(|n| floor.write(RUNS + n));
    table.times("8 threads: wait for issue", &ours, None);
    for (who, all) in [("issue", all), ("floor", all_by_hand)] {
        let a_second = f64::from(RUNS) / all.as_secs_f64();
        table.figure(
            &format!("8 threads: {who}, a second"),
            &format!("{a_second:.0}"),
            None,
        );
    }
    against(&mut table, "8 threads", all, all_by_hand);
    table.print();
    if !station {
        on_a_stations_machine();
    }
}

/// This program once more, with every fsync held up by strace.
fn on_a_stations_machine() {
    let own = std::env::current_exe().expect("a file");
    let done = Command::new("taskset")
        .args(["-c", "0", "strace", "-f", "-qq", "-o", "/dev/null"])
        .args(["-e", "trace=fsync,fdatasync"])
        .args(["-e", "inject=fsync,fdatasync:delay_exit=15000"])
        .arg(own)
        .args(["--bench", STATION])
        .status();
    if !done.is_ok_and(|status| status.success()) {
        common::skipped("a station's machine", "it needs strace and taskset");
    }
}

fn against(table: &mut Table, who: &str, ours: Duration, by_hand: Duration) {
    let ratio = ours.as_secs_f64() / by_hand.as_secs_f64();
    table.figure(
        &format!("{who}: issue / floor"),
        &format!("{ratio:.2}"),
        Some((&format!("{TIMES_THE_FLOOR:.2}"), ratio <= TIMES_THE_FLOOR)),
    );
}

/// Eight that share one store and all want numbers: each one's wait, and the time of all.
fn at_once(work: impl Fn(u32) + Sync) -> (Times, Duration) {
    const THREADS: u32 = 8;
    const EACH: u32 = RUNS / THREADS;
    let (start, work) = (Barrier::new(THREADS as usize + 1), &work);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    let turns = thread * EACH + 1..=(thread + 1) * EACH;
                    turns.map(|n| time(|| work(n))).collect::<Vec<_>>()
                })
            })
            .collect();
        start.wait();
        let mut waits = Vec::new();
        let all = time(|| {
            for thread in threads {
                waits.extend(thread.join().expect("no thread panics"));
            }
        });
        (waits.into_iter().collect(), all)
    })
}

fn open(folder: &Path) -> Sqlite {
    let settings = config::Store {
        path: folder.join("store.sqlite"),
        key_file: folder.join("store.key"),
    };
    let service = config::Service::new("NOI", "A");
    Sqlite::open(&settings, [&service]).expect("a new store")
}

/// Person `n` comes with a chip.
fn issue(store: &Sqlite, n: u32) {
    let answer = store.issue(&draft(n, "K1", "NOI")).expect("written");
    assert!(matches!(answer, Answer::New(_)), "a new person");
}

/// How much the store writes for a visit.
fn record_bytes(folder: &Path) -> usize {
    let file = Connection::open(folder.join("store.sqlite")).expect("opens");
    let record: Vec<u8> = file
        .query_row("SELECT record FROM visits", [], |row| row.get(0))
        .expect("one visit");
    record.len()
}

/// The same by hand.
struct Floor {
    connection: Mutex<Connection>,
    record: Vec<u8>,
}

impl Floor {
    fn new(folder: &Path, record_bytes: usize) -> Self {
        let connection = Connection::open(folder.join("floor.sqlite")).expect("opens");
        connection
            .execute_batch(
                "PRAGMA journal_mode = wal; PRAGMA synchronous = full;
                 CREATE TABLE counters (service TEXT PRIMARY KEY, last INTEGER);
                 INSERT INTO counters VALUES ('NOI', 0);
                 CREATE TABLE visits (seq INTEGER PRIMARY KEY, record BLOB);
                 CREATE TABLE outbox (seq INTEGER PRIMARY KEY, state TEXT);",
            )
            .expect("tables");
        Self {
            connection: Mutex::new(connection),
            record: vec![0x5A; record_bytes],
        }
    }

    fn write(&self, n: u32) {
        let mut connection = self.connection.lock().expect("nobody panics");
        let tx = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .expect("begins");
        let run = |sql, with: &[&dyn rusqlite::ToSql]| {
            tx.prepare_cached(sql)
                .and_then(|mut statement| statement.execute(with))
                .expect("written");
        };
        run(
            "UPDATE counters SET last = last + 1 WHERE service = 'NOI'",
            &[],
        );
        run(
            "INSERT INTO visits (seq, record) VALUES (?1, ?2)",
            params![n, self.record],
        );
        run(
            "INSERT INTO outbox (seq, state) VALUES (?1, 'queued')",
            params![n],
        );
        tx.commit().expect("durable");
    }
}
