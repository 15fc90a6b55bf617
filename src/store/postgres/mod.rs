//! The store that kiosks share, in PostgreSQL 15 or later.
//!
//! Invariant: no call takes longer than the patience it was opened with; what was not answered by
//! then is [`StoreError::Cut`], and its connection is given up. Async stops at this door: one
//! runtime thread drives the connections, callers block.
//!
//! Commits wait for the disk (`synchronous_commit`), and for the standby where one is configured:
//! a number that was told survives both.

mod backup;
mod connect;
mod line;
mod listen;
mod setup;
mod take;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use tokio::runtime::Runtime;

use super::database::{Database, Engine, Taken, Taking};
use super::key_file;
use super::seal::Seal;
use super::sql::{Fault, Sql};
use super::{News, StoreError};
use crate::config;
use line::Line;

/// The store in PostgreSQL.
pub type Postgres = Database<PostgresServer>;

/// A PostgreSQL server, and the connections to it.
pub struct PostgresServer {
    name: String,
    patience: Duration,
    pool: Pool,
    /// Taken out when this is dropped.
    runtime: Option<Runtime>,
}

impl Postgres {
    /// Prepares the way to the server; nothing is asked of it yet, so that a kiosk starts with the
    /// line down. `kiosk` is who asks; `services` are all queues, the desk's among them.
    ///
    /// # Errors
    /// [`StoreError::Key`] when the key file cannot be used; [`StoreError::Unusable`] when the address
    /// or the CA file cannot work.
    pub fn lazy<'a>(
        settings: &config::SharedStore,
        kiosk: &str,
        key_file: &std::path::Path,
        services: impl IntoIterator<Item = &'a config::Service>,
    ) -> Result<Self, StoreError> {
        let seal = Seal::new(&*key_file::existing(key_file)?);
        let session = connect::session(kiosk);
        let server = PostgresServer::new(settings, &session)?;
        let store = Self::new(server, seal, services);
        listen::start(settings, &session, &store.watchers)?;
        Ok(store)
    }

    /// Looks whether the server can be used, and brings the tables to the newest shape.
    ///
    /// # Errors
    /// [`StoreError::Cut`] when it cannot be reached; [`StoreError::Unusable`] when it is too old, its
    /// tables are newer than this program, or it does not keep what it committed;
    /// [`StoreError::Key`] when the key is another store's.
    pub fn prepare(&self) -> Result<(), StoreError> {
        self.write(|tx| setup::shape(tx, &self.seal))
    }
}

impl PostgresServer {
    fn new(settings: &config::SharedStore, session: &str) -> Result<Self, StoreError> {
        let name = connect::name(settings);
        let unusable = |cause: String| StoreError::Unusable {
            path: name.clone(),
            cause,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("postgres")
            .enable_all()
            .build()
            .map_err(|error| unusable(error.to_string()))?;
        let pool = connect::pool(settings, session).map_err(unusable)?;
        Ok(Self {
            patience: settings.patience,
            pool,
            runtime: Some(runtime),
            name,
        })
    }

    /// A connection for one call, which must end by the deadline.
    fn line(&self) -> Result<Line<'_>, Fault> {
        let runtime = self
            .runtime
            .as_ref()
            .expect("it is taken out when the server is dropped, not before");
        Line::open(runtime, &self.pool, Instant::now() + self.patience)
    }

    fn within<T>(
        &self,
        begin: &str,
        mut work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut line = self.line()?;
        line.batch(begin)?;
        match work(&mut line).and_then(|value| line.batch("COMMIT").map(|()| value)) {
            Ok(value) => {
                line.keep();
                Ok(value)
            }
            Err(fault) => {
                if line.batch("ROLLBACK").is_ok() {
                    line.keep();
                }
                Err(fault)
            }
        }
    }
}

/// The last owner may be a task of another runtime, which must not wait for this one's threads.
impl Drop for PostgresServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Engine for PostgresServer {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn read<T>(&self, mut work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut line = self.line()?;
        let value = work(&mut line)?;
        line.keep();
        Ok(value)
    }

    fn view<T>(&self, work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>) -> Result<T, Fault> {
        self.within("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", work)
    }

    fn write<T>(&self, work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>) -> Result<T, Fault> {
        self.within("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", work)
    }

    fn take(&self, number: &Taking<'_>) -> Result<Taken, Fault> {
        let mut line = self.line()?;
        let taken = take::take(&mut line, number);
        // A statement by itself is a transaction by itself: after an error, too, the line is clean.
        if !matches!(taken, Err(Fault::Cut(_))) {
            line.keep();
        }
        taken
    }

    fn news(&self) -> News {
        News::All
    }

    fn fence(&self) -> Result<(), Fault> {
        let left = self.read(|sql| {
            let row = sql.first(connect::END_EARLIER, &[])?;
            row.map_or(Ok(0), |row| row.get::<i64>(0))
        })?;
        match left {
            0 => Ok(()),
            _ => Err(Fault::Cut(
                "a connection of this kiosk's earlier run does not end".to_owned(),
            )),
        }
    }

    fn clock(&self) -> Result<i64, Fault> {
        self.read(|sql| {
            let row = sql.first("SELECT clock_micros()", &[])?;
            row.map_or(Ok(0), |row| row.get(0))
        })
    }

    fn probe(&self) -> Result<String, Fault> {
        self.read(|sql| setup::probe(sql))
    }
}
