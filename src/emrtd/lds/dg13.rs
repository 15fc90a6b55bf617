//! DG13 of a citizen card: numbered fields in Vietnamese. No public document describes it; this
//! follows what several independent programs found. Any field may be missing, in any order.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::LdsError;
use crate::emrtd::tlv::{self, Tlv};
use crate::identity::{BirthDate, PersonalNumber, Private, Sex};

/// Bytes of a field that somebody might have filled in by hand, with room to spare.
const FIELD_MAX: usize = 1_000;

/// The fields that a reception needs. Ethnicity, religion, marks and relatives are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::emrtd) struct Dg13 {
    pub personal_number: Option<PersonalNumber>,
    pub name: Option<Private<String>>,
    pub birth_date: Option<BirthDate>,
    pub sex: Option<Sex>,
    pub nationality: Option<String>,
    pub residence: Option<Private<String>>,
    /// `None` also where the card never expires.
    pub expiry_date: Option<Date>,
    pub old_id: Option<Private<String>>,
    pub issue_date: Option<Date>,
    pub ethnicity: Option<Private<String>>,
}

/// Reads DG13: `6D { SEQUENCE { INTEGER, OID, SET { SEQUENCE { INTEGER n, value } … } } }`.
pub(in crate::emrtd) fn parse(file: &[u8], _keep_ethnicity: bool) -> Result<Dg13, LdsError> {
    let body = tlv::expect(tlv::expect(file, 0x6D)?, 0x30)?;
    let mut found = Dg13::default();
    for field in tlv::list(tlv::find(body, 0x31)?)? {
        if field.tag != 0x30 {
            continue;
        }
        if let [number, value, ..] = tlv::list(field.value)?[..]
            && let (0x02, &[number]) = (number.tag, number.value)
        {
            found.take(number, value);
        }
    }
    let known = found != Dg13::default();
    known
        .then_some(found)
        .ok_or(LdsError::Content("DG13 has no field that is known"))
}

impl Dg13 {
    /// Keeps a field if it is needed and means something. The first of two with a number wins.
    fn take(&mut self, number: u8, value: Tlv<'_>) {
        let Some(text) = text(value) else {
            return;
        };
        match number {
            1 => keep(&mut self.personal_number, PersonalNumber::parse(&text)),
            2 => keep(&mut self.name, Some(private(&text))),
            3 => keep(&mut self.birth_date, BirthDate::parse(&text)),
            4 => keep(&mut self.sex, sex(&text)),
            5 => keep(&mut self.nationality, Some(text.to_string())),
            9 => keep(&mut self.residence, Some(private(&text))),
            12 => keep(&mut self.expiry_date, expiry(&text)),
            // Sources disagree which of the two is the old number; its form decides.
            15 | 16 if text.len() == 9 && text.bytes().all(|b| b.is_ascii_digit()) => {
                keep(&mut self.old_id, Some(private(&text)));
            }
            _ => {}
        }
    }
}

fn keep<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

fn private(text: &str) -> Private<String> {
    Private::new(text.to_owned())
}

/// A string of any ASN.1 kind that is UTF-8 inside, in NFC; empty ones count as missing.
fn text(value: Tlv<'_>) -> Option<Zeroizing<String>> {
    let is_string = matches!(value.tag, 0x0C | 0x12 | 0x13 | 0x16 | 0x17 | 0x18 | 0x1A);
    if !is_string || value.value.len() > FIELD_MAX {
        return None;
    }
    let text = std::str::from_utf8(value.value).ok()?.trim();
    (!text.is_empty()).then(|| Zeroizing::new(text.nfc().collect()))
}

/// `Nam` or its opposite, with or without diacritics.
fn sex(text: &str) -> Option<Sex> {
    let plain: String = text.nfd().filter(char::is_ascii).collect();
    match plain.to_ascii_lowercase().as_str() {
        "nam" => Some(Sex::Male),
        "nu" => Some(Sex::Female),
        _ => None,
    }
}

/// A date of this century; words ("unlimited") and 31/12/9999 are none.
fn expiry(text: &str) -> Option<Date> {
    match BirthDate::parse(text)? {
        BirthDate::Day(day) if day.year() < 2099 => Some(day),
        BirthDate::Day(_) | BirthDate::Year(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Dg13, parse};
    use crate::emrtd::tlv::build;
    use crate::identity::{BirthDate, Sex};

    fn field(number: u8, tag: u16, value: &[u8]) -> Vec<u8> {
        let number = build(0x02, &[number]);
        build(0x30, &[number, build(tag, value)].concat())
    }

    fn file(fields: &[Vec<u8>]) -> Vec<u8> {
        let oid = build(0x06, &[0x28, 0xCF, 0x44, 0x00, 0x08]);
        let set = build(0x31, &fields.concat());
        build(0x6D, &build(0x30, &[build(0x02, &[1]), oid, set].concat()))
    }

    fn check(fields: &[(u8, &str)]) -> Dg13 {
        let fields: Vec<_> = fields
            .iter()
            .map(|(number, text)| field(*number, 0x0C, text.as_bytes()))
            .collect();
        parse(&file(&fields)).expect("a right file")
    }

    #[test]
    fn fields_are_found_in_any_order_with_any_missing() {
        let long = format!("Thôn 1, {}, Hà Nội", "Xã Rất Dài ".repeat(20));
        let found = check(&[
            (9, &long),
            (4, "Nữ"),
            (2, "Trần Thị B"),
            (14, "ignored"),
            (3, "15/02/1963"),
            (12, "01/01/2039"),
            (1, "079163000123"),
        ]);
        assert_eq!(found.name.expect("name").expose(), "Trần Thị B");
        assert_eq!(found.residence.expect("residence").expose(), &long);
        assert_eq!(found.birth_date, BirthDate::parse("15/02/1963"));
        assert_eq!(found.expiry_date, Some(jiff::civil::date(2039, 1, 1)));
        assert_eq!(
            (found.sex, found.nationality, found.old_id),
            (Some(Sex::Female), None, None)
        );
    }

    #[test]
    fn text_comes_out_in_nfc() {
        let found = check(&[(2, "Nguye\u{302}\u{303}n Va\u{306}n A"), (4, "nam")]);
        assert_eq!(found.name.expect("name").expose(), "Nguyễn Văn A");
        assert_eq!(found.sex, Some(Sex::Male));
    }

    #[test]
    fn the_old_number_has_nine_digits_in_field_15_or_16() {
        for (number, text, kept) in [
            (15, "012345678", true),
            (16, "012345678", true),
            (15, "01234567", false),
            (16, "00A1B2C3D4E5F607", false),
        ] {
            let found = check(&[(2, "A"), (number, text)]);
            assert_eq!(found.old_id.is_some(), kept, "{number} {text}");
        }
    }

    #[test]
    fn a_card_that_never_expires_has_no_expiry_date() {
        for text in ["Không thời hạn", "31/12/9999", ""] {
            assert_eq!(check(&[(2, "A"), (12, text)]).expiry_date, None, "{text}");
        }
    }

    #[test]
    fn an_encrypted_or_empty_file_is_an_error_and_not_an_empty_person() {
        assert!(parse(&file(&[])).is_err());
        assert!(parse(&build(0x6D, &[0x5A; 64])).is_err());
        assert!(parse(&build(0x6E, &[])).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes, false);
            let _ = parse(&build(0x6D, &bytes));
        }

        #[test]
        fn any_field_is_read_without_a_panic(number: u8, tag in prop::sample::select(vec![0x0Cu16, 0x13, 0x04, 0x30]), value: Vec<u8>) {
            let _ = parse(&file(&[field(number, tag, &value)]));
        }
    }
}
