//! What the text of a QR code says. Every code met here is unsigned plain text: it is a claim,
//! whoever shows it. Nothing is guessed: what does not match a grammar to its end is
//! [`Payload::Other`], and its text is not kept.

mod bhyt;
mod card;
mod expiry;
mod hints;
mod keys;
mod opaque;
#[cfg(test)]
mod tests;
mod text;
mod visit_code;

use serde::{Deserialize, Serialize};

use super::{HospitalNumber, InsuranceNumber, Person, PersonalNumber, Private, Way};
pub use hints::{Hint, hints};
pub use visit_code::{VisitCode, VisitKey};

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
    /// A visit, from the code that our own tickets carry. Whether it is genuine, the key says.
    Visit(VisitCode),
    /// A number that papers of a hospital may carry. It tells nobody without a second factor.
    HospitalNumber(HospitalNumber),
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
    /// Issue date.
    pub issue_date: jiff::civil::Date,
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

/// The symbology identifier of EAN and UPC: the twelve digits of a product are nobody's number.
const PRODUCT_CODE: &str = "]E";
/// A QR symbol holds 2,953 bytes at most (ISO/IEC 18004, version 40-L); a longer text came from
/// no code.
const TEXT_MAX_BYTES: usize = 4096;

impl Payload {
    /// Says what the text of a code is. Total: any text has an answer.
    pub fn parse(text: &str) -> Self {
        if text.len() > TEXT_MAX_BYTES {
            return Self::Other;
        }
        let text = text::normalised(text);
        if text.starts_with(PRODUCT_CODE) {
            return Self::Other;
        }
        let text = text::without_symbology(&text);
        if text.starts_with(visit_code::PREFIX) {
            VisitCode::parse(text).map_or(Self::Other, Self::Visit)
        } else if let Some(number) = PersonalNumber::parse(text) {
            Self::PersonalNumber(number)
        } else if let Some(number) = InsuranceNumber::parse(text) {
            Self::InsuranceNumber(number)
        } else if let Some(card) = card::parse(text) {
            Self::Cccd(Box::new(card))
        } else if let Some(card) = bhyt::parse(text) {
            Self::Bhyt(Box::new(card))
        } else if opaque::is_opaque(text) {
            Self::Opaque
        } else if let Some(number) = HospitalNumber::parse(text) {
            Self::HospitalNumber(number)
        } else {
            Self::Other
        }
    }

    /// The same for bytes. Bytes that are not UTF-8 are [`Payload::Other`]: a character set is
    /// never guessed.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        std::str::from_utf8(bytes).map_or(Self::Other, Self::parse)
    }

    /// The same for a text that came as key strokes: what layouts, input methods and lost marks did
    /// to it is put right where that is certain. A name is never guessed.
    pub fn from_keys(text: &str) -> Self {
        if text.len() > TEXT_MAX_BYTES {
            return Self::Other;
        }
        keys::parse(text)
    }

    /// The name of the kind, in JSON and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Cccd(_) => "cccd",
            Self::Bhyt(_) => "bhyt",
            Self::PersonalNumber(_) => "personal_number",
            Self::InsuranceNumber(_) => "insurance_number",
            Self::HospitalNumber(_) => "hospital_number",
            Self::Visit(_) => "visit",
            Self::Opaque => "opaque",
            Self::Other => "other",
        }
    }

    /// The person that a card's code describes; a bare number describes nobody.
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::Cccd(card) => Some(&card.person),
            Self::Bhyt(card) => Some(&card.person),
            Self::PersonalNumber(_)
            | Self::InsuranceNumber(_)
            | Self::HospitalNumber(_)
            | Self::Visit(_)
            | Self::Opaque
            | Self::Other => None,
        }
    }

    /// All that the code says of a person, be it only a number.
    pub fn into_person(self) -> Option<Person> {
        match self {
            Self::Cccd(card) => Some(card.person),
            Self::Bhyt(card) => Some(card.person),
            Self::PersonalNumber(number) => Some(Person::typed(number)),
            Self::InsuranceNumber(number) => Some(Person {
                insurance_number: Some(number),
                ..Person::default()
            }),
            // Papers lie about: whose it is, the birth year must say too.
            Self::HospitalNumber(_) | Self::Visit(_) | Self::Opaque | Self::Other => None,
        }
    }

    /// The way of identifying that the code amounts to. A bare number is worth what a typed one
    /// is: it shows that somebody knew the number, not that they hold the card.
    pub fn way(&self) -> Way {
        match self {
            Self::Cccd(_) => Way::CardQr,
            Self::Bhyt(_) => Way::BhytQr,
            Self::PersonalNumber(_) | Self::InsuranceNumber(_) | Self::HospitalNumber(_) => {
                Way::Typed
            }
            Self::Visit(_) | Self::Opaque | Self::Other => Way::None,
        }
    }
}
