//! Every card, and what each peer is to find on it: `table.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tiepdon::sim::card::chip::Chip;
use tiepdon::sim::card::profile::Profile;
use tiepdon::sim::card::{Card, Faults};
use tiepdon::sim::issuer::Issuer;
use tiepdon::sim::persons;

use crate::report::Report;

/// A reader that we did not write.
pub trait Peer {
    fn read(&mut self, card: Card, job: &Job) -> Report;

    /// How often it may try a card, for a peer that fails by chance.
    fn tries(&self) -> u32 {
        1
    }
}

/// What opens the card.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Password {
    #[default]
    Can,
    Mrz,
    WrongCan,
}

/// What a peer is told besides the line.
pub struct Job {
    pub can: Option<String>,
    /// 24 characters of the MRZ.
    pub mrz: Option<String>,
    /// Certificates and revocation lists, DER.
    pub trust: Vec<PathBuf>,
    pub extended: bool,
    /// How long a card may take; then it is pulled out.
    pub patience: Duration,
}

/// The slowest peer reads the slowest card in less.
const PATIENCE: Duration = Duration::from_secs(90);
/// A card that stalls is not waited for.
const STALLED: Duration = Duration::from_secs(3);

impl Job {
    pub fn new(chip: &Chip, password: Password, trust: &Trust, faults: &Faults) -> Self {
        let none = || "0".repeat(24);
        let (can, mrz) = match password {
            Password::Can => (chip.can.clone(), None),
            Password::WrongCan => (Some("999999".to_owned()), None),
            Password::Mrz => (None, Some(chip.mrz_key.clone().unwrap_or_else(none))),
        };
        Self {
            can,
            mrz,
            trust: trust.0.clone(),
            extended: chip.habits.extended_length,
            patience: faults.stall_at.map_or(PATIENCE, |_| STALLED),
        }
    }

    /// As peers in processes of their own are told.
    pub fn fields(&self, line: &str) -> Vec<String> {
        let trust: Vec<_> = self.trust.iter().map(|p| p.display().to_string()).collect();
        let mut fields = vec![format!("line={line}"), format!("csca={}", trust.join(","))];
        fields.extend(self.can.iter().map(|can| format!("can={can}")));
        fields.extend(self.mrz.iter().map(|mrz| format!("mrz={mrz}")));
        fields.extend(self.extended.then(|| "extended=yes".to_owned()));
        fields
    }
}

/// A folder with what a peer is to trust.
pub struct Trust(Vec<PathBuf>);

impl Trust {
    pub fn of(issuer: &Issuer, folder: &Path) -> Self {
        issuer.write_trust(folder).expect("a folder of our own");
        let files = std::fs::read_dir(folder).expect("the folder");
        Self(files.map(|file| file.expect("a file").path()).collect())
    }
}

/// A row: the card is the row's name, unless it says another; what a peer finds is what it finds on
/// the genuine card, unless the row says otherwise.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    card: Option<String>,
    #[serde(default)]
    password: Password,
    jmrtd: Option<String>,
    gmrtd: Option<String>,
    dmrtd: Option<String>,
    /// Why a peer finds something else than the standard would have it find.
    #[serde(rename = "why")]
    _why: Option<String>,
}

/// A peer's column.
#[derive(Clone, Copy)]
pub enum Column {
    Jmrtd,
    Gmrtd,
    Dmrtd,
}

impl Row {
    fn expected(&self, column: Column) -> Option<&str> {
        match column {
            Column::Jmrtd => self.jmrtd.as_deref(),
            Column::Gmrtd => self.gmrtd.as_deref(),
            Column::Dmrtd => self.dmrtd.as_deref(),
        }
    }
}

pub fn rows() -> BTreeMap<String, Row> {
    toml::from_str(include_str!("table.toml")).expect("our own table")
}

fn folder() -> PathBuf {
    PathBuf::from("assets/sim/cards")
}

/// Names of all profiles there are.
pub fn profiles() -> Vec<String> {
    let files = std::fs::read_dir(folder()).expect("the profiles");
    let names = files.map(|file| file.expect("a file").path());
    let names = names.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

impl Row {
    pub fn profile(&self, name: &str) -> String {
        self.card.clone().unwrap_or_else(|| name.to_owned())
    }
}

fn profile(name: &str) -> Profile {
    let text = std::fs::read_to_string(folder().join(format!("{name}.toml")));
    toml::from_str(&text.expect("the profile")).expect("a profile")
}

/// Runs the whole table past one peer; every fault is told, not the first alone.
pub fn check(peer: &mut dyn Peer, column: Column) {
    let folder = tempfile::tempdir().expect("a folder");
    let trust = Trust::of(Issuer::shared(), folder.path());
    let rows = rows();
    let usual = rows["genuine"].expected(column).expect("the first row");
    let mut faults = Vec::new();
    for (name, row) in &rows {
        let expected = row.expected(column).unwrap_or(usual);
        let profile = profile(&row.profile(name));
        let chip = profile.chip(&persons()[0], Issuer::shared());
        let job = Job::new(&chip, row.password, &trust, &profile.faults);
        let mut fault = None;
        for _ in 0..peer.tries() {
            let report = peer.read(Card::of(chip.clone(), profile.faults.clone()), &job);
            fault = differs(expected, &report, &chip);
            if fault.is_none() {
                break;
            }
        }
        faults.extend(fault.map(|fault| format!("{name}\n{fault}")));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn differs(expected: &str, report: &Report, chip: &Chip) -> Option<String> {
    let found = report.summary(chip);
    let same = match expected.strip_prefix("refused: ") {
        Some(words) => report.says(words),
        None => found == expected,
    };
    let reasons = report.reasons();
    (!same).then(|| format!("  expected {expected}\n  found    {found}\n  {reasons:?}"))
}
