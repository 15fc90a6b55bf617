//! A whole reading of the chip with all proofs, by our reader and by the crate `dmrtd`, of the same
//! card in one run: what of the processor's time is the reader's own, what goes over the line, how
//! long that takes on a contactless link, and how much memory the reader takes at its peak.
//!
//! Our reader is driven step by step, and only its steps are timed, by the thread's own clock; the
//! peer calls the card itself, and the card's time is taken out. The link is time added up (virtual):
//! the floor is what the bytes need in the air, the card computes in no time. What our reader
//! calculates while the card is busy counts only as far as it takes longer. For the memory each
//! reader has a process to itself, and the card answers from this one.

mod common;
#[path = "../tests/common/dmrtd.rs"]
#[expect(dead_code, reason = "the tests ask more of it")]
mod dmrtd_reader;
#[path = "../tests/interop/line.rs"]
mod line;

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::{Table, Times, cpu_time, millis, peak_memory};
use dmrtd::com::{TransceiveError, Transceiver};
use dmrtd_reader::{Key, Session, passive};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use line::Line;
use tiepdon::emrtd::{self, Access, Chip, Plan, Request, Step, TrustStore};
use tiepdon::identity::{Grade, Verdict};
use tiepdon::sim::card::link::{Link, LinkPlan, Rate};
use tiepdon::sim::card::profile::Profile;
use tiepdon::sim::card::{Card, Faults};
use tiepdon::sim::issuer::Issuer;
use tiepdon::sim::persons;

const RUNS: usize = 100;
/// Asks for one reading in a process of its own: reader, task, where the card answers, whom to trust.
const ALONE: &str = "--alone";

/// What is read, and what that may cost.
struct Task {
    name: &'static str,
    portrait: bool,
    extended: bool,
    apdus_max: usize,
    bytes_max: usize,
}

/// What a check-in reads, and what staff read to see the face.
const TASKS: [Task; 3] = [
    Task {
        name: "identity",
        portrait: false,
        extended: false,
        apdus_max: 32,
        bytes_max: 5_600,
    },
    Task {
        name: "with portrait",
        portrait: true,
        extended: false,
        apdus_max: 110,
        bytes_max: 26_000,
    },
    Task {
        name: "with portrait, extended",
        portrait: true,
        extended: true,
        apdus_max: 28,
        bytes_max: 26_000,
    },
];
const OWN_TIME: Duration = Duration::from_millis(30);
/// On the link, whichever is longer: a share of the floor, or so much for each command.
const OVER_FLOOR: f64 = 0.03;
const PER_COMMAND: Duration = Duration::from_micros(500);
/// Bytes of the longest reply that the extended card and its reader take.
const REPLY_MAX: u32 = 2_048;

/// One command, its reply, and what the reader calculated meanwhile.
struct Exchange {
    sent: usize,
    received: usize,
    meanwhile: Duration,
}

/// One reading.
struct Reading {
    exchanges: Vec<Exchange>,
    own: Duration,
}

#[derive(Clone, Copy)]
enum Reader {
    Ours,
    Dmrtd,
}

impl Reader {
    const ALL: [Self; 2] = [Self::Ours, Self::Dmrtd];

    fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Dmrtd => "crate dmrtd",
        }
    }

    /// Reads the card of the first person; panics unless it is read and proved.
    fn read(self, wire: &mut dyn Wire, task: &Task, trust: &Trust) -> Reading {
        match self {
            Self::Ours => ours(wire, task, trust),
            Self::Dmrtd => peer(wire, task, trust),
        }
    }
}

/// Whom to trust, as each reader wants it.
struct Trust {
    store: TrustStore,
    certificates: Vec<Vec<u8>>,
}

impl Trust {
    fn of(folder: &Path) -> Self {
        let mut trust = Self {
            store: TrustStore::default(),
            certificates: Vec::new(),
        };
        for file in std::fs::read_dir(folder).expect("our own folder") {
            let path = file.expect("a file").path();
            let bytes = std::fs::read(&path).expect("a file");
            let name = path.file_name().expect("a name").to_string_lossy();
            trust.store.add(&name, &bytes).expect("a good file");
            if name.ends_with(".der") {
                trust.certificates.push(bytes);
            }
        }
        trust
    }
}

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == ALONE) {
        return alone(&arguments[at + 1..]);
    }
    if !common::wanted() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let issuer = Issuer::shared();
    issuer.write_trust(folder.path()).expect("our own folder");
    let mut table = Table::new("Reading the chip with all proofs, without the card's own time");
    for task in &TASKS {
        for reader in Reader::ALL {
            measure(&mut table, task, reader, folder.path());
        }
    }
    table.print();
}

fn measure(table: &mut Table, task: &Task, reader: Reader, folder: &Path) {
    let bars = matches!(reader, Reader::Ours);
    let trust = Trust::of(folder);
    let readings = || reader.read(&mut Direct::new(card(task)), task, &trust);
    let readings: Vec<_> = (0..RUNS).map(|_| readings()).collect();
    let row = |what: &str| format!("{}, {}: {what}", task.name, reader.name());
    let own: Times = readings.iter().map(|reading| reading.own).collect();
    table.times(&row("own CPU time"), &own, bars.then_some(OWN_TIME));
    // The one with the median time speaks for all: what goes over the line is the same.
    let reading = readings.iter().min_by_key(|r| r.own.abs_diff(own.median()));
    let reading = reading.expect("there were some");
    let apdus = reading.exchanges.len();
    let bar = task.apdus_max.to_string();
    let kept = bars.then_some((bar.as_str(), apdus <= task.apdus_max));
    table.figure(&row("commands"), &apdus.to_string(), kept);
    let sent: usize = reading.exchanges.iter().map(|e| e.sent).sum();
    let received: usize = reading.exchanges.iter().map(|e| e.received).sum();
    let bar = task.bytes_max.to_string();
    let kept = bars.then_some((bar.as_str(), sent + received <= task.bytes_max));
    let bytes = format!("{sent} + {received}");
    table.figure(&row("bytes sent + received"), &bytes, kept);
    for (rate, name) in [(Rate::K106, "106"), (Rate::K424, "424")] {
        let (floor, whole) = on_link(reading, rate);
        let allowed = floor.mul_f64(OVER_FLOOR).max(PER_COMMAND * apdus as u32);
        let bar = millis(floor + allowed);
        // The bar is for the slowest link, where most of the time is the link's.
        let bar = (bars && rate == Rate::K106).then_some((bar.as_str(), whole <= floor + allowed));
        let figure = format!("{}, floor {}", millis(whole), millis(floor));
        table.figure(&row(&format!("at {name} kbit/s")), &figure, bar);
    }
    table.figure(
        &row("memory at its peak"),
        &peak(task, reader, folder),
        None,
    );
}

/// The time that the bytes need in the air, and the whole time with the reader's own.
fn on_link(reading: &Reading, rate: Rate) -> (Duration, Duration) {
    let mut link = Link::new(LinkPlan::bare(rate));
    let mut hidden = Duration::ZERO;
    for exchange in &reading.exchanges {
        let air = link.exchange(exchange.sent, exchange.received, Duration::ZERO);
        hidden += exchange.meanwhile.min(air);
    }
    (link.floor(), link.total() + reading.own - hidden)
}

/// What one reading adds to the peak of a process that does nothing else.
fn peak(task: &Task, reader: Reader, folder: &Path) -> String {
    let line = Line::serve(card(task));
    let output = Command::new(std::env::current_exe().expect("our own path"))
        .args([ALONE, reader.name(), task.name, &line.address.to_string()])
        .arg(folder)
        .output()
        .expect("it starts");
    line.end();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the reading alone failed: {said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[expect(clippy::print_stdout, reason = "the figure goes to the parent process")]
fn alone(arguments: &[String]) {
    let [reader, task, address, folder] = arguments else {
        panic!("reader, task, address, folder");
    };
    let reader = Reader::ALL.into_iter().find(|r| r.name() == reader);
    let task = TASKS.iter().find(|t| t.name == task).expect("a task");
    let trust = Trust::of(Path::new(folder));
    let mut wire = TcpStream::connect(address).expect("the card listens");
    let before = peak_memory();
    reader.expect("a reader").read(&mut wire, task, &trust);
    println!("{} kB", peak_memory() - before);
}

/// The genuine card, of short or extended length.
fn card(task: &Task) -> Card {
    let mut profile = Profile::default();
    if task.extended {
        profile.habits.extended_length = true;
        profile.habits.largest_read = REPLY_MAX as usize;
    }
    Card::of(
        profile.chip(&persons()[0], Issuer::shared()),
        Faults::default(),
    )
}

/// The line to a card, whatever reader holds the other end.
trait Wire {
    /// `None`: the card is gone.
    fn exchange(&mut self, command: &[u8]) -> Option<Vec<u8>>;
}

impl Wire for TcpStream {
    fn exchange(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        line::exchange(self, command).ok()
    }
}

/// The card lies on the table of this process.
struct Direct(Card);

impl Direct {
    fn new(card: Card) -> Self {
        Self(card)
    }
}

impl Wire for Direct {
    fn exchange(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        self.0.try_transmit(command).ok()
    }
}

fn ours(wire: &mut dyn Wire, task: &Task, trust: &Trust) -> Reading {
    let plan = Plan {
        dg13: true,
        portrait: task.portrait,
        ..Plan::default()
    };
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let request = Request::new(Access::of(&persons()[0].number), plan, &trust.store, today);
    let line = emrtd::Line {
        reply_max: if task.extended { REPLY_MAX } else { 0 },
        ..emrtd::Line::default()
    };
    let mut random = |out: &mut [u8]| getrandom::fill(out).expect("the system has randomness");
    let mut exchanges = Vec::new();
    let begun = cpu_time();
    let mut reader = emrtd::Reader::new(request, line, &mut random);
    let mut step = reader.start();
    let mut own = cpu_time() - begun;
    let chip = loop {
        let command = match step {
            Step::Transmit(command) => command,
            Step::Done(chip) => break chip,
            Step::Reset => panic!("no card here needs it"),
            Step::Failed(error) => panic!("a good card is read: {error}"),
        };
        let reply = wire.exchange(&command).expect("the card is there");
        let begun = cpu_time();
        reader.work();
        let meanwhile = cpu_time() - begun;
        step = reader.on_reply(&reply);
        own += cpu_time() - begun;
        exchanges.push(Exchange {
            sent: command.len(),
            received: reply.len(),
            meanwhile,
        });
    };
    assert_proved(&chip, task);
    Reading { exchanges, own }
}

fn assert_proved(chip: &Chip, task: &Task) {
    assert_eq!(chip.proofs.verdict(), Verdict::Graded(Grade::Proven));
    assert_eq!(chip.portrait.is_some(), task.portrait);
}

/// The peer's line: what the card takes is taken out of the reader's time.
struct PeerLine<'w> {
    wire: &'w mut dyn Wire,
    card_time: Duration,
    exchanges: Vec<Exchange>,
}

impl Transceiver for &mut PeerLine<'_> {
    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransceiveError> {
        let begun = cpu_time();
        let reply = self.wire.exchange(command);
        let reply = reply.ok_or_else(|| TransceiveError::new("the card is gone"))?;
        self.card_time += cpu_time() - begun;
        self.exchanges.push(Exchange {
            sent: command.len(),
            received: reply.len(),
            meanwhile: Duration::ZERO,
        });
        Ok(reply)
    }
}

/// As its documentation shows it; it has no chip authentication.
fn peer(wire: &mut dyn Wire, task: &Task, trust: &Trust) -> Reading {
    let can = persons()[0].number.can();
    let mut challenge = [0; 8];
    getrandom::fill(&mut challenge).expect("the system has randomness");
    let mut line = PeerLine {
        wire,
        card_time: Duration::ZERO,
        exchanges: Vec::new(),
    };
    let begun = cpu_time();
    let mut session = Session::open(&mut line, &Key::Can(can)).expect("it opens a good card");
    session.common().expect("EF.COM");
    let sod = session.file(0x1D).expect("the SOD");
    let groups = [1, 13, 14, 15, 2];
    let groups = &groups[..if task.portrait { 5 } else { 4 }];
    let files: Vec<_> = groups
        .iter()
        .map(|number| (*number, session.file(*number).expect("a data group")))
        .collect();
    let files: Vec<_> = files.iter().map(|(n, bytes)| (*n, &bytes[..])).collect();
    let trusted = passive(&sod, &files, &trust.certificates);
    session.active(challenge).expect("the chip's own key");
    drop(session);
    let whole = cpu_time() - begun;
    assert_eq!(trusted.ok(), Some(true), "signed by an authority");
    Reading {
        own: whole - line.card_time,
        exchanges: line.exchanges,
    }
}
