//! DG1: the machine readable zone (ICAO 9303-5 §4.2), as citizen cards fill it.

use jiff::civil::Date;
use zeroize::Zeroize;

use super::LdsError;
use crate::emrtd::tlv;
use crate::identity::{BirthDate, PersonalNumber, Sex};

/// Characters of a card's three lines.
pub(in crate::emrtd) const TD1_LEN: usize = 90;
/// Characters of the key: number, birth and expiry date, each with its check digit.
pub(in crate::emrtd) const KEY_LEN: usize = 24;

/// Reads DG1: the characters of the zone, of whatever document.
pub(in crate::emrtd) fn parse_dg1(file: &[u8]) -> Result<&[u8], LdsError> {
    Ok(tlv::expect(tlv::expect(file, 0x61)?, 0x5F1F)?)
}

/// The zone of a card (TD1), every check digit right. Wiped when dropped.
pub(in crate::emrtd) struct Td1([u8; TD1_LEN]);

impl Drop for Td1 {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Td1 {
    /// Takes the 90 characters of the three lines and checks them.
    pub fn parse(zone: &[u8]) -> Result<Self, LdsError> {
        let zone: [u8; TD1_LEN] = zone
            .try_into()
            .map_err(|_| LdsError::Content("the MRZ has not the length of a card's"))?;
        if value(&zone).is_none() {
            return Err(LdsError::Content("the MRZ has a character that none has"));
        }
        let zone = Self(zone);
        let upper = &zone.0[5..30];
        let lower = &zone.0[30..60];
        let all = [upper, &lower[..7], &lower[8..15], &lower[18..29]].concat();
        let right = key_is_right(zone.key().as_bytes()) && check_digit(&all) == Some(lower[29]);
        right
            .then_some(zone)
            .ok_or(LdsError::Content("a check digit of the MRZ is wrong"))
    }

    /// Number, birth date and expiry date with their check digits.
    pub fn key(&self) -> String {
        let parts = [&self.0[5..15], &self.0[30..37], &self.0[38..45]].concat();
        // The zone is ASCII; this way there is no second copy to wipe.
        String::from_utf8(parts).unwrap_or_default()
    }

    /// Whether this is the card of a citizen of Viet Nam.
    pub fn is_citizen_card(&self) -> bool {
        self.0[0] == b'I' && self.0[2..5] == *b"VNM"
    }

    /// The twelve digits, which stand in the optional data: the document number has only the last
    /// nine of them.
    pub fn personal_number(&self) -> Option<PersonalNumber> {
        PersonalNumber::parse(text(&self.0[15..27]))
    }

    /// The holder's sex.
    pub fn sex(&self) -> Option<Sex> {
        match self.0[37] {
            b'M' => Some(Sex::Male),
            b'F' => Some(Sex::Female),
            _ => None,
        }
    }

    /// Three letters, as the zone spells them.
    pub fn nationality(&self) -> Option<String> {
        let letters = text(&self.0[45..48]).trim_end_matches('<');
        (!letters.is_empty()).then(|| letters.to_owned())
    }

    /// The name, surname first.
    pub fn name_latin(&self) -> Option<String> {
        let name = text(&self.0[60..]).replace('<', " ");
        let words: Vec<&str> = name.split_whitespace().collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The card's last day; `None` where it does not expire. `991231`, any other date of a year
    /// 99 and fillers are taken for "no expiry": no citizen card of this century lasts until then.
    pub fn expiry_date(&self) -> Option<Date> {
        let (year, month, day) = two_digit_date(&self.0[38..44])?;
        if year == 99 {
            return None;
        }
        Date::new(2000 + year, month?, day?).ok()
    }

    /// The birth date, or its year where the day is unknown; the century is told without a clock.
    pub fn birth_date(&self) -> Option<BirthDate> {
        let (short, month, day) = two_digit_date(&self.0[30..36])?;
        let year = self.birth_century(short) + short;
        match month
            .zip(day)
            .filter(|(month, day)| (*month, *day) != (0, 0))
        {
            Some((month, day)) => Date::new(year, month, day).ok().map(BirthDate::Day),
            None => Some(BirthDate::Year(year)),
        }
    }

    /// The number tells the century where it follows the old rule (its fourth digit, beside the
    /// year). Else the expiry date does: a card without one belongs to somebody of 58 or more, and
    /// no other lasts until its holder is past 60.
    fn birth_century(&self, short_year: i16) -> i16 {
        let number = &self.0[15..27];
        if number[4..6] == self.0[30..32] && (b'0'..=b'3').contains(&number[3]) {
            return if number[3] < b'2' { 1900 } else { 2000 };
        }
        match self.expiry_date() {
            Some(expiry) if (0..=60).contains(&(expiry.year() - 2000 - short_year)) => 2000,
            Some(_) | None => 1900,
        }
    }
}

/// Year, month and day of `yymmdd`; month and day are `None` where they are fillers.
fn two_digit_date(digits: &[u8]) -> Option<(i16, Option<i8>, Option<i8>)> {
    let number = |range: std::ops::Range<usize>| text(&digits[range]).parse::<i8>().ok();
    Some((number(0..2)?.into(), number(2..4), number(4..6)))
}

/// The zone was checked to be ASCII when it was parsed.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// Whether the three check digits of a key are right.
pub(in crate::emrtd) fn key_is_right(key: &[u8]) -> bool {
    key.len() == KEY_LEN
        && [0..10, 10..17, 17..24].into_iter().all(|field| {
            key[field]
                .split_last()
                .is_some_and(|(digit, field)| check_digit(field) == Some(*digit))
        })
}

/// The check digit of a field (ICAO 9303-3 §4.9); `None` where it has a wrong character.
fn check_digit(field: &[u8]) -> Option<u8> {
    Some(b'0' + (value(field)? % 10) as u8)
}

/// The weighted sum of the characters' values.
fn value(field: &[u8]) -> Option<u32> {
    field
        .iter()
        .zip([7, 3, 1].into_iter().cycle())
        .try_fold(0, |sum, (character, weight)| {
            let value = match character {
                b'0'..=b'9' => character - b'0',
                b'A'..=b'Z' => character - b'A' + 10,
                b'<' => 0,
                _ => return None,
            };
            Some(sum + u32::from(value) * weight)
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Td1, check_digit};
    use crate::identity::{BirthDate, Sex};

    const A: &str = "IDVNM0990123459001099012345<<09901018M3901016VNM<<<<<<<<<<<0NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<";
    const B: &str = "IDVNM1630001234079163000123<<46302153F9912315VNM<<<<<<<<<<<4TRAN<<THI<B<<<<<<<<<<<<<<<<<<<";

    fn parse(zone: &str) -> Td1 {
        Td1::parse(zone.as_bytes()).expect("a right zone")
    }

    /// The same zone with other characters at a place, and its check digits made right again.
    fn changed(place: usize, with: &str) -> Td1 {
        let mut zone = A.as_bytes().to_vec();
        zone[place..place + with.len()].copy_from_slice(with.as_bytes());
        for (field, digit) in [(5..14, 14), (30..36, 36), (38..44, 44)] {
            zone[digit] = check_digit(&zone[field]).expect("characters");
        }
        let all = [&zone[5..30], &zone[30..37], &zone[38..45], &zone[48..59]].concat();
        zone[59] = check_digit(&all).expect("characters");
        Td1::parse(&zone).expect("a right zone")
    }

    #[test]
    fn the_cards_of_two_citizens_are_understood() {
        let a = parse(A);
        assert!(a.is_citizen_card());
        assert_eq!(
            a.personal_number().expect("number").expose(),
            "001099012345"
        );
        assert_eq!(a.birth_date(), BirthDate::parse("1999-01-01"));
        assert_eq!(a.expiry_date(), Some(jiff::civil::date(2039, 1, 1)));
        assert_eq!(
            (a.sex(), a.nationality().as_deref()),
            (Some(Sex::Male), Some("VNM"))
        );
        assert_eq!(a.name_latin().as_deref(), Some("NGUYEN VAN A"));
        let b = parse(B);
        assert_eq!(
            b.personal_number().expect("number").expose(),
            "079163000123"
        );
        assert_eq!(b.birth_date(), BirthDate::parse("1963-02-15"));
        assert_eq!((b.expiry_date(), b.sex()), (None, Some(Sex::Female)));
    }

    #[test]
    fn any_single_changed_character_under_a_check_digit_is_found() {
        for place in (5..37).chain(38..45).chain(48..60) {
            let mut zone = A.as_bytes().to_vec();
            // Values that differ by ten share a check digit, so the next character is taken.
            zone[place] = if zone[place] == b'1' { b'2' } else { b'1' };
            assert!(Td1::parse(&zone).is_err(), "place {place}");
        }
    }

    #[test]
    fn the_century_follows_the_number_or_else_the_expiry() {
        for (number, birth, expiry, year) in [
            ("001205012345", "050630", "300630", 2005),
            ("001105012345", "050630", "991231", 1905),
            // A number that does not follow the old rule is no hint.
            ("001777012345", "050630", "300630", 2005),
            ("001777012345", "700630", "300630", 1970),
            ("001777012345", "400630", "<<<<<<", 1940),
        ] {
            let zone = changed(15, number);
            let mut text = zone.0.to_vec();
            text[30..36].copy_from_slice(birth.as_bytes());
            text[38..44].copy_from_slice(expiry.as_bytes());
            let zone = Td1(text.try_into().expect("90"));
            assert_eq!(
                zone.birth_date().map(BirthDate::year),
                Some(year),
                "{number} {birth}"
            );
        }
    }

    #[test]
    fn a_birth_without_a_day_is_a_year() {
        for birth in ["990000", "99<<<<"] {
            assert_eq!(changed(30, birth).birth_date(), Some(BirthDate::Year(1999)));
        }
    }

    #[test]
    fn unlimited_cards_have_no_expiry_date() {
        for expiry in ["991231", "990215", "<<<<<<"] {
            assert_eq!(changed(38, expiry).expiry_date(), None, "{expiry}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let _ = Td1::parse(&bytes);
        }

        #[test]
        fn any_characters_give_fields_without_a_panic(zone in "[A-Z0-9<]{90}") {
            let zone = Td1(zone.into_bytes().try_into().expect("90"));
            let _ = (zone.birth_date(), zone.expiry_date(), zone.name_latin(), zone.personal_number());
        }
    }
}
