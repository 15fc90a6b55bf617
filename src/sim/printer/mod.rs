//! A thermal printer that can have every fault: ESC/POS over TCP on this machine.
//!
//! It decodes what it gets into pictures, answers as the manuals say, and obeys real-time commands
//! even inside a picture, as real printers do. Invariant: it shares nothing with the code that it
//! tests, and listens on loopback only.

mod decoder;
mod faults;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use self::decoder::Decoder;
pub use self::faults::Faults;

/// How long a read waits before the switches are looked at again.
const LOOK: Duration = Duration::from_millis(10);

/// An answer that nobody takes is given up.
const ANSWER_MAX: Duration = Duration::from_secs(1);

/// A ticket that was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Width in dots.
    pub width: u32,
    /// Height in dots.
    pub height: u32,
    /// Rows of `width / 8` bytes, most significant bit leftmost, 1 = black.
    pub bits: Vec<u8>,
}

impl Ticket {
    /// The picture as a 1-bit greyscale PNG.
    pub fn png(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width, self.height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let white_is_one: Vec<u8> = self.bits.iter().map(|byte| !byte).collect();
        encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&white_is_one))
            .expect("a ticket has as many bytes as its size says");
        file
    }
}

/// What happened at a printer besides tickets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Real-time commands that came as dots of a picture, and were obeyed.
    pub stray: usize,
    /// Times that it was told to forget what it holds.
    pub cleared: usize,
    /// Commands that it does not know.
    pub unknown: usize,
    /// Connections that it took.
    pub connections: usize,
}

#[derive(Debug)]
struct Inside {
    faults: Faults,
    decoder: Decoder,
    tickets: Vec<Ticket>,
    connections: usize,
    stopping: bool,
}

#[derive(Debug)]
struct Shared {
    inside: Mutex<Inside>,
    changed: Condvar,
    folder: Option<PathBuf>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running printer; dropping it switches it off.
#[derive(Debug)]
pub struct Printer {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Printer {
    /// Starts on `port` of this machine; 0 takes a free one.
    ///
    /// # Errors
    /// Where the port is taken.
    pub fn start(port: u16, faults: Faults) -> io::Result<Self> {
        Self::start_into(port, faults, None)
    }

    /// As [`Printer::start`]; each ticket is also written into `folder` as `ticket-N.png`.
    ///
    /// # Errors
    /// Where the port is taken or the folder cannot be made.
    pub fn start_into(port: u16, faults: Faults, folder: Option<&Path>) -> io::Result<Self> {
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder)?;
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            inside: Mutex::new(Inside {
                faults,
                decoder: Decoder::new(),
                tickets: Vec::new(),
                connections: 0,
                stopping: false,
            }),
            changed: Condvar::new(),
            folder: folder.map(Path::to_owned),
        });
        let serving = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("sim-printer".into())
            .spawn(move || serve(&listener, &serving))?;
        Ok(Self {
            address,
            shared,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The tickets that were cut, the oldest first.
    pub fn tickets(&self) -> Vec<Ticket> {
        self.shared.lock().tickets.clone()
    }

    /// Ticket number `n` (from 0), as soon as it is cut; `None` where `timeout` passes first.
    pub fn wait_for_ticket(&self, n: usize, timeout: Duration) -> Option<Ticket> {
        let until = Instant::now() + timeout;
        let mut inside = self.shared.lock();
        loop {
            if let Some(ticket) = inside.tickets.get(n) {
                return Some(ticket.clone());
            }
            let left = until.checked_duration_since(Instant::now())?;
            let woken = self.shared.changed.wait_timeout(inside, left);
            inside = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The faults as they are now.
    pub fn faults(&self) -> Faults {
        self.shared.lock().faults.clone()
    }

    /// Sets the faults; with paper again, what waited is printed at once.
    pub fn set(&self, faults: Faults) {
        let mut inside = self.shared.lock();
        inside.faults = faults;
        let output = inside.with_paper();
        keep(&self.shared, &mut inside, output.tickets);
        self.shared.changed.notify_all();
    }

    /// What happened besides tickets.
    pub fn counts(&self) -> Counts {
        let inside = self.shared.lock();
        Counts {
            stray: inside.decoder.stray,
            cleared: inside.decoder.cleared,
            unknown: inside.decoder.unknown,
            connections: inside.connections,
        }
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.changed.notify_all();
        // Wakes the listener; if that fails it is not listening any more.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Inside {
    /// Prints what waited for paper.
    fn with_paper(&mut self) -> decoder::Output {
        let mut output = decoder::Output::default();
        let mut faults = self.faults.clone();
        self.decoder.work(&mut faults, &mut output);
        self.faults = faults;
        output
    }
}

fn serve(listener: &TcpListener, shared: &Shared) {
    for stream in listener.incoming() {
        {
            let mut inside = shared.lock();
            if inside.stopping {
                return;
            }
            inside.connections += 1;
            inside.decoder.connected();
        }
        if let Ok(stream) = stream {
            // A connection that breaks is the other side's affair.
            drop(speak(stream, shared));
        }
    }
}

/// One connection after the other, as small printers do.
fn speak(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(LOOK))?;
    stream.set_write_timeout(Some(ANSWER_MAX))?;
    stream.set_nodelay(true)?;
    let mut buffer = [0; 4096];
    let mut received = 0;
    loop {
        let limit = {
            let mut inside = shared.lock();
            while inside.faults.stalled && !inside.stopping {
                let woken = shared.changed.wait(inside);
                inside = woken.unwrap_or_else(PoisonError::into_inner);
            }
            if inside.stopping || inside.faults.offline {
                return Ok(());
            }
            match inside.faults.disconnect_after_bytes {
                Some(bytes) if received >= bytes => return Ok(()),
                Some(bytes) => buffer.len().min(bytes - received),
                None => buffer.len(),
            }
        };
        let count = match stream.read(&mut buffer[..limit]) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(e) => return Err(e),
        };
        received += count;
        let (answers, fragments) = take(shared, &buffer[..count]);
        for piece in answers.chunks(if fragments { 1 } else { usize::MAX }) {
            stream.write_all(piece)?;
        }
    }
}

/// Feeds the decoder; what is to be answered, and whether in fragments.
fn take(shared: &Shared, bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut inside = shared.lock();
    let mut answers = Vec::new();
    let mut tickets = Vec::new();
    let mut faults = inside.faults.clone();
    for &byte in bytes {
        let output = inside.decoder.take(byte, &mut faults);
        answers.extend(output.answers);
        tickets.extend(output.tickets);
    }
    let (mute, fragments) = (faults.mute, faults.fragments);
    inside.faults = faults;
    keep(shared, &mut inside, tickets);
    (if mute { Vec::new() } else { answers }, fragments)
}

fn keep(shared: &Shared, inside: &mut Inside, tickets: Vec<Ticket>) {
    for ticket in tickets {
        if let Some(folder) = &shared.folder {
            let path = folder.join(format!("ticket-{}.png", inside.tickets.len() + 1));
            if let Err(e) = std::fs::write(&path, ticket.png()) {
                tracing::warn!(path = %path.display(), "the ticket's picture was not written: {e}");
            }
        }
        inside.tickets.push(ticket);
        shared.changed.notify_all();
    }
}
