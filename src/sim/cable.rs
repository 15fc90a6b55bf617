//! A cable between a kiosk and a server, that can be cut, go silent or deaf, or be slow.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How the cable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cable {
    /// As it should be.
    Whole,
    /// Pulled out: every connection breaks, none comes about.
    Cut,
    /// Everything is taken and nothing arrives, as behind a switch that died.
    Silent,
    /// What is asked arrives; no answer comes back.
    Deaf,
    /// Each piece arrives so much later.
    Slow(Duration),
}

/// How it is, in one atomic.
const WHOLE: u8 = 0;
const CUT: u8 = 1;
const SILENT: u8 = 2;
const DEAF: u8 = 3;

/// Bytes that travel at once.
const PIECE: usize = 16 * 1024;
/// A silent cable looks again whether it still is.
const LOOK: Duration = Duration::from_millis(20);

/// A port on this machine from where the cable leads to the server. Dropping it pulls it out.
pub struct Line {
    shared: Arc<Shared>,
    address: SocketAddr,
}

struct Shared {
    server: Mutex<SocketAddr>,
    manner: AtomicU8,
    delay_micros: AtomicU64,
    closed: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Line {
    /// Lays a cable to `server`.
    ///
    /// # Errors
    /// The system gives no port or thread.
    pub fn lay(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            server: Mutex::new(server),
            manner: AtomicU8::new(WHOLE),
            delay_micros: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        thread::Builder::new()
            .name("cable".to_owned())
            .spawn(move || {
                for near in listener.incoming() {
                    if serving.closed.load(Ordering::SeqCst) {
                        return;
                    }
                    if let Ok(near) = near {
                        serving.connect(near);
                    }
                }
            })?;
        Ok(Self { shared, address })
    }

    /// Where the kiosk plugs in.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on the cable is like this.
    pub fn set(&self, cable: Cable) {
        let (manner, delay) = match cable {
            Cable::Whole => (WHOLE, Duration::ZERO),
            Cable::Cut => (CUT, Duration::ZERO),
            Cable::Silent => (SILENT, Duration::ZERO),
            Cable::Deaf => (DEAF, Duration::ZERO),
            Cable::Slow(delay) => (WHOLE, delay),
        };
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.shared.delay_micros.store(micros, Ordering::SeqCst);
        self.shared.manner.store(manner, Ordering::SeqCst);
        if cable == Cable::Cut {
            self.shared.pull();
        }
    }

    /// Leads to another server from now on; what is connected breaks.
    pub fn lead_to(&self, server: SocketAddr) {
        *self.shared.server() = server;
        self.shared.pull();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.shared.pull();
        // Wakes whoever listens.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn server(&self) -> std::sync::MutexGuard<'_, SocketAddr> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn manner(&self) -> u8 {
        self.manner.load(Ordering::SeqCst)
    }

    fn pull(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for stream in open.drain(..) {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn connect(self: &Arc<Self>, near: TcpStream) {
        if self.manner() == CUT {
            return;
        }
        let server = *self.server();
        let Ok(far) = TcpStream::connect(server) else {
            return;
        };
        let ends = [&near, &far].map(TcpStream::try_clone);
        let [Ok(near_too), Ok(far_too)] = ends else {
            return;
        };
        let pulled = [&near, &far].map(TcpStream::try_clone);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // What has ended is let go of, lest a long run use up all files.
        open.retain(|stream| stream.peer_addr().is_ok());
        open.extend(pulled.into_iter().flatten());
        drop(open);
        let there = (near, far_too, &[SILENT] as &[u8]);
        let back = (far, near_too, &[SILENT, DEAF] as &[u8]);
        for (from, to, held) in [there, back] {
            let cable = Arc::clone(self);
            // Without a thread nothing arrives: a fault like another.
            let _ = thread::Builder::new()
                .name("cable".to_owned())
                .spawn(move || cable.carry(from, to, held));
        }
    }

    /// One direction, until one end closes. In these manners nothing arrives.
    fn carry(&self, mut from: TcpStream, mut to: TcpStream, held: &[u8]) {
        let mut piece = vec![0; PIECE];
        while let Ok(count @ 1..) = from.read(&mut piece) {
            while held.contains(&self.manner()) && !self.closed.load(Ordering::SeqCst) {
                thread::park_timeout(LOOK);
            }
            let delay = self.delay_micros.load(Ordering::SeqCst);
            if delay > 0 {
                thread::park_timeout(Duration::from_micros(delay));
            }
            if to.write_all(&piece[..count]).is_err() {
                break;
            }
        }
        for end in [from, to] {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
    use std::time::Duration;

    use super::{Cable, Line};

    /// A server that sends everything back.
    fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for line in listener.incoming().map_while(Result::ok) {
                std::thread::spawn(move || {
                    let mut back = line.try_clone().expect("a socket");
                    let mut line = line;
                    std::io::copy(&mut line, &mut back)
                });
            }
        });
        address
    }

    fn call(line: &Line) -> std::io::Result<[u8; 4]> {
        let mut stream = TcpStream::connect(line.address())?;
        stream.set_read_timeout(Some(Duration::from_millis(300)))?;
        stream.write_all(b"ping")?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    }

    #[test]
    fn a_cable_carries_is_cut_falls_silent_and_is_mended() {
        let line = Line::lay(echo()).expect("laid");
        let works = |line: &Line| call(line).is_ok_and(|answer| answer == *b"ping");
        assert!(works(&line));
        let mut held = TcpStream::connect(line.address()).expect("connected");
        held.write_all(b"a").expect("sent");
        held.read_exact(&mut [0]).expect("it is whole");
        for cable in [Cable::Cut, Cable::Silent, Cable::Deaf] {
            line.set(cable);
            assert!(!works(&line), "{cable:?}");
        }
        assert_eq!(held.read(&mut [0]).unwrap_or(0), 0, "it was cut");
        line.set(Cable::Slow(Duration::from_millis(1)));
        assert!(works(&line));
        line.lead_to(echo());
        line.set(Cable::Whole);
        assert!(works(&line));
    }
}
