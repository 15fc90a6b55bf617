//! The decoder for codes of any kind: `rxing`, on one picture as it is.

use std::collections::HashSet;

use rxing::common::{BitMatrix, DetectorRXingResult, HybridBinarizer};
use rxing::qrcode::QRCodeReader;
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{FindFinderPatterns, GenerateFinderPatternSets, SampleQR};
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, Luma8Source, RXingResult, RXingResultMetadataType,
    RXingResultMetadataValue, Reader,
};

use super::Deadline;
use crate::identity::Private;
use crate::scan::Luma;
use crate::scan::fence::fenced;

/// Finder patterns in one picture: where more seem to be, it is cloth or noise, and to try them all
/// would have no end.
const PATTERNS_MAX: usize = 60;
/// Threes of them that are tried.
const THREES_MAX: usize = 500;

/// Reads a picture with the faster reader alone, dark on light.
pub(super) fn read_quickly(picture: Luma<'_>, deadline: Deadline) -> Option<Private<String>> {
    with_bitmap(picture, |bitmap| {
        first_reader(bitmap.get_black_matrix(), deadline).ok()
    })
}

/// Reads one picture, dark on light and light on dark (phones in dark mode).
pub(super) fn read(picture: Luma<'_>, deadline: Deadline) -> Option<Private<String>> {
    with_bitmap(picture, |bitmap| {
        read_bitmap(bitmap, deadline).or_else(|| {
            deadline.before(|| {
                bitmap.invert();
                read_bitmap(bitmap, deadline)
            })
        })
    })
}

type Bitmap<'a> = BinaryBitmap<HybridBinarizer<Luma8Source<'a>>>;

/// What `read` makes of the picture in two colours, behind the fence.
fn with_bitmap(
    picture: Luma<'_>,
    read: impl FnOnce(&mut Bitmap<'_>) -> Option<Private<String>>,
) -> Option<Private<String>> {
    fenced(|| {
        let source =
            Luma8Source::new_with_slice(picture.pixels(), picture.width(), picture.height())
                .ok()?;
        read(&mut BinaryBitmap::new(HybridBinarizer::new(source)))
    })
    .flatten()
}

/// Both of rxing's readers: the second finds some that the first does not. It has no end where
/// there are many patterns.
fn read_bitmap(bitmap: &mut Bitmap<'_>, deadline: Deadline) -> Option<Private<String>> {
    match first_reader(bitmap.get_black_matrix(), deadline) {
        Ok(text) => Some(text),
        Err(NoText::Crowd) => None,
        Err(NoText::Nothing) => deadline.before(|| second_reader(bitmap)),
    }
}

/// Why there is no text.
enum NoText {
    Nothing,
    Crowd,
}

fn first_reader(picture: &BitMatrix, deadline: Deadline) -> Result<Private<String>, NoText> {
    let mut patterns = FindFinderPatterns(picture, true, 0);
    if patterns.len() > PATTERNS_MAX {
        return Err(NoText::Crowd);
    }
    let threes = GenerateFinderPatternSets(&mut patterns).into_iter();
    threes
        .take(THREES_MAX)
        .take_while(|_| !deadline.has_passed())
        .find_map(|three| {
            let sampled = SampleQR(picture, &three).ok()?;
            let found = Decode(sampled.getBits())
                .ok()
                .filter(|found| found.isValid())?;
            as_it_stands(&found.text(), found.content().bytes())
        })
        .ok_or(NoText::Nothing)
}

fn second_reader(bitmap: &mut Bitmap<'_>) -> Option<Private<String>> {
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    let found = QRCodeReader.decode_with_hints(bitmap, &hints).ok()?;
    as_it_stands(found.getText(), &byte_segments(&found))
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
