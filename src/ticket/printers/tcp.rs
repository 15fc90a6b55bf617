use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::{Broken, Manner, Wire, ask, left, offline, ready};
use crate::queue::Paper;
use crate::ticket::{Printer, PrinterFault, Raster};

/// A printer that is on takes a connection at once.
const CONNECT_MAX: Duration = Duration::from_secs(3);

/// ESC/POS over TCP, port 9100 as a rule.
#[derive(Debug)]
pub struct TcpPrinter {
    address: SocketAddr,
    manner: Manner,
}

impl TcpPrinter {
    /// The printer at `address`. `band_rows`: rows of one raster band, 1 to 255.
    pub fn new(address: SocketAddr, band_rows: u32) -> Self {
        Self {
            address,
            manner: Manner::new(band_rows),
        }
    }

    fn connect(&self, deadline: Instant) -> Result<Line, PrinterFault> {
        let patience = left(deadline).min(CONNECT_MAX);
        TcpStream::connect_timeout(&self.address, patience)
            .and_then(|stream| {
                stream.set_nodelay(true)?;
                Ok(Line(stream))
            })
            .map_err(|e| {
                offline(format!(
                    "no connection to the printer at {}: {e}",
                    self.address
                ))
            })
    }
}

impl Printer for TcpPrinter {
    fn print(
        &mut self,
        raster: &Raster,
        id: [u8; 4],
        within: Duration,
    ) -> Result<Paper, PrinterFault> {
        let deadline = Instant::now() + within;
        let mut line = self.connect(deadline)?;
        self.manner.print(&mut line, raster, id, deadline)
    }

    fn status(&mut self, within: Duration) -> Result<(), PrinterFault> {
        let deadline = Instant::now() + within;
        ask(&mut self.connect(deadline)?, deadline)
    }
}

struct Line(TcpStream);

impl Wire for Line {
    fn send(&mut self, mut bytes: &[u8], until: Instant) -> Result<(), Broken> {
        while !bytes.is_empty() {
            if Instant::now() >= until {
                return Err(Broken::TimedOut);
            }
            self.0
                .set_write_timeout(Some(left(until)))
                .map_err(broken)?;
            match self.0.write(bytes) {
                Ok(0) => return Err(Broken::Closed("the printer takes no more".into())),
                Ok(taken) => bytes = &bytes[taken..],
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(broken(e)),
            }
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], until: Instant) -> Result<usize, Broken> {
        loop {
            // A socket's own time limit is as coarse as the kernel's tick, 8 ms: five times a ticket
            // an empty line is looked at.
            ready(&self.0, PollFlags::IN, until)?;
            match self.0.read(buffer) {
                Ok(0) => return Err(Broken::Closed("the printer closed the connection".into())),
                Ok(count) => return Ok(count),
                Err(e) if e.kind() == ErrorKind::Interrupted && Instant::now() < until => {}
                Err(e) => return Err(broken(e)),
            }
        }
    }
}

fn broken(error: std::io::Error) -> Broken {
    let timed_out = [
        ErrorKind::WouldBlock,
        ErrorKind::TimedOut,
        ErrorKind::Interrupted,
    ];
    if timed_out.contains(&error.kind()) {
        Broken::TimedOut
    } else {
        Broken::Closed(error.to_string())
    }
}
