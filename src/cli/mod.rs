//! One file per subcommand: parse, call, print.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod print;
mod read_card;
#[cfg(feature = "sim")]
mod sim_card;

/// Patient check-in kiosk for Vietnamese hospitals and commune health stations.
#[derive(Debug, Parser)]
#[command(name = "tiepdon", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read a citizen card's chip on any PC/SC reader.
    ReadCard(read_card::Args),
    /// Simulated devices.
    #[cfg(feature = "sim")]
    #[command(subcommand)]
    Sim(Sim),
}

#[cfg(feature = "sim")]
#[derive(Debug, Subcommand)]
enum Sim {
    /// Insert a virtual citizen card into a virtual reader (vpcd).
    Card(sim_card::Args),
}

/// Runs the program with the arguments of this process.
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::ReadCard(args) => read_card::run(&args),
        #[cfg(feature = "sim")]
        Command::Sim(Sim::Card(args)) => sim_card::run(&args),
    }
}
