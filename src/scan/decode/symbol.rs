//! From modules, each with how sure it is, to the content of a symbol: format, mask, blocks,
//! correction (ISO/IEC 18004 §7.3-7.10, §12).

use super::bits::{self, Content};
use super::layout::{Format, Layout, blocks, is_masked};
use super::reed_solomon::correct;

/// Formats tried: where the format information is spoilt, the second best may be right.
const FORMATS_TRIED: usize = 2;
/// Check bytes that erasures leave: so many must still agree for a block to be believed.
const CHECKS_LEFT: usize = 4;
/// Of all modules, those that may differ from what was read in them.
const CHANGED_MAX: f32 = 0.25;

/// What came of reading a symbol.
#[derive(Default)]
pub(super) struct Reading {
    pub content: Option<Content>,
    /// Bytes were corrected whose places had to be guessed: more than a reader is meant to do, so
    /// the content must show by itself that it is right.
    pub is_daring: bool,
    /// Data modules that are known from blocks that could be corrected: index, dark.
    pub known: Vec<(usize, bool)>,
}

/// Reads a symbol. `soft` has a number for each module, row by row: above zero where it is dark,
/// and the further from zero the surer.
pub(super) fn read(layout: &Layout, soft: &[f32]) -> Reading {
    let mut best = Reading::default();
    for format in formats(layout, soft) {
        let reading = read_as(layout, soft, format);
        if reading.content.is_some() {
            return reading;
        }
        if reading.known.len() > best.known.len() {
            best = reading;
        }
    }
    best
}

/// The formats that agree best with the modules that carry them.
fn formats(layout: &Layout, soft: &[f32]) -> impl Iterator<Item = Format> {
    let weights: Vec<f32> = (0..15)
        .map(|bit| {
            let (one, two) = layout.format_places(bit);
            soft[one] + soft[two]
        })
        .collect();
    let mut all: Vec<(f32, Format)> = Format::all()
        .map(|(format, bits)| {
            let signed = |(bit, weight): (usize, &f32)| match bits >> bit & 1 {
                1 => *weight,
                _ => -*weight,
            };
            (weights.iter().enumerate().map(signed).sum(), format)
        })
        .collect();
    all.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    all.into_iter()
        .take(FORMATS_TRIED)
        .map(|(_, format)| format)
}

/// A code word: its most likely value, and how sure its least sure bit is.
#[derive(Clone, Copy)]
struct Word {
    value: u8,
    sure: f32,
}

fn read_as(layout: &Layout, soft: &[f32], format: Format) -> Reading {
    let masked = |at: usize| is_masked(format.mask, at % layout.size, at / layout.size);
    let words: Vec<Word> = layout
        .order
        .chunks_exact(8)
        .map(|places| {
            let mut word = Word {
                value: 0,
                sure: f32::MAX,
            };
            for at in places {
                let dark = (soft[*at] > 0.0) != masked(*at);
                word.value = word.value << 1 | u8::from(dark);
                word.sure = word.sure.min(soft[*at].abs());
            }
            word
        })
        .collect();
    let (checks, count) = blocks(layout.version(), format.level);
    let places = interleaved(words.len(), checks, count);
    let mut data = Vec::new();
    let mut reading = Reading::default();
    let mut is_whole = true;
    for block in &places {
        let received: Vec<Word> = block.iter().map(|place| words[*place]).collect();
        let Some((corrected, is_daring)) = corrected(&received, checks) else {
            is_whole = false;
            continue;
        };
        reading.is_daring |= is_daring;
        data.extend(&corrected[..corrected.len() - checks]);
        for (place, byte) in block.iter().zip(&corrected) {
            let modules = &layout.order[place * 8..place * 8 + 8];
            reading
                .known
                .extend(modules.iter().enumerate().map(|(bit, at)| {
                    let dark = (byte >> (7 - bit) & 1 == 1) != masked(*at);
                    (*at, dark)
                }));
        }
    }
    let is_other = |(at, dark): &&(usize, bool)| (soft[*at] > 0.0) != *dark;
    let changed = reading.known.iter().filter(is_other).count();
    if changed as f32 > CHANGED_MAX * reading.known.len() as f32 {
        return Reading::default();
    }
    if is_whole {
        reading.content = bits::read(layout.version(), &data);
    }
    reading
}

/// For each block, which code words of the symbol are its own, in their order: first all data, a
/// word of each block by turns, then all check words (§7.6). Later blocks may be a word longer.
fn interleaved(words: usize, checks: usize, count: usize) -> Vec<Vec<usize>> {
    let data = words - checks * count;
    let (short, long) = (data / count, data % count);
    let length = |block: usize| short + usize::from(block >= count - long);
    (0..count)
        .map(|block| {
            let own = (0..length(block)).map(|n| match n < short {
                true => n * count + block,
                false => short * count + block - (count - long),
            });
            own.chain((0..checks).map(|n| data + n * count + block))
                .collect()
        })
        .collect()
}

/// The block corrected: as it stands, and else without its least sure words, more of them at each
/// try (generalised minimum distance decoding). And whether that took more than the first try.
fn corrected(received: &[Word], checks: usize) -> Option<(Vec<u8>, bool)> {
    let values: Vec<u8> = received.iter().map(|word| word.value).collect();
    let mut block = values.clone();
    if let Some(errors) = correct(&mut block, checks, &[]) {
        return Some((block, errors + 1 > checks / 2));
    }
    let mut doubtful: Vec<usize> = (0..received.len()).collect();
    doubtful.sort_by(|a, b| received[*a].sure.total_cmp(&received[*b].sure));
    let most = checks.saturating_sub(CHECKS_LEFT);
    (2..=most).step_by(2).find_map(|erased| {
        let mut block = values.clone();
        let errors = correct(&mut block, checks, &doubtful[..erased])?;
        (2 * errors + erased + 2 <= checks).then_some((block, true))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

    use super::{Reading, read};
    use crate::scan::decode::layout::{Layout, Module};

    const LEVELS: [QrCodeEcc; 4] = [
        QrCodeEcc::Low,
        QrCodeEcc::Medium,
        QrCodeEcc::Quartile,
        QrCodeEcc::High,
    ];

    fn soft(code: &QrCode) -> Vec<f32> {
        let size = code.size();
        let sign = |dark| if dark { 1.0 } else { -1.0 };
        (0..size * size)
            .map(|at| sign(code.get_module(at % size, at / size)))
            .collect()
    }

    fn layout(code: &QrCode) -> Layout {
        Layout::of(code.size() as usize).expect("a size")
    }

    fn text(reading: &Reading) -> Option<&str> {
        reading
            .content
            .as_ref()
            .map(|content| content.text.as_str())
    }

    #[test]
    fn every_version_level_and_mask_is_read_and_its_fixed_modules_are_right() {
        let said = "09|Ễ";
        for (version, n) in (1..=40).flat_map(|version| (0..4).map(move |n| (version, n))) {
            let code = QrCode::encode_segments_advanced(
                &[QrSegment::make_bytes(said.as_bytes())],
                LEVELS[n],
                Version::new(version),
                Version::new(version),
                Some(Mask::new((version + n as u8) % 8)),
                false,
            )
            .expect("it fits");
            let (layout, soft) = (layout(&code), soft(&code));
            for (module, soft) in layout.modules.iter().zip(&soft) {
                if let Module::Fixed(dark) = module {
                    assert_eq!(*dark, *soft > 0.0, "version {version}");
                }
            }
            let reading = read(&layout, &soft);
            assert_eq!(text(&reading), Some(said), "version {version}, level {n}");
            assert!(!reading.is_daring);
            let is_right = |(at, dark): &(usize, bool)| *dark == (soft[*at] > 0.0);
            assert!(reading.known.iter().all(is_right));
        }
    }

    #[test]
    fn numbers_capitals_and_declared_sets_are_read_in_every_range_of_versions() {
        for version in [5, 15, 30].map(Version::new) {
            let segments = [
                QrSegment::make_numeric("0990900123"),
                QrSegment::make_alphanumeric("TD1:A $%*+-./"),
                QrSegment::make_eci(26),
                QrSegment::make_bytes("ẪỘỂỮ".as_bytes()),
                QrSegment::make_numeric("00"),
            ];
            let code = QrCode::encode_segments_advanced(
                &segments,
                QrCodeEcc::Low,
                version,
                version,
                None,
                false,
            )
            .expect("it fits");
            let reading = read(&layout(&code), &soft(&code));
            assert_eq!(text(&reading), Some("0990900123TD1:A $%*+-./ẪỘỂỮ00"));
            let foreign = [
                QrSegment::make_eci(3),
                QrSegment::make_bytes("é".as_bytes()),
            ];
            let code = QrCode::encode_segments(&foreign, QrCodeEcc::Low).expect("it fits");
            assert_eq!(text(&read(&layout(&code), &soft(&code))), None);
        }
    }

    proptest! {
        #[test]
        fn spoilt_modules_give_the_own_text_or_none_and_doubt_is_used(
            spoilt in prop::collection::vec((0usize..2401, 0.0f32..0.4), 0..420),
        ) {
            let said = "099090012345|012345678|NGUYỄN VĂN A|28021990|Nam|Xã A, Tỉnh B|19042021";
            let code = QrCode::encode_segments_advanced(
                &[QrSegment::make_bytes(said.as_bytes())],
                QrCodeEcc::Medium,
                Version::new(8),
                Version::new(8),
                None,
                false,
            ).expect("it fits");
            let mut soft = soft(&code);
            let right = soft.clone();
            for (at, doubt) in spoilt {
                soft[at] = -right[at] * doubt;
            }
            let reading = read(&layout(&code), &soft);
            prop_assert!(text(&reading).is_none_or(|text| text == said));
        }

        #[test]
        fn noise_gives_no_text(soft in prop::collection::vec(-1.0f32..1.0, 625)) {
            let layout = Layout::of(25).expect("version 2");
            let reading = read(&layout, &soft);
            prop_assert!(reading.content.is_none() || reading.is_daring);
        }
    }
}
