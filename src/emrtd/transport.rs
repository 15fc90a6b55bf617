use thiserror::Error;

use super::reader::{Reader, Request, Step};
use super::{Chip, ReadError};
use crate::identity::Person;

/// A line to one card that is present.
pub trait Transport: Send {
    /// Sends a command APDU and waits for the reply, at least its status word.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;

    /// Resets the card; sessions on it end.
    fn reset(&mut self) -> Result<(), TransportError>;

    /// What is known of the line before the first command.
    fn line(&self) -> Line {
        Line::default()
    }
}

/// What a reader tells about itself and the card on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The card's answer to reset; empty where it is not known.
    pub atr: Vec<u8>,
    /// Bytes of data in the longest reply that the reader takes; 0 where it does not tell: then
    /// only short ones are asked for.
    pub reply_max: u32,
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

/// How a reading is getting on.
#[derive(Debug)]
pub enum Progress<'a> {
    /// How far it is, in percent; it never falls.
    Percent(u8),
    /// Whose card it is, told once, before the portrait is read.
    Holder(&'a Person),
}

/// Reads the card: drives a [`Reader`] to its end. `random` must be the operating system's source.
/// What has to be calculated is calculated while the card is busy, as far as possible.
pub fn read(
    transport: &mut dyn Transport,
    request: Request<'_>,
    random: &mut dyn FnMut(&mut [u8]),
    on_progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Chip, ReadError> {
    let mut reader = Reader::new(request, transport.line(), random);
    let mut step = reader.start();
    let (mut shown, mut holder_told) = (0, false);
    loop {
        step = match step {
            Step::Transmit(command) => {
                let reply = transmit(transport, &command, &mut reader)?;
                reader.on_reply(&reply)
            }
            Step::Reset => {
                transport.reset()?;
                reader.on_reset()
            }
            Step::Done(chip) => {
                on_progress(Progress::Percent(reader.percent()));
                return Ok(*chip);
            }
            Step::Failed(error) => return Err(error),
        };
        if let Some(holder) = reader.holder().filter(|_| !holder_told) {
            holder_told = true;
            on_progress(Progress::Holder(holder));
        }
        if (shown..100).contains(&reader.percent()) && reader.percent() > shown {
            shown = reader.percent();
            on_progress(Progress::Percent(shown));
        }
    }
}

/// Sends a command; if there is something to calculate, it is done meanwhile.
fn transmit(
    transport: &mut dyn Transport,
    command: &[u8],
    reader: &mut Reader<'_>,
) -> Result<Vec<u8>, TransportError> {
    if !reader.has_work() {
        return transport.transmit(command);
    }
    std::thread::scope(|scope| {
        let reply = scope.spawn(|| transport.transmit(command));
        reader.work();
        reply
            .join()
            .unwrap_or_else(|_| Err(TransportError::Other("the line broke".to_owned())))
    })
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
    sink: &'t mut (dyn FnMut(TraceLine) + Send),
}

impl<'t, T: Transport + ?Sized> Traced<'t, T> {
    /// Listens in on `inner`.
    pub fn new(inner: &'t mut T, sink: &'t mut (dyn FnMut(TraceLine) + Send)) -> Self {
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

    fn line(&self) -> Line {
        self.inner.line()
    }
}
