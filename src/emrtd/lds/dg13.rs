//! DG13 of a citizen card: numbered fields in Vietnamese. No public document describes it; this
//! follows what several independent programs found. Any field may be missing, in any order.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::LdsError;
use super::text::{keep, text};
use crate::emrtd::tlv::{self, Tlv};
use crate::identity::{BirthDate, PersonalNumber, Private, Sex};

/// The fields that a reception needs. Religion, marks and relatives are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::emrtd) struct Dg13 {
    pub personal_number: Option<PersonalNumber>,
    pub name: Option<Private<String>>,
    pub birth_date: Option<BirthDate>,
    pub sex: Option<Sex>,
    pub nationality: Option<String>,
    /// Only where it was asked for: some claim forms want it.
    pub ethnicity: Option<Private<String>>,
    pub residence: Option<Private<String>>,
    pub issue_date: Option<Date>,
    /// `None` also where the card never expires.
    pub expiry_date: Option<Date>,
    pub old_id: Option<Private<String>>,
}

/// Reads DG13: `6D { SEQUENCE { INTEGER, OID, SET { SEQUENCE { INTEGER n, value } … } } }`.
/// The ethnicity is kept only if `keep_ethnicity`.
pub(in crate::emrtd) fn parse(file: &[u8], keep_ethnicity: bool) -> Result<Dg13, LdsError> {
    let body = tlv::expect(tlv::expect(file, 0x6D)?, 0x30)?;
    let mut found = Dg13::default();
    for field in tlv::list(tlv::find(body, 0x31)?)? {
        if field.tag != 0x30 {
            continue;
        }
        if let [number, value, ..] = tlv::list(field.value)?[..]
            && let (0x02, &[number]) = (number.tag, number.value)
        {
            found.take(number, value, keep_ethnicity);
        }
    }
    let known = found != Dg13::default();
    known
        .then_some(found)
        .ok_or(LdsError::Content("DG13 has no field that is known"))
}

impl Dg13 {
    /// Keeps a field if it is needed and means something. The first of two with a number wins.
    fn take(&mut self, number: u8, value: Tlv<'_>, keep_ethnicity: bool) {
        let Some(text) = string(value) else {
            return;
        };
        match number {
            1 => keep(&mut self.personal_number, PersonalNumber::parse(&text)),
            2 => keep(&mut self.name, Some(private(&text))),
            3 => keep(&mut self.birth_date, BirthDate::parse(&text)),
            4 => keep(&mut self.sex, sex(&text)),
            5 => keep(&mut self.nationality, Some(text.to_string())),
            6 if keep_ethnicity => keep(&mut self.ethnicity, Some(private(&text))),
            9 => keep(&mut self.residence, Some(private(&text))),
            11 => keep(&mut self.issue_date, day(&text)),
            12 => keep(&mut self.expiry_date, expiry(&text)),
            // Sources disagree which of the two is the old number; its form decides.
            15 | 16 if text.len() == 9 && text.bytes().all(|b| b.is_ascii_digit()) => {
                keep(&mut self.old_id, Some(private(&text)));
            }
            _ => {}
        }
    }
}

fn private(text: &str) -> Private<String> {
    Private::new(text.to_owned())
}

/// A string of any ASN.1 kind that is UTF-8 inside.
fn string(value: Tlv<'_>) -> Option<Zeroizing<String>> {
    let is_string = matches!(value.tag, 0x0C | 0x12 | 0x13 | 0x16 | 0x17 | 0x18 | 0x1A);
    is_string.then(|| text(value.value))?
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

fn day(text: &str) -> Option<Date> {
    match BirthDate::parse(text)? {
        BirthDate::Day(day) => Some(day),
        BirthDate::Year(_) => None,
    }
}

/// A date of this century; words ("unlimited") and 31/12/9999 are none.
fn expiry(text: &str) -> Option<Date> {
    day(text).filter(|day| day.year() < 2099)
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
        parse(&file(&fields), false).expect("a right file")
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
        assert!(parse(&file(&[]), false).is_err());
        assert!(parse(&build(0x6D, &[0x5A; 64]), false).is_err());
        assert!(parse(&build(0x6E, &[]), false).is_err());
    }

    #[test]
    fn issue_and_expiry_are_days() {
        let found = check(&[(2, "A"), (11, "31/01/2024"), (12, "31/01/2034")]);
        assert_eq!(found.issue_date, Some(jiff::civil::date(2024, 1, 31)));
        assert_eq!(found.expiry_date, Some(jiff::civil::date(2034, 1, 31)));
        assert_eq!(check(&[(2, "A"), (11, "2024")]).issue_date, None);
    }

    /// A card with every field filled in, relatives as the sequences that they are.
    fn full() -> Vec<u8> {
        let names = |names: &[&str]| -> Vec<u8> {
            let names: Vec<_> = names.iter().map(|n| build(0x0C, n.as_bytes())).collect();
            names.concat()
        };
        let mut fields: Vec<_> = (1..=16u8)
            .filter(|n| ![13, 14].contains(n))
            .map(|n| field(n, 0x0C, format!("content-{n}-").as_bytes()))
            .collect();
        fields.push(field(13, 0x30, &names(&["content-13-", "content-13-b"])));
        fields.push(field(14, 0x30, &names(&["content-14-"])));
        // The same as bare strings, should a card have it so.
        fields.push(field(13, 0x0C, b"content-13-"));
        fields.push(field(14, 0x0C, b"content-14-"));
        file(&fields)
    }

    /// Everything that a `Dg13` holds, with nothing redacted.
    fn written_out(dg13: Dg13) -> String {
        let Dg13 {
            personal_number,
            name,
            birth_date,
            sex,
            nationality,
            ethnicity,
            residence,
            issue_date,
            expiry_date,
            old_id,
        } = dg13;
        let printed =
            format!("{birth_date:?} {sex:?} {nationality:?} {issue_date:?} {expiry_date:?}");
        let number = personal_number.map(String::from).unwrap_or_default();
        let private = [name, ethnicity, residence, old_id]
            .map(|field| field.map(|text| text.expose().clone()).unwrap_or_default());
        format!("{printed} {number} {}", private.join(" "))
    }

    #[test]
    fn religion_parents_and_spouse_are_never_kept_and_ethnicity_only_on_request() {
        for keep_ethnicity in [false, true] {
            let found = parse(&full(), keep_ethnicity).expect("a right file");
            let kept = written_out(found.clone());
            for number in [2, 5, 9] {
                assert!(kept.contains(&format!("content-{number}-")), "{number}");
            }
            for number in [7, 8, 10, 13, 14] {
                assert!(!kept.contains(&format!("content-{number}-")), "{number}");
            }
            assert_eq!(kept.contains("content-6-"), keep_ethnicity);
            let printed = format!("{found:?}");
            assert!(!printed.contains("content-6-") && !printed.contains("content-2-"));
        }
    }

    #[test]
    fn a_file_that_breaks_the_structure_is_an_error() {
        let right = file(&[field(2, 0x0C, b"A")]);
        let changed = |place, by| crate::emrtd::lds::changed(&right, place, by);
        for (what, file) in [
            ("empty", vec![]),
            ("another tag", changed(0, 1)),
            ("no sequence", changed(2, 1)),
            ("outer length one more", changed(1, 1)),
            ("outer length one less", changed(1, -1)),
            ("inner length one more", changed(3, 1)),
            ("inner length one less", changed(3, -1)),
            ("no set", build(0x6D, &build(0x30, &build(0x02, &[1])))),
        ] {
            assert!(parse(&file, false).is_err(), "{what}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes, true);
            let _ = parse(&build(0x6D, &bytes), true);
        }

        #[test]
        fn any_field_is_read_without_a_panic(number: u8, tag in prop::sample::select(vec![0x0Cu16, 0x13, 0x04, 0x30]), value: Vec<u8>) {
            let _ = parse(&file(&[field(number, tag, &value)]), true);
        }
    }
}
