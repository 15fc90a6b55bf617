use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// Characters of a hospital's number.
const CHARS: std::ops::RangeInclusive<usize> = 4..=20;
/// Signs that part groups of digits.
const SEPARATORS: [char; 3] = ['-', '.', '/'];
/// Digits that a number has at least: less could be met by chance.
const DIGITS_MIN: usize = 4;

/// A number that papers of a hospital carry: of a patient, or of a visit. It is short and of
/// letters, digits and separators; whether it is this hospital's, its [`HospitalPattern`] says.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HospitalNumber(String);

impl HospitalNumber {
    /// Takes a number; letters may be lower case, blanks around are ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let known = |c: char| c.is_ascii_alphanumeric() || SEPARATORS.contains(&c);
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let right = CHARS.contains(&text.len()) && digits >= DIGITS_MIN && text.chars().all(known);
        right.then_some(Self(text))
    }

    /// The whole number.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What a screen or ticket may show: the last four characters.
    pub fn last_four(&self) -> &str {
        // All are ASCII, and there are at least four.
        &self.0[self.0.len() - 4..]
    }
}

impl Drop for HospitalNumber {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for HospitalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hospital number]")
    }
}

impl TryFrom<String> for HospitalNumber {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a hospital number has 4 to 20 letters, digits, and - . /")
    }
}

impl From<HospitalNumber> for String {
    fn from(number: HospitalNumber) -> Self {
        number.0.clone()
    }
}

/// What the numbers of one hospital look like: `#` is a digit, capital letters and `-./` stand for
/// themselves. `BN########` is BN and eight digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HospitalPattern(String);

impl HospitalPattern {
    /// Takes a pattern whose numbers can be told from personal and insurance numbers.
    pub fn parse(text: &str) -> Option<Self> {
        let known = |c: char| c == '#' || c.is_ascii_uppercase() || SEPARATORS.contains(&c);
        let pattern = text.chars().all(known).then(|| Self(text.to_owned()))?;
        let example = HospitalNumber::parse(&text.replace('#', "1"))?;
        let own = super::Payload::parse(example.expose()).kind() == "hospital_number";
        own.then_some(pattern)
    }

    /// Whether a number looks like this hospital's.
    pub fn fits(&self, number: &HospitalNumber) -> bool {
        let number = number.expose();
        let same = |(wanted, c): (char, char)| match wanted {
            '#' => c.is_ascii_digit(),
            wanted => wanted == c,
        };
        number.len() == self.0.len() && self.0.chars().zip(number.chars()).all(same)
    }

    /// How many digits somebody types who has a keypad.
    pub fn digits(&self) -> usize {
        self.0.matches('#').count()
    }

    /// The number with these digits; none if they are too few or too many.
    pub fn fill(&self, digits: &str) -> Option<HospitalNumber> {
        if digits.len() != self.digits() {
            return None;
        }
        let mut digits = digits.chars();
        let filled = self.0.chars().map(|c| match c {
            '#' => digits.next().unwrap_or('#'),
            c => c,
        });
        HospitalNumber::parse(&filled.collect::<String>()).filter(|number| self.fits(number))
    }
}

#[cfg(test)]
mod tests {
    use super::{HospitalNumber, HospitalPattern};

    #[test]
    fn a_number_is_short_and_has_digits() {
        for (text, right) in [
            ("BN00123456", true),
            (" bn00123456\r", true),
            ("2411-00042/KB", true),
            ("1234", true),
            ("123", false),
            ("ABCDEFGH", false),
            ("AB123", false),
            ("BN 00123456", false),
            ("BN00123456|A", false),
            ("ĐN00123456", false),
            ("123456789012345678901", false),
            ("", false),
        ] {
            assert_eq!(HospitalNumber::parse(text).is_some(), right, "{text}");
        }
        let number = HospitalNumber::parse("bn00123456").expect("a number");
        assert_eq!(
            (number.expose(), number.last_four()),
            ("BN00123456", "3456")
        );
        assert_eq!(format!("{number:?}"), "[hospital number]");
    }

    #[test]
    fn a_pattern_takes_its_own_numbers_only() {
        let pattern = HospitalPattern::parse("BN-####/##").expect("a pattern");
        for (text, fits) in [
            ("BN-1234/56", true),
            ("bn-1234/56", true),
            ("BN-1234/5", false),
            ("BN-1234/567", false),
            ("BN-12A4/56", false),
            ("BM-1234/56", false),
        ] {
            let number = HospitalNumber::parse(text).expect("a number");
            assert_eq!(pattern.fits(&number), fits, "{text}");
        }
        assert_eq!(pattern.digits(), 6);
        assert_eq!(pattern.fill("123456"), HospitalNumber::parse("BN-1234/56"));
        for wrong in ["12345", "1234567", "12345x", "", "12345é"] {
            assert_eq!(pattern.fill(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_pattern_that_reads_as_another_number_is_none() {
        for (text, right) in [
            ("BN########", true),
            ("########", true),
            ("####.####", true),
            // A BHXH number, a personal number, a BHYT card.
            ("##########", false),
            ("############", false),
            ("DN#############", false),
            ("###", false),
            ("BN", false),
            ("bn########", false),
            ("BN*#######", false),
            ("24########", false),
            ("", false),
        ] {
            assert_eq!(HospitalPattern::parse(text).is_some(), right, "{text}");
        }
    }
}
