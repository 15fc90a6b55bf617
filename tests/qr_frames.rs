//! The decoder before a simulated camera, and before pictures that no camera should make.

#![cfg(feature = "sim")]
#![allow(clippy::print_stdout, reason = "a test reports what it counted")]

use std::panic::catch_unwind;

use tiepdon::scan::{Eye, Luma, decode};
use tiepdon::sim::eye::{self, HEIGHT, Shot, WIDTH};

/// Levels and seeds of sequences, and the frames, from the first that shows the whole code, within
/// which each is read.
const SEQUENCES: [(u8, u64, usize); 6] = [
    (0, 1, 2),
    (1, 1, 2),
    (2, 1, 3),
    (2, 2, 3),
    (3, 1, 10),
    (3, 2, 10),
];

#[test]
fn what_a_hand_holds_up_is_read_within_a_few_frames() {
    for (level, seed, within) in SEQUENCES {
        let sequence = eye::sequence(level, seed);
        let shown = sequence.shots.iter().position(Shot::shows_whole_code);
        let shown = shown.expect("the code comes into view");
        let mut eye = Eye::default();
        let read = sequence.shots[shown..]
            .iter()
            .take(within)
            .position(|shot| {
                let sight = eye.look(luma(&shot.grey()));
                let text = sight.code.map(|code| code.text.expose().clone());
                assert!(
                    text.as_ref().is_none_or(|text| *text == sequence.text),
                    "level {level}, seed {seed}: a wrong text"
                );
                text.is_some()
            });
        println!(
            "level {level}, seed {seed}: frame {:?}",
            read.map(|at| at + 1)
        );
        assert!(
            read.is_some(),
            "level {level}, seed {seed}: not within {within} frames"
        );
    }
}

#[test]
fn rooms_and_cards_without_a_code_have_no_text() {
    let mut eye = Eye::default();
    for seed in 0..6 {
        let sight = eye.look(luma(&eye::empty(seed).grey()));
        assert!(sight.code.is_none(), "seed {seed}");
    }
}

#[test]
fn no_picture_whatever_its_shape_makes_the_decoder_panic_or_say_anything() {
    let sides = [
        (1, 1),
        (1, 100),
        (100, 1),
        (2, 2),
        (640, 2),
        (2, 640),
        (1, 8000),
        (8000, 1),
        (39, 41),
        (333, 257),
    ];
    for (width, height) in sides {
        for (name, pattern) in PATTERNS {
            check(name, width, height, pattern);
        }
    }
}

#[test]
fn the_largest_pictures_make_no_panic() {
    for (name, pattern) in [PATTERNS[0], PATTERNS[1]] {
        check(name, Luma::SIDE_MAX, Luma::SIDE_MAX, pattern);
    }
}

type Pattern = fn(u32, u32) -> u8;

/// What a pixel is, by column and row.
const PATTERNS: [(&str, Pattern); 8] = [
    ("flat", |_, _| 128),
    ("noise", noise),
    (
        "checkerboard",
        |x, y| if (x + y) % 2 == 0 { 0 } else { 255 },
    ),
    (
        "squares",
        |x, y| if (x / 5 + y / 5) % 2 == 0 { 20 } else { 230 },
    ),
    ("stripes", |x, _| if x / 3 % 2 == 0 { 0 } else { 255 }),
    // Everywhere one, one, three, one, one: what a finder pattern is known by.
    (
        "finders",
        |x, y| if finder(x) && finder(y) { 10 } else { 240 },
    ),
    ("rings", |x, y| {
        let far = x.abs_diff(100).max(y.abs_diff(100)) / 4;
        if far % 2 == 0 { 10 } else { 240 }
    }),
    ("slope", |x, y| (x + 3 * y) as u8),
];

fn finder(at: u32) -> bool {
    matches!(at / 3 % 8, 0 | 2..=4 | 6)
}

/// A hash of the place, as noise of every frequency.
fn noise(x: u32, y: u32) -> u8 {
    let mut hash = (x ^ y.wrapping_mul(0x9E37_79B9)).wrapping_mul(0x85EB_CA6B);
    hash ^= hash >> 13;
    (hash.wrapping_mul(0xC2B2_AE35) >> 24) as u8
}

fn check(name: &str, width: u32, height: u32, pattern: Pattern) {
    let pixels: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| pattern(x, y)))
        .collect();
    let picture = Luma::new(width, height, &pixels).expect("it is not too large");
    let text =
        catch_unwind(|| decode(picture).is_some() || Eye::default().look(picture).code.is_some());
    assert_eq!(text.ok(), Some(false), "{name}, {width} by {height}");
}

fn luma(pixels: &[u8]) -> Luma<'_> {
    Luma::new(WIDTH as u32, HEIGHT as u32, pixels).expect("a frame")
}
