use std::ffi::CString;

use pcsc::{Card, Context, Disposition, Protocols, Scope, ShareMode};

use super::CardError;
use crate::emrtd::{Line, Transport, TransportError};

/// Contactless cards speak T=1 behind PC/SC, some virtual and contact ones T=0.
const PROTOCOLS: Protocols = Protocols::ANY;
/// The longest reply to a command of extended length, status word included.
const REPLY_MAX: usize = 65_536 + 2;
/// Asks a driver what it can do (PC/SC part 10 §2.2), and which of the answers is the number of the
/// question for its properties, which of those the longest APDU.
const GET_FEATURES: pcsc::ffi::DWORD = 3_400;
const GET_TLV_PROPERTIES: u8 = 0x12;
const MAX_APDU_DATA_SIZE: u8 = 10;

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
            // The service knows it; not every driver has it as an attribute.
            atr: card.status2_owned()?.atr().to_vec(),
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

/// The data that the reader takes in one APDU, as its driver tells; `None` where it does not tell,
/// which means short APDUs in practice.
fn max_apdu_data(card: &Card) -> Option<u32> {
    let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
    let features = card
        .control(pcsc::ctl_code(GET_FEATURES), &[], &mut buffer)
        .ok()?;
    let code = properties_code(features)?;
    let properties = card.control(code.into(), &[], &mut buffer).ok()?;
    max_apdu_data_of(properties)
}

/// The number of the question for properties: features are big-endian.
fn properties_code(features: &[u8]) -> Option<u32> {
    let code = property(features, GET_TLV_PROPERTIES)?;
    Some(u32::from_be_bytes(*code.first_chunk()?))
}

/// Properties are little-endian, of as many bytes as they need.
fn max_apdu_data_of(properties: &[u8]) -> Option<u32> {
    let data = property(properties, MAX_APDU_DATA_SIZE)?;
    let number = |n: u32, byte: &u8| n << 8 | u32::from(*byte);
    Some(data.iter().rev().fold(0, number))
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

#[cfg(test)]
mod tests {
    use super::{max_apdu_data_of, properties_code};

    #[test]
    fn the_longest_apdu_is_found_among_the_properties_of_a_driver() {
        // As the free CCID driver lists them: display, timeout, PPDU, vendor, product, APDU.
        let with = |longest: [u8; 4]| {
            let before = [
                1, 2, 0, 0, 3, 1, 0, 9, 1, 0, 11, 2, 0xE6, 0x04, 12, 2, 0x16, 0x51,
            ];
            [&before[..], &[10, 4], &longest].concat()
        };
        assert_eq!(max_apdu_data_of(&with([0, 0, 1, 0])), Some(65_536));
        assert_eq!(max_apdu_data_of(&with([5, 1, 0, 0])), Some(261));
        // Short ones alone.
        assert_eq!(max_apdu_data_of(&with([0; 4])), Some(0));
        assert_eq!(max_apdu_data_of(&[10, 2, 0, 2]), Some(512));
    }

    #[test]
    fn the_question_for_properties_is_found_among_the_features_of_a_driver() {
        let pad = [0x06, 4, 0x42, 0x33, 0, 0x06, 0x12, 4, 0x42, 0x33, 0, 0x12];
        assert_eq!(properties_code(&pad), Some(0x4233_0012));
    }

    #[test]
    fn a_list_that_ends_too_early_tells_nothing() {
        for list in [
            &[][..],
            &[10],
            &[10, 4, 0, 0, 1],
            &[0x12, 4, 0x42],
            &[9, 1, 0],
        ] {
            assert_eq!(max_apdu_data_of(list), None, "{list:?}");
            assert_eq!(properties_code(list), None, "{list:?}");
        }
        assert_eq!(properties_code(&[0x12, 2, 0x42, 0x33]), None);
    }
}
