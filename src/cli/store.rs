//! `tiepdon store`: a copy of the store, and back; a shared store for several kiosks.

use std::path::{Path, PathBuf};
use std::process::{Command as Program, ExitCode};

use super::print;
use super::source::Source;
use crate::config::Config;
#[cfg(feature = "postgres")]
use crate::store::Postgres;
use crate::store::{Restored, Sqlite, StoreError};

/// Numbers given since a backup that was made in the morning of a busy day.
const SKIP: u32 = 1000;
/// What prepares PostgreSQL on this machine.
const SETUP: &str = include_str!("../../assets/store/setup.sh");

/// What must survive.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Copy the store to a new file, the one that kiosks share where there is one; kiosks go on. The key
    /// file is not in it
    Backup {
        /// The new file
        file: PathBuf,
        #[command(flatten)]
        source: Source,
    },
    /// Put a backup in the place of the store, which is set aside
    Restore {
        /// The backup
        file: PathBuf,
        /// Numbers that each series of the backup's last day leaves out, so that none comes twice
        #[arg(long, default_value_t = SKIP)]
        skip: u32,
        #[command(flatten)]
        source: Source,
    },
    /// Install and prepare PostgreSQL on this machine as the store that kiosks share (Debian, as root)
    Setup {
        /// The address of this machine that kiosks reach
        #[arg(long, value_name = "ADDRESS")]
        listen: String,
        /// The network of the kiosks
        #[arg(long, value_name = "NETWORK", default_value = "127.0.0.1/32")]
        from: String,
        /// Where the password, the CA certificate and the key are put, for copying to the kiosks
        #[arg(long, value_name = "FOLDER", default_value = "/etc/tiepdon")]
        folder: PathBuf,
        /// Print what would be run, and run nothing
        #[arg(long)]
        print: bool,
    },
}

pub(super) fn run(command: &Command) -> ExitCode {
    let done = match command {
        Command::Backup { file, source } => own(source).and_then(|config| {
            backup(&config, file).map_err(said)?;
            Ok(format!(
                "{}: keep it apart from the key file {}",
                file.display(),
                config.store.key_file.display()
            ))
        }),
        Command::Restore { file, skip, source } => own(source).and_then(|config| {
            let restored = restore(&config, file, *skip).map_err(said)?;
            let aside = restored.aside.map_or_else(String::new, |aside| {
                format!("; the store of before is {}", aside.display())
            });
            Ok(format!(
                "restored; {} series go on {skip} numbers later{aside}",
                restored.series
            ))
        }),
        Command::Setup { print: true, .. } => Ok(SETUP.trim_end().to_owned()),
        Command::Setup {
            listen,
            from,
            folder,
            ..
        } => setup(listen, from, folder),
    };
    match done {
        Ok(line) => {
            print::result(&line);
            ExitCode::SUCCESS
        }
        Err(lines) => {
            lines.iter().for_each(|line| print::note(line));
            ExitCode::FAILURE
        }
    }
}

fn own(source: &Source) -> Result<Config, Vec<String>> {
    if source.demo {
        return Err(vec![
            "error: a trial's store goes with the trial; name a configuration with --config".into(),
        ]);
    }
    source.load()
}

fn backup(config: &Config, file: &Path) -> Result<(), StoreError> {
    #[cfg(feature = "postgres")]
    if let Some(shared) = &config.shared {
        return Postgres::backup(shared, file);
    }
    let queues = config.services.iter().chain([&config.desk]);
    Sqlite::open(&config.store, queues)?.backup(file)
}

fn restore(config: &Config, file: &Path, skip: u32) -> Result<Restored, StoreError> {
    #[cfg(feature = "postgres")]
    if let Some(shared) = &config.shared {
        let queues = config.services.iter().chain([&config.desk]);
        let key_file = &config.store.key_file;
        let store = Postgres::lazy(shared, &config.kiosk.id, key_file, queues)?;
        return store.restore(shared, file, skip);
    }
    Sqlite::restore(&config.store, file, skip)
}

fn said(error: StoreError) -> Vec<String> {
    vec![format!("error: {error}")]
}

/// The script says itself what it does, and what is amiss.
fn setup(listen: &str, from: &str, folder: &Path) -> Result<String, Vec<String>> {
    let done = Program::new("bash")
        .args(["-c", SETUP, "tiepdon store setup", listen, from])
        .arg(folder)
        .status()
        .map_err(|error| vec![format!("error: bash cannot be run: {error}")])?;
    if !done.success() {
        return Err(vec![
            "error: the shared store is not ready; see above".into(),
        ]);
    }
    Ok(format!(
        "the shared store is ready; each kiosk needs store.key, store.password and store-ca.pem of {} \
         (mode 600), and in its configuration: [store] url = \"postgres://tiepdon@{listen}/tiepdon\"",
        folder.display()
    ))
}
