//! A real store for the tests of the rooms above, in a folder of its own, with the faults that no
//! real store can be brought to: calls that fail, panic, or hang until they are let go.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::{Timestamp, civil::Date};
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use super::{
    Answer, Audit, Backlog, Calls, Command, Fleet, KioskLine, News, NextCall, Order, Ordered,
    Outbox, OutboxRow, QueueLine, Register, Sqlite, Store, StoreError, Tally, VisitLine, Visits,
    Watcher,
};
use crate::config::{self, Service};
use crate::identity::Person;
use crate::queue::{Draft, Paper, PatientRef, ServiceCode, Session};

/// What is wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It says that it cannot.
    Fails,
    /// Once.
    Panics,
    /// It begins, and goes on when it is healed.
    Hangs,
}

/// What does not happen in this time fails the test; nothing else is timed.
const PATIENCE: Duration = Duration::from_secs(60);

/// All calls.
pub(crate) const EVERY: &str = "every call";

/// Called before (true) and after each call that goes to the real store, with its method's name.
pub(crate) type Passing = Box<dyn Fn(&'static str, bool) + Send + Sync>;

/// The store.
pub(crate) struct Faulty {
    inner: Sqlite,
    settings: config::Store,
    faults: Mutex<Faults>,
    changed: Condvar,
    passing: OnceLock<Passing>,
    _folder: Option<TempDir>,
}

#[derive(Default)]
struct Faults {
    by_call: BTreeMap<&'static str, Fault>,
    hanging: BTreeMap<&'static str, u32>,
    /// Calls that have ended.
    done: u64,
}

/// A queue with one letter and three digits.
pub(crate) fn queue(code: &str, prefix: &str) -> Service {
    Service {
        name_vi: format!("Khoa {code}"),
        name_en: format!("Dept {code}"),
        place: format!("P. {code}"),
        ..Service::new(code, prefix)
    }
}

impl Faulty {
    /// A new store without any fault.
    pub(crate) fn new(queues: &[Service]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Self::at(folder.path(), queues);
        store._folder = Some(folder);
        store
    }

    /// The store in a folder that may outlive it.
    pub(crate) fn at(folder: &Path, queues: &[Service]) -> Self {
        let settings = config::Store {
            path: folder.join("store.db"),
            key_file: folder.join("key"),
        };
        Self {
            inner: Sqlite::open(&settings, queues).unwrap(),
            settings,
            faults: Mutex::default(),
            changed: Condvar::new(),
            passing: OnceLock::new(),
            _folder: None,
        }
    }

    /// From now on, whoever passes tells.
    pub(crate) fn tell(&self, passing: Passing) {
        assert!(self.passing.set(passing).is_ok(), "told once");
    }

    fn pass(&self, call: &'static str, before: bool) {
        if let Some(passing) = self.passing.get() {
            passing(call, before);
        }
    }

    /// From now on this call (by its method's name, or [`EVERY`]) has a fault.
    pub(crate) fn strike(&self, call: &'static str, fault: Fault) {
        self.faults().by_call.insert(call, fault);
    }

    /// The call works again; what hung goes on.
    pub(crate) fn heal(&self, call: &'static str) {
        self.faults().by_call.remove(call);
        self.changed.notify_all();
    }

    /// Waits until this call hangs.
    pub(crate) fn wait_until_hanging(&self, call: &'static str) {
        let missing =
            |faults: &mut Faults| faults.hanging.get(call).is_none_or(|count| *count == 0);
        let waited = self
            .changed
            .wait_timeout_while(self.faults(), PATIENCE, missing);
        assert!(!waited.unwrap().1.timed_out(), "{call} was never called");
    }

    /// Waits until the store holds what is waited for; it is looked at after each call.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&Sqlite) -> bool) {
        let mut seen = None;
        loop {
            let same = |faults: &mut Faults| seen == Some(faults.done);
            let waited = self
                .changed
                .wait_timeout_while(self.faults(), PATIENCE, same);
            let (faults, late) = waited.unwrap();
            assert!(!late.timed_out(), "never: {what}");
            seen = Some(faults.done);
            drop(faults);
            if holds(&self.inner) {
                return;
            }
        }
    }

    /// The codes of the audit's lines, as anybody finds them in the file.
    pub(crate) fn audited(&self) -> Vec<String> {
        let file = rusqlite::Connection::open(&self.settings.path).unwrap();
        let mut lines = file
            .prepare("SELECT what FROM audit ORDER BY at, seq")
            .unwrap();
        let codes = lines.query_map([], |row| row.get(0)).unwrap();
        codes.collect::<Result<_, _>>().unwrap()
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn before(&self, call: &'static str) -> Result<(), StoreError> {
        let fault = |faults: &Faults| {
            let named = faults.by_call.get(call);
            named.or_else(|| faults.by_call.get(EVERY)).copied()
        };
        let mut faults = self.faults();
        match fault(&faults) {
            None => {}
            Some(Fault::Fails) => {
                return Err(StoreError::Unusable {
                    path: self.settings.path.display().to_string(),
                    cause: "disk I/O error".into(),
                });
            }
            Some(Fault::Panics) => {
                faults.by_call.remove(call);
                drop(faults);
                panic!("the store panics, as the test wants it");
            }
            Some(Fault::Hangs) => {
                *faults.hanging.entry(call).or_default() += 1;
                self.changed.notify_all();
                let hangs = |faults: &mut Faults| fault(faults) == Some(Fault::Hangs);
                let mut faults = self.changed.wait_while(faults, hangs).unwrap();
                *faults.hanging.entry(call).or_default() -= 1;
            }
        }
        Ok(())
    }
}

/// Each call has its fault, or goes to the real store.
macro_rules! pass_on {
    ($($name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
        $(fn $name(&self, $($arg: $kind),*) -> Result<$out, StoreError> {
            self.before(stringify!($name))?;
            self.pass(stringify!($name), true);
            let answer = self.inner.$name($($arg),*);
            self.pass(stringify!($name), false);
            self.faults().done += 1;
            self.changed.notify_all();
            answer
        })*
    };
}

impl Visits for Faulty {
    pass_on! {
        issue(draft: &Draft) -> Answer;
        paper(visit: Uuid, paper: Paper, at: Timestamp) -> ();
        unclaim(visit: Uuid, at: Timestamp) -> ();
        ask_priority(visit: Uuid, at: Timestamp) -> ();
        settle(visit: Uuid, at: Timestamp) -> ();
        abandon(kiosk: &str, day: Date, at: Timestamp) -> u64;
        tally(day: Date) -> Vec<Tally>;
        waiting(day: Date) -> Vec<VisitLine>;
    }
}

impl Calls for Faulty {
    pass_on! {
        call_next(call: &NextCall) -> Option<QueueLine>;
        order(order: &Order) -> Ordered;
        close(service: &ServiceCode, day: Date, session: Option<Session>, at: Timestamp) -> u64;
        queue(service: &ServiceCode, day: Date) -> Vec<QueueLine>;
        called(day: Date, max: u32) -> Vec<QueueLine>;
        pace(service: &ServiceCode, day: Date, max: u32) -> Vec<u32>;
    }
}

impl Outbox for Faulty {
    pass_on! {
        lead(holder: &str) -> bool;
        resign(holder: &str) -> ();
        due(now: Timestamp, max: u32) -> Vec<OutboxRow>;
        next_due() -> Option<Timestamp>;
        freeze(visit: Uuid, bytes: &[u8]) -> Vec<u8>;
        sent(visit: Uuid, id: &str, at: Timestamp) -> ();
        local(visit: Uuid) -> ();
        postpone(visit: Uuid, at: Timestamp, why: &str) -> ();
        park(visit: Uuid, why: &str) -> ();
        backlog() -> Backlog;
        state(visit: Uuid) -> Option<String>;
    }
}

impl Register for Faulty {
    pass_on! {
        look_up(person: &Person) -> Option<(PatientRef, Person)>;
        remember(person: &Person, at: Timestamp) -> PatientRef;
    }
}

impl Fleet for Faulty {
    pass_on! {
        publish(kiosk: &str, status: &Value, at: Timestamp) -> ();
        kiosks() -> Vec<KioskLine>;
        command(command: &Command) -> ();
        pending(kiosk: &str) -> Vec<Command>;
        answer(id: Uuid, answer: &str, at: Timestamp) -> ();
        commands(max: u32) -> Vec<Command>;
    }
}

impl Audit for Faulty {
    pass_on! {
        append(writer: &str, what: &str, detail: &Value, at: Timestamp) -> ();
        verify() -> u64;
    }
}

impl Store for Faulty {
    fn watch(&self, watcher: Watcher) -> News {
        self.inner.watch(watcher)
    }

    pass_on! {
        probe() -> String;
        purge(today: Date, keep_days: u32) -> u64;
    }
}
