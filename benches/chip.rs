//! A whole reading of the chip, by our reader and by the crate `dmrtd`, of the same card in one run:
//! what of the processor's time is the reader's own, what goes over the line, and how much memory
//! the reader takes at its peak.
//!
//! For the time, reader and card share a thread, and the card's own time is taken out. For the
//! memory each reader has a process to itself, and the card answers from this one.

mod common;
#[path = "../tests/common/dmrtd.rs"]
#[expect(dead_code, reason = "the tests ask more of it")]
mod dmrtd_reader;
#[path = "../tests/interop/line.rs"]
mod line;

use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use common::{Table, Times, cpu_time, peak_memory};
use dmrtd::com::{TransceiveError, Transceiver};
use dmrtd_reader::{Key, Session};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use line::Line;
use tiepdon::emrtd::{Access, Plan, Request, Transport, TransportError, TrustStore, read};
use tiepdon::sim::card::Card;
use tiepdon::sim::issuer::Issuer;
use tiepdon::sim::persons;

const RUNS: usize = 100;
/// Asks for one reading in a process of its own: the reader, the plan, where the card answers.
const ALONE: &str = "--alone";

/// What a check-in reads, and what staff read to see the face; with what may go over the line.
const PLANS: [Task; 2] = [
    Task {
        name: "identity",
        portrait: false,
        apdus_max: 32,
        bytes_max: 5_600,
    },
    Task {
        name: "identity, portrait",
        portrait: true,
        apdus_max: 110,
        bytes_max: 26_000,
    },
];
const OWN_TIME: Duration = Duration::from_millis(30);

struct Task {
    name: &'static str,
    portrait: bool,
    apdus_max: u32,
    bytes_max: usize,
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

    /// Reads the card of the first person; panics unless everything was read and is right.
    fn read(self, wire: &mut dyn Wire, portrait: bool) {
        match self {
            Self::Ours => ours(wire, portrait),
            Self::Dmrtd => peer(wire, portrait),
        }
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
    let mut table = Table::new("Reading the chip, without the card's own time");
    for task in &PLANS {
        for reader in Reader::ALL {
            let bars = matches!(reader, Reader::Ours);
            measure(&mut table, task, reader, bars);
        }
    }
    table.print();
}

fn measure(table: &mut Table, task: &Task, reader: Reader, bars: bool) {
    let mut wire = Direct::new();
    let mut own = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        wire = Direct::new();
        let begun = cpu_time();
        reader.read(&mut wire, task.portrait);
        own.push(cpu_time() - begun - wire.card_time);
    }
    let row = |what: &str| format!("{}, {}: {what}", task.name, reader.name());
    let own: Times = own.into_iter().collect();
    table.times(&row("own CPU time"), &own, bars.then_some(OWN_TIME));
    let kept = wire.apdus <= task.apdus_max;
    let bar = task.apdus_max.to_string();
    let apdus = wire.apdus.to_string();
    table.figure(&row("commands"), &apdus, bars.then_some((&bar, kept)));
    let bytes = wire.sent + wire.received;
    let bar = task.bytes_max.to_string();
    table.figure(
        &row("bytes sent + received"),
        &format!("{} + {}", wire.sent, wire.received),
        bars.then_some((&bar, bytes <= task.bytes_max)),
    );
    table.figure(&row("memory at its peak"), &peak(task, reader), None);
}

/// What one reading adds to the peak of a process that does nothing else.
fn peak(task: &Task, reader: Reader) -> String {
    let line = Line::serve(card());
    let output = Command::new(std::env::current_exe().expect("our own path"))
        .arg(ALONE)
        .arg(reader.name())
        .arg(task.portrait.to_string())
        .arg(line.address.to_string())
        .output()
        .expect("it starts");
    line.end();
    assert!(output.status.success(), "the reading alone failed");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[expect(clippy::print_stdout, reason = "the figure goes to the parent process")]
fn alone(arguments: &[String]) {
    let [name, portrait, address] = arguments else {
        panic!("reader, portrait, address");
    };
    let reader = Reader::ALL.into_iter().find(|r| r.name() == name);
    let mut wire = TcpStream::connect(address).expect("the card listens");
    let before = peak_memory();
    reader
        .expect("a reader")
        .read(&mut wire, portrait == "true");
    println!("{} kB", peak_memory() - before);
}

fn card() -> Card {
    Card::new(&persons()[0])
}

/// The line to a card, whatever reader holds the other end.
trait Wire: Send {
    /// `None`: the card is gone.
    fn exchange(&mut self, command: &[u8]) -> Option<Vec<u8>>;
}

impl Wire for TcpStream {
    fn exchange(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        line::exchange(self, command).ok()
    }
}

/// The card lies on the table of this process; what it takes is counted.
struct Direct {
    card: Card,
    card_time: Duration,
    apdus: u32,
    sent: usize,
    received: usize,
}

impl Direct {
    fn new() -> Self {
        Self {
            card: card(),
            card_time: Duration::ZERO,
            apdus: 0,
            sent: 0,
            received: 0,
        }
    }
}

impl Wire for Direct {
    fn exchange(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let begun = cpu_time();
        let reply = self.card.try_transmit(command).ok()?;
        self.card_time += cpu_time() - begun;
        self.apdus += 1;
        self.sent += command.len();
        self.received += reply.len();
        Some(reply)
    }
}

struct OurLine<'w>(&'w mut dyn Wire);

impl Transport for OurLine<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.0.exchange(command).ok_or(TransportError::Removed)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        Err(TransportError::Other("no card here needs it".to_owned()))
    }
}

fn ours(wire: &mut dyn Wire, portrait: bool) {
    let plan = Plan {
        dg13: true,
        portrait,
        ..Plan::default()
    };
    let mut trust = TrustStore::default();
    for file in Issuer::shared().trust() {
        trust.add(file.name, &file.bytes).expect("a good file");
    }
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let request = Request::new(Access::of(&persons()[0].number), plan, &trust, today);
    let mut random = |out: &mut [u8]| getrandom::fill(out).expect("the system has randomness");
    let chip = read(&mut OurLine(wire), request, &mut random, &mut |_| {});
    let chip = chip.expect("a good card is read");
    assert_eq!(chip.portrait.is_some(), portrait);
}

struct PeerLine<'w>(&'w mut dyn Wire);

impl Transceiver for PeerLine<'_> {
    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransceiveError> {
        let reply = self.0.exchange(command);
        reply.ok_or_else(|| TransceiveError::new("the card is gone"))
    }
}

/// As its documentation shows it: EF.COM, then the groups.
fn peer(wire: &mut dyn Wire, portrait: bool) {
    let can = persons()[0].number.can();
    let mut session = Session::open(PeerLine(wire), &Key::Can(can)).expect("it opens a good card");
    session.common().expect("EF.COM");
    session.zone().expect("DG1");
    session.file(13).expect("DG13");
    if portrait {
        session.file(2).expect("DG2");
    }
}
