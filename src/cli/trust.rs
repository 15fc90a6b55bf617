//! `tiepdon trust`: whom the cards are believed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::civil::Date;
use serde::Serialize;

use super::print;
use crate::emrtd::{CertificateEntry, CrlEntry, ListEntry};
use crate::trust::{self, Contents, warnings};

/// The folder of trust anchors.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Show the certificates, master lists and revocation lists of a folder
    List(List),
}

/// `tiepdon trust list`.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// The folder that the configuration names under "trust"
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print one JSON object on standard output and nothing else
    #[arg(long)]
    json: bool,
}

/// What a folder holds, as documented for `--json`.
#[derive(Debug, Serialize)]
struct Report {
    folder: String,
    id_card_csca: bool,
    certificates: Vec<Certificate>,
    lists: Vec<MasterList>,
    crls: Vec<Crl>,
    faults: Vec<Fault>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Certificate {
    file: String,
    subject: String,
    country: Option<String>,
    key: String,
    from: Date,
    until: Date,
    expired: bool,
    serial: String,
    link: bool,
    csca: bool,
    sha256: String,
}

#[derive(Debug, Serialize)]
struct MasterList {
    file: String,
    signer: String,
    signed: Option<Date>,
    certificates: usize,
    signer_known: bool,
}

#[derive(Debug, Serialize)]
struct Crl {
    file: String,
    issuer: String,
    this_update: Date,
    next_update: Option<Date>,
    stale: bool,
    verified: bool,
    revoked: usize,
}

#[derive(Debug, Serialize)]
struct Fault {
    file: String,
    reason: String,
}

pub(super) fn run(command: &Command) -> ExitCode {
    let Command::List(list) = command;
    let contents = match Contents::read(&list.folder) {
        Ok(contents) => contents,
        Err(error) => {
            print::note(&format!("error: {}: {error}", list.folder.display()));
            return ExitCode::FAILURE;
        }
    };
    let report = Report::of(&list.folder, &contents, trust::today());
    if list.json {
        print::result(&serde_json::to_string(&report).expect("a report is plain data"));
    } else {
        report.print();
    }
    if report.faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

impl Report {
    fn of(folder: &Path, contents: &Contents, today: Date) -> Self {
        let store = &contents.store;
        let mut certificates = store.certificates();
        certificates.sort_by_key(|one| (one.country.clone(), one.not_before));
        let fault = |(file, fault): &(String, _)| Fault {
            file: file.clone(),
            reason: format!("{fault}"),
        };
        Self {
            folder: folder.display().to_string(),
            id_card_csca: store.has_vietnamese_id_card_csca(),
            certificates: certificates
                .into_iter()
                .map(|one| certificate(one, today))
                .collect(),
            lists: store.lists().into_iter().map(master_list).collect(),
            crls: store
                .crls()
                .into_iter()
                .map(|crl| of_crl(crl, today))
                .collect(),
            faults: contents.faults.iter().map(fault).collect(),
            warnings: warnings(contents, today)
                .iter()
                .map(ToString::to_string)
                .collect(),
        }
    }

    /// For people: a line each, what is amiss at the end.
    fn print(&self) {
        for one in &self.certificates {
            let mark = |set, mark| if set { mark } else { "" };
            line(&format!(
                "{} {}, {}, {} to {}{}{}, SHA-256 {}, {}",
                one.country.as_deref().unwrap_or("--"),
                one.subject,
                one.key,
                one.from,
                one.until,
                mark(one.expired, " (over)"),
                mark(one.link, ", link"),
                one.sha256,
                one.file,
            ));
        }
        for list in &self.lists {
            let known = if list.signer_known {
                "known"
            } else {
                "not known"
            };
            line(&format!(
                "master list {}: {} certificates, signed by {} ({known})",
                list.file, list.certificates, list.signer,
            ));
        }
        for crl in &self.crls {
            let next = crl.next_update.map(|day| format!(", next {day}"));
            line(&format!(
                "revocation list {}: {} revoked, of {}, {}{}",
                crl.file,
                crl.revoked,
                crl.issuer,
                crl.this_update,
                next.unwrap_or_default(),
            ));
        }
        for warning in &self.warnings {
            line(&format!("warning: {warning}"));
        }
        for fault in &self.faults {
            line(&format!("FAULT {}: {}", fault.file, fault.reason));
        }
    }
}

/// Names come from files that anybody could have written: no control character reaches the terminal.
fn line(text: &str) {
    let shown = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    print::result(&text.chars().map(shown).collect::<String>());
}

fn certificate(entry: CertificateEntry, today: Date) -> Certificate {
    Certificate {
        expired: entry.expired(today),
        file: entry.file,
        subject: entry.subject,
        country: entry.country,
        key: entry.key,
        from: entry.not_before,
        until: entry.not_after,
        serial: entry.serial,
        link: entry.is_link,
        csca: entry.is_csca,
        sha256: entry.sha256,
    }
}

fn master_list(entry: ListEntry) -> MasterList {
    MasterList {
        file: entry.file,
        signer: entry.signer,
        signed: entry.signed,
        certificates: entry.certificates,
        signer_known: entry.pinned_by.is_some(),
    }
}

fn of_crl(entry: CrlEntry, today: Date) -> Crl {
    Crl {
        stale: entry.stale(today),
        file: entry.file,
        issuer: entry.issuer,
        this_update: entry.this_update,
        next_update: entry.next_update,
        verified: entry.is_verified,
        revoked: entry.revoked,
    }
}
