//! A card at the end of a loopback socket, for a peer in a process of its own. Each message is its
//! length in four bytes, then the bytes.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

use tiepdon::sim::card::Card;

/// No command or reply of short or extended length is longer.
const MESSAGE_MAX: u32 = 65_544;

/// The card that waits for its one reader.
pub struct Line {
    pub address: SocketAddr,
    thread: JoinHandle<()>,
}

impl Line {
    pub fn serve(mut card: Card) -> Self {
        Self::answer(move |command| card.try_transmit(command).ok())
    }

    /// Whatever answers; `None`: the card is gone.
    pub fn answer(card: impl FnMut(&[u8]) -> Option<Vec<u8>> + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("its address");
        let thread = std::thread::Builder::new()
            .name("card-on-a-line".to_owned())
            .spawn(move || {
                let (stream, _) = listener.accept().expect("a reader");
                // It ends when the reader leaves or the card is gone.
                let _ = answer(&stream, card);
            })
            .expect("a thread");
        Self { address, thread }
    }

    /// Waits until the reader has left. One that never came is let go of.
    pub fn end(self) {
        drop(TcpStream::connect(self.address));
        self.thread.join().expect("the card does not panic");
    }
}

fn answer(
    mut stream: &TcpStream,
    mut card: impl FnMut(&[u8]) -> Option<Vec<u8>>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    while let Some(reply) = card(&receive(stream)?) {
        stream.write_all(&framed(&reply)?)?;
    }
    Ok(())
}

/// The reader's end, for a reader in Rust.
#[allow(
    dead_code,
    reason = "the bench's reader needs it, the peers have their own"
)]
pub fn exchange(mut stream: &TcpStream, command: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(&framed(command)?)?;
    receive(stream)
}

fn framed(message: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    Ok([&length.to_be_bytes()[..], message].concat())
}

fn receive(mut stream: &TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > MESSAGE_MAX {
        return Err(io::Error::other("longer than any APDU"));
    }
    let mut message = vec![0; length as usize];
    stream.read_exact(&mut message)?;
    Ok(message)
}
