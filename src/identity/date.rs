use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A birth date as papers give it: a calendar date, or the year alone (old papers know no more).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum BirthDate {
    /// The full date.
    Day(Date),
    /// Only the year is known.
    Year(i16),
}

impl BirthDate {
    /// Reads `YYYY-MM-DD`, `dd/mm/yyyy`, `ddmmyyyy` or `yyyy`; impossible dates are refused.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_ascii() {
            return None;
        }
        let number = |part: &str| {
            part.bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| part.parse::<i16>().ok())?
        };
        let day = |y: &str, m: &str, d: &str| {
            let month = i8::try_from(number(m)?).ok()?;
            Date::new(number(y)?, month, i8::try_from(number(d)?).ok()?)
                .ok()
                .map(Self::Day)
        };
        let bytes = text.as_bytes();
        match bytes.len() {
            10 if bytes[4] == b'-' && bytes[7] == b'-' => day(&text[..4], &text[5..7], &text[8..]),
            10 if bytes[2] == b'/' && bytes[5] == b'/' => day(&text[6..], &text[3..5], &text[..2]),
            8 => day(&text[4..], &text[2..4], &text[..2]),
            4 => number(text)
                .filter(|year| (1850..=2200).contains(year))
                .map(Self::Year),
            _ => None,
        }
    }

    /// The year of birth.
    pub fn year(self) -> i16 {
        match self {
            Self::Day(date) => date.year(),
            Self::Year(year) => year,
        }
    }

    /// Whether both can be the same birth: equal, or equal as far as the vaguer one goes.
    pub fn agrees_with(self, other: Self) -> bool {
        match (self, other) {
            (Self::Day(a), Self::Day(b)) => a == b,
            (Self::Day(_) | Self::Year(_), _) => self.year() == other.year(),
        }
    }
}

/// ISO form: `YYYY-MM-DD` or `YYYY`.
impl From<BirthDate> for String {
    fn from(date: BirthDate) -> Self {
        match date {
            BirthDate::Day(day) => day.to_string(),
            BirthDate::Year(year) => format!("{year:04}"),
        }
    }
}

impl TryFrom<String> for BirthDate {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a birth date is YYYY-MM-DD or YYYY")
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[birth date]")
    }
}

#[cfg(test)]
mod tests {
    use super::BirthDate;

    #[test]
    fn every_written_form_of_a_day_is_the_same_day() {
        let day = BirthDate::parse("1990-02-28");
        assert!(day.is_some());
        assert_eq!(day, BirthDate::parse("28/02/1990"));
        assert_eq!(day, BirthDate::parse("28021990"));
        assert_eq!(String::from(day.expect("parsed")), "1990-02-28");
    }

    #[test]
    fn impossible_dates_are_refused() {
        for wrong in [
            "31022000",
            "1990-13-01",
            "29/02/2023",
            "28-02-1990",
            "",
            "199",
            "19é",
        ] {
            assert_eq!(BirthDate::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_year_agrees_with_every_day_in_it() {
        let year = BirthDate::parse("1990").expect("year");
        let day = BirthDate::parse("28021990").expect("day");
        assert!(year.agrees_with(day) && day.agrees_with(year));
        assert!(!day.agrees_with(BirthDate::parse("27021990").expect("day")));
    }
}
