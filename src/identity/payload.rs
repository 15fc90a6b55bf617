use serde::{Deserialize, Serialize};

use super::{InsuranceNumber, Person, PersonalNumber, Private};

/// What the text of a QR code is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// The QR of a citizen card.
    Cccd(Box<CardQr>),
    /// The QR of a BHYT card.
    Bhyt(Box<BhytQr>),
    /// Twelve bare digits.
    PersonalNumber(PersonalNumber),
    /// A bare BHYT number.
    InsuranceNumber(InsuranceNumber),
    /// A visit code as our own tickets carry it.
    Visit(String),
    /// An app's code that cannot be read here, such as VNeID's dynamic one. The text is not kept.
    Opaque,
    /// A code of something else. The text is not kept.
    Other,
}

/// The QR of a citizen card, of 2021 or of 2024.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardQr {
    /// Who the card says it is of.
    pub person: Person,
    /// Issue date, where it was readable.
    pub issue_date: Option<jiff::civil::Date>,
    /// Fields beyond the seven known ones, as they stood (the card of 2024).
    pub extra: Vec<Private<String>>,
}

/// The QR of a BHYT card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BhytQr {
    /// Who the card says it is of.
    pub person: Person,
    /// Registered facility, five characters.
    pub facility: Option<String>,
    /// First day of validity.
    pub valid_from: Option<jiff::civil::Date>,
    /// Last day of validity; absent on cards without one.
    pub valid_to: Option<jiff::civil::Date>,
}
