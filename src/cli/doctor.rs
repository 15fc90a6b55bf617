//! `tiepdon doctor`: one line for each part, with the cure.

#[cfg(feature = "camera")]
mod camera;
mod checks;
mod trust;

use std::process::ExitCode;

use serde::Serialize;

use super::print;
use super::source::Source;

/// `tiepdon doctor`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,
    /// Print one JSON object on standard output and nothing else
    #[arg(long)]
    json: bool,
}

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Fault,
}

/// What one check found.
#[derive(Debug, Clone, Serialize)]
struct Finding {
    check: &'static str,
    state: State,
    /// What is.
    found: String,
    /// What to do about it.
    cure: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Ok,
            found: found.into(),
            cure: None,
        }
    }

    fn warning(check: &'static str, found: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Warning,
            found: found.into(),
            cure: Some(cure.into()),
        }
    }

    fn fault(check: &'static str, found: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Fault,
            found: found.into(),
            cure: Some(cure.into()),
        }
    }
}

pub(super) fn run(args: &Args) -> ExitCode {
    let findings = match findings(&args.source) {
        Ok(findings) => findings,
        Err(lines) => {
            lines.iter().for_each(|line| print::note(line));
            return ExitCode::FAILURE;
        }
    };
    let sick = findings.iter().any(|finding| finding.state == State::Fault);
    if args.json {
        print::result(&serde_json::json!({ "healthy": !sick, "findings": findings }).to_string());
    } else {
        for finding in &findings {
            let mark = match finding.state {
                State::Ok => "ok     ",
                State::Warning => "warning",
                State::Fault => "FAULT  ",
            };
            print::result(&format!("{mark} {}: {}", finding.check, finding.found));
            if let Some(cure) = &finding.cure {
                print::result(&format!("        → {cure}"));
            }
        }
    }
    if sick {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// A file with faults is itself the finding; the other checks need a right one.
fn findings(source: &Source) -> Result<Vec<Finding>, Vec<String>> {
    if !source.demo {
        return match source.load() {
            Ok(config) => Ok(checks::all(&config)),
            Err(mut lines) => {
                let hint = lines.pop_if(|line| line.starts_with("hint: "));
                let found = lines.join("\n        ");
                let cure = hint
                    .as_deref()
                    .map_or("`tiepdon config example` shows a right file", |hint| {
                        hint.trim_start_matches("hint: ")
                    });
                Ok(vec![Finding::fault(
                    "config",
                    found.trim_start_matches("error: "),
                    cure,
                )])
            }
        };
    }
    demo()
}

#[cfg(feature = "sim")]
fn demo() -> Result<Vec<Finding>, Vec<String>> {
    use super::demo::{Demo, Setup};
    let demo = Demo::start(&Setup::default(), &|line| print::note(line))?;
    // The trial's scanner is a pseudo-terminal that its patient holds.
    let _patient = demo
        .scanner()
        .map_err(|error| vec![format!("error: {error}")])?;
    Ok(checks::all(&demo.config))
}

#[cfg(not(feature = "sim"))]
fn demo() -> Result<Vec<Finding>, Vec<String>> {
    Err(super::source::no_simulators())
}
