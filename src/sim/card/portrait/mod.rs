//! A drawn head and shoulders, as large as a portrait in a chip.

mod arithmetic;
mod code_block;
mod jpeg2000;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::identity::PersonalNumber;
use crate::sim::SimPerson;

pub(super) const WIDTH: u16 = 240;
pub(super) const HEIGHT: u16 = 320;
/// Grain makes the file as long as that of a photograph (12 to 20 kB).
const GRAIN: u32 = 24;
const QUALITY: u8 = 75;

/// The format of a portrait, numbered as in its header (ISO/IEC 19794-5 §5.7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Format {
    Jpeg = 0,
    Jpeg2000 = 1,
}

/// Portraits by whom they show and how.
type Drawn = BTreeMap<(PersonalNumber, Format), Arc<[u8]>>;

/// Drawing takes a while, and tests make cards by the hundred.
static DRAWN: LazyLock<Mutex<Drawn>> = LazyLock::new(Mutex::default);

/// The portrait of a person; the same every time, another for each.
pub(super) fn of(person: &SimPerson, format: Format) -> Arc<[u8]> {
    let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
    let portrait = drawn
        .entry((person.number.clone(), format))
        .or_insert_with(|| match format {
            Format::Jpeg => jpeg(&draw(person)).into(),
            Format::Jpeg2000 => jpeg2000::encode(WIDTH, HEIGHT, &grey(person)).into(),
        });
    Arc::clone(portrait)
}

fn draw(person: &SimPerson) -> Vec<u8> {
    let mut seed = person.number.expose().bytes().fold(1, |n: u32, digit| {
        n.wrapping_mul(31).wrapping_add(digit.into())
    });
    let shirt = [(seed % 160) as u8, (seed / 7 % 160) as u8, 120];
    let mut pixels = Vec::with_capacity(usize::from(WIDTH) * usize::from(HEIGHT) * 3);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = (seed >> 16) % GRAIN;
            pixels.extend(colour(x, y, shirt).map(|c| c.saturating_add(grain as u8)));
        }
    }
    pixels
}

fn grey(person: &SimPerson) -> Vec<u8> {
    let mean = |pixel: &[u8]| (pixel.iter().map(|c| u16::from(*c)).sum::<u16>() / 3) as u8;
    draw(person).chunks_exact(3).map(mean).collect()
}

fn jpeg(pixels: &[u8]) -> Vec<u8> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .write_image(pixels, WIDTH.into(), HEIGHT.into(), ExtendedColorType::Rgb8)
        .expect("a picture of fixed size is encoded into memory");
    jpeg
}

fn colour(x: u16, y: u16, shirt: [u8; 3]) -> [u8; 3] {
    let inside = |cx: i32, cy: i32, rx: i32, ry: i32| {
        let (dx, dy) = (i32::from(x) - cx, i32::from(y) - cy);
        dx * dx * ry * ry + dy * dy * rx * rx < rx * rx * ry * ry
    };
    if inside(98, 135, 7, 5) || inside(142, 135, 7, 5) || inside(120, 190, 18, 4) {
        [60, 40, 35]
    } else if inside(120, 150, 58, 78) && y > 105 {
        [214, 172, 140]
    } else if inside(120, 135, 68, 85) {
        [35, 30, 30]
    } else if inside(120, 330, 110, 90) {
        shirt
    } else {
        [200, 214, 232]
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, HEIGHT, WIDTH, grey, of};
    use crate::sim::persons;

    #[test]
    fn a_decoder_that_we_did_not_write_sees_the_same_person_in_jpeg_2000() {
        for person in persons() {
            let file = of(person, Format::Jpeg2000);
            assert!((4_000..40_000).contains(&file.len()), "{}", file.len());
            let settings = hayro_jpeg2000::DecodeSettings::default();
            let image = hayro_jpeg2000::Image::new(&file, &settings).expect("JPEG 2000");
            assert_eq!(
                (image.width(), image.height()),
                (WIDTH.into(), HEIGHT.into())
            );
            let decoded = image
                .decode(&mut hayro_jpeg2000::DecoderContext::default())
                .expect("whole")
                .data_u8();
            let drawn = grey(person);
            assert_eq!(decoded.len(), drawn.len());
            // The lower three planes are left out.
            let apart = decoded
                .iter()
                .zip(&drawn)
                .map(|(a, b)| a.abs_diff(*b))
                .max();
            assert!(apart < Some(8), "{apart:?}");
        }
    }
}
