use thiserror::Error;

use super::reader::{Reader, Step};
use super::{Access, Chip, Plan, ReadError};

/// A line to one card that is present.
pub trait Transport {
    /// Sends a command APDU and waits for the reply, at least its status word.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;

    /// Resets the card; sessions on it end.
    fn reset(&mut self) -> Result<(), TransportError>;
}

/// The line failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TransportError {
    /// The card is gone.
    #[error("the card was removed")]
    Removed,
    /// The card was reset by somebody else, or lost its power.
    #[error("the card was reset")]
    Reset,
    /// The reader is gone, or the service that talks to it.
    #[error("the reader or its service is gone")]
    NoReader,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Reads the card: drives a [`Reader`] to its end. `random` must be the operating system's source;
/// `on_progress` is told the percentage after each reply that raised it.
pub fn read(
    transport: &mut dyn Transport,
    access: Access,
    plan: Plan,
    random: &mut dyn FnMut(&mut [u8]),
    on_progress: &mut dyn FnMut(u8),
) -> Result<Chip, ReadError> {
    let mut reader = Reader::new(access, plan, random);
    let mut step = reader.start();
    let mut shown = 0;
    loop {
        step = match step {
            Step::Transmit(command) => reader.on_reply(&transport.transmit(&command)?),
            Step::Reset => {
                transport.reset()?;
                reader.on_reset()
            }
            Step::Done(chip) => return Ok(*chip),
            Step::Failed(error) => return Err(error),
        };
        if reader.percent() > shown {
            shown = reader.percent();
            on_progress(shown);
        }
    }
}

/// One exchange as a log may show it: no data field, so nothing personal and no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceLine {
    /// CLA, INS, P1, P2.
    pub header: [u8; 4],
    /// Bytes of the whole command.
    pub sent: usize,
    /// Bytes of the whole reply.
    pub received: usize,
    /// The outer status word; `None` where the line failed.
    pub status: Option<u16>,
}

/// A transport that tells a sink about every exchange.
pub struct Traced<'t, T: Transport + ?Sized> {
    inner: &'t mut T,
    sink: &'t mut dyn FnMut(TraceLine),
}

impl<'t, T: Transport + ?Sized> Traced<'t, T> {
    /// Listens in on `inner`.
    pub fn new(inner: &'t mut T, sink: &'t mut dyn FnMut(TraceLine)) -> Self {
        Self { inner, sink }
    }
}

impl<T: Transport + ?Sized> Transport for Traced<'_, T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let reply = self.inner.transmit(command);
        let bytes = reply.as_deref().unwrap_or_default();
        (self.sink)(TraceLine {
            header: command.first_chunk().copied().unwrap_or_default(),
            sent: command.len(),
            received: bytes.len(),
            status: bytes.last_chunk().map(|sw| u16::from_be_bytes(*sw)),
        });
        reply
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.inner.reset()
    }
}
