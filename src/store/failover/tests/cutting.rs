//! A shared store whose line can be cut at any instant: before a call arrives, or after it was done
//! and before its answer comes.

use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::config;
use crate::store::conformance::services;
use crate::store::database::{Database, Engine, Taken, Taking};
use crate::store::failover::Failover;
use crate::store::sql::{Fault, Sql};
use crate::store::sqlite::SqliteFile;
use crate::store::{News, Sqlite, StoreError};

/// Far more than any of this takes.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// Where the line is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// Nothing arrives.
    Before,
    /// It is done, and nobody hears of it.
    After,
}

/// The line of one kiosk.
#[derive(Default)]
pub(super) struct Wire {
    cut: Mutex<Option<Cut>>,
    /// Calls that still pass; below zero: all of them.
    left: AtomicI64,
    calls: AtomicU32,
}

impl Wire {
    pub(super) fn whole() -> Arc<Self> {
        let wire = Self::default();
        wire.left.store(-1, Ordering::SeqCst);
        Arc::new(wire)
    }

    /// Cuts it after so many further calls; it stays cut.
    pub(super) fn cut_after(&self, calls: u32, how: Cut) {
        *self.cut.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
        self.left.store(calls.into(), Ordering::SeqCst);
    }

    pub(super) fn cut(&self) {
        self.cut_after(0, Cut::Before);
    }

    pub(super) fn heal(&self) {
        self.left.store(-1, Ordering::SeqCst);
    }

    /// Calls so far that passed.
    pub(super) fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    fn pass<T>(&self, call: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        let left = self.left.load(Ordering::SeqCst);
        if left == 0 {
            let how = *self.cut.lock().unwrap_or_else(PoisonError::into_inner);
            // Only the call that meets the cut is done; the next ones find the line dead.
            if how == Some(Cut::After) {
                self.cut();
                call()?;
            }
            return Err(Fault::Cut("the test cut the line".to_owned()));
        }
        if left > 0 {
            self.left.store(left - 1, Ordering::SeqCst);
        }
        self.calls.fetch_add(1, Ordering::SeqCst);
        call()
    }
}

/// The shared store, as one kiosk reaches it.
pub(super) struct Cutting {
    file: SqliteFile,
    wire: Arc<Wire>,
}

impl Engine for Cutting {
    fn name(&self) -> String {
        "the shared store".to_owned()
    }

    fn read<T>(&self, work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>) -> Result<T, Fault> {
        self.wire.pass(|| self.file.read(work))
    }

    fn view<T>(&self, work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>) -> Result<T, Fault> {
        self.wire.pass(|| self.file.view(work))
    }

    fn write<T>(&self, work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>) -> Result<T, Fault> {
        self.wire.pass(|| self.file.write(work))
    }

    fn take(&self, number: &Taking<'_>) -> Result<Taken, Fault> {
        self.wire.pass(|| self.file.take(number))
    }

    fn news(&self) -> News {
        self.file.news()
    }

    fn fence(&self) -> Result<(), Fault> {
        self.wire.pass(|| self.file.fence())
    }

    fn clock(&self) -> Result<i64, Fault> {
        self.wire.pass(|| self.file.clock())
    }

    fn probe(&self) -> Result<String, Fault> {
        self.wire.pass(|| self.file.probe())
    }
}

pub(super) fn shared(folder: &Path) -> Sqlite {
    open(folder, "shared")
}

fn open(folder: &Path, name: &str) -> Sqlite {
    let settings = config::Store {
        path: folder.join(name).with_extension("db"),
        // One key: what is sealed in one store opens in the other.
        key_file: folder.join("key"),
    };
    Sqlite::open(&settings, &services()).expect("a store")
}

/// A kiosk with this prefix, in whatever state it was left.
pub(super) fn kiosk(folder: &Path, prefix: &str, wire: &Arc<Wire>) -> Failover<Cutting> {
    let Database { engine, seal, .. } = shared(folder);
    let wire = Arc::clone(wire);
    let shared = Database::new(Cutting { file: engine, wire }, seal, &services());
    let own = open(folder, prefix);
    let reached = |store: &Database<Cutting>| -> Result<(), StoreError> { store.clock().map(drop) };
    Failover::start(shared, own, prefix.to_owned(), reached, LOOK_AGAIN).expect("a thread")
}
