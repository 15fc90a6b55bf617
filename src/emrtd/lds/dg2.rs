//! DG2: the portrait, in the biometric envelope of ISO/IEC 7816-11 around ISO/IEC 19794-5.

use zeroize::Zeroizing;

use super::LdsError;
use crate::emrtd::portrait::{ImageFormat, Portrait};
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

/// Reads DG2: the first image of the first template. The coding is told from the image itself:
/// the field that should tell is known to lie.
pub(in crate::emrtd) fn parse(file: &[u8]) -> Result<Portrait, LdsError> {
    let group = tlv::expect(tlv::expect(file, 0x75)?, 0x7F61)?;
    let template = tlv::find(group, 0x7F60)?;
    let record = tlv::find(template, 0x5F2E).or_else(|_| tlv::find(template, 0x7F2E))?;
    let image = image(record).ok_or(LdsError::Content("DG2 holds no whole face record"))?;
    let format = sniff(image).ok_or(LdsError::Content("the portrait is no JPEG or JPEG 2000"))?;
    let bytes = Zeroizing::new(image.to_vec());
    Ok(Portrait { format, bytes })
}

fn image(record: &[u8]) -> Option<&[u8]> {
    let face = record
        .strip_prefix(FACE_RECORD)?
        .get(RECORD_HEADER - FACE_RECORD.len()..)?;
    let face_len = u32::from_be_bytes(*face.first_chunk()?);
    let face = face.get(..usize::try_from(face_len).ok()?)?;
    let points = usize::from(u16::from_be_bytes([*face.get(4)?, *face.get(5)?]));
    face.get(FACE_INFORMATION + points * FEATURE_POINT + IMAGE_INFORMATION..)
}

fn sniff(image: &[u8]) -> Option<ImageFormat> {
    const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF];
    const JP2: &[u8] = b"\x00\x00\x00\x0CjP  ";
    const CODE_STREAM: &[u8] = &[0xFF, 0x4F, 0xFF, 0x51];
    if image.starts_with(JPEG) {
        Some(ImageFormat::Jpeg)
    } else if image.starts_with(JP2) || image.starts_with(CODE_STREAM) {
        Some(ImageFormat::Jpeg2000)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;
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

    #[test]
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    fn the_portrait_of_the_bsi_reference_set_is_read() {
        let shared = std::env::var_os("TIEPDON_SHARED").unwrap_or("../shared".into());
        let path = std::path::Path::new(&shared).join("data/emrtd/bsi-reference/Datagroup2.bin");
        let Ok(file) = std::fs::read(&path) else {
            eprintln!("skipped: bsi_reference_portrait (no {})", path.display());
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
