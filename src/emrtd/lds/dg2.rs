//! DG2: the portrait, in the biometric envelope of ISO/IEC 7816-11 around ISO/IEC 19794-5, or around
//! its successor 39794-5 (ICAO 9303-10 §4.7.2).

use super::LdsError;
use crate::emrtd::portrait::Portrait;
use crate::emrtd::tlv;

/// Format identifier and version of a face record.
const FACE_RECORD: &[u8] = b"FAC\x00010\x00";
/// Bytes of the record header: identifier, version, length, number of faces.
const RECORD_HEADER: usize = 14;
/// Bytes of the facial information block; its first four are the length of the face's data, the
/// next two the number of feature points.
const FACE_INFORMATION: usize = 20;
/// Bytes of a feature point.
const FEATURE_POINT: usize = 8;
/// Bytes of the image information block.
const IMAGE_INFORMATION: usize = 12;
/// From a block of ISO/IEC 39794-5 down to the bytes of its first image: representations, the
/// first of them, image representation, base, two dimensions, data.
const MODERN_PATH: [u32; 6] = [0xA1, 0x30, 0xA1, 0xA0, 0xA0, 0x80];

/// Reads DG2: the first image of the first template. The coding is told from the image itself:
/// the field that should tell is known to lie.
pub(in crate::emrtd) fn parse(file: &[u8]) -> Result<Portrait, LdsError> {
    let group = tlv::only(tlv::only(file, 0x75)?, 0x7F61)?;
    let template = tlv::find(group, 0x7F60)?;
    let image = match tlv::find(template, 0x5F2E) {
        Ok(record) => classic_image(record),
        // Constructed: the new format, or the old one in the wrong tag.
        Err(_) => {
            let record = tlv::find(template, 0x7F2E)?;
            modern_image(record).or_else(|| classic_image(record))
        }
    };
    let image = image.ok_or(LdsError::Content("DG2 holds no whole face record"))?;
    Portrait::of(image).ok_or(LdsError::Content("the portrait is no JPEG or JPEG 2000"))
}

/// ISO/IEC 19794-5:2005.
fn classic_image(record: &[u8]) -> Option<&[u8]> {
    let after = record.strip_prefix(FACE_RECORD)?;
    let face = after.get(RECORD_HEADER - FACE_RECORD.len()..)?;
    let record_len = u32::from_be_bytes(*after.first_chunk()?);
    let faces = u16::from_be_bytes([*after.get(4)?, *after.get(5)?]);
    if usize::try_from(record_len).ok()? != record.len() || faces == 0 {
        return None;
    }
    let face_len = u32::from_be_bytes(*face.first_chunk()?);
    let face = face.get(..usize::try_from(face_len).ok()?)?;
    let points = usize::from(u16::from_be_bytes([*face.get(4)?, *face.get(5)?]));
    face.get(FACE_INFORMATION + points * FEATURE_POINT + IMAGE_INFORMATION..)
}

/// ISO/IEC 39794-5: `[APPLICATION 5]`, as it is or in one more frame.
fn modern_image(record: &[u8]) -> Option<&[u8]> {
    let framed = tlv::find(record, 0xA1).unwrap_or(record);
    let mut value = tlv::find(framed, 0x65).ok()?;
    for tag in MODERN_PATH {
        value = tlv::find(value, tag).ok()?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;
    use crate::emrtd::lds::bsi_reference;
    use crate::emrtd::portrait::ImageFormat;
    use crate::emrtd::tlv::build;

    fn file(points: u16, image: &[u8]) -> Vec<u8> {
        let points_len = usize::from(points) * 8;
        let face_len = (32 + points_len + image.len()) as u32;
        let record = [
            &b"FAC\x00010\x00"[..],
            &(face_len + 14).to_be_bytes(),
            &[0, 1],
            &face_len.to_be_bytes(),
            &points.to_be_bytes(),
            &vec![0; 14 + points_len + 12],
            image,
        ]
        .concat();
        let header = build(0xA1, &build(0x87, &[0x01, 0x01]));
        let template = build(0x7F60, &[header, build(0x5F2E, &record)].concat());
        build(
            0x75,
            &build(0x7F61, &[build(0x02, &[1]), template].concat()),
        )
    }

    #[test]
    fn the_image_is_found_behind_any_number_of_feature_points() {
        for (points, image, format) in [
            (0, &b"\xFF\xD8\xFF\xE0 picture"[..], ImageFormat::Jpeg),
            (3, b"\x00\x00\x00\x0CjP  picture", ImageFormat::Jpeg2000),
            (1, b"\xFF\x4F\xFF\x51 picture", ImageFormat::Jpeg2000),
        ] {
            let portrait = parse(&file(points, image)).expect("a right file");
            assert_eq!((portrait.format, &portrait.bytes[..]), (format, image));
        }
    }

    #[test]
    fn a_portrait_that_is_none_is_an_error() {
        assert!(parse(&file(0, b"")).is_err());
        assert!(parse(&file(0, b"GIF89a")).is_err());
        assert!(parse(&build(0x75, &build(0x7F61, &build(0x02, &[0])))).is_err());
    }

    /// A face of ISO/IEC 39794-5, framed as issuers do or without the frame.
    fn modern(framed: bool, image: &[u8]) -> Vec<u8> {
        let data = build(0x80, image);
        let two_dimensions = build(0xA0, &[data, build(0xA1, &[])].concat());
        let base = build(0xA0, &two_dimensions);
        let representation = [build(0x80, &[0]), build(0xA1, &base)].concat();
        let version = build(0xA0, &[0x80, 1, 3, 0x81, 2, 0x07, 0xE3]);
        let blocks = build(0xA1, &build(0x30, &representation));
        let face = build(0x65, &[version, blocks].concat());
        let face = if framed { build(0xA1, &face) } else { face };
        let template = build(0x7F60, &[build(0xA1, &[]), build(0x7F2E, &face)].concat());
        build(
            0x75,
            &build(0x7F61, &[build(0x02, &[1]), template].concat()),
        )
    }

    #[test]
    fn the_image_of_the_new_format_is_found() {
        for framed in [true, false] {
            let portrait = parse(&modern(framed, b"\xFF\xD8\xFF\xE0 picture")).expect("right");
            assert_eq!(&portrait.bytes[4..], b" picture");
            assert!(parse(&modern(framed, b"")).is_err(), "an image of size 0");
        }
    }

    #[test]
    fn a_file_that_breaks_the_structure_is_an_error() {
        let right = file(1, b"\xFF\xD8\xFF picture");
        let at = |bytes: &[u8]| {
            let found = right
                .windows(bytes.len())
                .position(|window| window == bytes);
            found.expect("it is there")
        };
        let record = at(b"FAC");
        let changed = |place, by| crate::emrtd::lds::changed(&right, place, by);
        assert!(parse(&right).is_ok());
        for (what, file) in [
            ("empty", vec![]),
            ("another tag", changed(0, 1)),
            ("outer length one more", changed(1, 1)),
            ("outer length one less", changed(1, -1)),
            ("another group tag", changed(3, 1)),
            ("group one longer", changed(4, 1)),
            ("group one shorter", changed(4, -1)),
            ("template one longer", changed(10, 1)),
            ("template one shorter", changed(10, -1)),
            ("no record", changed(at(&[0x5F, 0x2E]) + 1, 1)),
            ("record one longer", changed(record - 1, 1)),
            ("record one shorter", changed(record - 1, -1)),
            ("another format", changed(record, 1)),
            ("another version", changed(record + 5, 1)),
            ("record length one more", changed(record + 11, 1)),
            ("record length one less", changed(record + 11, -1)),
            ("no face", changed(record + 13, -1)),
            ("face length one more", changed(record + 17, 1)),
            (
                "more feature points than there are",
                changed(record + 18, 1),
            ),
            ("another image", changed(at(b"\xFF\xD8\xFF"), 1)),
        ] {
            assert!(parse(&file).is_err(), "{what}");
        }
    }

    /// The kiosk shows the picture to a human and measures no face.
    #[test]
    fn fields_that_the_picture_does_not_depend_on_change_nothing() {
        let image = b"\xFF\xD8\xFF picture";
        let right = file(1, image);
        let record = right.windows(3).position(|w| w == b"FAC").expect("FAC");
        // Gender, eyes, hair, features, expression, pose; the feature point; the image's header.
        for place in record + 20..record + 14 + 20 + 8 + 12 {
            let mut file = right.clone();
            file[place] = 0xFF;
            assert_eq!(*parse(&file).expect("a right file").bytes, image, "{place}");
        }
        // Instances and biometric header are for who compares: format owner, format, type.
        let face = build(0x5F2E, &right[record..]);
        for header in [vec![], build(0xA1, &[]), build(0xA1, &build(0x87, &[9; 9]))] {
            let template = build(0x7F60, &[header, face.clone()].concat());
            let file = build(0x75, &build(0x7F61, &template));
            assert_eq!(*parse(&file).expect("a right file").bytes, image);
        }
    }

    #[test]
    fn the_portrait_of_the_bsi_reference_set_is_read() {
        let Some(file) = bsi_reference("Datagroup2.bin") else {
            return;
        };
        let portrait = parse(&file).expect("a right file");
        assert!(portrait.bytes.len() > 1_000);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn any_damage_to_a_file_is_read_without_a_panic(place in 0usize..80, byte: u8) {
            let mut file = file(2, b"\xFF\xD8\xFF\xE0 picture");
            file[place] = byte;
            let _ = parse(&file);
        }
    }
}
