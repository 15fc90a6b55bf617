//! Programs that take numbers are killed at any instant, and the store is looked at: a number that
//! was told is there, once.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use rusqlite::Connection;
use tiepdon::config;
use tiepdon::identity::{Grade, Person, PersonalNumber, Way};
use tiepdon::queue::{Draft, InsuranceStatus, Paper, ServiceCode, VisitKind};
use tiepdon::store::{Answer, Audit, Outbox, Sqlite, Visits};
use uuid::Uuid;

/// Kills; every third round has two programs on the one file.
const ROUNDS: u64 = 42;
/// Numbers told before a kill, at most.
const TOLD_MAX: u64 = 20;
/// From the last of them, or from the start of the program, to the kill, at most.
const PAUSE_MICROS_MAX: u64 = 12_000;
/// Kills of two programs that make a new store, and how long they have, at most.
const FIRST_STARTS: u64 = 24;
const FIRST_PAUSE_MICROS_MAX: u64 = 40_000;
/// Far more than any of this takes.
const PATIENCE: Duration = Duration::from_secs(60);
const SEED: u64 = 0x7469_6570_646f_6e00;
/// Tells the program to be the one that is killed, and where the store is.
const CHILD: &str = "TIEPDON_STORE_KILL_FOLDER";

#[test]
fn a_number_that_was_told_is_there_once_after_any_kill() {
    if let Some(folder) = std::env::var_os(CHILD) {
        return take_numbers(Path::new(&folder));
    }
    let folder = tempfile::tempdir().expect("folder");
    let mut told = BTreeMap::new();
    let mut random = Random(SEED);
    for round in 0..ROUNDS {
        let programs = if round % 3 == 2 { 2 } else { 1 };
        let programs: Vec<_> = (0..programs)
            .map(|_| Program::start(folder.path()))
            .collect();
        let (numbers, pause) = (random.below(TOLD_MAX), random.below(PAUSE_MICROS_MAX));
        for (visit, number) in kill(programs, numbers, Duration::from_micros(pause)) {
            assert_eq!(told.insert(visit, number), None, "{visit} was told twice");
        }
        look(folder.path(), &told, round);
    }
    assert!(told.len() as u64 > ROUNDS, "only {} told", told.len());
}

#[test]
fn a_first_start_may_be_killed_too() {
    let mut random = Random(SEED);
    for round in 0..FIRST_STARTS {
        let folder = tempfile::tempdir().expect("folder");
        let programs: Vec<_> = (0..2).map(|_| Program::start(folder.path())).collect();
        let pause = Duration::from_micros(random.below(FIRST_PAUSE_MICROS_MAX));
        let told = kill(programs, 0, pause).into_iter().collect();
        look(folder.path(), &told, round);
    }
}

/// What the program does that is killed: everything that writes, and it tells each number once it
/// has it.
fn take_numbers(folder: &Path) {
    let store = open(folder).expect("the store opens");
    let mut out = std::io::stdout();
    for n in 0.. {
        let draft = draft();
        let Answer::New(issued) = store.issue(&draft).expect("a number") else {
            panic!("a new person holds no number");
        };
        if writeln!(out, "\ntold {} {}", issued.visit, issued.number).is_err() {
            return;
        }
        let (visit, now) = (issued.visit, Timestamp::now());
        match n % 4 {
            0 => store.paper(visit, Paper::Confirmed, now),
            1 => store.unclaim(visit, now),
            2 => store.freeze(visit, b"bundle").map(|_| ()),
            _ => store.sent(visit, "e", now),
        }
        .expect("written");
        let line = serde_json::json!({ "visit": visit });
        store.append("K1", "issued", &line, now).expect("appended");
    }
}

/// Everything that must hold, whenever the kill came.
fn look(folder: &Path, told: &BTreeMap<Uuid, String>, round: u64) {
    let store = open(folder).expect("the store opens after a kill");
    store.verify().expect("the audit chain is whole");
    for visit in told.keys() {
        let state = store.state(*visit).expect("asked");
        assert!(state.is_some(), "{visit} is lost in round {round}");
    }
    let raw = Connection::open(folder.join("store.db")).expect("opens");
    let text = |sql| raw.query_row(sql, [], |row| row.get::<_, String>(0));
    assert_eq!(text("PRAGMA integrity_check").expect("checked"), "ok");
    let mut all = raw
        .prepare("SELECT visit, number FROM visits")
        .expect("SQL");
    let rows = all.query_map([], |row| Ok((Uuid::from_bytes(row.get(0)?), row.get(1)?)));
    let stored: BTreeMap<Uuid, String> = rows
        .expect("listed")
        .map(|row| row.expect("a row"))
        .collect();
    for (visit, number) in told {
        assert_eq!(stored.get(visit), Some(number), "round {round}");
    }
    let number = |sql| {
        raw.query_row(sql, [], |row| row.get::<_, i64>(0))
            .expect("counted")
    };
    let visits = number("SELECT count(*) FROM visits");
    assert_eq!(number("SELECT count(DISTINCT number) FROM visits"), visits);
    assert_eq!(number("SELECT coalesce(max(value), 0) FROM visits"), visits);
    assert_eq!(
        number("SELECT coalesce(max(last), 0) FROM counters"),
        visits
    );
    assert_eq!(
        number("SELECT count(*) FROM visits JOIN outbox USING (seq)"),
        visits
    );
    assert_eq!(number("SELECT count(*) FROM outbox"), visits);
}

/// Kills the programs a pause after they told so many numbers; gives all that they told.
fn kill(programs: Vec<Program>, numbers: u64, pause: Duration) -> Vec<(Uuid, String)> {
    let mut told = Vec::new();
    let first = &programs[0].told;
    for _ in 0..numbers {
        told.push(first.recv_timeout(PATIENCE).expect("a number in time"));
    }
    // A number that comes meanwhile ends the pause: that instant is as good as any.
    told.extend(first.recv_timeout(pause));
    for mut program in programs {
        program.child.kill().expect("SIGKILL");
        let status = program.child.wait().expect("ended");
        assert_eq!(status.code(), None, "it ended by itself: {status}");
        told.extend(program.told.iter());
    }
    told
}

struct Program {
    child: Child,
    told: Receiver<(Uuid, String)>,
}

impl Program {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args([
                "--exact",
                "a_number_that_was_told_is_there_once_after_any_kill",
            ])
            .arg("--nocapture")
            .env(CHILD, folder)
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .expect("started");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (tell, told) = channel();
        let read = move || {
            for line in lines.map_while(Result::ok) {
                if let Some(number) = told_in(&line) {
                    let _ = tell.send(number);
                }
            }
        };
        std::thread::Builder::new()
            .name("lines".into())
            .spawn(read)
            .expect("a thread");
        Self { child, told }
    }
}

/// A test that fails leaves no program running.
impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A whole line that tells a number; the test runner's own lines and a line that was cut are none.
fn told_in(line: &str) -> Option<(Uuid, String)> {
    let (visit, number) = line.strip_prefix("told ")?.split_once(' ')?;
    let whole = number.len() == NUMBER_CHARS;
    Some((visit.parse().ok()?, number.to_owned())).filter(|_| whole)
}

/// "A000001".
const NUMBER_CHARS: usize = 7;

fn open(folder: &Path) -> Result<Sqlite, tiepdon::store::StoreError> {
    let settings = config::Store {
        path: folder.join("store.db"),
        key_file: folder.join("key"),
    };
    let mut service = config::Service::new("NOI", "A");
    service.series.digits = 6;
    Sqlite::open(&settings, [&service])
}

/// A check-in of somebody new.
fn draft() -> Draft {
    let visit = Uuid::new_v4();
    let number = format!("{:012}", visit.as_u128() % 1_000_000_000_000);
    Draft {
        visit,
        provenance: Uuid::new_v4(),
        session: Default::default(),
        stops: Vec::new(),
        kiosk: "K1".into(),
        kind: VisitKind::Service,
        service: ServiceCode("NOI".into()),
        day: date(2026, 11, 23),
        at: Timestamp::now(),
        person: PersonalNumber::parse(&number).map(Person::typed),
        grade: Some(Grade::Proven),
        way: Way::Chip,
        proofs: None,
        rejected: false,
        patient: None,
        may_register: false,
        priority: None,
        insurance: InsuranceStatus::NotAsked,
        appointment: None,
        companion: None,
        reason: None,
    }
}

/// SplitMix64: the same kills in every run, as far as time allows.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}
