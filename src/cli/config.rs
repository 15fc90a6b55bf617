//! `tiepdon config`: is the file right, and what does one look like?

use std::process::ExitCode;

use super::print;
use super::source::Source;
use crate::config::EXAMPLE;

/// The configuration file.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Report every fault at once, with its line and cure
    Check(Source),
    /// Print a commented example
    Example,
}

pub(super) fn run(command: &Command) -> ExitCode {
    match command {
        Command::Example => {
            print::result(EXAMPLE.trim_end());
            ExitCode::SUCCESS
        }
        Command::Check(source) if source.demo => {
            print::note("the trial brings its own configuration; nothing to check");
            ExitCode::SUCCESS
        }
        Command::Check(source) => match source.load() {
            Ok(_) => {
                print::result("no fault found");
                ExitCode::SUCCESS
            }
            Err(lines) => {
                lines.iter().for_each(|line| print::note(line));
                ExitCode::FAILURE
            }
        },
    }
}
