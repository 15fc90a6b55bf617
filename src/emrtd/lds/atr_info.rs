//! EF.ATR/INFO: how long commands and replies may be (ICAO 9303-10 §3.11.2, ISO/IEC 7816-4
//! §8.1.1.2.7 and §12.7.1). Nobody signs it; it only makes a reading faster.

use super::LdsError;
use crate::emrtd::tlv;

/// What the chip says of its lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::emrtd) struct AtrInfo {
    /// It speaks extended length.
    pub extended_length: bool,
    /// Its limits for extended length, where it names both.
    pub limits: Option<Limits>,
}

/// Bytes of whole commands and replies, header, Lc, Le and status word included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emrtd) struct Limits {
    pub command: u32,
    pub reply: u32,
}

/// Reads EF.ATR/INFO: a list of data objects without a frame around it.
pub(in crate::emrtd) fn parse(file: &[u8]) -> Result<AtrInfo, LdsError> {
    let objects = tlv::list(file)?;
    let find = |tag| objects.iter().find(|object| object.tag == tag);
    Ok(AtrInfo {
        extended_length: find(0x47).is_some_and(|object| says_extended(object.value)),
        limits: find(0x7F66).and_then(|object| limits(object.value)),
    })
}

/// Card capabilities: the third byte, if there is one, tells of extended length in its second bit
/// from the top.
fn says_extended(capabilities: &[u8]) -> bool {
    capabilities.get(2).is_some_and(|third| third & 0x40 != 0)
}

/// Two INTEGERs: the longest command, the longest reply. With one of them missing nothing is
/// known.
fn limits(value: &[u8]) -> Option<Limits> {
    let [command, reply] = tlv::list(value).ok()?[..] else {
        return None;
    };
    let length = |object: tlv::Tlv<'_>| match (object.tag, object.value) {
        (0x02, [0, high, low]) | (0x02, [high, low]) => {
            Some(u32::from(u16::from_be_bytes([*high, *low])))
        }
        _ => None,
    };
    Some(Limits {
        command: length(command)?,
        reply: length(reply)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{AtrInfo, Limits, parse};

    fn check(file: &str, extended_length: bool, limits: Option<(u32, u32)>) {
        let file = hex::decode(file.replace(' ', "")).expect("hex");
        let limits = limits.map(|(command, reply)| Limits { command, reply });
        let expected = AtrInfo {
            extended_length,
            limits,
        };
        assert_eq!(parse(&file), Ok(expected), "{file:02X?}");
    }

    #[test]
    fn the_bit_for_extended_length_is_in_the_third_byte() {
        check("4703 000140", true, None);
        check("4703 0001C0", true, None);
        check("4703 000180", false, None);
        check("4702 0040", false, None);
        check("4700", false, None);
        check("", false, None);
        check("4301B8 4703 000140", true, None);
    }

    #[test]
    fn lengths_are_integers_of_two_or_three_bytes() {
        let both = Some((0x0400, 0xFF00));
        check("7F6609 0202 0400 0203 00FF00", false, both);
        check("7F660A 0203 000400 0203 00FF00", false, both);
        check("4703 000140 7F6608 0202 0400 0202 FF00", true, both);
    }

    #[test]
    fn one_length_alone_or_of_another_form_is_ignored() {
        for wrong in [
            "7F6604 0202 0400",
            "7F6600",
            "7F6608 0402 0400 0202 FF00",
            "7F6607 0201 04 0202 FF00",
            "7F660A 0203 010400 0203 00FF00",
            "7F660C 0202 0400 0202 0400 0202 0400",
            "7F6604 0203 0400",
            "7F67 08 0202 0400 0202 FF00",
        ] {
            check(wrong, false, None);
        }
    }

    #[test]
    fn a_file_that_is_no_list_of_objects_is_an_error() {
        for file in ["47", "470400", "7F660A 0202 0400", "3080"] {
            let file = hex::decode(file.replace(' ', "")).expect("hex");
            assert!(parse(&file).is_err(), "{file:02X?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
