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
