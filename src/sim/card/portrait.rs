//! A drawn head and shoulders, as large as a portrait in a chip.

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

/// Drawing takes a while, and tests make cards by the hundred.
static DRAWN: LazyLock<Mutex<BTreeMap<PersonalNumber, Arc<[u8]>>>> = LazyLock::new(Mutex::default);

/// The portrait of a person as JPEG; the same every time, another for each.
pub(super) fn of(person: &SimPerson) -> Arc<[u8]> {
    let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
    let portrait = drawn
        .entry(person.number.clone())
        .or_insert_with(|| draw(person).into());
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
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .write_image(
            &pixels,
            WIDTH.into(),
            HEIGHT.into(),
            ExtendedColorType::Rgb8,
        )
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
