use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// A BHYT number: the 15-character card code (two letters, benefit digit 1-5, 12 digits) or the
/// 10-digit BHXH number that the card of 2021 prints.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InsuranceNumber(String);

impl InsuranceNumber {
    /// Takes a card code or a BHXH number; letters may be lower case, blanks around are ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let bytes = text.as_bytes();
        let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
        let right = match bytes.len() {
            10 => digits(bytes),
            15 => {
                bytes[..2].iter().all(u8::is_ascii_uppercase)
                    && (b'1'..=b'5').contains(&bytes[2])
                    && digits(&bytes[3..])
            }
            _ => false,
        };
        right.then_some(Self(text))
    }

    /// The whole number.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The ten digits that stay with a person when the card code changes.
    pub fn bhxh_number(&self) -> &str {
        &self.0[self.0.len() - 10..]
    }
}

impl Drop for InsuranceNumber {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for InsuranceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[insurance number]")
    }
}

impl TryFrom<String> for InsuranceNumber {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("an insurance number has 10 digits or is a 15-character card code")
    }
}

impl From<InsuranceNumber> for String {
    fn from(number: InsuranceNumber) -> Self {
        number.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::InsuranceNumber;

    #[test]
    fn both_forms_lead_to_the_same_person() {
        let card = InsuranceNumber::parse("DN4010123456789").expect("card code");
        let bare = InsuranceNumber::parse("0123456789").expect("BHXH number");
        assert_eq!(card.bhxh_number(), bare.bhxh_number());
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in [
            "",
            "DN6010123456789",
            "D14010123456789",
            "012345678",
            "01234567890",
            "ệ0123456789abc",
        ] {
            assert_eq!(InsuranceNumber::parse(wrong), None, "{wrong}");
        }
    }
}
