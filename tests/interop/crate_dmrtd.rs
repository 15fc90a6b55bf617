//! The crate `dmrtd` (Rust), in this process.

use std::collections::BTreeMap;

use dmrtd::com::{TransceiveError, Transceiver};
use sha2::{Digest, Sha256};
use tiepdon::sim::card::Card;

use crate::dmrtd_reader::{Key, Session, passive};
use crate::report::Report;
use crate::table::{Job, Peer};

/// The crate.
pub struct CrateDmrtd;

impl Peer for CrateDmrtd {
    fn read(&mut self, card: Card, job: &Job) -> Report {
        let mut line = Direct { card, apdus: 0 };
        let mut report = Report::default();
        if let Err(error) = read(&mut line, job, &mut report) {
            report.error = Some(error);
        }
        report.apdus = line.apdus;
        report
    }
}

struct Direct {
    card: Card,
    apdus: u32,
}

impl Transceiver for &mut Direct {
    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransceiveError> {
        self.apdus += 1;
        let reply = self.card.try_transmit(command);
        reply.map_err(|_| TransceiveError::new("the card is gone"))
    }
}

fn read(line: &mut Direct, job: &Job, report: &mut Report) -> Result<(), String> {
    // It wants the zone whole, where others are content with its key.
    let zone = zone_of(&line.card);
    let groups = groups_of(&line.card);
    let key = match &job.can {
        Some(can) => Key::Can(can),
        None => Key::Zone(&zone),
    };
    let mut session = Session::open(line, &key)?;
    report.access = Some(session.access.clone());
    let mut files = BTreeMap::from([("com".to_owned(), session.common()?)]);
    for (name, short_id) in groups {
        match session.file(short_id) {
            Ok(bytes) => drop(files.insert(name, bytes)),
            Err(refusal) => drop(report.refused.insert(name, refusal)),
        }
    }
    report.zone = Some(String::from_utf8(session.zone()?).map_err(|error| error.to_string())?);
    prove(&mut session, &files, job, report);
    report.files = files
        .iter()
        .map(|(name, bytes)| (name.clone(), hex::encode(Sha256::digest(bytes))))
        .collect();
    Ok(())
}

/// It tells a wrong digest from a wrong signature, but not the two proofs apart when both are right.
fn prove(
    session: &mut Session<&mut Direct>,
    files: &BTreeMap<String, Vec<u8>>,
    job: &Job,
    report: &mut Report,
) {
    if let Some(sod) = files.get("sod") {
        let groups: Vec<_> = files
            .iter()
            .filter_map(|(name, bytes)| Some((name.parse().ok()?, &bytes[..])))
            .collect();
        match passive(sod, &groups, &anchors(job)) {
            Ok(trusted) => {
                report.digests = groups.iter().map(|(number, _)| (*number, true)).collect();
                report.signature = Some("successful".to_owned());
                report.chain = Some(if trusted { "successful" } else { "failed" }.to_owned());
            }
            Err(dmrtd::auth::passive::PassiveAuthError::DataGroupHashMismatch(number)) => {
                report.digests.insert(number, false);
            }
            Err(fault) => report.signature = Some(format!("failed: {fault}")),
        }
    }
    if files.contains_key("15") {
        let mut challenge = [0; 8];
        getrandom::fill(&mut challenge).expect("the system has randomness");
        report.active = Some(match session.active(challenge) {
            Ok(()) => "successful".to_owned(),
            Err(fault) => format!("failed: {fault}"),
        });
    }
}

/// It takes certificates alone.
fn anchors(job: &Job) -> Vec<Vec<u8>> {
    let certificates = job
        .trust
        .iter()
        .filter(|path| path.extension() == Some("der".as_ref()));
    let read = |path| std::fs::read(path).expect("the anchor was written");
    certificates.map(read).collect()
}

fn zone_of(card: &Card) -> Vec<u8> {
    // 61 len 5F1F len; the card's own file, never longer than short lengths can say.
    let file = card.chip().files.get(&0x0101);
    file.map(|file| file[5..].to_vec()).unwrap_or_default()
}

fn groups_of(card: &Card) -> Vec<(String, u8)> {
    let ids = card.chip().files.keys();
    let numbered = ids.filter_map(|id| match id {
        0x0103 | 0x0104 | 0x011E => None,
        0x011D => Some(("sod".to_owned(), 0x1D)),
        _ => Some(((id & 0xFF).to_string(), (id & 0xFF) as u8)),
    });
    numbered.collect()
}
