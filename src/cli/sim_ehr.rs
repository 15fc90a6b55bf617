//! `tiepdon sim ehr`: the simulated FHIR and insurance server, for trials without a hospital.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::sim::ehr::{Fault, Insured, Seed, Server};

/// Starts a small FHIR R4 and insurance stand-in on loopback and serves until it is stopped.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// TCP port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8090)]
    port: u16,
    /// A FHIR Bundle whose resources the server knows from the beginning; absent: the invented persons of the trial.
    #[arg(long, value_name = "FILE.json")]
    seed: Option<PathBuf>,
    /// A fault that the server has all the time.
    #[arg(long, value_enum)]
    fault: Option<Name>,
}

/// Faults by name.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Name {
    /// Answers come three seconds late.
    Slow,
    /// Never answers.
    Silent,
    /// 500 to everything.
    Error,
    /// 503 with `Retry-After`.
    Busy,
    /// A login page with status 200.
    Html,
    /// A redirect to a login page.
    Redirect,
    /// Another person first.
    WrongPatient,
    /// Everybody matches.
    Everybody,
    /// Every match twice.
    Duplicates,
    /// Answers break off.
    CutBody,
    /// Writes are done and not answered.
    CommitThenDrop,
    /// Answers are far too long.
    HugeBundle,
}

/// Serves until the process is stopped. Standard output: the FHIR base URL and the address of the
/// insurance service, a line each.
pub fn run(args: &Args) -> ExitCode {
    match start(args) {
        Ok(server) => {
            server.serve();
            ExitCode::SUCCESS
        }
        Err(cause) => {
            // Nobody is left to tell where standard error is closed.
            let _ = writeln!(std::io::stderr(), "tiepdon sim ehr: {cause}");
            ExitCode::FAILURE
        }
    }
}

fn start(args: &Args) -> Result<Server, String> {
    let seed = match &args.seed {
        None => Seed::trial(Seed::today()),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            seed(&text)?
        }
    };
    let server = Server::start(args.port, seed)
        .map_err(|error| format!("port {} cannot be used: {error}", args.port))?;
    if let Some(name) = args.fault {
        server.set(fault(name));
    }
    let mut out = std::io::stdout();
    writeln!(out, "{}\n{}", server.base_url(), server.insurance_url())
        .and_then(|()| out.flush())
        .map_err(|error| format!("standard output cannot be written: {error}"))?;
    Ok(server)
}

/// The resources of a Bundle. Everybody in it with a birth date is insured, under each number.
fn seed(text: &str) -> Result<Seed, String> {
    let bundle: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("the seed is no JSON: {error}"))?;
    let entries = bundle["entry"].as_array().ok_or("the seed is no Bundle")?;
    let resources: Vec<_> = entries.iter().map(|one| one["resource"].clone()).collect();
    let mut insured = Vec::new();
    for patient in &resources {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let identifiers = patient["identifier"].as_array().into_iter().flatten();
        insured.extend(identifiers.map(|identifier| Insured {
            number: text(&identifier["value"]),
            name: text(&patient["name"][0]["text"]),
            birth_date: text(&patient["birthDate"]),
            code: "000".to_owned(),
        }));
    }
    Ok(Seed { resources, insured })
}

fn fault(name: Name) -> Fault {
    let status = |code, retry_after: Option<&str>| Fault::Status {
        code,
        retry_after: retry_after.map(str::to_owned),
    };
    match name {
        Name::Slow => Fault::Slow(Duration::from_secs(3)),
        Name::Silent => Fault::Silent,
        Name::Error => status(500, None),
        Name::Busy => status(503, Some("5")),
        Name::Html => Fault::Html,
        Name::Redirect => Fault::Redirect,
        Name::WrongPatient => Fault::WrongPatient,
        Name::Everybody => Fault::Everybody,
        Name::Duplicates => Fault::Duplicates,
        Name::CutBody => Fault::CutBody,
        Name::CommitThenDrop => Fault::CommitThenDrop,
        Name::HugeBundle => Fault::HugeBundle,
    }
}
