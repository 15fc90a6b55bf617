//! PC/SC readers: presence, transmit, faults. Invariant: nothing here knows what an APDU means.
//!
//! [`Watch`] tells when a card comes and goes, [`Connection`] is the line to one card. Both talk
//! to the PC/SC service through contexts of their own, so a stuck call on one does not stop the
//! other. The service may be absent, restart, or lose its reader at any time: that is an event,
//! never the end of the thread.

mod connection;
mod readers;
mod watch;

use thiserror::Error;

pub use connection::Connection;
pub use readers::{ReaderInfo, accepts, readers, wait_for_card};
pub use watch::{CardEvent, Watch};

/// PC/SC cannot do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CardError {
    /// The service does not run.
    #[error("the PC/SC service does not answer; start pcscd")]
    NoService,
    /// No reader is plugged in, or none that the settings accept.
    #[error("there is no card reader; plug it in, or change [reader] in the configuration")]
    NoReader,
    /// No card came in time, or the card left at once.
    #[error("there is no card on the reader; lay it down and leave it there")]
    NoCard,
    /// Another program holds the card.
    #[error("another program uses the card; close it")]
    Busy,
    /// Anything else that the driver says.
    #[error("PC/SC: {0}; take the card away, unplug the reader and plug it in again")]
    Other(String),
}

impl From<pcsc::Error> for CardError {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "PC/SC has sixty codes; all others are only reported"
    )]
    fn from(error: pcsc::Error) -> Self {
        use pcsc::Error as E;
        if connection::is_removed(error) {
            return Self::NoCard;
        }
        match error {
            E::NoService | E::ServiceStopped => Self::NoService,
            E::NoReadersAvailable | E::UnknownReader | E::ReaderUnavailable => Self::NoReader,
            E::SharingViolation => Self::Busy,
            other => Self::Other(other.to_string()),
        }
    }
}
