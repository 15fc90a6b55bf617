//! DG1: the machine readable zone (ICAO 9303-10 §4.7.1).

use super::LdsError;
use super::mrz::Mrz;
use crate::emrtd::tlv;

/// Reads DG1: one zone, and nothing else.
pub(in crate::emrtd) fn parse(file: &[u8]) -> Result<Mrz, LdsError> {
    Mrz::parse(tlv::only(tlv::only(file, 0x61)?, 0x5F1F)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;
    use crate::emrtd::tlv::build;

    const ZONE: &[u8] =
        b"IDVNM0990123459001099012345<<09901018M3901016VNM<<<<<<<<<<<0NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<";

    fn file(outer: u16, inner: u16, zone: &[u8]) -> Vec<u8> {
        build(outer, &build(inner, zone))
    }

    /// The same file with this much added to the byte that holds a length.
    fn with_length(place: usize, by: i8) -> Vec<u8> {
        let mut file = file(0x61, 0x5F1F, ZONE);
        file[place] = file[place].wrapping_add_signed(by);
        file
    }

    #[test]
    fn a_right_file_is_its_zone() {
        let zone = parse(&file(0x61, 0x5F1F, ZONE)).expect("a right file");
        assert_eq!(zone.issuing_state(), "VNM");
    }

    #[test]
    fn a_file_that_breaks_the_structure_is_an_error() {
        for (what, file) in [
            ("empty", vec![]),
            ("another outer tag", file(0x62, 0x5F1F, ZONE)),
            ("another inner tag", file(0x61, 0x5F1E, ZONE)),
            ("no zone at all", build(0x61, &[])),
            ("a zone cut by one", file(0x61, 0x5F1F, &ZONE[..89])),
            (
                "a zone longer by one",
                file(0x61, 0x5F1F, &[ZONE, b"<"].concat()),
            ),
            ("outer length one more", with_length(1, 1)),
            ("outer length one less", with_length(1, -1)),
            ("inner length one more", with_length(4, 1)),
            ("inner length one less", with_length(4, -1)),
            (
                "something behind the zone",
                build(0x61, &[build(0x5F1F, ZONE), vec![2, 0]].concat()),
            ),
        ] {
            assert!(parse(&file).is_err(), "{what}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
            let _ = parse(&file(0x61, 0x5F1F, &bytes));
        }
    }
}
