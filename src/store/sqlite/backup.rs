//! A copy of the store to a file, and back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{Sqlite, StoreError, setup};
use crate::config;
use crate::store::database::skip_numbers;
use crate::store::files::{NewFile, set_aside_as, unusable};
use crate::store::sql::Fault;

/// What was put in the place of a store.
#[derive(Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where the store that was there is now; none: there was none.
    pub aside: Option<PathBuf>,
    /// Series whose numbers go on later.
    pub series: u64,
}

impl Sqlite {
    /// Copies the store, as it stands in one moment, into a new file for its owner alone. Kiosks go on
    /// meanwhile. The key is not in it: nobody can read the copy without the key file.
    ///
    /// # Errors
    /// The file exists, or cannot be written; the store cannot be read.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        if to.exists() {
            return Err(unusable(to, "it exists: name a new file"));
        }
        let failed = |error: io::Error| unusable(to, &error.to_string());
        let file = NewFile::beside(to);
        file.make().map_err(failed)?;
        let name = file.path().display().to_string();
        self.engine
            .lock()
            .execute("VACUUM INTO ?1", [&name])
            .map_err(|error| unusable(to, &error.to_string()))?;
        fs::File::open(file.path())
            .and_then(|copy| copy.sync_all())
            .map_err(failed)?;
        file.publish(to).map_err(failed)
    }

    /// Puts a backup in the place of the store, which is set aside. Between the backup and now numbers
    /// were given that it does not know, so the series of its last day and of later ones go on `skip`
    /// numbers later: none of them is on paper twice.
    ///
    /// # Errors
    /// The backup is damaged, of another program or another key; a program has the store open.
    pub fn restore(
        settings: &config::Store,
        backup: &Path,
        skip: u32,
    ) -> Result<Restored, StoreError> {
        let path = settings.path.as_path();
        let failed = |error: io::Error| unusable(path, &error.to_string());
        sound(backup)?;
        let file = NewFile::beside(path);
        fs::copy(backup, file.path()).map_err(|error| unusable(backup, &error.to_string()))?;
        let copy = config::Store {
            path: file.path().to_owned(),
            key_file: settings.key_file.clone(),
        };
        let (connection, _) = setup::open(&copy)?;
        let gone_on = || -> Result<u64, Fault> {
            let series = skip_numbers(&mut &connection, skip)?;
            // Everything is in the one file, with nothing beside it.
            let mode = |mode: &str| connection.pragma_update(None, "journal_mode", mode);
            mode("delete")?;
            Ok(series)
        };
        let series = gone_on().map_err(|fault| fault.of(&path.display().to_string()))?;
        connection
            .close()
            .map_err(|(_, error)| unusable(path, &error.to_string()))?;
        let aside = set_aside(path)?;
        fs::File::open(file.path())
            .and_then(|copy| copy.sync_all())
            .map_err(failed)?;
        file.publish(path).map_err(failed)?;
        Ok(Restored { aside, series })
    }
}

/// A database that has all its pages.
fn sound(backup: &Path) -> Result<(), StoreError> {
    let look = || -> rusqlite::Result<String> {
        let backup = Connection::open_with_flags(backup, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        backup.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
    };
    match look() {
        Ok(answer) if answer == "ok" => Ok(()),
        Ok(answer) => Err(unusable(backup, &format!("it is damaged: {answer}"))),
        Err(error) => Err(unusable(backup, &error.to_string())),
    }
}

/// The store gets another name, unless a program has it open.
fn set_aside(path: &Path) -> Result<Option<PathBuf>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    let alone = || -> rusqlite::Result<()> {
        let store = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Only the one program that has it open may leave WAL mode.
        store.pragma_update(None, "journal_mode", "delete")
    };
    if let Err(error) = alone() {
        // A store that cannot even be opened is what backups are for.
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) {
            return Err(unusable(
                path,
                "a program has it open: stop the kiosk first",
            ));
        }
    }
    let aside = set_aside_as(path);
    if aside.exists() {
        return Err(unusable(
            &aside,
            "it is of an earlier restore: move it away first",
        ));
    }
    fs::rename(path, &aside).map_err(|error| unusable(path, &error.to_string()))?;
    for end in ["-wal", "-shm"] {
        let mut companion = path.as_os_str().to_owned();
        companion.push(end);
        // What cannot be removed would be taken for the new store's.
        match fs::remove_file(PathBuf::from(&companion)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(unusable(path, &error.to_string()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(Some(aside))
}
