//! EF.COM: which version and groups the issuer says there are (ICAO 9303-10 §4.6.1). Nobody signs
//! it, so nothing may depend on it: what exists is what the security object lists.

use super::{GROUP_TAGS, LdsError};
use crate::emrtd::tlv;

/// What EF.COM claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emrtd) struct Com {
    /// Version and update level of the LDS: `[1, 7]`.
    pub lds_version: [u8; 2],
    /// Version, update level and release of Unicode.
    pub unicode_version: [u8; 3],
    /// Numbers of the data groups, ascending. Unknown tags are left out.
    pub groups: Vec<u8>,
}

/// Reads EF.COM.
pub(in crate::emrtd) fn parse(file: &[u8]) -> Result<Com, LdsError> {
    let body = tlv::only(file, 0x60)?;
    let wrong_version = LdsError::Content("a version in EF.COM is no number");
    let groups = tlv::find(body, 0x5C)?;
    Ok(Com {
        lds_version: version(tlv::find(body, 0x5F01)?).ok_or(wrong_version)?,
        unicode_version: version(tlv::find(body, 0x5F36)?).ok_or(wrong_version)?,
        groups: (1..)
            .zip(GROUP_TAGS)
            .filter(|(_, tag)| groups.contains(tag))
            .map(|(number, _)| number)
            .collect(),
    })
}

/// Numbers of two decimal digits each.
fn version<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut version = [0; N];
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    if pairs.len() != N || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    for (number, [tens, ones]) in version.iter_mut().zip(pairs) {
        *number = (tens - b'0') * 10 + (ones - b'0');
    }
    Some(version)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;
    use crate::emrtd::lds::bsi_reference;
    use crate::emrtd::tlv::build;

    fn file(objects: &[(u16, &[u8])]) -> Vec<u8> {
        let objects: Vec<_> = objects
            .iter()
            .map(|(tag, value)| build(*tag, value))
            .collect();
        build(0x60, &objects.concat())
    }

    const LDS: (u16, &[u8]) = (0x5F01, b"0107");
    const UNICODE: (u16, &[u8]) = (0x5F36, b"040000");
    const TAGS: (u16, &[u8]) = (0x5C, &[0x6F, 0x61, 0x75, 0x6D, 0x6E, 0x63, 0x42]);

    #[test]
    fn a_right_file_says_its_versions_and_groups() {
        let com = parse(&file(&[LDS, UNICODE, TAGS])).expect("a right file");
        assert_eq!((com.lds_version, com.unicode_version), ([1, 7], [4, 0, 0]));
        assert_eq!(com.groups, [1, 2, 3, 13, 14, 15]);
    }

    #[test]
    fn a_file_that_breaks_the_structure_is_an_error() {
        let right = file(&[LDS, UNICODE, TAGS]);
        let changed = |place, by| crate::emrtd::lds::changed(&right, place, by);
        for (what, file) in [
            ("empty", vec![]),
            ("another tag", changed(0, 1)),
            ("outer length one more", changed(1, 1)),
            ("outer length one less", changed(1, -1)),
            ("inner length one more", changed(4, 1)),
            ("inner length one less", changed(4, -1)),
            ("no LDS version", file(&[UNICODE, TAGS])),
            ("no Unicode version", file(&[LDS, TAGS])),
            ("no tag list", file(&[LDS, UNICODE])),
            (
                "an LDS version of five digits",
                file(&[(0x5F01, b"01070"), UNICODE, TAGS]),
            ),
            (
                "an LDS version of letters",
                file(&[(0x5F01, b"01A7"), UNICODE, TAGS]),
            ),
            (
                "a Unicode version of four digits",
                file(&[LDS, (0x5F36, b"0400"), TAGS]),
            ),
        ] {
            assert!(parse(&file).is_err(), "{what}");
        }
    }

    #[test]
    fn the_bsi_reference_set_claims_its_groups() {
        let Some(file) = bsi_reference("EF_COM.bin") else {
            return;
        };
        let com = parse(&file).expect("a right file");
        assert!([1, 2, 14].iter().all(|group| com.groups.contains(group)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
            let _ = parse(&build(0x60, &bytes));
        }
    }
}
