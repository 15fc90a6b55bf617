use std::ffi::CString;

use pcsc::{Attribute, Card, Context, Disposition, Protocols, Scope, ShareMode};

use super::CardError;
use crate::emrtd::{Line, Transport, TransportError};

/// Contactless cards speak T=1 behind PC/SC, some virtual and contact ones T=0.
const PROTOCOLS: Protocols = Protocols::ANY;
/// The longest reply to a command of extended length, status word included.
const REPLY_MAX: usize = 65_536 + 2;
/// PC/SC part 10: "what can you do?", a list of property tags, and the tag of the longest APDU.
const GET_FEATURES: pcsc::ffi::DWORD = 3_400;
const TLV_PROPERTIES: u8 = 0x12;
const MAX_APDU_DATA: u8 = 0x0A;

/// The line to one card. Dropping it resets the card, so no session outlives it.
pub struct Connection {
    card: Card,
    mode: ShareMode,
    line: Line,
    reply: Vec<u8>,
}

impl Connection {
    /// Connects to the card on this reader, for us alone where that is possible.
    ///
    /// # Errors
    /// [`CardError::NoCard`] when the card is not there (any more).
    pub fn open(reader: &str) -> Result<Self, CardError> {
        let context = Context::establish(Scope::System)?;
        let reader = CString::new(reader).map_err(|_| CardError::NoReader)?;
        let connect = |mode| {
            context
                .connect(&reader, mode, PROTOCOLS)
                .map(|card| (card, mode))
        };
        let (card, mode) = match connect(ShareMode::Exclusive) {
            // Something else on this machine looks at the card, too: a desktop's agent, perhaps.
            Err(pcsc::Error::SharingViolation) => connect(ShareMode::Shared)?,
            connected => connected?,
        };
        let line = Line {
            atr: card
                .get_attribute_owned(Attribute::AtrString)
                .unwrap_or_default(),
            reply_max: max_apdu_data(&card).unwrap_or_default(),
        };
        Ok(Self {
            card,
            mode,
            line,
            reply: vec![0; REPLY_MAX],
        })
    }
}

/// The data that the reader takes in one APDU, as its driver tells (PC/SC part 10 §2.6.14); `None`
/// where it does not tell, which means short APDUs in practice.
fn max_apdu_data(card: &Card) -> Option<u32> {
    let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
    let features = card
        .control(pcsc::ctl_code(GET_FEATURES), &[], &mut buffer)
        .ok()?;
    let code = u32::from_be_bytes(*property(features, TLV_PROPERTIES)?.first_chunk()?);
    let properties = card.control(code.into(), &[], &mut buffer).ok()?;
    let data = property(properties, MAX_APDU_DATA)?;
    // Properties are little-endian, of as many bytes as they need.
    let data = data
        .iter()
        .rev()
        .fold(0, |n: u32, byte| n << 8 | u32::from(*byte));
    Some(data)
}

/// The value with this tag in a list of tag, length, value, each of one byte but the last.
fn property(mut list: &[u8], tag: u8) -> Option<&[u8]> {
    while let [found, len, rest @ ..] = list {
        let (value, rest) = rest.split_at_checked(usize::from(*len))?;
        if *found == tag {
            return Some(value);
        }
        list = rest;
    }
    None
}

impl Transport for Connection {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let reply = self.card.transmit(command, &mut self.reply[..]);
        match reply.map_err(line_fault)? {
            // No card answers without a status word: some drivers report so that it left during
            // the command (the virtual reader's does).
            [] | [_] => Err(TransportError::Removed),
            reply => Ok(reply.to_vec()),
        }
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.card
            .reconnect(self.mode, PROTOCOLS, Disposition::ResetCard)
            .map_err(line_fault)
    }

    fn line(&self) -> Line {
        self.line.clone()
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "PC/SC has sixty codes; all others are only reported"
)]
fn line_fault(error: pcsc::Error) -> TransportError {
    use pcsc::Error as E;
    if is_removed(error) {
        return TransportError::Removed;
    }
    match error {
        E::ResetCard => TransportError::Reset,
        E::NoService
        | E::ServiceStopped
        | E::InvalidHandle
        | E::UnknownReader
        | E::ReaderUnavailable
        | E::NoReadersAvailable => TransportError::NoReader,
        other => TransportError::Other(other.to_string()),
    }
}

/// Drivers of contactless readers say "not transacted" or "data lost" when a card leaves the field
/// during a command; that it was removed they learn only afterwards.
pub(super) fn is_removed(error: pcsc::Error) -> bool {
    use pcsc::Error as E;
    matches!(
        error,
        E::RemovedCard
            | E::NoSmartcard
            | E::UnpoweredCard
            | E::UnresponsiveCard
            | E::NotTransacted
            | E::CommDataLost
    )
}
