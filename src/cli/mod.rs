//! One file per subcommand: parse, call, print.

mod audit;
mod check_in;
mod config;
#[cfg(feature = "sim")]
mod demo;
mod doctor;
#[cfg(feature = "sim")]
mod load;
mod print;
mod printer;
mod read_card;
#[cfg(feature = "ui")]
mod run;
pub mod scan;
#[cfg(feature = "sim")]
mod sim_card;
#[cfg(feature = "sim")]
pub mod sim_ehr;
#[cfg(feature = "sim")]
pub mod sim_printer;
mod source;
mod staff;
mod stop;
mod store;
mod trust;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

const FIRST_STEPS: &str = "To try it without any device: tiepdon run --demo, or tiepdon check-in --demo.
To set a kiosk up: tiepdon config example > tiepdon.toml, then tiepdon doctor --config tiepdon.toml.";

/// Patient check-in kiosk for Vietnamese hospitals and commune health stations.
#[derive(Debug, Parser)]
#[command(name = "tiepdon", version, after_help = FIRST_STEPS)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the kiosk's window
    #[cfg(feature = "ui")]
    Run(run::Args),
    /// Do one complete check-in at the terminal
    CheckIn(check_in::Args),
    /// Read a citizen card's chip on any PC/SC reader
    ReadCard(read_card::Args),
    /// Read QR codes from pictures or the camera
    Scan(scan::Args),
    /// Check readers, printer, EHR, store and settings: one line each, with the cure
    Doctor(doctor::Args),
    /// Ask the ticket printer how it is, print a trial ticket, or tell of a new roll
    Printer(printer::Args),
    /// Serve the staff page alone, for a reception PC
    Staff(staff::Args),
    /// Copy the store and put it back, or prepare one that kiosks share
    #[command(subcommand)]
    Store(store::Command),
    /// Check whether the record of what was done is unaltered
    #[command(subcommand)]
    Audit(audit::Command),
    /// Say whom this site trusts, from when until when, and what is amiss
    #[command(subcommand)]
    Trust(trust::Command),
    /// Check the configuration file, or print an example
    #[command(subcommand)]
    Config(config::Command),
    /// Simulated devices, speaking the real protocols on loopback
    #[cfg(feature = "sim")]
    #[command(subcommand)]
    Sim(Sim),
}

#[cfg(feature = "sim")]
#[derive(Debug, Subcommand)]
enum Sim {
    /// A virtual citizen card in a virtual reader (vpcd)
    Card(sim_card::Args),
    /// An ESC/POS printer on TCP or a serial line, with any fault
    Printer(sim_printer::Args),
    /// A small FHIR R4 and insurance server
    Ehr(sim_ehr::Args),
    /// A crowd before many kiosks, with faults; every promise is checked at the end
    Load(load::Args),
}

/// Runs the program with the arguments of this process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    trace();
    match cli.command {
        #[cfg(feature = "ui")]
        Command::Run(args) => run::run(&args),
        Command::CheckIn(args) => check_in::run(&args),
        Command::ReadCard(args) => read_card::run(&args),
        Command::Scan(args) => scan::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Printer(args) => printer::run(&args),
        Command::Staff(args) => staff::run(&args),
        Command::Store(command) => store::run(&command),
        Command::Audit(command) => audit::run(&command),
        Command::Trust(command) => trust::run(&command),
        Command::Config(command) => config::run(&command),
        #[cfg(feature = "sim")]
        Command::Sim(Sim::Card(args)) => sim_card::run(&args),
        #[cfg(feature = "sim")]
        Command::Sim(Sim::Printer(args)) => sim_printer::run(&args),
        #[cfg(feature = "sim")]
        Command::Sim(Sim::Ehr(args)) => sim_ehr::run(&args),
        #[cfg(feature = "sim")]
        Command::Sim(Sim::Load(args)) => load::run(&args),
    }
}

/// The log goes to standard error; `TIEPDON_LOG` says how much (`info`, `tiepdon::kiosk=debug`).
fn trace() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TIEPDON_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    // Only the first subscriber of a process counts; there is one.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}
