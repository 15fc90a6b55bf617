//! The line between a host and the printer.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

use super::Shared;

/// How long a read waits before the switches are looked at again.
pub(super) const LOOK: Duration = Duration::from_millis(10);

/// An answer that nobody takes is given up.
const ANSWER_MAX: Duration = Duration::from_secs(1);

/// A device file whose reads wait no longer than [`LOOK`].
#[derive(Debug)]
pub(super) struct DeviceFile(File);

impl DeviceFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(path)?;
        Ok(Self(file))
    }

    fn ready(&self, what: PollFlags, within: Duration) -> io::Result<()> {
        let time = Timespec::try_from(within).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(&self.0, what)], Some(&time))? {
            0 => Err(ErrorKind::TimedOut.into()),
            _ => Ok(()),
        }
    }
}

impl Read for DeviceFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.ready(PollFlags::IN, LOOK)?;
        match self.0.read(buffer) {
            // A gadget without a host has nothing to read.
            Ok(0) => Err(ErrorKind::WouldBlock.into()),
            read => read,
        }
    }
}

impl Write for DeviceFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.ready(PollFlags::OUT, ANSWER_MAX)?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// One connection after the other, as small printers do.
pub(super) fn serve_tcp(listener: &TcpListener, shared: &Shared) {
    for stream in listener.incoming() {
        if shared.lock().stopping {
            return;
        }
        let ready = stream.and_then(|stream| {
            stream.set_read_timeout(Some(LOOK))?;
            stream.set_write_timeout(Some(ANSWER_MAX))?;
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        if let Ok(mut stream) = ready {
            // A connection that breaks is the other side's affair.
            drop(speak(&mut stream, shared));
        }
    }
}

/// A line that is there as long as the printer is.
pub(super) fn serve(line: &mut (impl Read + Write), shared: &Shared) {
    while !shared.lock().stopping {
        if speak(line, shared).is_err() {
            // The host is gone; it may come again.
            std::thread::park_timeout(LOOK);
        }
    }
}

/// What the switches allow now.
enum Turn {
    Read(usize),
    HangUp,
}

fn turn(shared: &Shared, received: usize, most: usize) -> Turn {
    let mut inside = shared.lock();
    while inside.faults.stalled && !inside.stopping && !inside.hanging_up {
        let woken = shared.changed.wait(inside);
        inside = woken.unwrap_or_else(PoisonError::into_inner);
    }
    let hang_up = std::mem::take(&mut inside.hanging_up);
    if hang_up || inside.stopping || inside.faults.offline {
        return Turn::HangUp;
    }
    match inside.faults.disconnect_after_bytes {
        Some(bytes) if received >= bytes => Turn::HangUp,
        Some(bytes) => Turn::Read(most.min(bytes - received)),
        None => Turn::Read(most),
    }
}

fn speak(line: &mut (impl Read + Write), shared: &Shared) -> io::Result<()> {
    {
        let mut inside = shared.lock();
        inside.connections += 1;
        inside.answers.clear();
    }
    let mut buffer = [0; 4096];
    let mut received = 0;
    loop {
        let Turn::Read(most) = turn(shared, received, buffer.len()) else {
            return Ok(());
        };
        answer(line, shared)?;
        let count = match line.read(&mut buffer[..most]) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(e) => return Err(e),
        };
        received += count;
        for &byte in &buffer[..count] {
            let mut inside = shared.lock();
            inside.let_do(shared, |decoder, faults| decoder.take(byte, faults));
        }
        answer(line, shared)?;
    }
}

/// Says what is due.
fn answer(line: &mut impl Write, shared: &Shared) -> io::Result<()> {
    loop {
        let (bytes, size) = {
            let mut inside = shared.lock();
            match inside.answers.front() {
                Some((due, _)) if *due <= Instant::now() => {}
                _ => return Ok(()),
            }
            let (_, bytes) = inside
                .answers
                .pop_front()
                .unwrap_or((Instant::now(), Vec::new()));
            let whole = bytes.len().max(1);
            (bytes, if inside.faults.fragments { 1 } else { whole })
        };
        for piece in bytes.chunks(size) {
            line.write_all(piece)?;
        }
    }
}
