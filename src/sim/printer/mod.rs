//! A thermal printer that can have every fault: ESC/POS over TCP on this machine, over a
//! pseudo-terminal, or behind a device file (the kernel's printer gadget).
//!
//! It decodes what it gets into pictures, answers as the manuals say, and obeys real-time commands
//! even inside a picture, as real printers do. Invariant: it shares nothing with the code that it
//! tests, and listens on loopback only.

mod decoder;
mod faults;
mod port;
mod script;

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serialport::{SerialPort as _, TTYPort};

use self::decoder::Decoder;
pub use self::faults::Faults;
use self::port::DeviceFile;
pub use self::script::{Command, Timed, help, schedule};

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
    /// What is to be said, and not before when.
    answers: VecDeque<(Instant, Vec<u8>)>,
    connections: usize,
    hanging_up: bool,
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

/// Where the printer is plugged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Socket {
    /// A port of this machine; 0 takes a free one.
    Tcp(u16),
    /// A serial line: the other end of a pseudo-terminal.
    Serial,
    /// A device file that a host is behind, such as `/dev/g_printer0`.
    File(PathBuf),
}

/// A running printer; dropping it switches it off.
#[derive(Debug)]
pub struct Printer {
    place: Place,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Place {
    Tcp(SocketAddr),
    /// The host's end, held so that the line does not hang up when a host leaves.
    Serial {
        path: PathBuf,
        _host: TTYPort,
    },
    File(PathBuf),
}

impl Printer {
    /// Starts on `port` of this machine; 0 takes a free one.
    ///
    /// # Errors
    /// Where the port is taken.
    pub fn start(port: u16, faults: Faults) -> io::Result<Self> {
        Self::plug_in(&Socket::Tcp(port), faults, None)
    }

    /// Starts. Each ticket is also written into `folder` as `ticket-N.png`.
    ///
    /// # Errors
    /// Where the socket cannot be had, or the folder cannot be made.
    pub fn plug_in(socket: &Socket, faults: Faults, folder: Option<&Path>) -> io::Result<Self> {
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder)?;
        }
        let shared = Arc::new(Shared {
            inside: Mutex::new(Inside {
                faults,
                decoder: Decoder::new(),
                tickets: Vec::new(),
                answers: VecDeque::new(),
                connections: 0,
                hanging_up: false,
                stopping: false,
            }),
            changed: Condvar::new(),
            folder: folder.map(Path::to_owned),
        });
        let (place, serve) = open(socket)?;
        let serving = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("sim-printer".into())
            .spawn(move || serve(&serving))?;
        Ok(Self {
            place,
            shared,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    ///
    /// # Panics
    /// It is no printer on TCP.
    pub fn addr(&self) -> SocketAddr {
        match &self.place {
            Place::Tcp(address) => *address,
            Place::Serial { path, .. } | Place::File(path) => panic!("it is at {}", path.display()),
        }
    }

    /// Where a host finds it, as a person would write it.
    pub fn place(&self) -> String {
        match &self.place {
            Place::Tcp(address) => format!("tcp://{address}"),
            Place::Serial { path, .. } | Place::File(path) => path.display().to_string(),
        }
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
        inside.change(|now| *now = faults, &self.shared);
        self.shared.changed.notify_all();
    }

    /// Does what a command says.
    ///
    /// # Errors
    /// The picture of the paper cannot be written.
    pub fn command(&self, command: &Command) -> io::Result<()> {
        let mut inside = self.shared.lock();
        match command {
            Command::Faults(change) => inside.change(|now| change.to(now), &self.shared),
            Command::Say(bytes) => inside.answers.push_back((Instant::now(), bytes.clone())),
            Command::Disconnect => inside.hanging_up = true,
            Command::Show => {
                let folder = self.shared.folder.as_deref().unwrap_or(Path::new("."));
                let paper = inside.decoder.paper();
                if let Some(paper) = paper {
                    std::fs::write(folder.join("paper.png"), paper.png())?;
                }
            }
        }
        self.shared.changed.notify_all();
        Ok(())
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
        if let Place::Tcp(address) = self.place {
            // Wakes the listener; if that fails it is not listening any more.
            drop(TcpStream::connect(address));
        }
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Inside {
    fn change(&mut self, change: impl FnOnce(&mut Faults), shared: &Shared) {
        let before = self.faults.clone();
        change(&mut self.faults);
        if before.paper_out && !self.faults.paper_out {
            self.decoder.new_roll();
        }
        if before.offline && !self.faults.offline {
            self.decoder.restarted();
        }
        self.let_do(shared, |decoder, faults| {
            let mut output = decoder::Output::default();
            decoder.work(faults, &mut output);
            output
        });
    }

    /// Lets the printer work, and keeps what comes out of it.
    fn let_do(
        &mut self,
        shared: &Shared,
        work: impl FnOnce(&mut Decoder, &mut Faults) -> decoder::Output,
    ) {
        let output = work(&mut self.decoder, &mut self.faults);
        for ticket in output.tickets {
            if let Some(folder) = &shared.folder {
                let path = folder.join(format!("ticket-{}.png", self.tickets.len() + 1));
                if let Err(e) = std::fs::write(&path, ticket.png()) {
                    tracing::warn!(path = %path.display(), "the ticket's picture was not written: {e}");
                }
            }
            self.tickets.push(ticket);
            shared.changed.notify_all();
        }
        if !self.faults.mute && !output.answers.is_empty() {
            let due = Instant::now() + self.faults.late;
            self.answers.push_back((due, output.answers));
        }
    }
}

type Serve = Box<dyn FnOnce(&Shared) + Send>;

fn open(socket: &Socket) -> io::Result<(Place, Serve)> {
    Ok(match socket {
        Socket::Tcp(port) => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, *port))?;
            let place = Place::Tcp(listener.local_addr()?);
            (
                place,
                Box::new(move |shared| port::serve_tcp(&listener, shared)),
            )
        }
        Socket::Serial => {
            let (mut line, host) = TTYPort::pair()?;
            line.set_timeout(port::LOOK)?;
            let name = host
                .name()
                .ok_or_else(|| io::Error::other("the pseudo-terminal has no name"))?;
            let place = Place::Serial {
                path: name.into(),
                _host: host,
            };
            (
                place,
                Box::new(move |shared| port::serve(&mut line, shared)),
            )
        }
        Socket::File(path) => {
            let mut file = DeviceFile::open(path)?;
            let place = Place::File(path.clone());
            (
                place,
                Box::new(move |shared| port::serve(&mut file, shared)),
            )
        }
    })
}
