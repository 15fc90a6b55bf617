//! The measures on drawn pictures.

use proptest::prelude::*;

use super::{Area, Measure, measure, measure_area};
use crate::scan::Luma;

const SIDE: usize = 320;

/// A picture from a function of column and row.
fn drawn(grey: impl Fn(usize, usize) -> f32) -> Vec<u8> {
    let at = |at: usize| grey(at % SIDE, at / SIDE).clamp(0.0, 255.0) as u8;
    (0..SIDE * SIDE).map(at).collect()
}

fn of(pixels: &[u8]) -> Measure {
    measure(Luma::new(SIDE as u32, SIDE as u32, pixels).expect("square"))
}

/// Noise of a sensor: about normal, with `deviation` in grey values.
fn noise(x: usize, y: usize, deviation: f32) -> f32 {
    let mut bits = (y * SIDE + x) as u64 + 1;
    let mut sum = 0.0;
    for _ in 0..6 {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        sum += (bits >> 11) as f32 / (1u64 << 53) as f32 - 0.5;
    }
    sum * deviation * 1.41
}

/// A chessboard of fields of 23 pixels whose edges are `width` pixels wide.
fn board(x: usize, y: usize, width: f32) -> f32 {
    let wave = |at: usize| {
        let (field, within) = (at / 23, (at % 23) as f32);
        let sign = if field.is_multiple_of(2) { 1.0 } else { -1.0 };
        sign * ((within.min(22.0 - within) + 0.5) * 2.0 / width).min(1.0)
    };
    128.0 + 80.0 * wave(x) * wave(y)
}

#[test]
fn an_edge_is_as_wide_as_it_is_drawn() {
    for deviation in [0.0, 2.0] {
        let mut last = 0.0;
        for width in [1.0, 2.0, 4.0, 8.0] {
            let pixels = drawn(|x, y| board(x, y, width) + noise(x, y, deviation));
            let said = of(&pixels).edge_width.expect("edges");
            assert!(said > last, "{width} {deviation}: {said} after {last}");
            assert!(
                (said / width - 1.0).abs() < 0.35,
                "{width} {deviation}: {said}"
            );
            assert_eq!(of(&pixels).is_blurred(), width > Measure::BLURRED);
            last = said;
        }
    }
}

#[test]
fn movement_in_one_direction_is_blur() {
    let moved = drawn(|x, y| (0..6).map(|by| board(x + by, y, 1.0)).sum::<f32>() / 6.0);
    assert!(of(&moved).is_blurred());
}

#[test]
fn without_edges_there_is_no_sharpness() {
    let slope = drawn(|x, y| (x + y) as f32 / 4.0 + noise(x, y, 2.0));
    assert_eq!(of(&slope).edge_width, None);
    assert!(!of(&slope).is_blurred());
}

#[test]
fn only_a_picture_without_any_light_from_a_scene_is_blank() {
    let door = |x: usize, bright: f32| if (100..180).contains(&x) { bright } else { 0.0 };
    for (what, blank, pixels) in [
        ("closed shutter", true, drawn(|_, _| 0.0)),
        ("closed shutter, limited range", true, drawn(|_, _| 16.0)),
        ("one grey", true, drawn(|_, _| 40.0)),
        ("blinded", true, drawn(|_, _| 255.0)),
        (
            "sticker in a lit room",
            true,
            drawn(|x, y| 60.0 + x as f32 / 20.0 + noise(x, y, 6.0)),
        ),
        (
            "no light, amplified",
            false,
            drawn(|x, y| 12.0 + noise(x, y, 4.0)),
        ),
        (
            "dim door",
            false,
            drawn(|x, y| 8.0 + door(x, 12.0) + noise(x, y, 3.0)),
        ),
        (
            "phone in the dark",
            false,
            drawn(|x, y| if x < 60 && y < 90 { 200.0 } else { 2.0 }),
        ),
        (
            "a wall and its shade",
            false,
            drawn(|x, _| 90.0 + x as f32 / 2.5),
        ),
        ("board", false, drawn(|x, y| board(x, y, 2.0))),
    ] {
        assert_eq!(of(&pixels).is_blank(), blank, "{what}: {:?}", of(&pixels));
    }
}

#[test]
fn light_is_measured() {
    let half_white = of(&drawn(|x, _| if x < SIDE / 2 { 255.0 } else { 5.0 }));
    assert!((half_white.glare - 0.5).abs() < 0.01 && half_white.brightness == 130.0);
    let dim = of(&drawn(|x, y| board(x, y, 2.0) / 6.0));
    assert!(dim.is_dark() && !half_white.is_dark() && dim.glare == 0.0);
}

#[test]
fn a_part_is_measured_alone() {
    let pixels = drawn(|x, y| if x < 160 { 3.0 } else { board(x, y, 1.0) });
    let picture = Luma::new(SIDE as u32, SIDE as u32, &pixels).expect("square");
    let right = Area::around(&[(165.2, 10.0), (310.0, 12.0), (305.0, 300.9), (166.0, 290.0)]);
    let expected = Area {
        left: 165,
        top: 10,
        right: 310,
        bottom: 301,
    };
    assert_eq!(right, expected);
    assert!(measure_area(picture, right).brightness > 100.0);
    assert!(measure(picture).brightness < 80.0);
    let outside = Area::around(&[(-5.0, f32::NAN), (9999.0, -3.0)]);
    assert_eq!(measure_area(picture, outside).edge_width, None);
}

proptest! {
    #[test]
    fn any_picture_and_part_has_an_answer(
        width in 1u32..40, height in 1u32..40, grey in any::<u8>(),
        left in -50.0f32..50.0, top in -50.0f32..50.0, right in -50.0f32..50.0, bottom in -50.0f32..50.0,
    ) {
        let pixels = vec![grey; (width * height) as usize];
        let picture = Luma::new(width, height, &pixels).expect("fits");
        prop_assert_eq!(measure(picture).brightness, f32::from(grey));
        let part = measure_area(picture, Area::around(&[(left, top), (right, bottom)]));
        prop_assert!(part.brightness <= f32::from(grey) && part.edge_width.is_none());
    }
}
