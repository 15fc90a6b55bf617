use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use super::print;
use crate::card::{self, CardError, Connection};
use crate::config::Reader;
use crate::emrtd::{self, Access, Chip, Plan, ReadError, Request, TraceLine, Traced, TrustStore};
use crate::identity::{BirthDate, Check, PersonalNumber, Private, Sex, Verdict};
use crate::trust::{self, Contents};

/// How long the holder may take to lay the card down.
const PATIENCE: Duration = Duration::from_secs(30);

/// `tiepdon read-card`: reads a chip and says what was proved.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("access").required(true)))]
pub(super) struct Args {
    /// Card access number: the last six digits of the personal number.
    #[arg(long, value_name = "N", group = "access")]
    can: Option<String>,
    /// MRZ: its three lines joined by a newline, or the 24 characters of the key.
    #[arg(long, value_name = "TEXT", group = "access")]
    mrz: Option<String>,
    /// Text of the card's QR.
    #[arg(long, value_name = "TEXT", group = "access")]
    qr_text: Option<String>,
    /// Folder of CSCA certificates, master lists and revocation lists; without it no signature can be
    /// verified.
    #[arg(long, value_name = "DIR")]
    trust: Option<PathBuf>,
    /// Write the portrait to this file, coded as it is in the chip.
    #[arg(long, value_name = "FILE")]
    portrait: Option<PathBuf>,
    /// Print one JSON object on standard output and nothing else.
    #[arg(long)]
    json: bool,
    /// Show each exchange on standard error: header, lengths, status word.
    #[arg(long)]
    trace: bool,
}

/// Why the command failed, with the code for programs.
#[derive(Debug, Clone, Serialize)]
struct Failure {
    code: &'static str,
    reason: String,
}

/// What the command found, as documented for `--json`.
#[derive(Debug, Default, Serialize)]
struct Report {
    reader: Option<String>,
    atr: Option<String>,
    access: Option<String>,
    holder: Option<Holder>,
    grade: Option<&'static str>,
    passive: Option<Passive>,
    chip: Option<Proof>,
    active: Option<Proof>,
    data_groups: Vec<u8>,
    apdus: u32,
    bytes_sent: u64,
    bytes_received: u64,
    millis: u64,
    error: Option<Failure>,
}

/// Who the chip says it is of.
#[derive(Debug, Serialize)]
struct Holder {
    personal_number: Option<PersonalNumber>,
    name: Option<Private<String>>,
    name_latin: Option<Private<String>>,
    birth_date: Option<BirthDate>,
    sex: Option<Sex>,
    nationality: Option<String>,
    residence: Option<Private<String>>,
    old_id: Option<Private<String>>,
    expiry_date: Option<Date>,
}

/// Passive authentication, step by step.
#[derive(Debug, Serialize)]
struct Passive {
    #[serde(flatten)]
    check: Check,
    steps: Vec<Step>,
}

/// One of its steps.
#[derive(Debug, Serialize)]
struct Step {
    step: String,
    #[serde(flatten)]
    check: Check,
}

/// A proof that has several methods.
#[derive(Debug, Serialize)]
struct Proof {
    method: Option<&'static str>,
    #[serde(flatten)]
    check: Check,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let mut report = Report::default();
    let done = read(args, &mut report);
    if let Err(failure) = &done {
        report.error = Some(failure.clone());
        print::note(&format!("error: {}", failure.reason));
    }
    if args.json {
        print::result(&serde_json::to_string(&report).expect("a report is plain data"));
    } else if done.is_ok() {
        print_report(&report);
    }
    match (done, report.grade) {
        (Ok(()), Some("read" | "signed" | "proven")) => ExitCode::SUCCESS,
        (Ok(()) | Err(_), _) => ExitCode::FAILURE,
    }
}

fn read(args: &Args, report: &mut Report) -> Result<(), Failure> {
    let access = access(args)?;
    let trust = trust(args)?;
    // A tool takes any reader.
    let settings = Reader {
        name_contains: String::new(),
        allow_virtual: true,
    };
    print::note("lay the card on the reader");
    let (reader, atr) = card::wait_for_card(&settings, PATIENCE)?;
    report.reader = Some(reader.clone());
    report.atr = Some(hex::encode_upper(atr));
    let started = Instant::now();
    let chip = read_chip(args, access, &trust, &reader);
    report.millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let chip = chip?;
    write_portrait(args, &chip)?;
    report.fill(chip);
    Ok(())
}

fn access(args: &Args) -> Result<Access, Failure> {
    let (access, text) = if let Some(can) = &args.can {
        (Access::can(can), "--can takes six digits")
    } else if let Some(mrz) = &args.mrz {
        let text = "--mrz takes three lines of 30 characters or a key of 24, check digits right";
        (Access::mrz(mrz), text)
    } else {
        let number = args
            .qr_text
            .as_deref()
            .and_then(|text| text.trim().split('|').next());
        let number = number.and_then(PersonalNumber::parse);
        let text = "--qr-text does not begin with a personal number";
        (number.map(|number| Access::of(&number)), text)
    };
    access.ok_or_else(|| Failure {
        code: "usage",
        reason: text.to_owned(),
    })
}

/// What is right in the folder is trusted; what is not is told.
fn trust(args: &Args) -> Result<TrustStore, Failure> {
    let Some(folder) = &args.trust else {
        return Ok(TrustStore::default());
    };
    let contents = Contents::read(folder).map_err(|error| Failure {
        code: "trust",
        reason: format!("{}: {error}", folder.display()),
    })?;
    for (file, fault) in &contents.faults {
        print::note(&format!("warning: {file}: {fault}; it is not used"));
    }
    Ok(contents.store)
}

fn read_chip(
    args: &Args,
    access: Access,
    trust: &TrustStore,
    reader: &str,
) -> Result<Chip, Failure> {
    let mut connection = Connection::open(reader)?;
    let mut trace = |line: TraceLine| {
        if args.trace {
            print::note(&trace_text(&line));
        }
    };
    let mut traced = Traced::new(&mut connection, &mut trace);
    let request = Request {
        access,
        plan: Plan {
            dg13: true,
            portrait: args.portrait.is_some(),
            any_document: true,
            ..Plan::default()
        },
        trust,
        today: trust::today(),
        habits: None,
    };
    let mut random_failed = false;
    let mut random = |out: &mut [u8]| random_failed |= getrandom::fill(out).is_err();
    let result = emrtd::read(&mut traced, request, &mut random, &mut |_| {});
    if random_failed {
        return Err(Failure {
            code: "system",
            reason: "the operating system gives no random numbers".to_owned(),
        });
    }
    Ok(result?)
}

fn trace_text(line: &TraceLine) -> String {
    let status = line
        .status
        .map_or_else(|| "no reply".to_owned(), |sw| format!("{sw:04X}"));
    let header = hex::encode_upper(line.header);
    format!(
        "{header}  {:>3} -> {:>3} bytes  {status}",
        line.sent, line.received
    )
}

fn write_portrait(args: &Args, chip: &Chip) -> Result<(), Failure> {
    let Some(path) = &args.portrait else {
        return Ok(());
    };
    let failed = |reason| Failure {
        code: "portrait",
        reason,
    };
    let portrait = chip.portrait.as_ref();
    let portrait =
        portrait.ok_or_else(|| failed("the card has no readable portrait".to_owned()))?;
    std::fs::write(path, &portrait.bytes)
        .map_err(|error| failed(format!("{}: {error}", path.display())))
}

impl Report {
    fn fill(&mut self, chip: Chip) {
        let person = chip.person;
        self.holder = Some(Holder {
            personal_number: person.personal_number,
            name: person.name,
            name_latin: person.name_latin,
            birth_date: person.birth_date,
            sex: person.sex,
            nationality: person.nationality,
            residence: person.residence,
            old_id: person.old_id,
            expiry_date: chip.expiry_date,
        });
        self.grade = match chip.proofs.verdict() {
            Verdict::Graded(grade) => Some(grade.code()),
            Verdict::Rejected => Some("rejected"),
            Verdict::TryAgain => None,
        };
        let proof = |proof: &emrtd::Proof| Proof {
            method: proof.method(),
            check: proof.record(),
        };
        self.chip = Some(proof(chip.proofs.chip()));
        self.active = Some(proof(chip.proofs.active()));
        let step = |(step, check): &(emrtd::PassiveStep, Check)| Step {
            step: step.to_string(),
            check: check.clone(),
        };
        self.passive = Some(Passive {
            check: chip.proofs.passive().record(),
            steps: chip.proofs.passive_steps().iter().map(step).collect(),
        });
        self.access = Some(chip.access);
        self.data_groups = chip.data_groups;
        self.apdus = chip.link.apdus;
        self.bytes_sent = chip.link.bytes_sent;
        self.bytes_received = chip.link.bytes_received;
    }
}

/// For people: a field a line, without those that are absent.
fn print_report(report: &Report) {
    let value = serde_json::to_value(report).expect("a report is plain data");
    print_fields("", &value);
}

fn print_fields(name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (key, value) in fields {
                let dot = if name.is_empty() { "" } else { "." };
                print_fields(&format!("{name}{dot}{key}"), value);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                let part = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
                let (step, result, reason) = (part("step"), part("result"), part("reason"));
                print::result(&format!("{name}: {step}: {result} ({reason})"));
            }
        }
        Value::String(text) => print::result(&format!("{name}: {text}")),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            print::result(&format!("{name}: {value}"));
        }
    }
}

impl From<CardError> for Failure {
    fn from(error: CardError) -> Self {
        let code = match error {
            CardError::NoCard => "no_card",
            CardError::NoService | CardError::NoReader | CardError::Busy | CardError::Other(_) => {
                "reader"
            }
        };
        Self {
            code,
            reason: error.to_string(),
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let code = match error {
            ReadError::NotACitizenCard { .. } => "not_a_citizen_card",
            ReadError::OtherDocument => "other_document",
            ReadError::WrongCan => "wrong_can",
            ReadError::Moved => "card_moved",
            ReadError::Unreadable { .. } => "card_unreadable",
            ReadError::Transport { .. } => "reader",
        };
        Self {
            code,
            reason: error.to_string(),
        }
    }
}
