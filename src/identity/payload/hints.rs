//! Whether a person's number fits the rest of what is said of them, and whether the card was still
//! good. Only hints: the structure of the number is from Circular 59/2021, which has expired; the
//! law promises twelve digits.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::identity::{Person, PersonalNumber, Sex};

/// Something that staff may want to look at. Never a reason to refuse anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// The fourth digit of the personal number stands for the other sex.
    SexDiffers,
    /// Digits four to six of the personal number stand for another year of birth.
    BirthYearDiffers,
    /// The first three digits of the personal number stand for no province.
    ProvinceUnknown,
    /// The card's last day was before the visit.
    CardExpired,
}

/// Codes of the provinces as they were when numbers began to be given; numbers outlive mergers.
const PROVINCES: [u8; 63] = [
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37,
    38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77,
    79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
];
/// From here on the first three digits are of a country: somebody born abroad.
const COUNTRIES_FROM: i16 = 100;

/// What in `person` is worth a look on `day`; empty where there is nothing to compare.
pub fn hints(person: &Person, day: Date) -> Vec<Hint> {
    let mut hints = Vec::new();
    if let Some(number) = &person.personal_number {
        let said = Said::by(number);
        if person.sex.is_some_and(|sex| sex != said.sex) {
            hints.push(Hint::SexDiffers);
        }
        let born = person.birth_date.map(|birth| birth.year());
        if born.is_some_and(|year| year != said.birth_year) {
            hints.push(Hint::BirthYearDiffers);
        }
        let province = PROVINCES.iter().any(|code| i16::from(*code) == said.place);
        if !province && said.place < COUNTRIES_FROM {
            hints.push(Hint::ProvinceUnknown);
        }
    }
    if person.card_expiry.is_some_and(|last| last < day) {
        hints.push(Hint::CardExpired);
    }
    hints
}

/// What the digits of a number say.
struct Said {
    place: i16,
    sex: Sex,
    birth_year: i16,
}

impl Said {
    fn by(number: &PersonalNumber) -> Self {
        let digit = |at: usize| i16::from(number.expose().as_bytes()[at] - b'0');
        Self {
            place: digit(0) * 100 + digit(1) * 10 + digit(2),
            // Even digits are male, odd ones female; each pair is a century, from 1900 on.
            sex: [Sex::Male, Sex::Female][usize::from(digit(3) % 2 == 1)],
            birth_year: 1900 + digit(3) / 2 * 100 + digit(4) * 10 + digit(5),
        }
    }
}
