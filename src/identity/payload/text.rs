//! The fields that both cards have in common.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::identity::{BirthDate, Private, Sex};

/// Longest name taken, in characters; the chip's own limit is lower.
const NAME_MAX_CHARS: usize = 120;
/// Years that a card can speak of. Outside them a date is a misreading.
const YEARS: std::ops::RangeInclusive<i16> = 1850..=2200;

/// NFC, without what scanners and card makers put around a text: byte order mark, blanks, line
/// ends, and the `$` that ends a BHYT code.
pub(super) fn normalised(text: &str) -> Zeroizing<String> {
    let noise = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '$' | '\u{feff}');
    Zeroizing::new(text.trim_matches(noise).nfc().collect())
}

/// `]Q1` and the like: the symbology identifier that scanners can be set to send first (ISO/IEC
/// 15424).
pub(super) fn without_symbology(text: &str) -> &str {
    let mut signs = text.chars();
    let identifier = signs.next() == Some(']')
        && signs.next().is_some_and(|c| c.is_ascii_alphabetic())
        && signs.next().is_some_and(|c| c.is_ascii_alphanumeric());
    if identifier { signs.as_str() } else { text }
}

/// A person's name: letters, with single blanks. Digits or signs mean that it is something else.
pub(super) fn name(text: &str) -> Option<Private<String>> {
    let name: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let right = name.chars().any(char::is_alphabetic)
        && name.chars().count() <= NAME_MAX_CHARS
        && name.chars().all(|c| {
            // Marks that have no composed form stay apart under NFC; they belong to a letter.
            c.is_alphabetic()
                || unicode_normalization::char::is_combining_mark(c)
                || matches!(c, ' ' | '\'' | '’' | '-' | '.')
        });
    right.then(|| Private::new(name))
}

/// Free text, or nothing where it is empty or a dash.
pub(super) fn free_text(text: &str) -> Option<Private<String>> {
    let text = text.trim();
    let said = !matches!(text, "" | "-") && !text.chars().any(char::is_control);
    said.then(|| Private::from(text))
}

/// `Nam` or `Nữ` in any case; scanners that type keys lose the mark of `Nữ`.
pub(super) fn sex(text: &str) -> Option<Sex> {
    match text.trim().to_lowercase().as_str() {
        "nam" => Some(Sex::Male),
        "nữ" | "nu" => Some(Sex::Female),
        _ => None,
    }
}

/// A birth date that exists in the calendar, or the year alone.
pub(super) fn birth_date(text: &str) -> Option<BirthDate> {
    BirthDate::parse(text).filter(|date| YEARS.contains(&date.year()))
}

/// A full date that exists in the calendar.
pub(super) fn date(text: &str) -> Option<Date> {
    match birth_date(text)? {
        BirthDate::Day(date) => Some(date),
        BirthDate::Year(_) => None,
    }
}
