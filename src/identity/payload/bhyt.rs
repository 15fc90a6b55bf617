//! The BHYT card's code: fifteen fields parted by `|` (older issues: `~`), the last one `$`.
//!
//! `card number|name|birth|sex|address|facility|from|to|issued|management number|parent|area|
//! five years|check|$`; name and address are the hexadecimal digits of their UTF-8 bytes. How the
//! check string is reckoned is not public, so nothing is made of it.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::text::{birth_date, date, free_text, name};
use super::{BhytQr, InsuranceNumber, Person, Private};
use crate::identity::{BirthDate, Sex};

/// Fields of a whole code, the terminator not counted: it is gone with the noise around the text.
const FIELDS: usize = 14;

/// Takes a whole code; half of one or an impossible date is none.
pub(super) fn parse(text: &str) -> Option<BhytQr> {
    let separator = if text.contains('|') { '|' } else { '~' };
    let fields: Vec<&str> = text.split(separator).map(str::trim).collect();
    if !(FIELDS..=FIELDS + 1).contains(&fields.len()) {
        return None;
    }
    let (birth_date, sex) = birth_and_sex(fields[2], fields[3])?;
    let person = Person {
        insurance_number: Some(InsuranceNumber::parse(fields[0])?),
        name: Some(name(&from_hex(fields[1])?)?),
        birth_date: Some(birth_date),
        sex,
        residence: residence(fields[4]),
        ..Person::default()
    };
    Some(BhytQr {
        person,
        facility: facility(fields[5]),
        valid_from: day(fields[6])?,
        valid_to: day(fields[7])?,
    })
}

/// Birth date then sex; an issue of 2016 is said to have them the other way round.
fn birth_and_sex(first: &str, second: &str) -> Option<(BirthDate, Option<Sex>)> {
    if let Some(birth) = birth_date(first) {
        return Some((birth, sex(second)));
    }
    Some((birth_date(second)?, Some(sex(first)?)))
}

fn sex(digit: &str) -> Option<Sex> {
    match digit {
        "1" => Some(Sex::Male),
        "0" | "2" => Some(Sex::Female),
        _ => None,
    }
}

/// Text from the hexadecimal digits of its UTF-8 bytes.
pub(super) fn from_hex(digits: &str) -> Option<Zeroizing<String>> {
    let bytes = Zeroizing::new(hex::decode(digits).ok()?);
    let text = std::str::from_utf8(&bytes).ok()?;
    Some(Zeroizing::new(text.nfc().collect()))
}

/// The address, in hexadecimal as the rest or, on some cards, plain.
fn residence(field: &str) -> Option<Private<String>> {
    match from_hex(field) {
        Some(text) => free_text(&text),
        None => free_text(field),
    }
}

/// `01 - 013` is `01013`: province, then facility.
fn facility(field: &str) -> Option<String> {
    let code: String = field.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    (code.len() == 5 && code.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(code)
}

/// A day, or none where the card leaves it open.
fn day(field: &str) -> Option<Option<Date>> {
    match field {
        "" | "-" => Some(None),
        _ => date(field).map(Some),
    }
}
