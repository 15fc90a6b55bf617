//! The edges: bytes to a printer and back, each call against a deadline.
//!
//! A connection is opened for each ticket and closed after it, so that a printer that was
//! unplugged, switched off or replaced is found again by the next one.

mod device;
mod folder;
mod tcp;
#[cfg(test)]
mod tests;

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::conversation::{Conversation, Heard, Next};
use super::{Printer, PrinterFault, Raster};
use crate::config::{self, Link};
use crate::queue::Paper;
use crate::words::Cause;

pub use device::DevicePrinter;
pub use folder::FolderPrinter;
pub use tcp::TcpPrinter;

/// Tickets without an echo, all else well, after which a printer counts as one that never echoes.
const UNECHOED_MAX: u8 = 3;

/// Input is drained by so many reads at most: a printer that never stops talking is not waited for.
const DRAIN_READS_MAX: usize = 64;

/// The printer that the settings name. Nothing is opened yet.
pub fn open(settings: &config::Printer) -> Box<dyn Printer> {
    match &settings.link {
        Link::Tcp(address) => Box::new(TcpPrinter::new(*address, settings.band_rows)),
        Link::Device(path) => Box::new(DevicePrinter::new(path, settings.band_rows)),
        Link::Folder(path) => Box::new(FolderPrinter::new(path)),
    }
}

/// Why bytes do not go or come.
#[derive(Debug)]
enum Broken {
    /// Not until now; the line may be well.
    TimedOut,
    /// The line is gone, in the system's words.
    Closed(String),
}

/// A line that an ESC/POS printer is at the other end of.
trait Wire {
    /// Hands all of `bytes` over.
    fn send(&mut self, bytes: &[u8], until: Instant) -> Result<(), Broken>;

    /// At least one byte into `buffer`; what already came is given even where `until` is past.
    fn receive(&mut self, buffer: &mut [u8], until: Instant) -> Result<usize, Broken>;
}

/// How a printer of this line is spoken to, and what was learnt of it.
#[derive(Debug)]
struct Manner {
    band_rows: u32,
    /// Tickets in a row that were well without an echo.
    unechoed: u8,
}

impl Manner {
    fn new(band_rows: u32) -> Self {
        Self {
            band_rows,
            unechoed: 0,
        }
    }

    /// Prints over an open line.
    fn print(
        &mut self,
        wire: &mut impl Wire,
        raster: &Raster,
        id: [u8; 4],
        deadline: Instant,
    ) -> Result<Paper, PrinterFault> {
        let echoes = self.unechoed < UNECHOED_MAX;
        let conversation = Conversation::print(raster, id, self.band_rows, echoes);
        let result = converse(wire, conversation, deadline);
        self.unechoed = match result {
            Ok(Paper::OkAfter) => self.unechoed.saturating_add(1),
            // A fault may be another printer's beginning: let it show what it can.
            Ok(Paper::Confirmed | Paper::Unverified | Paper::Failed) | Err(_) => 0,
        };
        result
    }
}

/// Asks over an open line whether the printer could print.
fn ask(wire: &mut impl Wire, deadline: Instant) -> Result<(), PrinterFault> {
    converse(wire, Conversation::ask(), deadline).map(|_| ())
}

fn converse(
    wire: &mut impl Wire,
    mut conversation: Conversation,
    deadline: Instant,
) -> Result<Paper, PrinterFault> {
    let mut buffer = [0; 256];
    let mut waiting_until = deadline;
    let mut next = conversation.start();
    let result = loop {
        let moved = match next {
            Next::Done(paper) => break Ok(paper),
            Next::Fault(fault) => break Err(fault),
            Next::Send(bytes) => {
                drain(wire, &mut buffer);
                wire.send(&bytes, deadline).map(|()| 0)
            }
            Next::Wait(time) => {
                waiting_until = deadline.min(Instant::now() + time);
                wire.receive(&mut buffer, waiting_until)
            }
            Next::GoOn => wire.receive(&mut buffer, waiting_until),
        };
        next = conversation.step(match &moved {
            Ok(0) => Heard::Wrote,
            Ok(count) => Heard::Bytes(&buffer[..*count]),
            Err(Broken::Closed(why)) => Heard::Closed(why),
            Err(Broken::TimedOut) if Instant::now() >= deadline => Heard::OutOfTime,
            Err(Broken::TimedOut) => Heard::Silence,
        });
    };
    if conversation.near_end() {
        tracing::warn!("the printer's roll is near its end");
    }
    result
}

/// Old answers must not pass for new ones.
fn drain(wire: &mut impl Wire, buffer: &mut [u8]) {
    for _ in 0..DRAIN_READS_MAX {
        if wire.receive(buffer, Instant::now()).is_err() {
            return;
        }
    }
}

fn offline(detail: String) -> PrinterFault {
    PrinterFault {
        cause: Cause::PrinterOffline,
        detail,
    }
}

/// Until a line can be read from or written to. A time that is past is one look.
fn ready(line: &impl AsFd, what: PollFlags, until: Instant) -> Result<(), Broken> {
    loop {
        let mut fds = [PollFd::new(line, what)];
        let time = until.saturating_duration_since(Instant::now());
        let time = Timespec::try_from(time).map_err(|_| Broken::TimedOut)?;
        match poll(&mut fds, Some(&time)) {
            Ok(0) => return Err(Broken::TimedOut),
            Ok(_) if fds[0].revents().intersects(what) => return Ok(()),
            Ok(_) => return Err(Broken::Closed("the printer is gone".into())),
            Err(Errno::INTR) if Instant::now() < until => {}
            Err(Errno::INTR) => return Err(Broken::TimedOut),
            Err(e) => return Err(Broken::Closed(e.to_string())),
        }
    }
}

/// The time left until `until`, at least the shortest that system calls take.
fn left(until: Instant) -> Duration {
    const LEAST: Duration = Duration::from_millis(1);
    until.saturating_duration_since(Instant::now()).max(LEAST)
}
