use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use super::fault::Fault;
use super::http::{Request, Response};
use super::insurance::{self, Insured};
use super::reply::{BASE, reply};
use super::world::World;

/// Connections that are served at once; the next one is closed.
const CONNECTIONS_MAX: usize = 256;
/// The longest that a silent server keeps a request; the server's end and a new fault end it too.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Where the insurance service lives.
const INSURANCE: &str = "/insurance";

/// What the server knows from the beginning.
#[derive(Debug, Clone, Default)]
pub struct Seed {
    /// FHIR resources of any type that the server stores; those without an id are given one.
    pub resources: Vec<Value>,
    /// Whom the insurance knows.
    pub insured: Vec<Insured>,
}

/// A running server. It stops when this is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

struct Shared {
    origin: String,
    world: Mutex<World>,
    insured: Vec<Insured>,
    fault: Mutex<Fault>,
    /// Told of each new fault and of the end.
    changed: Condvar,
    stopping: AtomicBool,
    requests: AtomicU64,
    open: Mutex<BTreeMap<u64, TcpStream>>,
}

impl Server {
    /// Starts on loopback; port 0 takes a free one.
    ///
    /// # Errors
    /// The port is taken.
    pub fn start(port: u16, seed: Seed) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let mut world = World::default();
        for resource in seed.resources {
            world.take(resource);
        }
        let shared = Arc::new(Shared {
            origin: format!("http://{address}"),
            world: Mutex::new(world),
            insured: seed.insured,
            fault: Mutex::default(),
            changed: Condvar::new(),
            stopping: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            open: Mutex::default(),
        });
        let listening = Arc::clone(&shared);
        let listener = std::thread::Builder::new()
            .name("sim-ehr".to_owned())
            .spawn(move || listening.listen(&listener))?;
        Ok(Self {
            address,
            shared,
            listener: Some(listener),
        })
    }

    /// The FHIR base URL, without a slash at its end.
    pub fn base_url(&self) -> String {
        format!("{}{BASE}", self.shared.origin)
    }

    /// Where the insurance service listens.
    pub fn insurance_url(&self) -> String {
        format!("{}{INSURANCE}", self.shared.origin)
    }

    /// From now on, misbehave like this.
    pub fn set(&self, fault: Fault) {
        *lock(&self.shared.fault) = fault;
        self.shared.changed.notify_all();
    }

    /// Takes a resource in, as somebody in the hospital would: new, or over the one of its id.
    pub fn put(&self, resource: Value) {
        lock(&self.shared.world).take(resource);
    }

    /// All resources of a type, in the order in which they came.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        lock(&self.shared.world).all(kind).to_vec()
    }

    /// All visits.
    pub fn encounters(&self) -> Vec<Value> {
        self.all("Encounter")
    }

    /// All patients.
    pub fn patients(&self) -> Vec<Value> {
        self.all("Patient")
    }

    /// Requests that were read so far, answered or not.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// Serves until the process ends.
    pub fn serve(mut self) {
        if let Some(listener) = self.listener.take() {
            // The listener ends only with the server; a panic there has been reported.
            drop(listener.join());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        {
            // Under the lock, so that nobody can miss it between looking and waiting.
            let _fault = lock(&self.shared.fault);
            self.shared.stopping.store(true, Ordering::SeqCst);
        }
        self.shared.changed.notify_all();
        // Wakes the listener, which then sees that it is to end.
        drop(TcpStream::connect(self.address));
        if let Some(listener) = self.listener.take() {
            drop(listener.join());
        }
    }
}

impl Shared {
    fn listen(self: Arc<Self>, listener: &TcpListener) {
        let mut served: Vec<JoinHandle<()>> = Vec::new();
        for (number, stream) in (0..).zip(listener.incoming()) {
            if self.stopping() {
                break;
            }
            let Ok(stream) = stream else { continue };
            served.retain(|thread| !thread.is_finished());
            let Ok(twin) = stream.try_clone() else {
                continue;
            };
            if served.len() >= CONNECTIONS_MAX {
                continue;
            }
            lock(&self.open).insert(number, twin);
            let shared = Arc::clone(&self);
            let thread = std::thread::Builder::new()
                .name(format!("sim-ehr-{number}"))
                .spawn(move || {
                    // A client that goes away is no fault of the server's.
                    drop(shared.converse(stream));
                    lock(&shared.open).remove(&number);
                });
            served.extend(thread);
        }
        for stream in lock(&self.open).values() {
            drop(stream.shutdown(Shutdown::Both));
        }
        for thread in served {
            drop(thread.join());
        }
    }

    fn converse(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut to = stream.try_clone()?;
        let mut from = BufReader::new(stream);
        while let Some(request) = Request::read(&mut from)? {
            self.requests.fetch_add(1, Ordering::SeqCst);
            let fault = lock(&self.fault).clone();
            let Some(response) = self.answer(&request, &fault) else {
                break;
            };
            let cut = fault == Fault::CutBody;
            response.write(&mut to, cut)?;
            if cut || self.stopping() {
                break;
            }
        }
        to.shutdown(Shutdown::Both)
    }

    /// The answer; none where the connection is to be closed without one.
    fn answer(&self, request: &Request, fault: &Fault) -> Option<Response> {
        match fault {
            Fault::Slow(pause) => self.wait(fault, *pause),
            Fault::Silent => {
                self.wait(fault, SILENCE_MAX);
                return None;
            }
            Fault::None
            | Fault::Status { .. }
            | Fault::Html
            | Fault::Redirect
            | Fault::WrongPatient
            | Fault::Everybody
            | Fault::Duplicates
            | Fault::CutBody
            | Fault::CommitThenDrop
            | Fault::HugeBundle => {}
        }
        if let Some(response) = fault.instead() {
            return Some(response);
        }
        if request.path == INSURANCE {
            return Some(insurance::reply(&self.insured, &request.body));
        }
        let response = reply(&mut lock(&self.world), request, &self.origin, fault);
        let writes = request.method != "GET" && !request.path.ends_with("/_search");
        (*fault != Fault::CommitThenDrop || !writes).then_some(response)
    }

    /// Waits out a pause; a new fault and the server's end cut it short.
    fn wait(&self, fault: &Fault, pause: Duration) {
        let same = |now: &mut Fault| now == fault && !self.stopping();
        let waited = self
            .changed
            .wait_timeout_while(lock(&self.fault), pause, same);
        drop(waited);
    }

    fn stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

/// A thread that panicked left the data as they were between two requests.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
