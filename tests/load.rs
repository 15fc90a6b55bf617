//! `tiepdon sim load`, small: many kiosks on one file and on a real PostgreSQL, with kiosks killed,
//! lines cut, and the server itself failed over to its standby, restarted, and crashed. The same with a
//! hundred thousand tickets is a matter of hours: `TIEPDON_SOAK=100000,30 cargo test --release --test
//! load -- --nocapture`.
#![cfg(all(feature = "sim", feature = "postgres"))]
#![allow(clippy::print_stderr, reason = "a test reports what it found")]

#[path = "common/postgres.rs"]
mod postgres;

use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use postgres::Cluster;
use serde_json::Value;
use tiepdon::sim::cable::Line;

/// Persons and kiosks, unless `TIEPDON_SOAK` says otherwise.
const SMALL: (u32, u32) = (300, 5);
/// Between two strikes against the server, in a small load and in a long one.
const STRIKE_EVERY: Duration = Duration::from_secs(3);
/// Strikes in a small load: then there must be time to heal.
const STRIKES: usize = 3;
const STRIKE_SELDOM: Duration = Duration::from_secs(40);

fn size() -> (u32, u32) {
    let wanted = std::env::var("TIEPDON_SOAK").ok();
    wanted.map_or(SMALL, |wanted| {
        let (persons, kiosks) = wanted.split_once(',').expect("PERSONS,KIOSKS");
        (
            persons.parse().expect("a number"),
            kiosks.parse().expect("a number"),
        )
    })
}

fn load(persons: u32, kiosks: u32, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_tiepdon"))
        .args(["sim", "load", "--json"])
        .args(["--tickets", &persons.to_string()])
        .args(["--kiosks", &kiosks.to_string()])
        .args(more)
        .env("TIEPDON_LOG", "off")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// Every promise was kept, and there was something to keep it against.
fn kept(load: Child, persons: u32) -> Value {
    let output = load.wait_with_output().expect("it ends");
    let report = String::from_utf8_lossy(&output.stdout);
    eprintln!("{report}");
    assert!(output.status.success(), "promises were broken: {report}");
    let report: Value = serde_json::from_str(&report).expect("one object");
    let tickets = report["tickets"].as_u64().expect("a number");
    assert!(tickets > u64::from(persons) / 2, "{tickets} of {persons}");
    report
}

#[test]
fn many_kiosks_on_one_file_keep_every_promise_though_they_are_killed() {
    let report = kept(
        load(SMALL.0, SMALL.1, &["--faults", "--seed", "3"]),
        SMALL.0,
    );
    assert!(report["faults"]["killed"].as_u64() > Some(0), "{report}");
}

#[test]
fn many_kiosks_on_a_server_keep_every_promise_whatever_is_cut_or_restarted() {
    let Some(mut server) = Cluster::start(&[]) else {
        return;
    };
    let (persons, kiosks) = size();
    let (every, most) = if persons == SMALL.0 {
        (STRIKE_EVERY, STRIKES)
    } else {
        (STRIKE_SELDOM, usize::MAX)
    };
    let at = |server: &Cluster| (Ipv4Addr::LOCALHOST, server.port()).into();
    let line = Line::lay(at(&server)).expect("a cable");
    let database = server.database();
    let (_, database) = database.rsplit_once('/').expect("an address");
    let url = format!("postgres://tiepdon@{}/{database}", line.address());
    let mut standby = Some(server.standby());
    let mut running = load(persons, kiosks, &["--faults", "--store", &url]);
    let mut done = Vec::new();
    while done.len() < most && running.try_wait().expect("asked").is_none() {
        std::thread::park_timeout(every);
        if running.try_wait().expect("asked").is_some() {
            break;
        }
        if let Some(next) = standby.take() {
            server.crash();
            next.promote();
            line.lead_to(at(&next));
            server = next;
            done.push("failed over");
        } else if done.len() % 2 == 0 {
            server.restart(&[]);
            done.push("restarted");
        } else {
            server.crash();
            server.restart(&[]);
            done.push("crashed");
        }
    }
    eprintln!("the server: {done:?}");
    let report = kept(running, persons);
    assert!(report["given_apart"].as_u64() > Some(0), "{report}");
    assert!(!done.is_empty(), "the server was never struck");
}

/// As soon as the tables are there, something is wrong with what is done to one of them.
fn plant(server: &Cluster, database: &str, (when, fault): (&str, &str)) {
    server.sql(
        database,
        &format!(
            "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 {fault} RETURN NEW; END $$;
             CREATE FUNCTION plant() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF to_regclass('kiosks') IS NULL
                     OR EXISTS (SELECT FROM pg_trigger WHERE tgname = 'planted') THEN RETURN; END IF;
                 ALTER TABLE visits DROP CONSTRAINT visits_series_day_part_value_key;
                 CREATE TRIGGER planted BEFORE {when} FOR EACH ROW EXECUTE FUNCTION planted();
             END $$;
             CREATE EVENT TRIGGER plant ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
                 EXECUTE FUNCTION plant();"
        ),
    );
}

/// Promises that a load saw broken, though nobody killed or cut anything.
fn broken(load: Child) -> Vec<String> {
    let output = load.wait_with_output().expect("it ends");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "nothing was found: {report}");
    let report: Value = serde_json::from_str(&report).expect("one object");
    let promises = [
        "duplicates",
        "lost",
        "ghosts",
        "gaps",
        "encounters",
        "doubles",
        "order",
        "left_behind",
        "unserved",
    ];
    let broken = promises.iter().filter(|name| report[**name] != 0);
    broken.map(|name| (*name).to_owned()).collect()
}

/// The real program on a real server that breaks a promise now and then.
#[test]
fn a_store_with_a_planted_fault_is_found_out() {
    let Some(server) = Cluster::start(&[]) else {
        return;
    };
    let planted = [
        (
            "the counter stands still now and then",
            (
                "UPDATE ON counters",
                "NEW.last := NEW.last - (NEW.last % 5 = 0)::int;",
            ),
            "duplicates",
        ),
        (
            "the counter leaps now and then",
            (
                "UPDATE ON counters",
                "NEW.last := NEW.last + (NEW.last % 5 = 0)::int;",
            ),
            "gaps",
        ),
        (
            "what is to be sent is forgotten now and then",
            (
                "INSERT ON outbox",
                "IF NEW.seq % 5 = 0 THEN RETURN NULL; END IF;",
            ),
            "encounters",
        ),
    ];
    for (what, fault, expected) in planted {
        let url = server.database();
        let (_, database) = url.rsplit_once('/').expect("an address");
        plant(&server, database, fault);
        let found = broken(load(100, 3, &["--store", &url]));
        assert!(found.contains(&expected.to_owned()), "{what}: {found:?}");
    }
}

/// A standby that was not waited for takes over without what it did not have yet.
#[test]
fn numbers_that_a_failover_forgot_are_found_out() {
    let Some(mut server) = Cluster::start(&[]) else {
        return;
    };
    let at = |server: &Cluster| (Ipv4Addr::LOCALHOST, server.port()).into();
    let line = Line::lay(at(&server)).expect("a cable");
    let url = server.database();
    let (_, database) = url.rsplit_once('/').expect("an address");
    let by_cable = format!("postgres://tiepdon@{}/{database}", line.address());
    let standby = server.standby();
    server.do_not_wait();
    let running = load(200, 3, &["--store", &by_cable]);
    let given = |server: &Cluster, at_least: u32| {
        // The server's own count, which is there before the table is.
        let there = format!(
            "SELECT coalesce(sum(n_tup_ins), 0) >= {at_least} FROM pg_stat_user_tables
             WHERE relname = 'visits'"
        );
        while server.sql(database, &there) != "t" {
            std::thread::park_timeout(Duration::from_millis(50));
        }
    };
    given(&server, 10);
    standby.stop_following();
    given(&server, 60);
    server.crash();
    standby.promote();
    line.lead_to(at(&standby));
    let found = broken(running);
    assert!(found.contains(&"lost".to_owned()), "{found:?}");
}
