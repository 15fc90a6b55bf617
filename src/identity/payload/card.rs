//! The citizen card's code: `number|old id|name|birth|sex|residence|issued`, UTF-8.
//!
//! The card of 2021 has these seven fields. The card of 2024 has more (Circular 16/2024/TT-BCA
//! names cancelled numbers and the parents); their order is not public, so only twelve-digit
//! tokens among them are understood. Nothing else of them is kept: who somebody's parents are is
//! no business of a check-in.

use super::expiry::card_expiry;
use super::text::{birth_date, date, free_text, name, sex};
use super::{CardQr, Person, PersonalNumber, Private};

/// Digits of the CMND of former times.
const OLD_ID_DIGITS: usize = 9;

/// Takes a whole card text. Half of one, an impossible date, or a look-alike (the PC-Covid code,
/// whose second field is the name) is none.
pub(super) fn parse(text: &str) -> Option<CardQr> {
    // Scanners that type keys may put empty fields in front.
    let fields: Vec<&str> = text
        .trim_start_matches('|')
        .split('|')
        .map(str::trim)
        .collect();
    let [
        number,
        old_id,
        full_name,
        birth,
        sex_word,
        residence,
        issued,
        extra @ ..,
    ] = &fields[..]
    else {
        return None;
    };
    let number = PersonalNumber::parse(number)?;
    let (birth_date, issue_date) = (birth_date(birth)?, date(issued)?);
    let person = Person {
        cancelled_numbers: cancelled_numbers(extra, &number),
        personal_number: Some(number),
        name: Some(name(full_name)?),
        birth_date: Some(birth_date),
        sex: Some(sex(sex_word)?),
        residence: free_text(residence),
        old_id: self::old_id(old_id)?,
        card_expiry: card_expiry(birth_date, issue_date),
        ..Person::default()
    };
    Some(CardQr { person, issue_date })
}

/// Nothing, or nine digits.
fn old_id(text: &str) -> Option<Option<Private<String>>> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.len() {
        0 => Some(None),
        OLD_ID_DIGITS if digits => Some(Some(Private::from(text))),
        _ => None,
    }
}

/// Personal numbers among the further fields: those that the present one replaced.
fn cancelled_numbers(extra: &[&str], present: &PersonalNumber) -> Vec<PersonalNumber> {
    let mut numbers = Vec::new();
    let tokens = extra
        .iter()
        .flat_map(|field| field.split(|c: char| !c.is_alphanumeric()));
    for number in tokens.filter_map(PersonalNumber::parse) {
        if number != *present && !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}
