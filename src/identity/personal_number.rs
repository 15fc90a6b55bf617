use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// The twelve-digit personal number (số định danh cá nhân).
///
/// Law 26/2023 promises twelve digits and nothing more: no check digit exists, and the old
/// province, century and year structure is a hint for staff, never a gate.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonalNumber(String);

impl PersonalNumber {
    /// Digits in a number.
    pub const LENGTH: usize = 12;

    /// Takes exactly twelve ASCII digits.
    pub fn parse(text: &str) -> Option<Self> {
        let right = text.len() == Self::LENGTH && text.bytes().all(|b| b.is_ascii_digit());
        right.then(|| Self(text.to_owned()))
    }

    /// All twelve digits.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The card access number of the holder's card: the last six digits. No other CAN is printed
    /// on a citizen card.
    pub fn can(&self) -> &str {
        &self.0[6..]
    }

    /// What a screen may show: the last four digits.
    pub fn last_four(&self) -> &str {
        &self.0[8..]
    }
}

impl Drop for PersonalNumber {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for PersonalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal number]")
    }
}

impl TryFrom<String> for PersonalNumber {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a personal number has exactly 12 digits")
    }
}

impl From<PersonalNumber> for String {
    fn from(number: PersonalNumber) -> Self {
        number.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::PersonalNumber;

    #[test]
    fn only_twelve_ascii_digits_are_a_personal_number() {
        for wrong in [
            "",
            "09901234567",
            "0990123456789",
            "09901234567a",
            "٠٩٩٠١٢٣٤٥٦٧٨",
        ] {
            assert_eq!(PersonalNumber::parse(wrong), None, "{wrong}");
        }
        let number = PersonalNumber::parse("099012345678").expect("twelve digits");
        assert_eq!(number.can(), "345678");
        assert_eq!(number.last_four(), "5678");
        assert_eq!(format!("{number:?}"), "[personal number]");
    }
}
