//! A real PC/SC service with the virtual reader, for one test alone: it has its own socket and its
//! own port, so that it neither meets the machine's service nor another test's.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SERVICE: &str = "/usr/sbin/pcscd";
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
/// Where the service makes its socket, whatever one tells it: so it is given a folder of its own
/// there, which only it sees.
const PLACE: &str = "/run/pcscd";
const ENTER: &str =
    r#"mount --bind "$0" /run/pcscd && exec /usr/sbin/pcscd --foreground --config "$1""#;
/// Ports that the system gives nobody by itself. The driver takes two, one after the other.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
const TRIES_MAX: u8 = 5;
/// A second or two on a busy machine.
const READY_MAX: Duration = Duration::from_secs(30);

/// The service; it ends with this value.
pub struct Pcscd {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Pcscd {
    /// `None`, with a line that says so, where no such service can be started.
    pub fn start() -> Option<Self> {
        for needed in [SERVICE, DRIVER, PLACE] {
            if !Path::new(needed).exists() {
                skipped(&format!("there is no {needed}"));
                return None;
            }
        }
        // Somebody may take the port before the service does.
        let started = (0..TRIES_MAX).find_map(|_| Self::try_start());
        if started.is_none() {
            skipped("no PC/SC service of our own can be started here");
        }
        started
    }

    /// Where a program finds the service: its environment's `PCSCLITE_CSOCK_NAME`.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("run/pcscd.comm")
    }

    /// Where cards are inserted.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    fn try_start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let [run, conf] = ["run", "conf"].map(|name| folder.path().join(name));
        std::fs::create_dir(&run).expect("a folder");
        std::fs::create_dir(&conf).expect("a folder");
        let port = free_pair();
        let entry = format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:{port:#X}\nLIBPATH {DRIVER}\nCHANNELID {port:#X}\n"
        );
        std::fs::write(conf.join("vpcd"), entry).expect("written");
        let child = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", ENTER])
            .args([&run, &conf])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut service = Self {
            child,
            folder,
            port,
        };
        service.is_ready().then_some(service)
    }

    /// The socket comes last: by then the driver listens, or never will.
    fn is_ready(&mut self) -> bool {
        let end = Instant::now() + READY_MAX;
        while UnixStream::connect(self.socket()).is_err() {
            let ended = self.child.try_wait().expect("our own child");
            if ended.is_some() || Instant::now() > end {
                return false;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        TcpListener::bind(self.address()).is_err()
    }
}

impl Drop for Pcscd {
    fn drop(&mut self) {
        // Nothing of it outlives its folder.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Taken at random: whoever counts up from somewhere meets the next one who does.
fn free_pair() -> u16 {
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok();
    for _ in 0..PORTS.len() {
        let mut random = [0; 2];
        getrandom::fill(&mut random).expect("the system has randomness");
        let port = PORTS.start + u16::from_le_bytes(random) % (PORTS.end - PORTS.start);
        if is_free(port) && is_free(port + 1) {
            return port;
        }
    }
    panic!("no two free ports beside each other");
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(reason: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    eprintln!("skipped: {test} ({reason})");
}
