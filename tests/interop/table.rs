//! Every card, and what each peer is to find on it.

use std::path::PathBuf;

use tiepdon::sim::card::{Card, Faults, Personality};
use tiepdon::sim::persons;

use crate::report::Report;

/// A reader that we did not write.
pub trait Peer {
    fn read(&mut self, card: Card, job: &Job) -> Report;
}

/// What opens the card.
#[derive(Clone)]
pub enum Password {
    Can(String),
    Mrz(String),
}

/// What a peer is told besides the line.
pub struct Job {
    pub password: Password,
    /// Certificates of the trust anchors, DER.
    pub trust: Vec<PathBuf>,
    pub extended: bool,
}

impl Job {
    pub fn fields(&self, line: &str) -> Vec<String> {
        let mut fields = vec![format!("line={line}")];
        fields.push(match &self.password {
            Password::Can(can) => format!("can={can}"),
            Password::Mrz(key) => format!("mrz={key}"),
        });
        if !self.trust.is_empty() {
            let paths: Vec<_> = self
                .trust
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            fields.push(format!("csca={}", paths.join(",")));
        }
        if self.extended {
            fields.push("extended=yes".to_owned());
        }
        fields
    }

    pub fn anchors(&self) -> Vec<Vec<u8>> {
        let read = |path| std::fs::read(path).expect("the anchor was written");
        self.trust.iter().map(read).collect()
    }
}

/// What a peer makes of a card.
#[derive(Clone, Copy)]
pub enum Expected {
    /// It opens it so, reads every file byte for byte, and finds these proofs.
    Read(&'static str, &'static str),
    /// It does not get in or not through; these words are in its error, and this is why.
    Refused(&'static str),
}

/// The peers, in the order of a row's expectations.
#[derive(Clone, Copy)]
pub enum Column {
    Jmrtd,
    Gmrtd,
    CrateDmrtd,
}

pub struct Row {
    pub name: &'static str,
    card: fn() -> Card,
    password: fn(&Card) -> Password,
    expected: [Expected; 3],
}

use Expected::{Read, Refused};

fn can(card: &Card) -> Password {
    Password::Can(card.chip().can.clone().expect("a card with a CAN"))
}

fn mrz(card: &Card) -> Password {
    Password::Mrz(card.chip().mrz_key.clone().expect("a card with an MRZ"))
}

fn of(personality: Personality) -> Card {
    Card::with(&persons()[0], personality, Faults::default())
}

pub fn rows() -> Vec<Row> {
    const OPENED: &str = "id-PACE-ECDH-GM-AES-CBC-CMAC-128";
    const NO_SOD: Expected = Refused("SOD is missing");
    vec![
        Row {
            name: "citizen card, CAN",
            card: || of(Personality::Citizen),
            password: can,
            expected: [Read(OPENED, ""), NO_SOD, Read("PACE", "")],
        },
        Row {
            name: "citizen card, MRZ",
            card: || of(Personality::Citizen),
            password: mrz,
            expected: [Read(OPENED, ""), NO_SOD, Read("PACE", "")],
        },
        Row {
            name: "citizen card, wrong CAN",
            card: || of(Personality::Citizen),
            password: |_| Password::Can("999999".to_owned()),
            expected: [Refused("6300"), Refused("6300"), Refused("63")],
        },
        Row {
            name: "passport, MRZ",
            card: || of(Personality::Passport),
            password: mrz,
            expected: [Read(OPENED, ""), NO_SOD, Read("PACE", "")],
        },
        Row {
            name: "card that announces nothing",
            card: || of(Personality::Silent),
            password: can,
            expected: [Refused("no MRZ"), Refused(""), Refused("no PACE announced")],
        },
    ]
}

/// Runs the whole table past one peer; every fault is told, not the first alone.
pub fn check(peer: &mut dyn Peer, column: Column) {
    let mut faults = Vec::new();
    for row in rows() {
        let card = (row.card)();
        let chip = card.chip().clone();
        let job = Job {
            password: (row.password)(&card),
            trust: Vec::new(),
            extended: false,
        };
        let report = peer.read(card, &job);
        let fault = match row.expected[column as usize] {
            Read(access, proofs) => {
                let wrong = report.wrong_files(&chip);
                let same = report.access.as_deref() == Some(access)
                    && report.proofs() == proofs
                    && wrong.is_empty()
                    && report.error.is_none();
                (!same).then(|| format!("files {wrong:?}, proofs {:?}", report.proofs()))
            }
            Refused(words) => {
                let refused = report.error.as_deref().is_some_and(|e| e.contains(words));
                (!refused).then(|| "it was to be refused".to_owned())
            }
        };
        faults.extend(fault.map(|fault| format!("{}: {fault}; {report:?}", row.name)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
