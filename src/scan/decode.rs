//! From a grey picture to the text of the QR in it.

use std::collections::HashSet;

use rxing::common::HybridBinarizer;
use rxing::qrcode::{QRCodeReader, cpp_port::QrReader};
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, Luma8Source, RXingResult, RXingResultMetadataType,
    RXingResultMetadataValue, Reader,
};

use super::fence::fenced;
use super::luma::Luma;
use crate::identity::Private;

/// How hard to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// For a live frame, since the next one is near: without the doubled picture, which costs as
    /// much as all the rest.
    Quick,
    /// For the only picture there is.
    Thorough,
}

/// Pixels above which a picture is not doubled: it has enough of them, and time is bounded.
const DOUBLED_MAX_PIXELS: usize = 4 << 20;

/// The text of a QR code in `picture`, as UTF-8 as it stands in the code; none where there is no
/// code that can be read, or where its bytes are not UTF-8. Which characters other bytes would
/// mean is never guessed. Never panics.
pub fn decode(picture: Luma<'_>, effort: Effort) -> Option<Private<String>> {
    // Half the size first: it reads most codes in a quarter of the time, noisy ones best.
    let text = picture
        .halved()
        .and_then(|half| read(half.view()))
        .or_else(|| read(picture))
        .or_else(|| read(picture.smoothed()?.view()));
    let doubles = effort == Effort::Thorough && picture.pixels().len() <= DOUBLED_MAX_PIXELS;
    match text {
        None if doubles => read(picture.doubled()?.view()),
        text => text,
    }
}

/// Reads one picture, dark on light and light on dark (phones in dark mode).
fn read(picture: Luma<'_>) -> Option<Private<String>> {
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    fenced(|| {
        let source =
            Luma8Source::new_with_slice(picture.pixels(), picture.width(), picture.height())
                .ok()?;
        let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
        read_bitmap(&mut bitmap, &hints).or_else(|| {
            bitmap.invert();
            read_bitmap(&mut bitmap, &hints)
        })
    })
    .flatten()
}

type Bitmap<'a> = BinaryBitmap<HybridBinarizer<Luma8Source<'a>>>;

/// Both of rxing's readers: the second finds some that the first does not.
fn read_bitmap(bitmap: &mut Bitmap<'_>, hints: &DecodeHints) -> Option<Private<String>> {
    let first = QrReader.decode_with_hints(bitmap, hints).ok();
    // This reader's raw bytes are the content, the other one's are the codewords around it.
    first
        .and_then(|found| as_it_stands(found.getText(), found.getRawBytes()))
        .or_else(|| {
            let found = QRCodeReader.decode_with_hints(bitmap, hints).ok()?;
            as_it_stands(found.getText(), &byte_segments(&found))
        })
}

fn byte_segments(found: &RXingResult) -> Vec<u8> {
    let segments = found
        .getRXingResultMetadata()
        .get(&RXingResultMetadataType::BYTE_SEGMENTS);
    match segments {
        Some(RXingResultMetadataValue::ByteSegments(segments)) => segments.concat(),
        _ => Vec::new(),
    }
}

/// `text`, if it says what `bytes`, read as UTF-8, say too. The decoder guesses a character set
/// where the code names none; a guess other than UTF-8 shows as other letters. Only letters
/// beyond ASCII can differ: the rest is the same in every set, and in the modes for digits and
/// capitals, which give no bytes.
fn as_it_stands(text: &str, bytes: &[u8]) -> Option<Private<String>> {
    let said = std::str::from_utf8(bytes).ok()?;
    let letters = |text: &'_ str| text.chars().filter(|c| !c.is_ascii()).collect::<String>();
    (letters(text) == letters(said)).then(|| Private::from(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};
    use unicode_normalization::UnicodeNormalization;

    use super::{Effort, decode};
    use crate::scan::Luma;

    const MODULE: usize = 5;
    const QUIET: usize = 4;

    /// A square picture of a code, its ink and its paper.
    fn drawn(segments: &[QrSegment], ink: u8, paper: u8) -> (u32, Vec<u8>) {
        let code = QrCode::encode_segments_advanced(
            segments,
            QrCodeEcc::Medium,
            Version::MIN,
            Version::MAX,
            None,
            true,
        )
        .expect("fits");
        let side = (code.size() as usize + 2 * QUIET) * MODULE;
        let module = |at: usize| (at / MODULE) as i32 - QUIET as i32;
        let pixels = (0..side * side).map(|at| {
            let dark = code.get_module(module(at % side), module(at / side));
            if dark { ink } else { paper }
        });
        (side as u32, pixels.collect())
    }

    fn read(segments: &[QrSegment]) -> Option<String> {
        let (side, pixels) = drawn(segments, 0, 255);
        text(side, &pixels)
    }

    fn text(side: u32, pixels: &[u8]) -> Option<String> {
        let picture = Luma::new(side, side, pixels).expect("square");
        decode(picture, Effort::Thorough).map(|text| text.expose().clone())
    }

    #[test]
    fn vietnamese_text_is_read_byte_for_byte() {
        let names = [
            "Ý",
            "LÊ",
            "Hà",
            "LỘC NGỌC ẢNH",
            "NGUYỄN THỊ HỒNG PHƯỢNG",
            "Đặng",
        ];
        for name in names {
            for name in [name.to_owned(), name.nfd().collect()] {
                let card = format!("099090012345||{name}|28021990|Nữ|phường Đồng Xuân|19042021");
                for said in [name, card] {
                    let bytes = QrSegment::make_bytes(said.as_bytes());
                    assert_eq!(read(std::slice::from_ref(&bytes)).as_ref(), Some(&said));
                    let declared = QrSegment::make_eci(26);
                    assert_eq!(read(&[declared, bytes]).as_ref(), Some(&said));
                    let mixed = [
                        QrSegment::make_numeric("099090012345"),
                        QrSegment::make_bytes(said.as_bytes()),
                        QrSegment::make_alphanumeric("TD1:AB"),
                    ];
                    let whole = format!("099090012345{said}TD1:AB");
                    assert_eq!(read(&mixed), Some(whole));
                }
            }
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_give_no_text() {
        for bytes in [
            &b"NGUY\xd4N V\xa8N A"[..],
            b"\x83e\x83X\x83g",
            b"caf\xe9",
            b"abc\xc3",
            b"\xff\xfea\0b\0",
        ] {
            assert_eq!(read(&[QrSegment::make_bytes(bytes)]), None, "{bytes:x?}");
        }
        // Declared as Latin-1, these bytes happen to be UTF-8 of another text.
        let declared = QrSegment::make_eci(3);
        assert_eq!(
            read(&[declared, QrSegment::make_bytes("é".as_bytes())]),
            None
        );
    }

    #[test]
    fn numbers_and_capitals_are_read() {
        for said in ["099090012345", "TD1:0190163D8694739BAEA5966C26F8AD91"] {
            assert_eq!(read(&QrSegment::make_segments(said)).as_deref(), Some(said));
        }
    }

    #[test]
    fn a_code_is_read_light_on_dark_and_in_every_turn() {
        let segments = QrSegment::make_segments("099090012345||NGUYỄN VĂN A");
        for (ink, paper) in [(0, 255), (255, 0), (60, 120), (190, 110)] {
            let (side, mut pixels) = drawn(&segments, ink, paper);
            for turn in 0..4 {
                let found = text(side, &pixels);
                assert!(found.is_some(), "ink {ink}, paper {paper}, turn {turn}");
                let side = side as usize;
                pixels = (0..side * side)
                    .map(|at| pixels[(at % side) * side + side - 1 - at / side])
                    .collect();
            }
        }
    }

    #[test]
    fn pictures_without_a_code_give_no_text() {
        for (width, height) in [(1, 1), (1, 8000), (8000, 1), (2, 3), (39, 41), (640, 480)] {
            for shade in [0, 127, 255] {
                let pixels = vec![shade; (width * height) as usize];
                let picture = Luma::new(width, height, &pixels).expect("a picture");
                assert!(
                    decode(picture, Effort::Thorough).is_none(),
                    "{width} by {height}"
                );
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_spoilt_code_gives_its_own_text_or_none(
            spots in prop::collection::vec((any::<prop::sample::Index>(), 1usize..40, any::<u8>()), 0..30),
        ) {
            let said = "099090012345|012345678|NGUYỄN VĂN A|28021990|Nam|Xã A|19042021";
            let (side, mut pixels) = drawn(&[QrSegment::make_bytes(said.as_bytes())], 0, 255);
            for (at, length, shade) in spots {
                let at = at.index(pixels.len());
                let end = (at + length * side as usize).min(pixels.len());
                for pixel in pixels[at..end].iter_mut().step_by(side as usize) {
                    *pixel = shade;
                }
            }
            let found = text(side, &pixels);
            prop_assert!(found.as_deref().is_none_or(|text| text == said));
        }

        #[test]
        fn noise_gives_no_text(
            width in 1u32..120,
            height in 1u32..120,
            seed in prop::collection::vec(any::<u8>(), 64..512),
        ) {
            let pixels: Vec<u8> = seed.iter().copied().cycle().take((width * height) as usize).collect();
            let picture = Luma::new(width, height, &pixels).expect("a picture");
            prop_assert!(decode(picture, Effort::Thorough).is_none());
        }
    }
}
