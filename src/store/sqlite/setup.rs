//! Opening: the file and who may read it, the settings that durability needs, the shape of the
//! tables, and whether the key is this store's.

use std::fmt;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Instant;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use subtle::ConstantTimeEq;

use super::{BUSY_MAX, BUSY_PAUSE, Fault, STATEMENTS_MAX, StoreError};
use crate::config;
use crate::store::files::{NewFile, close_to_others, make_folder_of, unusable};
use crate::store::key_file::key_of;
use crate::store::seal::Seal;

/// All shapes of the tables, oldest first. The store knows how many of them it has been through.
const SHAPES: &[&str] = &[
    include_str!("../schema/sqlite/0001.sql"),
    include_str!("../schema/sqlite/0002.sql"),
    include_str!("../schema/sqlite/0003.sql"),
    include_str!("../schema/sqlite/0004.sql"),
];
/// `PRAGMA synchronous`: FULL.
const FULL: i64 = 2;

/// Opens the file, in the state in which it may be used, and the keys that go with it.
pub(super) fn open(settings: &config::Store) -> Result<(Connection, Seal), StoreError> {
    let path = settings.path.as_path();
    let key_file = settings.key_file.as_path();
    let seal = Seal::new(&*key_of(path, key_file)?);
    if path.exists() {
        close_to_others(path).map_err(|error| unusable(path, &error.to_string()))?;
    } else {
        make(path, key_file, &seal)?;
    }
    Ok((connect(path, key_file, &seal)?, seal))
}

/// Makes a new store whole before it gets its name. Two processes that make one in the same file
/// would meet in the change to WAL mode, which SQLite refuses at once instead of waiting. Besides,
/// SQLite would make the file readable to all; the files beside it take over its mode.
fn make(path: &Path, key_file: &Path, seal: &Seal) -> Result<(), StoreError> {
    let failed = |error: io::Error| unusable(path, &error.to_string());
    make_folder_of(path).map_err(failed)?;
    let file = NewFile::beside(path);
    file.make().map_err(failed)?;
    connect(file.path(), key_file, seal)?
        .close()
        .map_err(|(_, error)| unusable(path, &error.to_string()))?;
    file.publish(path).map_err(failed)
}

/// Nothing is written to a file before it is known as a store, and to a store before its key is
/// known as the right one.
fn connect(path: &Path, key_file: &Path, seal: &Seal) -> Result<Connection, StoreError> {
    let connected = || -> Result<Connection, Fault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        connection.busy_handler(Some(wait_for_turn()))?;
        if version(&connection, path)? > 0 {
            check_key(&connection, path, key_file, seal)?;
        }
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        // What is purged is overwritten, and nothing goes to a temporary file.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        connection.pragma_update(None, "trusted_schema", false)?;
        // A table that is made anew loses its rows for a moment: to those that refer to them, too.
        connection.pragma_update(None, "foreign_keys", false)?;
        shape(&mut connection, path, seal)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        settings_of(&connection)?.check(path)?;
        Ok(connection)
    };
    connected().map_err(|fault| fault.of(&path.display().to_string()))
}

/// Waits while another process writes. SQLite's own waits grow to a tenth of a second: beside a
/// program that writes all the time, which leaves only small gaps, they missed every gap for five
/// seconds. A lock between processes wakes nobody, so this asks again soon.
fn wait_for_turn() -> impl FnMut(i32) -> bool {
    let mut since = Instant::now();
    move |asked| {
        if asked == 0 {
            since = Instant::now();
        }
        thread::park_timeout(BUSY_PAUSE);
        since.elapsed() < BUSY_MAX
    }
}

/// How many shapes the tables have been through: 0 for a file without any.
fn version(connection: &Connection, path: &Path) -> Result<usize, Fault> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let version = version as usize;
    let tables = "SELECT count(*) FROM sqlite_schema";
    let tables: u32 = connection.query_row(tables, [], |row| row.get(0))?;
    if version == 0 && tables > 0 {
        return Err(unusable(path, "it is a database of another program").into());
    }
    let newest = SHAPES.len();
    if version > newest {
        let cause = format!(
            "its tables are of version {version}, this program knows {newest}: install the newer \
             program"
        );
        return Err(unusable(path, &cause).into());
    }
    Ok(version)
}

/// Compares the key with what the store noted of the one it was made with.
fn check_key(
    connection: &Connection,
    path: &Path,
    key_file: &Path,
    seal: &Seal,
) -> Result<(), Fault> {
    let noted = "SELECT value FROM meta WHERE name = 'key'";
    let noted: Vec<u8> = connection.query_row(noted, [], |row| row.get(0))?;
    if bool::from(noted.ct_eq(seal.check().as_slice())) {
        return Ok(());
    }
    Err(Fault::Store(StoreError::Key {
        path: key_file.display().to_string(),
        cause: format!(
            "it is the key of another store, not of {}: restore the right one",
            path.display()
        ),
    }))
}

/// Brings the tables to the newest shape, in one transaction; a new store notes its key.
fn shape(connection: &mut Connection, path: &Path, seal: &Seal) -> Result<(), Fault> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version(&tx, path)?;
    if version == SHAPES.len() {
        return Ok(());
    }
    for shape in &SHAPES[version..] {
        tx.execute_batch(shape)?;
    }
    if version == 0 {
        let check = seal.check().as_slice();
        tx.execute("INSERT INTO meta (name, value) VALUES ('key', ?1)", [check])?;
    }
    tx.pragma_update(None, "user_version", SHAPES.len() as u32)?;
    tx.commit()?;
    Ok(())
}

/// The settings on which durability rests, as the database reports them.
#[derive(Debug)]
pub(super) struct Settings {
    journal: String,
    synchronous: i64,
    foreign_keys: bool,
    version: u32,
}

/// Asks the database.
pub(super) fn settings_of(connection: &Connection) -> rusqlite::Result<Settings> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok(Settings {
        journal: connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?,
        synchronous: number("synchronous")?,
        foreign_keys: number("foreign_keys")? == 1,
        version: connection.pragma_query_value(None, "user_version", |row| row.get(0))?,
    })
}

impl Settings {
    /// Refuses settings with which a number could be lost.
    pub(super) fn check(&self, path: &Path) -> Result<(), StoreError> {
        if self.journal == "wal" && self.synchronous == FULL && self.foreign_keys {
            return Ok(());
        }
        let cause = format!("it does not keep the settings that durability needs ({self})");
        Err(unusable(path, &format!("{cause}: put it on a local disk")))
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let synchronous = match self.synchronous {
            FULL => "full".to_owned(),
            other => other.to_string(),
        };
        write!(
            f,
            "SQLite {}, journal_mode={}, synchronous={synchronous}, foreign_keys={}, version {}",
            rusqlite::version(),
            self.journal,
            if self.foreign_keys { "on" } else { "off" },
            self.version,
        )
    }
}
