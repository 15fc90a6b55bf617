//! The store, written once in SQL that SQLite and PostgreSQL share.
//!
//! Invariants: a write is one transaction, durable when the method returns; rules rest on unique
//! keys, never on what was read before. Who finds a key taken was overtaken, and asks again.
//!
//! # Isolation
//! Two check-ins may run at the same instant, on two kiosks, through a database that lets them
//! (PostgreSQL at READ COMMITTED) or lets one wait (SQLite). Three keys decide, whatever was read:
//! one visit has one row, one person has one live number in a queue on a day of one series, one value
//! of a series is given once. (Of the series of a kiosk that was cut off twice, a person may have two: the
//! second time it did not know of the first. In its own file it is the only one who writes.) The counter's row is locked by the statement that takes the number
//! and is changed in the same transaction as visit and outbox row, so that values have no gaps: a
//! transaction that fails gives its value back. What a person did elsewhere that day (a rejected card)
//! is read before: two things that happen at once have no order, and either is right.

mod audit;
mod calls;
#[cfg(any(feature = "postgres", test))]
mod carry;
mod fleet;
mod issue;
mod lines;
mod outbox;
mod register;
mod visits;
mod watchers;

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

#[cfg(any(feature = "postgres", test))]
pub(super) use issue::Apart;
pub use watchers::{Changed, Watcher, Watchers};

use super::seal::Seal;
use super::sql::{Fault, Row, Sql, Value, values};
use super::{News, Store, StoreError};
use crate::config;
use crate::queue::{Interleave, ServiceCode};

/// How often somebody may be overtaken before the store is called unusable. Each time another
/// check-in of the same person or visit has ended, so a few are many.
const OVERTAKEN_MAX: u32 = 16;

/// Visits that one transaction forgets.
const PURGED_AT_ONCE: u32 = 200;

/// A database that holds a store.
pub trait Engine: Send + Sync {
    /// Its file or address, for errors.
    fn name(&self) -> String;

    /// Does `work`; each statement by itself.
    fn read<T>(&self, work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>) -> Result<T, Fault>;

    /// Does `work` on one view of the database, whatever others write meanwhile.
    fn view<T>(&self, work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>) -> Result<T, Fault>;

    /// Does `work` as one durable transaction: all of it, or on any error nothing. It may be done
    /// again from its beginning where others stood in its way.
    fn write<T>(&self, work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>) -> Result<T, Fault>;

    /// Takes the next number of a series and writes the visit and its outbox row; none where the
    /// series or the queue's capacity is used up. The shortest way that the database has, for the
    /// counter is locked meanwhile.
    ///
    /// # Errors
    /// [`Fault::Taken`] where visit or person have a number by now.
    fn take(&self, number: &Taking<'_>) -> Result<Taken, Fault>;

    /// Ends what an earlier run of this kiosk still has on its way here, and waits until it has ended:
    /// from then on nothing of that run is written.
    ///
    /// # Errors
    /// [`Fault::Cut`] where that is not certain.
    fn fence(&self) -> Result<(), Fault>;

    /// Its clock, in microseconds since 1970.
    fn clock(&self) -> Result<i64, Fault>;

    /// How changes by other programs are heard of.
    fn news(&self) -> News;

    /// One line for `doctor`: durability settings as the database itself reports them.
    fn probe(&self) -> Result<String, Fault>;
}

/// A number that is to be taken, and the visit that goes with it.
pub struct Taking<'a> {
    pub(super) visit: Value,
    pub(super) person: Value,
    pub(super) kiosk: &'a str,
    pub(super) kind: &'static str,
    /// The counter: a service, or a kiosk's own of it.
    pub(super) series: String,
    /// The part of the day whose numbers begin anew; 0 for the whole day.
    pub(super) part: u32,
    pub(super) session: u32,
    pub(super) service: &'a str,
    pub(super) lane: i64,
    pub(super) day: String,
    pub(super) rejected: bool,
    pub(super) at: Timestamp,
    /// Where the visit stands on the shared clock; none: now.
    pub(super) place: Option<i64>,
    pub(super) record: Vec<u8>,
    pub(super) stops: String,
    /// What stands before the digits, and how many there are.
    pub(super) prefix: String,
    pub(super) digits: u32,
    pub(super) first: u32,
    pub(super) last: u32,
    /// Numbers that the queue may give in this session.
    pub(super) capacity: Option<u32>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// A number, with its row.
    Number(Given),
    /// All numbers of this session are given.
    Full,
    /// The series has no further number.
    UsedUp,
}

/// A number that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub(super) number: String,
    pub(super) place: i64,
}

/// The store in a database, with its key in a file.
pub struct Database<E> {
    pub(super) engine: E,
    pub(super) seal: Seal,
    services: Vec<config::Service>,
    interleave: Interleave,
    skip_behind: u32,
    pub(super) watchers: Arc<Watchers>,
}

impl<E: Engine> Database<E> {
    /// `services` are all queues, the desk's among them.
    pub(super) fn new<'a>(
        engine: E,
        seal: Seal,
        services: impl IntoIterator<Item = &'a config::Service>,
    ) -> Self {
        let queue = config::Queue::default();
        Self {
            engine,
            seal,
            services: services.into_iter().cloned().collect(),
            interleave: queue.interleave,
            skip_behind: queue.skip_behind,
            watchers: Arc::default(),
        }
    }

    /// Calls as the site wants it.
    #[must_use]
    pub fn calling(mut self, queue: &config::Queue) -> Self {
        (self.interleave, self.skip_behind) = (queue.interleave, queue.skip_behind);
        self
    }

    pub(super) fn read<T>(
        &self,
        work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        self.engine.read(work).map_err(|fault| self.error(fault))
    }

    fn view<T>(&self, work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>) -> Result<T, StoreError> {
        self.engine.view(work).map_err(|fault| self.error(fault))
    }

    pub(super) fn write<T>(
        &self,
        mut work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        for _ in 1..OVERTAKEN_MAX {
            match self.engine.write(&mut work) {
                Err(Fault::Taken(_)) => {}
                done => return done.map_err(|fault| self.error(fault)),
            }
        }
        self.engine.write(work).map_err(|fault| self.error(fault))
    }

    /// A write of which others wait to hear.
    fn write_news<T>(
        &self,
        changed: Changed,
        work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let done = self.write(work);
        if done.is_ok() {
            self.watchers.tell(changed);
        }
        done
    }

    fn error(&self, fault: Fault) -> StoreError {
        fault.of(&self.engine.name())
    }

    fn service(&self, code: &ServiceCode) -> Result<&config::Service, StoreError> {
        let mut services = self.services.iter();
        services
            .find(|service| service.code == *code)
            .ok_or_else(|| StoreError::NoService(code.0.clone()))
    }
}

impl<E: Engine> Store for Database<E> {
    fn probe(&self) -> Result<String, StoreError> {
        self.engine.probe().map_err(|fault| self.error(fault))
    }

    fn watch(&self, watcher: Watcher) -> News {
        self.watchers.add(watcher);
        self.engine.news()
    }

    fn purge(&self, today: Date, keep_days: u32) -> Result<u64, StoreError> {
        let last = self.read(|sql| {
            let last = "SELECT max(day) FROM visits WHERE day <= $1";
            let row = sql.first(last, values![today.to_string()])?;
            row.map_or(Ok(None), |row| row.get::<Option<String>>(0))
        })?;
        let before = last
            .and_then(|day| day.parse::<Date>().ok())
            .and_then(|day| day.checked_sub(Span::new().days(keep_days)).ok());
        let Some(before) = before else { return Ok(0) };
        let midnight = TimeZone::UTC.to_timestamp(before.at(0, 0, 0, 0));
        let midnight = midnight.unwrap_or(Timestamp::MIN);
        self.write(|tx| tx.execute("DELETE FROM commands WHERE at < $1", values![midnight]))?;
        let (before, mut all) = (before.to_string(), 0);
        loop {
            // A few at a time: somebody may be waiting for a number.
            let (sent, gone) = self.write(|tx| purge_some(tx, &before))?;
            all += gone;
            if sent + gone == 0 {
                return Ok(all);
            }
        }
    }
}

/// After a backup was put back: the series of its last day, and of later ones, go on so many numbers
/// later, for it does not know what was given since. Gives how many series.
pub(super) fn skip_numbers(sql: &mut dyn Sql, skip: u32) -> Result<u64, Fault> {
    sql.execute(
        "UPDATE counters SET last = last + $1
         WHERE day >= coalesce((SELECT max(day) FROM visits), '')",
        values![skip],
    )
}

/// Rows of the outbox and visits that are forgotten.
fn purge_some(tx: &mut dyn Sql, before: &str) -> Result<(u64, u64), Fault> {
    let sent = tx.execute(
        "DELETE FROM outbox WHERE seq IN (
             SELECT visits.seq FROM visits JOIN outbox USING (seq)
             WHERE day < $1 AND outbox.state IN ('sent', 'local') LIMIT $2)",
        values![before, PURGED_AT_ONCE],
    )?;
    let gone = tx.execute(
        "DELETE FROM visits WHERE seq IN (
             SELECT seq FROM visits WHERE day < $1
             AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.seq = visits.seq) LIMIT $2)",
        values![before, PURGED_AT_ONCE],
    )?;
    Ok((sent, gone))
}
