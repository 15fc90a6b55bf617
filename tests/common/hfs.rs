//! The real server, started on a fresh database, and a proxy in front of it that can lose answers.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// A debug build on a busy machine, with all its search parameters.
const READY_MAX: Duration = Duration::from_secs(60);
/// Between two looks whether it is ready.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A server of our own; it ends with this value.
pub struct Hfs {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Hfs {
    /// With search parameters, or without: then it is a careless server that ignores `identifier`.
    /// None where the server is not installed; says so.
    pub fn start(careless: bool) -> Option<Self> {
        let (program, data) = match installed() {
            Ok(found) => found,
            Err(reason) => {
                skipped(&reason);
                return None;
            }
        };
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let data = if careless {
            folder.path().to_owned()
        } else {
            data
        };
        let child = Command::new(program)
            .env("HFS_SERVER_HOST", "127.0.0.1")
            .env("HFS_BASE_URL", format!("http://127.0.0.1:{port}"))
            .env("HFS_VALIDATION_MODE", "enforce")
            .args(["--port", &port.to_string(), "--log-level", "error"])
            .arg("--database-url")
            .arg(folder.path().join("hfs.db"))
            .arg("--data-dir")
            .arg(data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut server = Self {
            child,
            port,
            _folder: folder,
        };
        server.wait_until_ready();
        Some(server)
    }

    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    fn wait_until_ready(&mut self) {
        let until = Instant::now() + READY_MAX;
        // Nobody ever sends: receiving is waiting.
        let (_never, pause) = mpsc::channel::<()>();
        while Instant::now() < until {
            let ended = self.child.try_wait().expect("our own child");
            assert!(ended.is_none(), "the server ended: {ended:?}");
            if self.answers() {
                return;
            }
            assert_eq!(
                pause.recv_timeout(LOOK_EVERY),
                Err(RecvTimeoutError::Timeout)
            );
        }
        panic!("the server was not ready in time");
    }

    fn answers(&self) -> bool {
        let url = format!("{}/metadata", self.base_url());
        let request = ureq::get(&url)
            .config()
            .timeout_global(Some(Duration::from_secs(5)));
        request.build().call().is_ok()
    }
}

impl Drop for Hfs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The careful server that tests share while any of them runs, each in a tenant of its own. The
/// last one ends it: a static would outlive the program.
pub fn shared() -> Option<Arc<Hfs>> {
    static SHARED: Mutex<Weak<Hfs>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return Some(server);
    }
    let server = Arc::new(Hfs::start(false)?);
    *shared = Arc::downgrade(&server);
    Some(server)
}

#[expect(clippy::print_stdout, reason = "a test that did not run says so")]
fn skipped(reason: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("fhir_server");
    println!("skipped: {test} ({reason})");
}

fn installed() -> Result<(PathBuf, PathBuf), String> {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let program = std::env::var_os("TIEPDON_HFS").map_or_else(
        || Path::new(&home).join(".cache/tiepdon/hfs/bin/hfs"),
        PathBuf::from,
    );
    let shared = std::env::var_os("TIEPDON_SHARED").unwrap_or_else(|| "../shared".into());
    let data = Path::new(&shared).join("lab/fhir/hfs-data");
    for needed in [&program, &data] {
        if !needed.exists() {
            return Err(format!("there is no {}", needed.display()));
        }
    }
    Ok((program, data))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// What the proxy does to a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Spoil {
    /// After the request was answered by the server, the answer is thrown away.
    LoseAnswers,
    /// The header `Prefer` does not arrive.
    DropPrefer,
}

/// A proxy in front of a server: one request a connection.
pub struct Proxy {
    address: SocketAddr,
    spoils: Arc<AtomicBool>,
    stopping: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Proxy {
    pub fn start(to: SocketAddr, spoil: Spoil) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let spoils = Arc::new(AtomicBool::new(true));
        let stopping = Arc::new(AtomicBool::new(false));
        let (now, end) = (Arc::clone(&spoils), Arc::clone(&stopping));
        let thread = std::thread::spawn(move || {
            for client in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    break;
                }
                let spoil = now.load(Ordering::SeqCst).then_some(spoil);
                // A broken connection is what this proxy is for.
                let _ = client.and_then(|client| pass(client, to, spoil));
            }
        });
        Self {
            address,
            spoils,
            stopping,
            thread: Some(thread),
        }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, everything passes as it is.
    pub fn heal(&self) {
        self.spoils.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Passes one request and its answer. Writes are lost, reads pass.
fn pass(mut client: TcpStream, to: SocketAddr, spoil: Option<Spoil>) -> io::Result<()> {
    let (head, body) = message(&mut client)?;
    let is_write = head.starts_with("POST / ");
    let lines: Vec<&str> = head
        .lines()
        .filter(|line| {
            let name = line
                .split(':')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            name != "connection" && !(spoil == Some(Spoil::DropPrefer) && name == "prefer")
        })
        .filter(|line| !line.is_empty())
        .collect();
    let mut server = TcpStream::connect(to)?;
    let head = format!("{}\r\nConnection: close\r\n\r\n", lines.join("\r\n"));
    server.write_all(head.as_bytes())?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    if spoil == Some(Spoil::LoseAnswers) && is_write {
        return Ok(());
    }
    client.write_all(&answer)
}

fn message(from: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end + 2]).into_owned();
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, value)| value.trim().parse::<usize>().ok())
                .unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                return Ok((head, bytes[end + 4..].to_vec()));
            }
        }
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
}
