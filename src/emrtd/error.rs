use thiserror::Error;

use super::transport::TransportError;

/// Why a chip was not read. Nothing that it had sent is kept. The reasons are for engineers and
/// hold no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// The card is something else: a bank card, a passport, a card without a chip application.
    #[error("this is no Vietnamese citizen card ({reason}); lay down a CCCD")]
    NotACitizenCard {
        /// What told so.
        reason: String,
    },
    /// A travel document, but of another kind or country: a passport, a residence card.
    #[error("this is another document than a Vietnamese citizen card; its holder goes to the desk")]
    OtherDocument,
    /// The card does not have this password: the digits belong to another card, or are mistyped.
    #[error("the card access number or MRZ does not open this card; compare it with the card")]
    WrongCan,
    /// The card left the reader's field.
    #[error("the card was moved while it was read; lay it down again and leave it there")]
    Moved,
    /// The card sent what no genuine card sends, or what cannot be trusted.
    #[error("the card cannot be read ({reason}); lay it down again, then try another way")]
    Unreadable {
        /// What was wrong.
        reason: String,
    },
    /// The reader failed, not the card.
    #[error("the card reader failed ({reason}); check its cable and the PC/SC service")]
    Transport {
        /// What the reader's driver said.
        reason: String,
    },
}

impl ReadError {
    pub(super) fn not_a_citizen_card(reason: impl Into<String>) -> Self {
        Self::NotACitizenCard {
            reason: reason.into(),
        }
    }

    pub(super) fn unreadable(reason: impl Into<String>) -> Self {
        Self::Unreadable {
            reason: reason.into(),
        }
    }
}

impl From<TransportError> for ReadError {
    fn from(error: TransportError) -> Self {
        match error {
            // A card that loses power for a moment at the edge of the field shows as a reset.
            TransportError::Removed | TransportError::Reset => Self::Moved,
            TransportError::NoReader | TransportError::Other(_) => Self::Transport {
                reason: error.to_string(),
            },
        }
    }
}
