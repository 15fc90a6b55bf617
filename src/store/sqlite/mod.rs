//! The store of one kiosk in one SQLite file.
//!
//! Invariant: every write is one `BEGIN IMMEDIATE` transaction, committed (in WAL mode with
//! `synchronous=FULL`: on the disk) before the method returns. A second process may use the same
//! file; it waits its turn for at most [`BUSY_MAX`].

mod audit;
mod fleet;
mod outbox;
mod register;
mod setup;
#[cfg(test)]
mod tests;
mod visits;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use rusqlite::{Connection, Row, Transaction, TransactionBehavior};
use uuid::Uuid;

use super::seal::Seal;
use super::{Store, StoreError};
use crate::config;
use crate::queue::{Series, ServiceCode};

/// How long a call waits while another process writes. Far longer than a write takes, and within the
/// kiosk's patience with its store.
const BUSY_MAX: Duration = Duration::from_secs(5);
/// How long until it asks again. A write takes about as long as a disk takes to flush.
const BUSY_PAUSE: Duration = Duration::from_millis(1);
/// Statements kept ready: a few more than there are.
const STATEMENTS_MAX: usize = 64;

/// The store in one SQLite file, with its key in another.
pub struct Sqlite {
    path: PathBuf,
    seal: Seal,
    series: Vec<(ServiceCode, Series)>,
    connection: Mutex<Connection>,
}

/// A fault inside a transaction, before it is known which file it is of.
enum Fault {
    Database(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    fn of(self, path: &Path) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Database(error) => setup::unusable(path, &error.to_string()),
        }
    }
}

impl Sqlite {
    /// Opens the store, or makes it with its key at the first start. `services` are all queues, the
    /// desk's among them.
    ///
    /// # Errors
    /// [`StoreError::Key`] when the key file is missing beside an existing store, open to others or
    /// not this store's; [`StoreError::Unusable`] when the file cannot be used, is newer than this
    /// program, or does not accept the settings that durability needs.
    pub fn open<'a>(
        settings: &config::Store,
        services: impl IntoIterator<Item = &'a config::Service>,
    ) -> Result<Self, StoreError> {
        let (connection, seal) = setup::open(settings)?;
        let series = services
            .into_iter()
            .map(|service| (service.code.clone(), service.series.clone()))
            .collect();
        Ok(Self {
            path: settings.path.clone(),
            seal,
            series,
            connection: Mutex::new(connection),
        })
    }

    /// Does `work` as one durable transaction: all of it, or on any error nothing.
    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let mut connection = self.lock();
        let done = || -> Result<T, Fault> {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&tx)?;
            tx.commit()?;
            Ok(value)
        };
        done().map_err(|fault| fault.of(&self.path))
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        work(&self.lock()).map_err(|fault| fault.of(&self.path))
    }

    /// A thread that panicked inside a transaction rolled it back while it unwound, so the
    /// connection behind a poisoned lock is sound.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn series(&self, service: &ServiceCode) -> Result<&Series, StoreError> {
        self.series
            .iter()
            .find_map(|(code, series)| (code == service).then_some(series))
            .ok_or_else(|| StoreError::NoService(service.0.clone()))
    }
}

impl Store for Sqlite {
    fn probe(&self) -> Result<String, StoreError> {
        self.read(|connection| {
            let settings = setup::settings_of(connection)?;
            settings.check(&self.path)?;
            Ok(settings.to_string())
        })
    }

    fn purge(&self, before: Date) -> Result<u64, StoreError> {
        let midnight = TimeZone::UTC.to_timestamp(before.at(0, 0, 0, 0));
        let midnight = midnight.map_or(i64::MIN, micros);
        self.write(|tx| {
            let old = "SELECT seq FROM visits WHERE day < ?1";
            tx.execute(
                &format!("DELETE FROM outbox WHERE seq IN ({old}) AND state IN ('sent', 'local')"),
                [before.to_string()],
            )?;
            let gone = tx.execute(
                "DELETE FROM visits WHERE day < ?1 AND seq NOT IN (SELECT seq FROM outbox)",
                [before.to_string()],
            )?;
            tx.execute("DELETE FROM commands WHERE at < ?1", [midnight])?;
            Ok(gone as u64)
        })
    }
}

/// Microseconds since 1970: what an integer column holds. `jiff` bounds a time to years that fit.
fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    let micros: i64 = row.get(column)?;
    Timestamp::from_microsecond(micros)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, micros))
}

fn uuid(row: &Row<'_>, column: &str) -> rusqlite::Result<Uuid> {
    row.get(column).map(Uuid::from_bytes)
}
