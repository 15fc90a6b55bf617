//! The decoder for codes of any kind: `rxing`, on one picture as it is.

use std::collections::HashSet;

use rxing::common::HybridBinarizer;
use rxing::qrcode::{QRCodeReader, cpp_port::QrReader};
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, Luma8Source, RXingResult, RXingResultMetadataType,
    RXingResultMetadataValue, Reader,
};

use crate::identity::Private;
use crate::scan::Luma;
use crate::scan::fence::fenced;

/// Reads a picture with the faster reader alone, dark on light.
pub(super) fn read_quickly(picture: Luma<'_>) -> Option<Private<String>> {
    with_bitmap(picture, |bitmap, hints| {
        let found = QrReader.decode_with_hints(bitmap, hints).ok()?;
        as_it_stands(found.getText(), found.getRawBytes())
    })
}

/// Reads one picture, dark on light and light on dark (phones in dark mode).
pub(super) fn read(picture: Luma<'_>) -> Option<Private<String>> {
    with_bitmap(picture, |bitmap, hints| {
        read_bitmap(bitmap, hints).or_else(|| {
            bitmap.invert();
            read_bitmap(bitmap, hints)
        })
    })
}

/// What `read` makes of the picture in two colours, behind the fence.
fn with_bitmap(
    picture: Luma<'_>,
    read: impl FnOnce(&mut Bitmap<'_>, &DecodeHints) -> Option<Private<String>>,
) -> Option<Private<String>> {
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
        read(&mut bitmap, &hints)
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
