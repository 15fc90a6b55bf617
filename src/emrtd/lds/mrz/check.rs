//! Check digits (ICAO 9303-3 §4.9).

/// Characters of a birth or expiry date with its digit.
const DATE: usize = 7;
/// A document number has nine characters at least, and its digit.
const NUMBER_MIN: usize = 10;
/// The longest number that fits a zone: nine characters, and the optional data of a card.
const NUMBER_MAX: usize = 24;

/// Whether the three check digits of a key are right: document number, birth date and expiry date.
pub(super) fn key_is_right(key: &[u8]) -> bool {
    let Some(number_len) = key.len().checked_sub(2 * DATE) else {
        return false;
    };
    let (number, dates) = key.split_at(number_len);
    let (birth, expiry) = dates.split_at(DATE);
    (NUMBER_MIN..=NUMBER_MAX).contains(&number_len)
        && [number, birth, expiry].into_iter().all(|field| {
            field
                .split_last()
                .is_some_and(|(digit, field)| check_digit(field) == Some(*digit))
        })
}

/// The check digit of a field; `None` where it has a wrong character.
pub(super) fn check_digit(field: &[u8]) -> Option<u8> {
    Some(b'0' + (value(field)? % 10) as u8)
}

/// The weighted sum of the characters' values.
pub(super) fn value(field: &[u8]) -> Option<u32> {
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
