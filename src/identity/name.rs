//! Names as keys: how one name, written in several ways, becomes one text to compare.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Person;

/// A name that fills its MRZ field may have been cut: TD1 gives a name 30 characters (ICAO 9303-5
/// §4.2.2), of which the filler between family and given names takes two where a text has one blank.
const MRZ_NAME_FULL: usize = 29;

/// The same for every spelling of one name: case, composition and the place of the tone mark in a
/// syllable do not matter ("Hòa" = "HOÀ" = `hoa2`); diacritics do ("An" ≠ "Ân").
pub fn exact_key(name: &str) -> String {
    let syllables: Vec<String> = name.split_whitespace().map(exact_syllable).collect();
    syllables.join(" ")
}

/// The name without any diacritics, as an MRZ or a hurried clerk writes it: "Đặng" = "DANG".
pub fn folded_key(name: &str) -> String {
    let plain: String = name
        .to_lowercase()
        .nfd()
        .filter(|c| !is_combining_mark(*c) && !is_apostrophe(*c))
        // The stroke of đ is part of the letter for Unicode: it does not decompose.
        .map(|c| if c == 'đ' { 'd' } else { c })
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ")
}

/// Whether the name of an MRZ can be the name `full`: equal when folded, or cut where its field
/// ended.
pub fn mrz_name_agrees(mrz: &str, full: &str) -> bool {
    let (mrz, full) = (folded_key(mrz), folded_key(full));
    mrz == full || (mrz.chars().count() >= MRZ_NAME_FULL && full.starts_with(&mrz))
}

impl Person {
    /// Whether `full`, the name in somebody's records, can be this person's: folded, because
    /// records are often written without diacritics. `None` where one of the two is not known.
    pub fn name_agrees(&self, full: &str) -> Option<bool> {
        let there = folded_key(full);
        if there.is_empty() {
            return None;
        }
        let own = |name: &Option<super::Private<String>>| {
            let name = name.as_ref()?.expose().clone();
            (!folded_key(&name).is_empty()).then_some(name)
        };
        if let Some(name) = own(&self.name) {
            return Some(folded_key(&name) == there);
        }
        own(&self.name_latin).map(|latin| mrz_name_agrees(&latin, full))
    }
}

fn exact_syllable(syllable: &str) -> String {
    let mut tones = String::new();
    let letters: String = syllable
        .to_lowercase()
        .nfd()
        .filter(|c| match tone_digit(*c) {
            Some(digit) => {
                tones.push(digit);
                false
            }
            None => true,
        })
        .collect();
    letters.nfc().chain(tones.chars()).collect()
}

/// The tone marks: acute, grave, hook above, tilde, dot below.
fn tone_digit(c: char) -> Option<char> {
    match c {
        '\u{301}' => Some('1'),
        '\u{300}' => Some('2'),
        '\u{309}' => Some('3'),
        '\u{303}' => Some('4'),
        '\u{323}' => Some('5'),
        _ => None,
    }
}

/// Left out of an MRZ without a blank in its place (ICAO 9303-3 §4.6).
fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2BC}')
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::{exact_key, folded_key, mrz_name_agrees};
    use crate::identity::{Person, Private};

    #[test]
    fn an_exact_key_ignores_spelling_and_keeps_diacritics() {
        for (a, b, same) in [
            ("Hòa", "HOÀ", true),
            ("Thủy", "Thuỷ", true),
            ("Khỏe", "Khoẻ", true),
            ("Nguyễn  Thị\tÚt ", "NGUYỄN THỊ ÚT", true),
            ("Đặng Đức", "ĐẶNG ĐỨC", true),
            ("An", "Ân", false),
            ("Đan", "Dan", false),
            ("Hòa", "Hóa", false),
            ("Quý", "Quí", false),
        ] {
            assert_eq!(exact_key(a) == exact_key(b), same, "{a} {b}");
            let decomposed: String = b.nfd().collect();
            assert_eq!(exact_key(a) == exact_key(&decomposed), same, "{a} {b} NFD");
        }
        assert_eq!(exact_key("HOÀ"), "hoa2");
        assert_eq!(exact_key("Nguyễn"), "nguyên4");
    }

    #[test]
    fn a_folded_key_is_the_name_without_diacritics() {
        for (name, key) in [
            ("Đặng Đình Đức", "dang dinh duc"),
            ("NGUYỄN THỊ HỒNG PHƯỢNG", "nguyen thi hong phuong"),
            ("NGUYEN<<VAN<A<<<", "nguyen van a"),
            ("Y-Blô  Niê", "y blo nie"),
            ("H'Hen Niê", "hhen nie"),
            ("Ân", "an"),
            ("  ", ""),
        ] {
            assert_eq!(folded_key(name), key);
            let decomposed: String = name.nfd().collect();
            assert_eq!(folded_key(&decomposed), key, "NFD");
        }
        assert_ne!(folded_key("Quý"), folded_key("Quy A"));
        assert_ne!(folded_key("Quý"), folded_key("Quí"));
    }

    #[test]
    fn a_name_cut_by_the_mrz_agrees_and_a_short_prefix_does_not() {
        let full = "Công Tằng Tôn Nữ Hoàng Phương Thảo";
        let cut = "CONG TANG TON NU HOANG PHUONG";
        assert_eq!(cut.len(), 29);
        assert!(mrz_name_agrees(cut, full));
        assert!(mrz_name_agrees(&format!("{cut} "), full));
        assert!(!mrz_name_agrees("CONG TANG TON NU", full));
        assert!(!mrz_name_agrees(cut, "Công Tằng Tôn Nữ Hoàng Yến"));
    }

    #[test]
    fn an_unknown_name_neither_agrees_nor_disagrees() {
        let named = |name: Option<&str>, latin: Option<&str>| Person {
            name: name.map(Private::from),
            name_latin: latin.map(Private::from),
            ..Person::default()
        };
        for (name, latin, there, verdict) in [
            (None, None, "Nguyễn Văn A", None),
            (Some("Nguyễn Văn A"), None, "", None),
            (Some("Nguyễn Văn A"), None, "NGUYEN VAN A", Some(true)),
            (
                Some("Nguyễn Văn A"),
                Some("TRAN VAN A"),
                "Trần Văn A",
                Some(false),
            ),
            (None, Some("NGUYEN VAN A"), "Nguyễn Văn Á", Some(true)),
            (Some(""), Some("NGUYEN VAN A"), "Trần Văn A", Some(false)),
        ] {
            assert_eq!(named(name, latin).name_agrees(there), verdict, "{there}");
        }
    }
}
