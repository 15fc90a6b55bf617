//! The machine readable zone (ICAO 9303-3 §4) of cards and passports. Every check digit of a
//! [`Mrz`] is right; its characters are wiped when it is dropped.

mod check;
mod layout;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

use jiff::civil::Date;
use zeroize::Zeroizing;

use check::check_digit;
use layout::{Format, Layout};

use super::LdsError;
use crate::identity::{BirthDate, PersonalNumber, Sex};

/// The filler, which stands for "nothing" and between words.
const FILLER: u8 = b'<';

/// The key of BAC and PACE in what somebody typed: the lines of a zone, or the key itself (24
/// characters, more with a long document number). `None` where a check digit is wrong.
pub(in crate::emrtd) fn key_of(text: &str) -> Option<Zeroizing<String>> {
    let mut typed = Zeroizing::new(String::with_capacity(text.len()));
    typed.extend(text.chars().filter(|c| !c.is_whitespace()));
    match Mrz::parse(typed.as_bytes()) {
        Ok(zone) => Some(zone.key()),
        Err(_) => check::key_is_right(typed.as_bytes()).then_some(typed),
    }
}

/// A zone whose check digits are right.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::emrtd) struct Mrz {
    format: Format,
    characters: Zeroizing<Vec<u8>>,
}

impl Mrz {
    /// Takes the characters of all lines and checks them.
    pub fn parse(zone: &[u8]) -> Result<Self, LdsError> {
        let format = Format::of_len(zone.len())
            .ok_or(LdsError::Content("the MRZ has the length of no format"))?;
        let zone = Self {
            format,
            characters: Zeroizing::new(zone.to_vec()),
        };
        if check::value(&zone.characters).is_none() {
            return Err(LdsError::Content("the MRZ has a character that none has"));
        }
        zone.check_digits_are_right()
            .then_some(zone)
            .ok_or(LdsError::Content("a check digit of the MRZ is wrong"))
    }

    fn check_digits_are_right(&self) -> bool {
        let layout = self.layout();
        let composite: Zeroizing<Vec<u8>> = Zeroizing::new(
            layout
                .composite
                .iter()
                .flat_map(|r| self.at(r))
                .copied()
                .collect(),
        );
        self.long_number().is_some()
            && self.digit_is_right(&layout.birth)
            && self.digit_is_right(&layout.expiry)
            && (!layout.optional_digit || self.optional_digit_is_right())
            && check_digit(&composite) == Some(self.characters[layout.composite_digit])
    }

    fn digit_is_right(&self, field: &Range<usize>) -> bool {
        check_digit(self.at(field)) == Some(self.characters[field.end])
    }

    fn optional_digit_is_right(&self) -> bool {
        let field = &self.layout().optional;
        let empty = self.at(field).iter().all(|c| *c == FILLER);
        self.digit_is_right(field) || (empty && self.characters[field.end] == FILLER)
    }

    /// One or two letters: `P`, `ID`, `I`.
    pub fn document_code(&self) -> &str {
        self.unfilled(&(0..2))
    }

    /// The country or organisation that issued the document, as the zone spells it: `VNM`, `D`.
    pub fn issuing_state(&self) -> &str {
        self.unfilled(&self.layout().issuer)
    }

    /// Three letters, as the zone spells them.
    pub fn nationality(&self) -> Option<String> {
        let letters = self.unfilled(&self.layout().nationality);
        (!letters.is_empty()).then(|| letters.to_owned())
    }

    /// The key of BAC and PACE: document number, birth date and expiry date, each with its check
    /// digit; a long number in its whole length (ICAO 9303-11 App. D.2).
    pub fn key(&self) -> Zeroizing<String> {
        let layout = self.layout();
        let with_digit = |field: &Range<usize>| field.start..field.end + 1;
        let mut key = Zeroizing::new(String::with_capacity(layout.len));
        key.push_str(ascii(&self.long_number().unwrap_or_default()));
        key.push_str(ascii(self.at(&with_digit(&layout.birth))));
        key.push_str(ascii(self.at(&with_digit(&layout.expiry))));
        key
    }

    /// The document number and its right check digit. Where a filler stands for the digit, the
    /// number goes on at the start of the optional data and its digit follows there (ICAO 9303-5
    /// §4.2.4, ICAO 9303-6 §4.2.4). `None` where the digit is wrong.
    fn long_number(&self) -> Option<Zeroizing<Vec<u8>>> {
        let Layout {
            number, optional, ..
        } = self.layout();
        let mut whole = Zeroizing::new(Vec::with_capacity(self.characters.len()));
        whole.extend_from_slice(self.at(number));
        if self.characters[number.end] == FILLER && self.format != Format::Td3 {
            let rest = self.at(optional).split(|c| *c == FILLER).next()?;
            // One character of the number at least, and the digit.
            whole.extend_from_slice(rest.get(..2).and(Some(rest))?);
        } else {
            whole.push(self.characters[number.end]);
        }
        let (digit, number) = whole.split_last()?;
        (check_digit(number) == Some(*digit)).then_some(whole)
    }

    /// Whether this is the card of a citizen of Viet Nam.
    pub fn is_citizen_card(&self) -> bool {
        self.format == Format::Td1
            && self.characters[0] == b'I'
            && self.at(&self.layout().issuer) == b"VNM"
    }

    /// The twelve digits of a citizen card, which stand in the optional data: the document number
    /// has only the last nine of them.
    pub fn personal_number(&self) -> Option<PersonalNumber> {
        if !self.is_citizen_card() {
            return None;
        }
        let digits = self
            .at(&self.layout().optional)
            .get(..PersonalNumber::LENGTH)?;
        PersonalNumber::parse(ascii(digits))
    }

    /// The holder's sex.
    pub fn sex(&self) -> Option<Sex> {
        match self.characters[self.layout().sex] {
            b'M' => Some(Sex::Male),
            b'F' => Some(Sex::Female),
            _ => None,
        }
    }

    /// The name, surname first. A long one is cut to the room that its field has (ICAO 9303-3 §4.6).
    pub fn name_latin(&self) -> Option<String> {
        let name = words(ascii(self.at(&self.layout().name)));
        (!name.is_empty()).then_some(name)
    }

    /// The document's last day; `None` where it does not expire. `991231`, any other date of a
    /// year 99 and fillers are taken for "no expiry": no document of this century lasts until then.
    pub fn expiry_date(&self) -> Option<Date> {
        let (year, month, day) = two_digit_date(self.at(&self.layout().expiry))?;
        if year == 99 {
            return None;
        }
        Date::new(2000 + year, month?, day?).ok()
    }

    /// The birth date, or its year where the day is unknown; the century is told without a clock.
    pub fn birth_date(&self) -> Option<BirthDate> {
        let (short, month, day) = two_digit_date(self.at(&self.layout().birth))?;
        let year = self.birth_century(short) + short;
        match month
            .zip(day)
            .filter(|(month, day)| (*month, *day) != (0, 0))
        {
            Some((month, day)) => Date::new(year, month, day).ok().map(BirthDate::Day),
            None => Some(BirthDate::Year(year)),
        }
    }

    /// A citizen's number tells the century where it follows the old rule (its fourth digit,
    /// beside the year). Else the expiry date does: a card without one belongs to somebody of 58
    /// or more, and no other document that lasts beyond its holder's first sixty years can be of
    /// somebody born in this century.
    fn birth_century(&self, short_year: i16) -> i16 {
        let year = &self.at(&self.layout().birth)[..2];
        if let Some(number) = self.personal_number() {
            let number = number.expose().as_bytes();
            if &number[4..6] == year && (b'0'..=b'3').contains(&number[3]) {
                return if number[3] < b'2' { 1900 } else { 2000 };
            }
        }
        match self.expiry_date() {
            Some(expiry) if (0..=60).contains(&(expiry.year() - 2000 - short_year)) => 2000,
            Some(_) | None => 1900,
        }
    }

    fn layout(&self) -> &'static Layout {
        self.format.layout()
    }

    fn at(&self, field: &Range<usize>) -> &[u8] {
        &self.characters[field.clone()]
    }

    fn unfilled(&self, field: &Range<usize>) -> &str {
        ascii(self.at(field)).trim_end_matches('<')
    }
}

impl fmt::Debug for Mrz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[MRZ, {:?}]", self.format)
    }
}

/// Words between fillers.
fn words(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    for word in field.split('<').filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Year, month and day of `yymmdd`; month and day are `None` where they are fillers.
fn two_digit_date(digits: &[u8]) -> Option<(i16, Option<i8>, Option<i8>)> {
    let number = |range: Range<usize>| ascii(&digits[range]).parse::<i8>().ok();
    Some((number(0..2)?.into(), number(2..4), number(4..6)))
}

/// The zone was checked to be ASCII when it was parsed.
fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
