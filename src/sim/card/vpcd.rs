//! Puts a card on a virtual reader: a client of vpcd, the virtual reader driver of a real PC/SC
//! service. Connected is inserted, disconnected is removed.
//!
//! vpcd writes a message's length and its body separately with Nagle's algorithm on, so without
//! `TCP_QUICKACK` before each receive every command waits for a delayed acknowledgement: a whole
//! reading takes 9 s instead of 0.2 s.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::os::linux::net::TcpStreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::link::{Link, LinkPlan};
use super::{Card, Silence};

/// Where vpcd's first reader listens.
pub const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 35_963);
/// Connecting on loopback takes no time, or there is nobody.
const CONNECT: Duration = Duration::from_secs(2);

const POWER_OFF: u8 = 0;
const POWER_ON: u8 = 1;
const RESET: u8 = 2;
const SEND_ATR: u8 = 4;

/// A card in the virtual reader. Dropping it removes the card.
pub struct Inserted {
    stream: TcpStream,
    /// Dropped to end a delay early.
    stop: Option<Sender<()>>,
    /// Set before the reader can see the card go.
    out: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Inserts a card that answers as fast as this machine can.
///
/// # Errors
/// When nobody listens at `address`: the PC/SC service or its virtual reader does not run.
pub fn insert(card: Card, address: SocketAddr) -> io::Result<Inserted> {
    insert_over(card, None, address)
}

/// Inserts a card that takes as long as a real one behind a contactless link.
///
/// # Errors
/// As [`insert`].
pub fn insert_over(
    card: Card,
    link: Option<LinkPlan>,
    address: SocketAddr,
) -> io::Result<Inserted> {
    let stream = TcpStream::connect_timeout(&address, CONNECT)?;
    stream.set_nodelay(true)?;
    let line = stream.try_clone()?;
    let (stop, stopped) = channel();
    let out = Arc::new(AtomicBool::new(false));
    let left = Arc::clone(&out);
    let thread = std::thread::Builder::new()
        .name("virtual-card".to_owned())
        .spawn(move || {
            let end = serve(&line, card, link.map(Link::new), &stopped);
            tracing::debug!(reason = ?end.err().map(|e| e.kind()), "virtual card out");
            left.store(true, Ordering::SeqCst);
            // The reader sees the card go even while somebody still holds the other handle.
            let _ = line.shutdown(Shutdown::Both);
        })?;
    Ok(Inserted {
        stream,
        stop: Some(stop),
        out,
        thread: Some(thread),
    })
}

impl Inserted {
    /// Removes the card.
    pub fn remove(self) {}

    /// Whether the card is still in: a fault may have removed it, or the service ended.
    pub fn is_in(&self) -> bool {
        !self.out.load(Ordering::SeqCst)
    }
}

impl Drop for Inserted {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.stream.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Answers the reader until one of them leaves.
fn serve(
    mut line: &TcpStream,
    mut card: Card,
    mut link: Option<Link>,
    stopped: &Receiver<()>,
) -> io::Result<()> {
    let delay = card.faults.delay.unwrap_or_default();
    loop {
        let message = receive(line)?;
        let reply = match message[..] {
            [POWER_OFF | POWER_ON | RESET] => {
                card.reset();
                continue;
            }
            [SEND_ATR] => card.chip.atr.clone(),
            [] | [_] => continue,
            [..] => {
                let began = Instant::now();
                let reply = match card.try_transmit(&message) {
                    Ok(reply) => reply,
                    Err(Silence::Gone) => return Ok(()),
                    Err(Silence::Stalled) => {
                        // Only removal ends this, and it drops the other end.
                        let _ = stopped.recv();
                        return Ok(());
                    }
                };
                let on_link = link.as_mut().map_or(Duration::ZERO, |link| {
                    link.exchange(message.len(), reply.len(), card.last_cost())
                });
                if left_during((delay + on_link).saturating_sub(began.elapsed()), stopped) {
                    return Ok(());
                }
                reply
            }
        };
        let length = u16::try_from(reply.len()).map_err(io::Error::other)?;
        line.write_all(&[&length.to_be_bytes()[..], &reply].concat())?;
    }
}

/// Waits; true if the card was removed meanwhile.
fn left_during(time: Duration, stopped: &Receiver<()>) -> bool {
    !time.is_zero() && stopped.recv_timeout(time) != Err(RecvTimeoutError::Timeout)
}

fn receive(mut line: &TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 2];
    line.set_quickack(true)?;
    line.read_exact(&mut length)?;
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    line.set_quickack(true)?;
    line.read_exact(&mut message)?;
    Ok(message)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener};

    use super::insert;
    use crate::sim::card::chip::{Chip, Habits};
    use crate::sim::card::{Card, Faults};

    #[test]
    fn frames_of_extended_length_pass_and_the_atr_is_the_chips() {
        let chip = Chip {
            atr: vec![0x3B, 0x80, 0x01, 0x01],
            master_files: [(0x011C, vec![0x31; 60_000])].into(),
            habits: Habits {
                extended_length: true,
                largest_read: 65_000,
                ..Habits::default()
            },
            ..Chip::default()
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let _card = insert(Card::of(chip, Faults::default()), address).expect("connected");
        let (mut line, _) = listener.accept().expect("the card");
        let mut ask = |message: &[u8]| {
            let length = (message.len() as u16).to_be_bytes();
            line.write_all(&[&length, message].concat()).expect("sent");
            let mut length = [0; 2];
            line.read_exact(&mut length).expect("a length");
            let mut reply = vec![0; u16::from_be_bytes(length).into()];
            line.read_exact(&mut reply).expect("a reply");
            reply
        };
        assert_eq!(ask(&[super::SEND_ATR]), [0x3B, 0x80, 0x01, 0x01]);
        let mut command = vec![0x00, 0xB0, 0x9C, 0x00, 0x00, 0xEA, 0x60];
        assert_eq!(ask(&command).len(), 60_002);
        // A command longer than a short one can be: it is taken apart, and refused for its sense.
        command = [&[0x00, 0xA4, 0x04, 0x0C, 0x00, 0x02, 0x00][..], &[7; 512]].concat();
        assert_eq!(ask(&command), [0x6A, 0x82]);
    }
}
