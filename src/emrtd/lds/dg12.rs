//! DG12: more about the document (ICAO 9303-10 §4.7.12). Who issued it and when; images of its
//! pages, endorsements and other persons are parsed over and never kept.

use jiff::civil::Date;

use super::LdsError;
use super::text::{date, keep, text};
use crate::emrtd::tlv;
use crate::identity::BirthDate;

/// What is kept of DG12.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::emrtd) struct Dg12 {
    pub authority: Option<String>,
    pub issue_date: Option<Date>,
}

/// Reads DG12: a list of tags, and the elements that it announces, in any order.
pub(in crate::emrtd) fn parse(file: &[u8]) -> Result<Dg12, LdsError> {
    let body = tlv::only(file, 0x6C)?;
    tlv::find(body, 0x5C)?;
    let mut found = Dg12::default();
    for element in tlv::list(body)? {
        match element.tag {
            0x5F19 => keep(
                &mut found.authority,
                text(element.value).map(|text| text.replace('<', " ")),
            ),
            0x5F26 => keep(&mut found.issue_date, day(element.value)),
            _ => {}
        }
    }
    Ok(found)
}

fn day(value: &[u8]) -> Option<Date> {
    match date(value)? {
        BirthDate::Day(day) => Some(day),
        BirthDate::Year(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Dg12, parse};
    use crate::emrtd::tlv::build;

    fn file(elements: &[(u16, &[u8])]) -> Vec<u8> {
        let tags: Vec<u8> = elements
            .iter()
            .flat_map(|(tag, _)| tag.to_be_bytes())
            .collect();
        let elements: Vec<_> = elements
            .iter()
            .map(|(tag, value)| build(*tag, value))
            .collect();
        build(0x6C, &[build(0x5C, &tags), elements.concat()].concat())
    }

    #[test]
    fn issuer_and_day_are_kept_and_the_rest_is_not() {
        let file = file(&[
            (0x5F1D, b"front"),
            (0x5F26, b"20240131"),
            (0x5F1B, b"endorsement"),
            (0x5F19, b"OFFICE<7"),
            (0x5F56, b"serial"),
        ]);
        let expected = Dg12 {
            authority: Some("OFFICE 7".to_owned()),
            issue_date: Some(jiff::civil::date(2024, 1, 31)),
        };
        assert_eq!(parse(&file), Ok(expected));
    }

    #[test]
    fn a_day_that_is_none_is_missing() {
        for wrong in [&b"20240231"[..], b"20240000", b"2024", b""] {
            let found = parse(&file(&[(0x5F26, wrong)])).expect("a right file");
            assert_eq!(found, Dg12::default(), "{wrong:?}");
        }
    }

    #[test]
    fn a_file_that_breaks_the_structure_is_an_error() {
        let right = file(&[(0x5F19, b"A")]);
        let changed = |place, by| crate::emrtd::lds::changed(&right, place, by);
        for (what, file) in [
            ("empty", vec![]),
            ("another tag", changed(0, 1)),
            ("outer length one more", changed(1, 1)),
            ("outer length one less", changed(1, -1)),
            ("element one longer", changed(8, 1)),
            ("element one shorter", changed(8, -1)),
            ("no tag list", build(0x6C, &build(0x5F19, b"A"))),
        ] {
            assert!(parse(&file).is_err(), "{what}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
            let _ = parse(&file(&[(0x5F26, &bytes), (0x5F19, &bytes)]));
        }
    }
}
