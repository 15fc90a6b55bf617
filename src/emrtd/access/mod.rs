//! Opening the chip: the password, and the key agreement that it starts: PACE (ICAO 9303-11 §4.4)
//! with all its mappings over elliptic curves, or basic access control (§4.3).
//!
//! The tests speak every session over elliptic curves that ICAO 9303-11 publishes, byte for byte:
//! App. D (basic access control), G.1 (generic mapping), H.1 (integrated mapping) and I.1 (chip
//! authentication mapping). App. G.2 and H.2 are sessions over integers modulo a prime, which this
//! reader does not offer: no card that it is for announces them.

mod bac;
mod cam;
mod pace;
mod password;

use super::apdu::{Command, Sw};
use super::messaging::SecureMessaging;
use super::tlv::TlvError;

pub(super) use bac::Bac;
pub(super) use cam::CamEvidence;
pub(super) use pace::Pace;
pub use password::Access;

/// What comes after a reply.
pub(super) enum Turn<C> {
    /// One more command.
    Send(C, Command),
    /// The card knows the password, too: talk under these keys. With chip authentication mapping
    /// there is something to judge later.
    Open(SecureMessaging, Option<CamEvidence>),
}

/// Why the chip was not opened.
#[derive(Debug)]
pub(super) enum Failure {
    /// The card does not do this protocol at all: it refused the first command.
    Refused(Sw),
    /// The card does not have the same password.
    WrongPassword,
    /// The card broke the protocol.
    Broken(String),
}

impl From<TlvError> for Failure {
    fn from(error: TlvError) -> Self {
        Self::Broken(format!("PACE reply: {error}"))
    }
}

#[cfg(test)]
mod tests;
