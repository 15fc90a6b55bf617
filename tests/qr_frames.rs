//! The decoder before a simulated camera, and before pictures that no camera should make.

#![cfg(feature = "sim")]
#![allow(clippy::print_stdout, reason = "a test reports what it counted")]

use std::panic::catch_unwind;

use tiepdon::scan::{Eye, Luma, decode};
use tiepdon::sim::eye::{self, HEIGHT, ODD, Pattern, Shot, WIDTH, odd};

/// Levels and seeds of sequences, and the frame, from the first that shows the whole code, by which
/// each is read. They are what the decoder does today: none may become later.
const SEQUENCES: [(u8, u64, usize); 7] = [
    (0, 1, 1),
    (1, 1, 1),
    (2, 1, 1),
    (2, 2, 5),
    (3, 1, 1),
    (3, 2, 1),
    (4, 1, 8),
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
        for (name, pattern) in ODD {
            check(name, width, height, pattern);
        }
    }
}

#[test]
fn the_largest_pictures_make_no_panic() {
    let side = Luma::SIDE_MAX;
    for (name, pattern) in [ODD[0], ODD[1]] {
        let pixels = odd(side, side, pattern);
        let picture = Luma::new(side, side, &pixels).expect("it is not too large");
        let text = catch_unwind(|| decode(picture).is_some());
        assert_eq!(text.ok(), Some(false), "{name}");
    }
}

fn check(name: &str, width: u32, height: u32, pattern: Pattern) {
    let pixels = odd(width, height, pattern);
    let picture = Luma::new(width, height, &pixels).expect("it is not too large");
    let looked = || decode(picture).is_some() || Eye::default().look(picture).code.is_some();
    let text = catch_unwind(looked);
    assert_eq!(text.ok(), Some(false), "{name}, {width} by {height}");
}

fn luma(pixels: &[u8]) -> Luma<'_> {
    Luma::new(WIDTH as u32, HEIGHT as u32, pixels).expect("a frame")
}
