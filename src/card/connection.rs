use std::ffi::CString;

use pcsc::{Card, Context, Disposition, Protocols, Scope, ShareMode};

use super::CardError;
use crate::emrtd::{Transport, TransportError};

/// Contactless cards speak T=1 behind PC/SC, some virtual and contact ones T=0.
const PROTOCOLS: Protocols = Protocols::ANY;
/// The longest reply to a short command, status word included, and some room for careless drivers.
const REPLY_MAX: usize = 1_024;

/// The line to one card. Dropping it resets the card, so no session outlives it.
pub struct Connection {
    card: Card,
    mode: ShareMode,
    reply: Box<[u8; REPLY_MAX]>,
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
        Ok(Self {
            card,
            mode,
            reply: Box::new([0; REPLY_MAX]),
        })
    }
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
