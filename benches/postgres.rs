//! A number from the store that kiosks share, beside the floor on the same server in the same run:
//! pgbench with the barest transaction that writes as much (one counter, two rows, on as many series),
//! without question, seal or index.
//!
//! `TIEPDON_BENCH_VISITS=10000000` asks how cost grows with so many visits in the store.

mod common;
#[path = "../tests/common/postgres.rs"]
mod postgres;

use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::sync::{Barrier, Mutex};
use std::time::{Duration, Instant};

use common::visits::draft;
use common::{Table, Times, time};
use postgres::Cluster;
use tempfile::TempDir;
use tiepdon::config::{Service, SharedStore};
use tiepdon::sim::random::Random;
use tiepdon::store::{Answer, Postgres, Visits};
use uuid::Uuid;

/// Of one measurement, and how often it is made: ours and the floor in turns, so that both meet the
/// same machine.
const RUN: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;
/// Numbers a second as a share of the floor's.
const OF_THE_FLOOR: f64 = 0.5;
/// A hospital's morning: so many a minute, and again and again so many within a second.
const A_MINUTE: u32 = 80;
const BURST: u32 = 20;
const BURST_EVERY: Duration = Duration::from_secs(5);
const MORNING: Duration = Duration::from_secs(60);
const WAIT_MAX: Duration = Duration::from_millis(50);
/// With a full store, beside an empty one.
const GROWTH_MAX: f64 = 1.25;
const GROWTH_RUNS: u32 = 400;
const VISITS: u64 = 200_000;
/// A station's machine: one core, and a disk that takes 15 ms to make something durable.
const SLOW_DISK: [&str; 2] = ["commit_delay=15000", "commit_siblings=0"];

fn main() {
    if !common::wanted() {
        return;
    }
    let Some(server) = Cluster::start(&[]) else {
        return;
    };
    let mut table =
        Table::new("A number from PostgreSQL, a second, beside pgbench's bare transaction");
    for (clients, series) in [(1, 1), (10, 1), (30, 1), (1, 12), (10, 12), (30, 12)] {
        beside_the_floor(&mut table, &server, clients, series);
    }
    morning(&mut table, &server, "a morning");
    growth(&mut table, &server);
    drop(server);
    if on_one_core() {
        let server = Cluster::start(&SLOW_DISK).expect("it was there before");
        let who = "one core, fsync 15 ms";
        beside_the_floor(&mut table, &server, 10, 1);
        morning(&mut table, &server, who);
    }
    table.print();
}

fn beside_the_floor(table: &mut Table, server: &Cluster, clients: u32, series: u32) {
    let (mut ours, mut floor, mut waits) = (Vec::new(), Vec::new(), Vec::new());
    let site = Site::new(server);
    for _ in 0..ROUNDS {
        let (a_second, times) = site.at_once(clients, series);
        ours.push(a_second);
        waits.extend(times);
        floor.push(by_hand(server, clients, series, &site.database));
    }
    let [ours, floor] = [ours, floor].map(|mut all| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    });
    let who = format!("{clients} kiosks, {series} series");
    table.times(
        &format!("{who}: wait for a number"),
        &waits.into_iter().collect(),
        None,
    );
    let share = ours / floor;
    table.figure(
        &format!("{who}: ours / floor"),
        &format!("{ours:.0} / {floor:.0} = {share:.2}"),
        Some((&format!("{OF_THE_FLOOR:.2}"), share >= OF_THE_FLOOR)),
    );
}

/// Thirty kiosks on twelve series, as people come.
fn morning(table: &mut Table, server: &Cluster, who: &str) {
    const KIOSKS: u32 = 30;
    const SERIES: u32 = 12;
    let site = Site::new(server);
    let mut random = Random::new(&[7]);
    let mut due: Vec<Duration> = (0..A_MINUTE)
        .map(|_| MORNING.mul_f64(f64::from(random.whole(0..10_000)) / 1e4))
        .collect();
    for burst in 0..MORNING.as_secs() / BURST_EVERY.as_secs() {
        let begins = Duration::from_secs(burst * BURST_EVERY.as_secs());
        due.extend(
            (0..BURST).map(|_| begins + Duration::from_millis(random.whole(0..1000).into())),
        );
    }
    due.sort_unstable();
    let waits = Mutex::new(Vec::new());
    let begun = Instant::now() + Duration::from_secs(1);
    std::thread::scope(|scope| {
        let kiosks: Vec<_> = (0..KIOSKS)
            .map(|kiosk| {
                let (sender, arrivals) = channel::<(Duration, u32)>();
                let (site, waits) = (&site, &waits);
                scope.spawn(move || {
                    let store = site.kiosk(kiosk);
                    issue(&store, kiosk, kiosk % SERIES);
                    for (due, n) in arrivals {
                        issue(&store, kiosk, n % SERIES);
                        // From when they came, not from when the kiosk was free for them.
                        waits.lock().expect("whole").push((begun + due).elapsed());
                    }
                });
                sender
            })
            .collect();
        for (n, due) in (0..).zip(due) {
            while Instant::now() < begun + due {
                std::thread::park_timeout((begun + due).saturating_duration_since(Instant::now()));
            }
            let kiosk = &kiosks[n as usize % kiosks.len()];
            kiosk
                .send((due, random.whole(0..SERIES)))
                .expect("it is there");
        }
    });
    let waits: Times = waits.into_inner().expect("whole").into_iter().collect();
    table.times(&format!("{who}: wait for a number"), &waits, None);
    table.figure(
        &format!("{who}: p99"),
        &common::millis(waits.p99()),
        Some((&common::millis(WAIT_MAX), waits.p99() <= WAIT_MAX)),
    );
}

/// Rows of two years behind the numbers of today.
fn growth(table: &mut Table, server: &Cluster) {
    let wanted = std::env::var("TIEPDON_BENCH_VISITS").ok();
    let visits = wanted.map_or(VISITS, |wanted| wanted.parse().expect("a number"));
    let site = Site::new(server);
    let store = site.kiosk(0);
    let times = || Times::of(GROWTH_RUNS as usize, || issue(&store, 0, 0));
    // The first ones meet cold caches.
    times();
    let empty = times();
    let fill = format!(
        "INSERT INTO visits (visit, person, kiosk, kind, series, part, day, value, number, service,
             session, lane, place, stops, rejected, state, at, changed, record)
         SELECT decode(md5(n::text), 'hex'), decode(md5((n / 3)::text) || md5(n::text), 'hex'),
             'K' || n % 30, 'service', 'S' || n % 12, 0,
             to_char(date '2026-11-22' - (n / 13700)::int, 'YYYY-MM-DD'), n, 'A' || n, 'S' || n % 12,
             0, 1, n, '', 0, 'done', n, n, decode(repeat(md5(n::text), 16), 'hex')
         FROM generate_series(1, {visits}::bigint) AS n"
    );
    server.sql(&site.database, &fill);
    server.sql(&site.database, "VACUUM (ANALYZE) visits");
    server.sql(&site.database, "CHECKPOINT");
    times();
    let full = times();
    table.times("an empty store: a number", &empty, None);
    table.times(&format!("{visits} visits: a number"), &full, None);
    let growth = full.median().as_secs_f64() / empty.median().as_secs_f64();
    table.figure(
        &format!("{visits} visits / empty"),
        &format!("{growth:.2}"),
        Some((&format!("{GROWTH_MAX:.2}"), growth <= GROWTH_MAX)),
    );
}

/// From now on one core for this program and all that it starts.
fn on_one_core() -> bool {
    let own = std::process::id().to_string();
    let set = Command::new("taskset").args(["-pc", "0", &own]).output();
    set.is_ok_and(|done| done.status.success())
}

/// A site's shared store.
struct Site {
    url: String,
    database: String,
    folder: TempDir,
}

impl Site {
    fn new(server: &Cluster) -> Self {
        let url = server.database();
        let database = url.rsplit_once('/').expect("an address").1.to_owned();
        let folder = tempfile::tempdir().expect("a folder");
        let mut key = std::fs::OpenOptions::new();
        let key = key.create_new(true).write(true).mode(0o600);
        let mut key = key.open(folder.path().join("key")).expect("a file");
        std::io::Write::write_all(&mut key, &[7; 32]).expect("written");
        let site = Self {
            url,
            database,
            folder,
        };
        site.kiosk(0).prepare().expect("a new store");
        site
    }

    fn key(&self) -> std::path::PathBuf {
        Path::new(self.folder.path()).join("key")
    }

    fn kiosk(&self, n: u32) -> Postgres {
        let settings = SharedStore {
            url: self.url.clone(),
            password: None,
            ca_file: None,
            patience: Duration::from_secs(10),
        };
        let services: Vec<_> = (0..12)
            .map(|n| Service::new(&format!("S{n}"), &char::from(b'A' + n).to_string()))
            .collect();
        Postgres::lazy(&settings, &format!("K{n}"), &self.key(), &services).expect("an address")
    }

    /// Numbers a second of so many that want one after the other, and each one's wait.
    fn at_once(&self, clients: u32, series: u32) -> (f64, Vec<Duration>) {
        let start = Barrier::new(clients as usize + 1);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..clients)
                .map(|client| {
                    let start = &start;
                    scope.spawn(move || {
                        let store = self.kiosk(client);
                        issue(&store, client, client % series);
                        start.wait();
                        let (begun, mut waits) = (Instant::now(), Vec::new());
                        while begun.elapsed() < RUN {
                            let n = client + waits.len() as u32;
                            waits.push(time(|| issue(&store, client, n % series)));
                        }
                        waits
                    })
                })
                .collect();
            start.wait();
            let begun = Instant::now();
            let waits = threads
                .into_iter()
                .flat_map(|thread| thread.join().expect("ends"));
            let waits: Vec<_> = waits.collect();
            (waits.len() as f64 / begun.elapsed().as_secs_f64(), waits)
        })
    }
}

/// Somebody comes with a chip.
fn issue(store: &Postgres, kiosk: u32, series: u32) {
    // By chance, somebody who was there before.
    let who = Uuid::new_v4().as_u128() as u32;
    let draft = draft(who, &format!("K{kiosk}"), &format!("S{series}"));
    match store.issue(&draft).expect("the server is there") {
        Answer::New(_) | Answer::Same(_) => {}
        Answer::Refused(refusal) => panic!("{refusal:?}"),
    }
}

/// pgbench's transactions a second.
fn by_hand(server: &Cluster, clients: u32, series: u32, beside: &str) -> f64 {
    let record = server.sql(beside, "SELECT avg(length(record))::int FROM visits");
    let url = server.database();
    let database = url.rsplit_once('/').expect("an address").1;
    server.sql(
        database,
        &format!(
            "CREATE TABLE counters (series int PRIMARY KEY, last bigint) WITH (fillfactor = 50);
             INSERT INTO counters SELECT n, 0 FROM generate_series(1, {series}) AS n;
             CREATE TABLE visits (seq bigserial PRIMARY KEY, series int, record bytea);
             ALTER TABLE visits ALTER COLUMN record SET STORAGE EXTERNAL;
             CREATE TABLE outbox (seq bigserial PRIMARY KEY, state text);"
        ),
    );
    let script = format!(
        "\\set series random(1, {series})
         BEGIN;
         UPDATE counters SET last = last + 1 WHERE series = :series;
         INSERT INTO visits (series, record) VALUES (:series, decode(repeat('5a', {record}), 'hex'));
         INSERT INTO outbox (state) VALUES ('queued');
         COMMIT;"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("floor.sql");
    std::fs::write(&file, script).expect("written");
    let [clients, seconds] = [u64::from(clients), RUN.as_secs()].map(|n| n.to_string());
    let done = server
        .program("pgbench")
        .args([
            "-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds,
        ])
        .args([
            "-h",
            "127.0.0.1",
            "-p",
            &server.port().to_string(),
            "-U",
            "tiepdon",
            "-f",
        ])
        .arg(&file)
        .arg(database)
        .output()
        .expect("pgbench runs");
    let told = String::from_utf8_lossy(&done.stdout);
    let tps = told.lines().find_map(|line| line.strip_prefix("tps = "));
    let tps = tps.and_then(|tps| tps.split(' ').next()?.parse().ok());
    tps.unwrap_or_else(|| panic!("{told}{}", String::from_utf8_lossy(&done.stderr)))
}
