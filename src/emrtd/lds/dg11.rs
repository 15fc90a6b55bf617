//! DG11: more about the holder (ICAO 9303-10 §4.7.11). Of its fifteen elements a reception needs
//! five; profession, custody, proofs of citizenship and the rest are parsed over and never kept.

use super::LdsError;
use super::text::{date, filled_text, keep, text};
use crate::emrtd::tlv;
use crate::identity::{BirthDate, Private};

/// What is kept of DG11.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::emrtd) struct Dg11 {
    /// The full name, in the letters of its own language.
    pub name: Option<Private<String>>,
    pub personal_number: Option<Private<String>>,
    pub birth_date: Option<BirthDate>,
    pub address: Option<Private<String>>,
    pub telephone: Option<Private<String>>,
}

/// Reads DG11: a list of tags, and the elements that it announces, in any order.
pub(in crate::emrtd) fn parse(file: &[u8]) -> Result<Dg11, LdsError> {
    let body = tlv::only(file, 0x6B)?;
    tlv::find(body, 0x5C)?;
    let mut found = Dg11::default();
    for element in tlv::list(body)? {
        match element.tag {
            0x5F0E => keep(&mut found.name, filled_text(element.value)),
            0x5F10 => keep(&mut found.personal_number, private(element.value)),
            0x5F2B => keep(&mut found.birth_date, date(element.value)),
            0x5F42 => keep(&mut found.address, filled_text(element.value)),
            0x5F12 => keep(&mut found.telephone, private(element.value)),
            _ => {}
        }
    }
    Ok(found)
}

fn private(value: &[u8]) -> Option<Private<String>> {
    text(value).map(|mut text| Private::new(std::mem::take(&mut *text)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Dg11, parse};
    use crate::emrtd::tlv::build;
    use crate::identity::BirthDate;

    fn file(elements: &[(u16, &[u8])]) -> Vec<u8> {
        let tags: Vec<u8> = elements
            .iter()
            .flat_map(|(tag, _)| tag.to_be_bytes())
            .collect();
        let elements: Vec<_> = elements
            .iter()
            .map(|(tag, value)| build(*tag, value))
            .collect();
        build(0x6B, &[build(0x5C, &tags), elements.concat()].concat())
    }

    fn check(elements: &[(u16, &[u8])]) -> Dg11 {
        parse(&file(elements)).expect("a right file")
    }

    #[test]
    fn what_a_reception_needs_is_found_in_any_order_with_any_missing() {
        let found = check(&[
            (0x5F12, b"+84 24 0000 0000"),
            (0x5F42, "12 Phố Giả<Hà Nội".as_bytes()),
            (0x5F2B, b"19630215"),
            (0x5F0E, "Trần<<Thị<B".as_bytes()),
        ]);
        assert_eq!(found.name.expect("name").expose(), "Trần Thị B");
        assert_eq!(found.birth_date, BirthDate::parse("1963-02-15"));
        assert_eq!(
            found.address.expect("address").expose(),
            "12 Phố Giả Hà Nội"
        );
        assert_eq!(
            found.telephone.expect("telephone").expose(),
            "+84 24 0000 0000"
        );
        assert_eq!(found.personal_number, None);
        assert_eq!(check(&[]), Dg11::default());
    }

    #[test]
    fn the_rest_is_parsed_over_and_never_kept() {
        let other_names = [build(0x02, &[1]), build(0x5F0F, b"SECRET")].concat();
        let found = check(&[
            (0x5F0E, b"TRAN<<B"),
            (0xA0, &other_names),
            (0x5F11, b"SECRET"),
            (0x5F13, b"SECRET"),
            (0x5F14, b"SECRET"),
            (0x5F15, b"SECRET"),
            (0x5F16, b"SECRET"),
            (0x5F17, b"SECRET"),
            (0x5F18, b"SECRET"),
        ]);
        let kept = [
            &found.name,
            &found.personal_number,
            &found.address,
            &found.telephone,
        ];
        let kept: Vec<&str> = kept
            .iter()
            .filter_map(|f| f.as_ref())
            .map(|f| f.expose().as_str())
            .collect();
        assert_eq!(kept, ["TRAN B"]);
    }

    #[test]
    fn a_file_that_breaks_the_structure_is_an_error() {
        let right = file(&[(0x5F0E, b"A")]);
        let changed = |place, by| crate::emrtd::lds::changed(&right, place, by);
        for (what, file) in [
            ("empty", vec![]),
            ("another tag", changed(0, 1)),
            ("outer length one more", changed(1, 1)),
            ("outer length one less", changed(1, -1)),
            ("element one longer", changed(8, 1)),
            ("element one shorter", changed(8, -1)),
            ("no tag list", build(0x6B, &build(0x5F0E, b"A"))),
        ] {
            assert!(parse(&file).is_err(), "{what}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
            let _ = parse(&file(&[(0x5F2B, &bytes), (0x5F42, &bytes)]));
        }
    }
}
