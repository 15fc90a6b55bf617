//! A copy of the shared store to a file, and back, by PostgreSQL's own programs.

use std::io;
use std::path::Path;
use std::process::Command;

use super::{Postgres, connect};
use crate::config::SharedStore;
use crate::store::StoreError;
use crate::store::database::skip_numbers;
use crate::store::files::{NewFile, set_aside_as, unusable};
use crate::store::sql::{Fault, Sql};
use crate::store::sqlite::Restored;

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
        let failed = |error: io::Error| unusable(to, &error.to_string());
        let file = NewFile::beside(to);
        // Nobody else reads what is being written.
        let copy = file.make().map_err(failed)?;
        let mut dump = Command::new("pg_dump");
        dump.args(["--format=custom", "--no-owner", "--file"])
            .arg(file.path())
            .arg(&settings.url);
        run(dump, settings)?;
        copy.sync_all().map_err(failed)?;
        file.publish(to).map_err(failed)
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
                let aside = set_aside_as(backup);
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
        run(restore, settings)?;
        self.prepare()?;
        let series = self.write(|tx| skip_numbers(tx, skip))?;
        Ok(Restored { aside, series })
    }
}

fn count(sql: &mut dyn Sql, question: &str) -> Result<i64, Fault> {
    let row = sql.first(question, &[])?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Runs one of PostgreSQL's programs, with what it needs to be let in.
fn run(mut program: Command, settings: &SharedStore) -> Result<(), StoreError> {
    if let Some(password) = &settings.password {
        program.env("PGPASSWORD", password.expose());
    }
    if let Some(ca_file) = &settings.ca_file {
        program
            .env("PGSSLMODE", "verify-full")
            .env("PGSSLROOTCERT", ca_file);
    }
    let cause = match program.output() {
        Ok(done) if done.status.success() => return Ok(()),
        Ok(done) => String::from_utf8_lossy(&done.stderr).trim().to_owned(),
        Err(error) => {
            let name = program.get_program().display();
            format!("{name} cannot be run, install postgresql-client: {error}")
        }
    };
    Err(StoreError::Unusable {
        path: connect::name(settings),
        cause,
    })
}
