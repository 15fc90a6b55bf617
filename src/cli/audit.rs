//! `tiepdon audit`: has anybody altered the record?

use std::process::ExitCode;

use super::print;
use super::source::Source;
use crate::kiosk::open_store;

/// The audit's chain of hashes.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Check that no line was altered, dropped or put in
    Verify(Source),
}

pub(super) fn run(command: &Command) -> ExitCode {
    let Command::Verify(source) = command;
    if source.demo {
        print::note(
            "error: a trial's record goes with the trial; `tiepdon doctor --demo` looks at one",
        );
        return ExitCode::FAILURE;
    }
    let config = match source.load() {
        Ok(config) => config,
        Err(lines) => {
            lines.iter().for_each(|line| print::note(line));
            return ExitCode::FAILURE;
        }
    };
    match open_store(&config).and_then(|store| store.verify()) {
        Ok(lines) => {
            print::result(&format!("{lines} lines, unbroken"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            print::note(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}
