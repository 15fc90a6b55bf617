use std::fs;
use std::io::IsTerminal;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use serialport::{ClearBuffer, SerialPort as _, TTYPort};

use crate::config::{self, Flow};
use crate::ticket::PrinterFault;
use crate::words::Cause;

/// A printer that is on takes a connection at once.
const CONNECT_MAX: Duration = Duration::from_secs(3);

/// Another program may hold the device for the moment of a question (`doctor` beside the kiosk).
const BUSY_MAX: Duration = Duration::from_secs(2);
const BUSY_AGAIN: Duration = Duration::from_millis(50);

/// Why bytes do not go or come.
#[derive(Debug)]
pub(super) enum Broken {
    /// Not until now; the line may be well.
    TimedOut,
    /// The line is gone, in the system's words.
    Closed(String),
}

/// A line that an ESC/POS printer is at the other end of. Nothing here blocks: usblp's reads and,
/// without paper, its writes have no time limit of their own.
#[derive(Debug)]
pub(super) struct Line {
    file: OwnedFd,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Tcp,
    /// usblp; with the name of its node where the port's own status is believed.
    Usb {
        node: Option<String>,
        port_status: bool,
    },
    /// A serial line is raw as long as this lives: no byte of a picture is translated.
    Serial(TTYPort),
}

impl Line {
    pub(super) fn tcp(address: SocketAddr, deadline: Instant) -> Result<Self, PrinterFault> {
        let patience = left(deadline).min(CONNECT_MAX);
        let connected = TcpStream::connect_timeout(&address, patience).and_then(|stream| {
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            Ok(stream)
        });
        let stream = connected.map_err(|e| {
            let detail = format!("no connection to the printer at {address}: {e}");
            PrinterFault::new(Cause::PrinterShutdown, detail)
        })?;
        Ok(Self {
            file: stream.into(),
            kind: Kind::Tcp,
        })
    }

    pub(super) fn device(
        path: &Path,
        settings: &config::Printer,
        deadline: Instant,
    ) -> Result<Self, PrinterFault> {
        let busy_until = deadline.min(Instant::now() + BUSY_MAX);
        loop {
            match Self::open(path, settings) {
                Err(fault) if fault.cause == Cause::PrinterBusy && Instant::now() < busy_until => {
                    std::thread::park_timeout(BUSY_AGAIN);
                }
                opened => return opened,
            }
        }
    }

    fn open(path: &Path, settings: &config::Printer) -> Result<Self, PrinterFault> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| refused(path, e))?;
        let kind = if file.is_terminal() {
            let port = serialport::new(path.to_string_lossy(), settings.baud)
                .flow_control(match settings.flow {
                    Flow::None => serialport::FlowControl::None,
                    Flow::Hardware => serialport::FlowControl::Hardware,
                    Flow::Software => serialport::FlowControl::Software,
                })
                .open_native()
                .map_err(|e| {
                    let cause = match e.kind() {
                        serialport::ErrorKind::NoDevice => Cause::PrinterBusy,
                        serialport::ErrorKind::InvalidInput
                        | serialport::ErrorKind::Unknown
                        | serialport::ErrorKind::Io(_) => Cause::PrinterShutdown,
                    };
                    PrinterFault::new(cause, format!("printer {}: {e}", path.display()))
                })?;
            Kind::Serial(port)
        } else {
            let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            let node = real.file_name().map(|n| n.to_string_lossy().into_owned());
            Kind::Usb {
                node,
                port_status: settings.port_status,
            }
        };
        Ok(Self { file, kind })
    }

    /// What the system knows of the device: maker and model of a USB printer.
    pub(super) fn about(&self) -> Option<String> {
        let Kind::Usb { node, .. } = &self.kind else {
            return None;
        };
        let folder = PathBuf::from("/sys/class/usbmisc").join(node.as_deref()?);
        let id = fs::read_to_string(folder.join("device/ieee1284_id")).ok()?;
        let field = |names: [&str; 2]| {
            id.split(';')
                .filter_map(|field| field.split_once(':'))
                .find(|(name, _)| names.contains(&name.trim()))
                .map(|(_, value)| value.trim().to_owned())
        };
        let names = [field(["MFG", "MANUFACTURER"]), field(["MDL", "MODEL"])];
        let names: Vec<String> = names.into_iter().flatten().collect();
        (!names.is_empty()).then(|| names.join(" "))
    }

    /// Until it can be read from or written to. A time that is past is one look.
    pub(super) fn ready(&self, what: PollFlags, until: Instant) -> Result<PollFlags, Broken> {
        loop {
            let mut fds = [PollFd::new(&self.file, what)];
            let time = until.saturating_duration_since(Instant::now());
            let time = Timespec::try_from(time).map_err(|_| Broken::TimedOut)?;
            match poll(&mut fds, Some(&time)) {
                Ok(0) => return Err(Broken::TimedOut),
                Ok(_) if fds[0].revents().intersects(what) => return Ok(fds[0].revents()),
                Ok(_) => return Err(Broken::Closed("the printer is gone".into())),
                Err(Errno::INTR) if Instant::now() < until => {}
                Err(Errno::INTR) => return Err(Broken::TimedOut),
                Err(e) => return Err(Broken::Closed(e.to_string())),
            }
        }
    }

    /// Hands over as many of `bytes` as are taken now.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        match rustix::io::write(&self.file, bytes) {
            Ok(taken) => Ok(taken),
            Err(e) => Err(broken(e)),
        }
    }

    /// At least one byte into `buffer`, where one has come.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
        match rustix::io::read(&self.file, buffer) {
            Ok(0) => Err(Broken::Closed("the printer closed the connection".into())),
            Ok(count) => Ok(count),
            Err(e) => Err(broken(e)),
        }
    }

    /// The status byte of a printer port, which needs no answer of the printer's program; none
    /// where there is no such thing. An error: the device is gone.
    pub(super) fn port(&self) -> Result<Option<u8>, String> {
        match self.kind {
            Kind::Usb {
                port_status: true, ..
            } => match port_status(self.file.as_fd()) {
                Ok(status) => Ok(Some(status)),
                Err(e @ (Errno::NODEV | Errno::IO)) => Err(e.to_string()),
                // No printer port, or one whose printer leaves this question out.
                Err(_) => Ok(None),
            },
            Kind::Usb { .. } | Kind::Tcp | Kind::Serial(_) => Ok(None),
        }
    }

    /// Drops what the system holds and has not sent: it would come out when the printer is well
    /// again. usblp drops it at the close by itself.
    pub(super) fn abandon(&mut self) {
        let dropped = match &self.kind {
            Kind::Tcp => rustix::net::sockopt::set_socket_linger(&self.file, Some(Duration::ZERO))
                .map_err(|e| e.to_string()),
            Kind::Serial(port) => port.clear(ClearBuffer::All).map_err(|e| e.to_string()),
            Kind::Usb { .. } => Ok(()),
        };
        if let Err(why) = dropped {
            tracing::warn!(why, "what was not sent may still be printed");
        }
    }
}

fn refused(path: &Path, error: Errno) -> PrinterFault {
    let (cause, cure) = match error {
        Errno::NOENT | Errno::NODEV | Errno::NXIO | Errno::IO => {
            (Cause::PrinterShutdown, "; switch it on and check the cable")
        }
        Errno::BUSY => (
            Cause::PrinterBusy,
            "; another program holds it: remove it from CUPS",
        ),
        Errno::ACCESS | Errno::PERM => (Cause::PrinterOther, "; install the udev rules"),
        _ => (Cause::PrinterShutdown, ""),
    };
    PrinterFault::new(cause, format!("printer {}: {error}{cure}", path.display()))
}

fn broken(error: Errno) -> Broken {
    match error {
        Errno::AGAIN | Errno::INTR => Broken::TimedOut,
        error => Broken::Closed(error.to_string()),
    }
}

/// `LPGETSTATUS` of Linux's `usblp` and `lp`: the status lines of the port.
#[expect(unsafe_code, reason = "no crate offers this ioctl")]
fn port_status(file: BorrowedFd<'_>) -> rustix::io::Result<u8> {
    const LPGETSTATUS: rustix::ioctl::Opcode = 0x060b;
    // SAFETY: LPGETSTATUS writes one C `int` through its argument (linux/lp.h), which is what the
    // getter provides.
    let status = unsafe {
        let getter = rustix::ioctl::Getter::<LPGETSTATUS, std::ffi::c_int>::new();
        rustix::ioctl::ioctl(file, getter)
    }?;
    // The kernel extends the sign of the byte.
    Ok(status.to_le_bytes()[0])
}

/// The time left until `until`, at least the shortest that system calls take.
fn left(until: Instant) -> Duration {
    const LEAST: Duration = Duration::from_millis(1);
    until.saturating_duration_since(Instant::now()).max(LEAST)
}
