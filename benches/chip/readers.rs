//! The two readers, each doing all it can for the same task.

use std::path::Path;

use dmrtd::com::{TransceiveError, Transceiver};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tiepdon::emrtd::{Access, Line, Plan, Request, Transport, TransportError, TrustStore, read};
use tiepdon::identity::{Grade, Verdict};
use tiepdon::sim::issuer::Issuer;

use crate::dmrtd_reader::{Key, Session, passive};
use crate::wire::Wire;
use crate::{Task, somebody};

/// EF.SOD.
const SOD: u8 = 0x1D;

#[derive(Clone, Copy)]
pub enum Reader {
    Ours,
    Dmrtd,
}

impl Reader {
    pub const ALL: [Self; 2] = [Self::Ours, Self::Dmrtd];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Dmrtd => "crate dmrtd",
        }
    }

    /// Reads the card; panics unless everything was read, is right, and was proved.
    pub fn read(self, wire: &mut dyn Wire, task: &Task, trust: &Trust) {
        match self {
            Self::Ours => ours(wire, task, trust),
            Self::Dmrtd => peer(wire, task, trust).expect("it reads and proves a good card"),
        }
    }
}

/// Whom to trust, in either reader's form.
pub struct Trust {
    pub store: TrustStore,
    /// Certificates alone.
    anchors: Vec<Vec<u8>>,
}

impl Trust {
    /// That of the issuer of this process.
    pub fn ours() -> Self {
        let files = Issuer::shared().trust();
        Self::of(
            files
                .iter()
                .map(|file| (file.name.to_owned(), file.bytes.clone())),
        )
    }

    /// What another process wrote.
    pub fn from_folder(folder: &Path) -> Self {
        let entries = std::fs::read_dir(folder).expect("the folder was made");
        Self::of(entries.map(|entry| {
            let path = entry.expect("an entry").path();
            let bytes = std::fs::read(&path).expect("the file was written");
            (path.to_string_lossy().into_owned(), bytes)
        }))
    }

    pub fn write(folder: &Path) {
        for file in Issuer::shared().trust() {
            std::fs::write(folder.join(file.name), file.bytes).expect("written");
        }
    }

    fn of(files: impl Iterator<Item = (String, Vec<u8>)>) -> Self {
        let mut trust = Self {
            store: TrustStore::default(),
            anchors: Vec::new(),
        };
        for (name, bytes) in files {
            trust.store.add(&name, &bytes).expect("a good file");
            if name.ends_with("csca.der") {
                trust.anchors.push(bytes);
            }
        }
        trust
    }
}

/// What our reader is asked for.
pub fn request<'t>(task: &Task, trust: &'t Trust) -> Request<'t> {
    let plan = Plan {
        dg13: true,
        portrait: task.portrait,
        ..Plan::default()
    };
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    Request::new(Access::of(&somebody().number), plan, &trust.store, today)
}

pub fn random(out: &mut [u8]) {
    getrandom::fill(out).expect("the system has randomness");
}

struct OurLine<'w> {
    wire: &'w mut dyn Wire,
    reply_max: u32,
}

impl Transport for OurLine<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.wire.exchange(command).ok_or(TransportError::Removed)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        Err(TransportError::Other("no card here needs it".to_owned()))
    }

    fn line(&self) -> Line {
        Line {
            reply_max: self.reply_max,
            ..self.wire.line()
        }
    }
}

fn ours(wire: &mut dyn Wire, task: &Task, trust: &Trust) {
    let reply_max = task.reply_max;
    let mut line = OurLine { wire, reply_max };
    let request = request(task, trust);
    let chip = read(&mut line, request, &mut random, &mut |_| {});
    let chip = chip.expect("a good card is read");
    assert_eq!(chip.portrait.is_some(), task.portrait);
    assert_eq!(chip.proofs.verdict(), Verdict::Graded(Grade::Proven));
}

struct PeerLine<'w>(&'w mut dyn Wire);

impl Transceiver for PeerLine<'_> {
    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransceiveError> {
        let reply = self.0.exchange(command);
        reply.ok_or_else(|| TransceiveError::new("the card is gone"))
    }
}

/// As its documentation shows it: EF.COM, then the groups, then passive authentication and active
/// authentication. It has no chip authentication.
fn peer(wire: &mut dyn Wire, task: &Task, trust: &Trust) -> Result<(), String> {
    let can = somebody().number.can();
    let mut session = Session::open(PeerLine(wire), &Key::Can(can))?;
    session.common()?;
    let sod = session.file(SOD)?;
    let wanted = [Some(1), Some(13), Some(15), task.portrait.then_some(2)];
    let mut groups = Vec::new();
    for group in wanted.into_iter().flatten() {
        groups.push((group, session.file(group)?));
    }
    let listed: Vec<_> = groups.iter().map(|(n, bytes)| (*n, &bytes[..])).collect();
    let trusted = passive(&sod, &listed, &trust.anchors).map_err(|e| e.to_string())?;
    assert!(trusted, "the chain ends at our CSCA");
    let mut challenge = [0; 8];
    random(&mut challenge);
    session.active(challenge)
}
