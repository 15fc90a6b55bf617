//! The store of one kiosk in one SQLite file.
//!
//! Invariant: every write is one `BEGIN IMMEDIATE` transaction, committed (in WAL mode with
//! `synchronous=FULL`: on the disk) before the method returns. A second process may use the same
//! file; it waits its turn for at most [`BUSY_MAX`].

mod backup;
mod setup;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql, TransactionBehavior, params_from_iter};

pub use backup::Restored;

use super::database::{Database, Engine, Given, Taken, Taking};
use super::sql::{Fault, Row, Sql, Value, values};
use super::{News, StoreError};
use crate::config;

/// How long a call waits while another process writes. Far longer than a write takes, and within the
/// kiosk's patience with its store.
const BUSY_MAX: Duration = Duration::from_secs(5);
/// How long until it asks again. A write takes about as long as a disk takes to flush.
const BUSY_PAUSE: Duration = Duration::from_millis(1);
/// Statements kept ready: a few more than there are.
const STATEMENTS_MAX: usize = 96;

/// The store in one SQLite file, with its key in another.
pub type Sqlite = Database<SqliteFile>;

/// One SQLite file.
pub struct SqliteFile {
    path: PathBuf,
    connection: Mutex<Connection>,
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
        let file = SqliteFile {
            path: settings.path.clone(),
            connection: Mutex::new(connection),
        };
        Ok(Self::new(file, seal, services))
    }
}

impl SqliteFile {
    /// A thread that panicked inside a transaction rolled it back while it unwound, so the
    /// connection behind a poisoned lock is sound.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for SqliteFile {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn read<T>(&self, mut work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>) -> Result<T, Fault> {
        work(&mut &*self.lock())
    }

    fn view<T>(&self, mut work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>) -> Result<T, Fault> {
        let connection = self.lock();
        let view = connection.unchecked_transaction()?;
        work(&mut &*view)
    }

    fn write<T>(&self, mut work: impl FnMut(&mut dyn Sql) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut connection = self.lock();
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&mut &*tx)?;
        tx.commit()?;
        Ok(value)
    }

    fn take(&self, number: &Taking<'_>) -> Result<Taken, Fault> {
        self.write(|tx| {
            if !load(tx, number)? {
                return Ok(Taken::Full);
            }
            let Some((value, place)) = next(tx, number)? else {
                return Ok(Taken::UsedUp);
            };
            let given = Given {
                number: written(number, value),
                place,
            };
            insert(tx, number, value, &given)?;
            Ok(Taken::Number(given))
        })
    }

    fn news(&self) -> News {
        News::OwnOnly
    }

    /// A program that died holds no file.
    fn fence(&self) -> Result<(), Fault> {
        Ok(())
    }

    fn clock(&self) -> Result<i64, Fault> {
        Ok(Timestamp::now().as_microsecond())
    }

    fn probe(&self) -> Result<String, Fault> {
        let connection = self.lock();
        let settings = setup::settings_of(&connection)?;
        settings.check(&self.path)?;
        Ok(settings.to_string())
    }
}

/// Counts the number against the capacity of its session. False: there is no room.
fn load(tx: &mut dyn Sql, number: &Taking<'_>) -> Result<bool, Fault> {
    let rows = tx.execute(
        "INSERT INTO loads (service, day, session, given)
         SELECT $1, $2, $3, 1 WHERE $4 IS NULL OR $4 > 0
         ON CONFLICT (service, day, session) DO UPDATE SET given = given + 1
         WHERE $4 IS NULL OR given < $4",
        values![number.service, &number.day, number.session, number.capacity],
    )?;
    Ok(rows > 0)
}

/// The counter goes up, from wherever it was; a series that now begins later begins there. Whatever
/// the configuration says today, no value comes twice. Places only grow, whatever the clock does.
fn next(tx: &mut dyn Sql, number: &Taking<'_>) -> Result<Option<(i64, i64)>, Fault> {
    let now = number
        .place
        .unwrap_or_else(|| Timestamp::now().as_microsecond());
    let row = tx.first(
        "INSERT INTO counters (series, day, part, last, place) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (series, day, part) DO UPDATE
         SET last = max(last + 1, excluded.last), place = max(place + 1, excluded.place)
         WHERE max(last + 1, excluded.last) <= $6
         RETURNING last, place",
        values![
            &number.series,
            &number.day,
            number.part,
            number.first,
            now,
            number.last
        ],
    )?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

fn written(number: &Taking<'_>, value: i64) -> String {
    let width = number.digits as usize;
    format!("{}{value:0width$}", number.prefix)
}

fn insert(tx: &mut dyn Sql, number: &Taking<'_>, value: i64, given: &Given) -> Result<(), Fault> {
    tx.execute(
        "INSERT INTO visits (visit, person, kiosk, kind, series, part, day, value, number, service,
             session, lane, place, stops, rejected, state, at, changed, record)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'waiting', $16,
             $16, $17)",
        values![
            number.visit.clone(),
            number.person.clone(),
            number.kiosk,
            number.kind,
            &number.series,
            number.part,
            &number.day,
            value,
            &given.number,
            number.service,
            number.session,
            number.lane,
            given.place,
            &number.stops,
            number.rejected,
            number.at,
            &*number.record
        ],
    )?;
    tx.execute(
        "INSERT INTO outbox (seq, person, state) VALUES (last_insert_rowid(), $1, 'queued')",
        values![number.person.clone()],
    )?;
    Ok(())
}

impl Sql for &Connection {
    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let mut statement = self.prepare_cached(&numbered(sql))?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(values))?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let value = |column| row.get_ref(column).map_err(Fault::from).and_then(owned);
            all.push(Row((0..columns).map(value).collect::<Result<_, _>>()?));
        }
        Ok(all)
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Fault> {
        let mut statement = self.prepare_cached(&numbered(sql))?;
        Ok(statement.execute(params_from_iter(values))? as u64)
    }
}

/// SQLite numbers parameters with a question mark; to it, `$1` is a name.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

fn owned(value: ValueRef<'_>) -> Result<Value, Fault> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => return Err(Fault::Database("a column holds a fraction".to_owned())),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let unique = [
            rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE,
            rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        ];
        let taken = matches!(&error, rusqlite::Error::SqliteFailure(cause, _)
            if cause.code == ErrorCode::ConstraintViolation && unique.contains(&cause.extended_code));
        if taken {
            return Self::Taken(error.to_string());
        }
        let cure = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                ": the disk may be failing; put the last backup in its place with `tiepdon store restore`"
            }
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => {
                ": the disk is full or failing; make room, and ask `tiepdon doctor`"
            }
            Some(_) | None => "",
        };
        Self::Database(format!("{error}{cure}"))
    }
}
