//! Texts and dates as several data groups hold them.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::identity::{BirthDate, Private};

/// Bytes of a field that somebody might have filled in by hand, with room to spare.
const TEXT_MAX: usize = 1_000;

/// UTF-8 in NFC, without blanks around; empty ones count as missing.
pub(super) fn text(bytes: &[u8]) -> Option<Zeroizing<String>> {
    if bytes.len() > TEXT_MAX {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?.trim();
    (!text.is_empty()).then(|| Zeroizing::new(text.nfc().collect()))
}

/// The same with fillers as blanks: a name, or lines of an address (ICAO 9303-10 §4.7.11).
pub(super) fn filled_text(bytes: &[u8]) -> Option<Private<String>> {
    let text = text(bytes)?;
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    for word in text.split(['<', ' ']).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    (!out.is_empty()).then(|| Private::new(std::mem::take(&mut *out)))
}

/// `YYYYMMDD`, in ASCII or, as older documents have it, in BCD; the day, or the year where the
/// rest is zeros.
pub(super) fn date(bytes: &[u8]) -> Option<BirthDate> {
    let mut digits = [0; 8];
    match bytes.len() {
        8 => {
            for (digit, byte) in digits.iter_mut().zip(bytes) {
                *digit = byte.checked_sub(b'0')?;
            }
        }
        4 => {
            for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
                pair.copy_from_slice(&[byte >> 4, byte & 0x0F]);
            }
        }
        _ => return None,
    }
    if digits.iter().any(|digit| *digit > 9) {
        return None;
    }
    let number = |part: &[u8]| part.iter().fold(0i16, |n, d| n * 10 + i16::from(*d));
    let (year, month, day) = (
        number(&digits[..4]),
        number(&digits[4..6]),
        number(&digits[6..]),
    );
    if (month, day) == (0, 0) {
        return (year > 0).then_some(BirthDate::Year(year));
    }
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    Date::new(year, month, day).ok().map(BirthDate::Day)
}

/// Keeps the first of two values.
pub(super) fn keep<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

#[cfg(test)]
mod tests {
    use super::{date, filled_text, text};
    use crate::identity::BirthDate;

    #[test]
    fn a_date_is_read_in_digits_and_in_bcd() {
        let day = BirthDate::parse("1974-08-12");
        assert_eq!(date(b"19740812"), day);
        assert_eq!(date(&[0x19, 0x74, 0x08, 0x12]), day);
        assert_eq!(date(&[0x19, 0x74, 0, 0]), Some(BirthDate::Year(1974)));
        for wrong in [
            &b"1974081"[..],
            b"19741312",
            b"1974081A",
            &[0x19, 0x74, 0x08, 0x3C],
            &[],
        ] {
            assert_eq!(date(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn fillers_are_blanks() {
        let filled = |bytes: &[u8]| filled_text(bytes).map(|text| text.expose().clone());
        assert_eq!(filled(b"SMITH<<JOHN<T").as_deref(), Some("SMITH JOHN T"));
        assert_eq!(filled(b"<<<"), None);
        assert_eq!(text(&[0xFF]), None);
        assert_eq!(text(&[b'A'; 1_001]), None);
    }
}
