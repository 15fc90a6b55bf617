//! A kiosk between the store that all share and the one of its own: the only place that knows what
//! a cut is.
//!
//! While the line is there, everything is asked of the shared store. When it is cut, the kiosk goes on
//! in its own file: numbers from a series of its own, with the kiosk's prefix before them, durable
//! before they are told; what happens to numbers of the shared store is noted, to be done later. When
//! the line is back, `mend` carries all of it over, visit by visit, and only then is the shared store
//! asked again.
//!
//! Invariants: no number on paper changes; a visit is in exactly one of the two stores, or in both for
//! the moment between its arrival there and its leaving here (what is done with it in that moment is
//! done here, and carried over once more), and arriving twice is arriving once; a
//! number that was taken in a call whose answer never came, and that nobody therefore saw, is void
//! once the line is back.
//!
//! A person may have taken two numbers while two kiosks could not speak: both stay valid, and
//! [`Visits::waiting`] names them to staff.

mod acts;
mod mend;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::database::{Apart, Changed, Database, Engine, Watcher};
use super::{Answer, News, Sqlite, Store, StoreError, Visits};
use crate::queue::Draft;
pub(in crate::store) use acts::Later;

/// How often somebody looks whether the line is back.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The two stores of a kiosk. Dropping it stops its thread.
pub struct Failover<E: Engine + 'static> {
    inner: Arc<Inner<E>>,
    mender: Option<JoinHandle<()>>,
}

/// How the line to the shared store is.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Since when it is cut, and why; none: it is there.
    pub cut: Option<(Timestamp, String)>,
}

struct Inner<E: Engine> {
    shared: Database<E>,
    own: Sqlite,
    /// What stands before the numbers that this kiosk gives by itself.
    prefix: String,
    /// Prepares the shared store: it may be new, or newer than it was.
    prepare: fn(&Database<E>) -> Result<(), StoreError>,
    /// The last row of the own store when this run began.
    began_after: i64,
    /// Held while the end of a cut is told: until then numbers are given here.
    ending: RwLock<()>,
    state: Mutex<State>,
    changed: Condvar,
    look_again: Duration,
}

struct State {
    cut: Option<(Timestamp, String)>,
    clock: SharedClock,
    closed: bool,
}

/// The shared clock, in microseconds since 1970, carried on by this machine's steady one.
#[derive(Clone, Copy)]
struct SharedClock {
    said: i64,
    at: Instant,
    /// Before it was heard for the first time it is this machine's own, which may be wrong.
    heard: bool,
}

impl SharedClock {
    fn at(&self, moment: Instant) -> i64 {
        let since = moment.saturating_duration_since(self.at);
        let since = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        self.said.saturating_add(since)
    }
}

#[cfg(feature = "postgres")]
impl Failover<super::postgres::PostgresServer> {
    /// The shared store of a site, with this kiosk's own behind it. It opens with the line down, too.
    ///
    /// # Errors
    /// [`StoreError::Key`] where the site's key file is not here; whatever is wrong with
    /// the kiosk's own file; an address that cannot work.
    pub fn open(
        config: &crate::config::Config,
        shared: &crate::config::SharedStore,
        prefix: &crate::queue::KioskPrefix,
    ) -> Result<Self, StoreError> {
        let queues = || config.services.iter().chain([&config.desk]);
        let key_file = &config.store.key_file;
        let shared = super::Postgres::lazy(shared, &config.kiosk.id, key_file, queues())?;
        let own = Sqlite::open(&config.store, queues())?;
        Self::start(
            shared.calling(&config.queue),
            own.calling(&config.queue),
            prefix.to_string(),
            super::Postgres::prepare,
            LOOK_AGAIN,
        )
    }
}

impl<E: Engine + 'static> Failover<E> {
    /// Starts with the line counted as cut: the thread that mends looks at once whether it is there,
    /// and carries over what an earlier run left.
    ///
    /// # Errors
    /// The system gives no thread; the kiosk's own file cannot be read.
    pub(super) fn start(
        shared: Database<E>,
        own: Sqlite,
        prefix: String,
        prepare: fn(&Database<E>) -> Result<(), StoreError>,
        look_again: Duration,
    ) -> Result<Self, StoreError> {
        let now = Timestamp::now();
        let inner = Arc::new(Inner {
            began_after: own.last_row()?,
            shared,
            own,
            prefix,
            prepare,
            ending: RwLock::default(),
            state: Mutex::new(State {
                cut: Some((now, "it was not reached yet".to_owned())),
                clock: SharedClock {
                    said: now.as_microsecond(),
                    at: Instant::now(),
                    heard: false,
                },
                closed: false,
            }),
            changed: Condvar::new(),
            look_again,
        });
        // A kiosk that starts with the line up begins on the shared store, not on its own.
        inner.mend();
        let mender = std::thread::Builder::new()
            .name("mender".to_owned())
            .spawn({
                let inner = Arc::clone(&inner);
                move || {
                    while inner.wait_for_cut() {
                        inner.mend();
                    }
                }
            })
            .map_err(|error| StoreError::Unusable {
                path: "the thread that mends".to_owned(),
                cause: error.to_string(),
            })?;
        Ok(Self {
            inner,
            mender: Some(mender),
        })
    }

    /// How the line is.
    pub fn line(&self) -> Line {
        Line {
            cut: self.inner.state().cut.clone(),
        }
    }

    /// Waits until the line is there and everything is carried over, or `patience` has passed;
    /// whether it is there.
    pub fn wait_until_mended(&self, patience: Duration) -> bool {
        let cut = |state: &mut State| state.cut.is_some();
        let waited = self
            .inner
            .changed
            .wait_timeout_while(self.inner.state(), patience, cut);
        waited
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .cut
            .is_none()
    }
}

impl<E: Engine + 'static> Drop for Failover<E> {
    fn drop(&mut self) {
        self.inner.state().closed = true;
        self.inner.changed.notify_all();
        if let Some(mender) = self.mender.take() {
            // A mender that panicked has said so.
            let _ = mender.join();
        }
    }
}

impl<E: Engine> Inner<E> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A cut does not end while this is held.
    fn still(&self) -> RwLockReadGuard<'_, ()> {
        self.ending.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_cut(&self) -> bool {
        self.state().cut.is_some()
    }

    /// Waits until the line is cut, and then a moment, lest it be looked at all the time. False: the
    /// store closes.
    fn wait_for_cut(&self) -> bool {
        let there = |state: &mut State| state.cut.is_none() && !state.closed;
        let state = self.changed.wait_while(self.state(), there);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        let open = |state: &mut State| !state.closed;
        let waited = self
            .changed
            .wait_timeout_while(state, self.look_again, open);
        !waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }

    /// Asks the shared store, while the line is there. None: it is cut.
    fn ask<T>(
        &self,
        question: impl FnOnce(&Database<E>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if self.is_cut() {
            return Ok(None);
        }
        match question(&self.shared) {
            Ok(answer) => Ok(Some(answer)),
            Err(StoreError::Cut { cause, .. }) => {
                self.note_cut(cause);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn note_cut(&self, cause: String) {
        let mut state = self.state();
        if state.cut.is_none() {
            tracing::error!(
                cause,
                "the shared store is cut off: the kiosk goes on by itself"
            );
            state.cut = Some((Timestamp::now(), cause));
        }
        drop(state);
        self.changed.notify_all();
        self.own.watchers.tell(Changed::Anything);
    }

    fn cut_error(&self) -> StoreError {
        let cause = self.state().cut.clone();
        StoreError::Cut {
            database: "the shared store".to_owned(),
            cause: cause.map_or_else(String::new, |(_, cause)| cause),
        }
    }

    /// Now, on the shared clock as it was last heard: this machine's own may have jumped since.
    fn place(&self) -> i64 {
        self.state().clock.at(Instant::now())
    }

    fn issue(&self, draft: &Draft) -> Result<Answer, StoreError> {
        loop {
            // What was given here is told again from here, even when it is carried over.
            if let Some(answer) = self.own.told_before(draft.visit)? {
                return Ok(answer);
            }
            if let Some(answer) = self.ask(|shared| shared.issue(draft))? {
                return Ok(answer);
            }
            let _still = self.still();
            // Otherwise the line came back just now.
            if self.is_cut() {
                return self.issue_apart(draft);
            }
        }
    }

    fn issue_apart(&self, draft: &Draft) -> Result<Answer, StoreError> {
        let apart = Apart {
            prefix: &self.prefix,
            place: self.place(),
        };
        self.own.issue_from(draft, Some(apart))
    }

    /// Does something to a visit wherever it is: here, in the shared store, or there later.
    fn act(&self, act: &Later) -> Result<(), StoreError> {
        loop {
            let still = self.still();
            if let Some(visit) = act.visit()
                && self.own.has(visit)?
            {
                match act.done_to(&self.own) {
                    // It has just left.
                    Err(StoreError::Unknown { .. }) => continue,
                    done => return done,
                }
            }
            if self.is_cut() {
                return self.own.note_later(act);
            }
            drop(still);
            if self.ask(|shared| act.done_to(shared))?.is_some() {
                return Ok(());
            }
        }
    }
}

impl<E: Engine + 'static> Store for Failover<E> {
    fn probe(&self) -> Result<String, StoreError> {
        let own = self.inner.own.probe()?;
        let shared = match self.inner.ask(Database::probe)? {
            Some(shared) => shared,
            None => return Err(self.inner.cut_error()),
        };
        Ok(format!("{shared}; by itself: {own}"))
    }

    fn health(&self) -> Result<(), String> {
        match &self.inner.state().cut {
            None => Ok(()),
            Some((since, cause)) => Err(format!(
                "the shared store is cut off since {since}: this kiosk gives numbers of its own ({}-...); {cause}",
                self.inner.prefix
            )),
        }
    }

    fn watch(&self, watcher: Watcher) -> News {
        self.inner.own.watch(Arc::clone(&watcher));
        self.inner.shared.watch(watcher)
    }

    fn purge(&self, today: jiff::civil::Date, keep_days: u32) -> Result<u64, StoreError> {
        let own = self.inner.own.purge(today, keep_days)?;
        let shared = self.inner.ask(|shared| shared.purge(today, keep_days))?;
        Ok(own + shared.unwrap_or_default())
    }
}
