//! A copy of the shared store to a file, and back, by PostgreSQL's own programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Postgres, connect};
use crate::config::SharedStore;
use crate::store::sql::{Fault, Sql, values};
use crate::store::sqlite::Restored;
use crate::store::{Store, StoreError};

impl Postgres {
    /// Copies the shared store, as it stands in one moment, into a new file for its owner alone. Kiosks
    /// go on meanwhile. The key is not in it.
    ///
    /// # Errors
    /// The file exists, or cannot be written; `pg_dump` is not here, or says why not.
    pub fn backup(settings: &SharedStore, to: &Path) -> Result<(), StoreError> {
        if to.exists() {
            return Err(unusable(to, "it exists: name a new file"));
        }
        let mut part = to.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        // Nobody else reads what is being written.
        let mut dump = Command::new("sh");
        dump.args(["-c", "umask 077; exec pg_dump \"$@\"", "pg_dump"])
            .args(["--format=custom", "--no-owner", "--file"])
            .arg(&part)
            .arg(&settings.url);
        run(dump, settings, "pg_dump")?;
        std::fs::File::open(&part)
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(&part, to))
            .map_err(|error| unusable(to, &error.to_string()))
    }

    /// Puts a backup in the place of the shared store, which is copied to a file beside the backup. The
    /// series of its last day go on `skip` numbers later: none that was given since is on paper twice.
    ///
    /// # Errors
    /// A kiosk is connected; the backup is damaged, or of another key; `pg_restore` is not here, or says
    /// why not. The store is as it was then.
    pub fn restore(
        &self,
        settings: &SharedStore,
        backup: &Path,
        skip: u32,
    ) -> Result<Restored, StoreError> {
        let others = self.read(|sql| {
            count(
                sql,
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                 AND application_name LIKE 'tiepdon %'
                 AND application_name <> current_setting('application_name')",
            )
        })?;
        if others > 0 {
            return Err(StoreError::Unusable {
                path: connect::name(settings),
                cause: "kiosks are connected: stop them first".to_owned(),
            });
        }
        let tables = "SELECT count(*) FROM pg_class WHERE oid = to_regclass('visits')";
        let aside = match self.read(|sql| count(sql, tables))? {
            0 => None,
            _ => {
                let mut aside = backup.as_os_str().to_owned();
                aside.push(".before-restore");
                let aside = PathBuf::from(aside);
                Self::backup(settings, &aside)?;
                Some(aside)
            }
        };
        let mut restore = Command::new("pg_restore");
        restore
            .args(["--clean", "--if-exists", "--no-owner"])
            .args(["--single-transaction", "--exit-on-error", "--dbname"])
            .arg(&settings.url)
            .arg(backup);
        run(restore, settings, "pg_restore")?;
        self.prepare()?;
        let series = self.write(|tx| {
            tx.execute(
                "UPDATE counters SET last = last + $1
                 WHERE day >= coalesce((SELECT max(day) FROM visits), '')",
                values![skip],
            )
        })?;
        self.probe()?;
        Ok(Restored { aside, series })
    }
}

fn count(sql: &mut dyn Sql, question: &str) -> Result<i64, Fault> {
    let row = sql.first(question, &[])?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Runs one of PostgreSQL's programs, with what it needs to be let in.
fn run(mut program: Command, settings: &SharedStore, name: &str) -> Result<(), StoreError> {
    if let Some(password) = &settings.password {
        program.env("PGPASSWORD", password.expose());
    }
    if let Some(ca_file) = &settings.ca_file {
        program
            .env("PGSSLMODE", "verify-full")
            .env("PGSSLROOTCERT", ca_file);
    }
    let done = program.output();
    let told = match &done {
        Ok(done) if done.status.success() => return Ok(()),
        Ok(done) => String::from_utf8_lossy(&done.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    let absent = done.is_err() || told.contains("not found");
    Err(StoreError::Unusable {
        path: connect::name(settings),
        cause: match absent {
            true => format!("{told}: {name} is not here; install postgresql-client"),
            false => told,
        },
    })
}

fn unusable(path: &Path, cause: &str) -> StoreError {
    StoreError::Unusable {
        path: path.display().to_string(),
        cause: cause.to_owned(),
    }
}
