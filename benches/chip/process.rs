//! What is measured in a process that does nothing but read: its memory, and its time in the PC/SC
//! service.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tiepdon::card::{self, Connection};
use tiepdon::emrtd::{Line as Properties, Transport, TransportError, read};
use tiepdon::sim::card::vpcd;

use crate::Task;
use crate::common::{self, Times, millis};
use crate::line::Line;
use crate::pcscd::Pcscd;
use crate::readers::{Reader, Trust, random, request};
use crate::wire::Direct;

/// Asks for a reading in a process of its own: who reads, the task, whom to trust, where the card is.
const ALONE: &str = "--alone";
/// In the place of a reader's name: ours, through the PC/SC service.
const SERVICE: &str = "service";
const SERVICE_RUNS: usize = 15;
/// A second or two on a busy machine.
const CARD_WITHIN: Duration = Duration::from_secs(30);

/// Whether this process was started for one figure; then it has told it.
pub fn is_asked_for() -> bool {
    let arguments: Vec<_> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == ALONE);
    let Some([name, task, folder, address]) = at.and_then(|at| arguments.get(at + 1..at + 5))
    else {
        return false;
    };
    let (task, trust) = (Task::named(task), Trust::from_folder(Path::new(folder)));
    let figure = if name == SERVICE {
        time_in_service(task, &trust)
    } else {
        let reader = Reader::ALL.into_iter().find(|r| r.name() == name);
        let mut wire = TcpStream::connect(address).expect("the card listens");
        let before = common::peak_memory();
        reader.expect("a reader").read(&mut wire, task, &trust);
        common::peak_memory() - before
    };
    tell(figure);
    true
}

#[expect(clippy::print_stdout, reason = "the figure goes to the parent process")]
fn tell(figure: u64) {
    println!("{figure}");
}

fn ask(who: &str, task: &Task, address: &str, socket: Option<&Path>) -> u64 {
    let folder = tempfile::tempdir().expect("a folder");
    Trust::write(folder.path());
    let mut command = Command::new(std::env::current_exe().expect("our own path"));
    if let Some(socket) = socket {
        command.env("PCSCLITE_CSOCK_NAME", socket);
    }
    let output = command
        .args([ALONE, who, task.name])
        .arg(folder.path())
        .arg(address)
        .output()
        .expect("it starts");
    let told = String::from_utf8_lossy(&output.stdout);
    let figure = told.trim().parse();
    figure.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// What one reading adds to the peak of a process that does nothing else.
pub fn peak_memory(task: &Task, reader: Reader) -> String {
    let line = Line::serve(task.card());
    let peak = ask(reader.name(), task, &line.address.to_string(), None);
    line.end();
    format!("{peak} kB")
}

/// What the PC/SC service and its virtual reader take for a reading: the time that its commands take
/// there, less that of the card on the table. `None` where there is no service.
pub fn through_service(task: &Task) -> Option<String> {
    let service = Pcscd::start()?;
    let inserted = vpcd::insert(task.card(), service.address()).ok()?;
    let micros = ask(SERVICE, task, "", Some(&service.socket()));
    drop(inserted);
    let mut table = Direct::new(task.card());
    Reader::Ours.read(&mut table, task, &Trust::ours());
    let share = Duration::from_micros(micros).saturating_sub(table.card_time);
    let each = share / table.apdus();
    Some(format!("{} ({} a command)", millis(share), millis(each)))
}

/// The median of the time that a reading's commands take, in microseconds.
fn time_in_service(task: &Task, trust: &Trust) -> u64 {
    let end = Instant::now() + CARD_WITHIN;
    let times: Times = (0..SERVICE_RUNS)
        .map(|_| {
            let mut stack = Stack::open(end);
            let request = request(task, trust);
            let chip = read(&mut stack, request, &mut random, &mut |_| {});
            assert_eq!(chip.expect("a good card").portrait.is_some(), task.portrait);
            stack.taken
        })
        .collect();
    u64::try_from(times.median().as_micros()).expect("some seconds")
}

/// The connection, and the time that its commands took.
struct Stack {
    connection: Connection,
    taken: Duration,
}

impl Stack {
    fn open(end: Instant) -> Self {
        loop {
            let readers = card::readers().unwrap_or_default();
            let present = readers.iter().find(|reader| reader.atr.is_some());
            if let Some(Ok(connection)) = present.map(|reader| Connection::open(&reader.name)) {
                let taken = Duration::ZERO;
                return Self { connection, taken };
            }
            assert!(Instant::now() < end, "no card behind the service");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

impl Transport for Stack {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let begun = Instant::now();
        let reply = self.connection.transmit(command);
        self.taken += begun.elapsed();
        reply
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.connection.reset()
    }

    fn line(&self) -> Properties {
        self.connection.line()
    }
}
