use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{HOLDS, Hint, Hinter, Looks, STAYS, hint_at, light, surface};
use crate::scan::Luma;
use crate::scan::decode::{Place, Sight};

const SIZE: (f32, f32) = (1280.0, 720.0);

/// A code of `modules` across, upright, from `at`, each of `module` pixels.
fn upright(at: (f32, f32), module: f32, modules: f32) -> Place {
    let side = module * (modules - 1.0);
    let (x, y) = at;
    Place {
        corners: [(x, y), (x + side, y), (x + side, y + side), (x, y + side)],
        module,
        contrast: 150.0,
    }
}

fn good() -> Looks {
    Looks {
        place: upright((400.0, 200.0), 5.0, 49.0),
        size: SIZE,
        light: 120.0,
        blur: 0.15,
        glare: 0,
        speed: 2.0,
    }
}

fn placed(place: Place) -> Looks {
    Looks { place, ..good() }
}

#[test]
fn each_fault_has_its_hint_and_the_worst_one_goes_first() {
    use Hint::{Brighter, Farther, Glare, HoldStill, Nearer, TiltLess, TooDark};
    let mut tilted = upright((400.0, 200.0), 5.0, 49.0);
    tilted.corners[1].0 -= 130.0;
    tilted.corners[2].0 -= 130.0;
    let mut turned = upright((400.0, 200.0), 5.0, 49.0);
    turned.corners = [
        (500.0, 100.0),
        (670.0, 270.0),
        (500.0, 440.0),
        (330.0, 270.0),
    ];
    let small = upright((400.0, 200.0), 2.5, 49.0);
    let dim = |place: Place| Place {
        contrast: 20.0,
        ..place
    };
    let table = [
        ("nothing is wrong", good(), None),
        ("turned in its plane", placed(turned), None),
        ("far away", placed(small), Some(Nearer)),
        (
            "half out",
            placed(upright((900.0, 100.0), 11.0, 49.0)),
            Some(Farther),
        ),
        (
            "a small one at the edge",
            placed(upright((1.0, 5.0), 5.0, 25.0)),
            None,
        ),
        ("from the side", placed(tilted), Some(TiltLess)),
        ("a lamp in it", Looks { glare: 4, ..good() }, Some(Glare)),
        (
            "in a fast hand",
            Looks {
                speed: 90.0,
                ..good()
            },
            Some(HoldStill),
        ),
        (
            "blurred",
            Looks {
                blur: 0.6,
                ..good()
            },
            Some(HoldStill),
        ),
        (
            "too near to be sharp",
            Looks {
                blur: 0.6,
                ..placed(upright((300.0, 60.0), 12.0, 49.0))
            },
            Some(Farther),
        ),
        ("a dim phone", placed(dim(good().place)), Some(Brighter)),
        (
            "a dark room",
            Looks {
                light: 20.0,
                ..placed(dim(good().place))
            },
            Some(TooDark),
        ),
        (
            "far away and in a fast hand",
            Looks {
                speed: 90.0,
                ..placed(small)
            },
            Some(Nearer),
        ),
    ];
    for (what, looks, expected) in table {
        assert_eq!(hint_at(&looks), expected, "{what}");
    }
}

const ROOM: (usize, usize) = (640, 360);

/// A code of random modules in a grey room, sharp or blurred, perhaps with a lamp in it.
fn code(module: usize, blur: usize, lamp: bool) -> (Vec<u8>, Place) {
    const MODULES: usize = 25;
    let (width, height) = ROOM;
    let dark = |x: usize, y: usize| {
        let cell = (x * MODULES + y) as u32;
        let mixed = cell.wrapping_mul(0x9e37_79b1).rotate_left(11);
        mixed.count_ones().is_multiple_of(2)
    };
    let mut pixels = vec![110u8; width * height];
    let (left, top, side) = (200, 50, MODULES * module);
    for y in 0..side {
        for x in 0..side {
            let grey = if dark(x / module, y / module) {
                30
            } else {
                220
            };
            let shines = lamp && x < side / 2 && y < side / 3;
            pixels[(top + y) * width + left + x] = if shines { 255 } else { grey };
        }
    }
    for _ in 0..blur {
        let from = pixels.clone();
        let inner = 2 * width..(height - 2) * width;
        for (at, pixel) in pixels.iter_mut().enumerate() {
            if !inner.contains(&at) {
                continue;
            }
            let around = [at, at - 1, at + 1, at - 2, at + 2];
            let beyond = [at - width, at + width, at - 2 * width, at + 2 * width];
            let near = around.iter().chain(&beyond);
            let near = near.map(|at| u32::from(from[*at]));
            *pixel = (near.sum::<u32>() / 9) as u8;
        }
    }
    let middle = module as f32 / 2.0;
    let at = (left as f32 + middle, top as f32 + middle);
    (pixels, upright(at, module as f32, MODULES as f32))
}

fn room(pixels: &[u8]) -> Luma<'_> {
    Luma::new(640, 360, pixels).expect("a picture")
}

#[test]
fn blur_and_glare_are_seen_in_the_picture_itself() {
    for (module, blur, lamp, blurred, shines) in [
        (5, 0, false, false, false),
        (10, 0, false, false, false),
        (10, 1, false, false, false),
        (5, 4, false, true, false),
        (10, 25, false, true, false),
        (5, 0, true, false, true),
        (10, 1, true, false, true),
    ] {
        let (pixels, place) = code(module, blur, lamp);
        let picture = room(&pixels);
        let (blur_share, glare) = surface(picture, &place);
        let what = format!("{module} px, blur {blur}, lamp {lamp}: {blur_share} {glare}");
        assert_eq!(blur_share > super::BLUR_MAX, blurred, "{what}");
        assert_eq!(glare > super::GLARE_MAX, shines, "{what}");
    }
}

#[test]
fn a_dark_picture_is_told_even_where_no_code_is_found() {
    let start = Instant::now();
    let mut hinter = Hinter::new(start);
    let pixels = vec![8; ROOM.0 * ROOM.1];
    let picture = room(&pixels);
    assert!(light(picture) < 9.0);
    let mut shown = Vec::new();
    for look in 0..10 {
        let now = start + Duration::from_millis(66 * look);
        shown.push(hinter.follow(picture, &Sight::default(), now));
    }
    assert_eq!(shown[0], None, "one dark frame says nothing");
    assert_eq!(shown[9], Some(Hint::TooDark));
}

#[test]
fn a_fast_hand_is_told_to_hold_still_and_a_calm_one_is_not() {
    for (step, expected) in [(0.5, None), (20.0, Some(Hint::HoldStill))] {
        let start = Instant::now();
        let mut hinter = Hinter::new(start);
        let (pixels, place) = code(5, 0, false);
        let picture = room(&pixels);
        let mut shown = None;
        for look in 0..12u16 {
            // It swings, so that the code itself stays about where it is drawn.
            let aside = if look % 2 == 0 { step } else { -step };
            let place = Place {
                corners: place.corners.map(|(x, y)| (x + aside, y)),
                ..place
            };
            let sight = Sight {
                place: Some(place),
                ..Sight::default()
            };
            let now = start + Duration::from_millis(66) * u32::from(look);
            shown = hinter.follow(picture, &sight, now);
        }
        assert_eq!(shown, expected, "{step} pixels");
    }
}

#[test]
fn a_place_beyond_the_picture_is_no_fault_of_ours() {
    let pixels = [90; 6];
    let picture = Luma::new(3, 2, &pixels).expect("a picture");
    for far in [-1e9, 1e9, f32::NAN, f32::INFINITY] {
        let place = Place {
            corners: [(far, 0.0), (0.0, far), (far, far), (1.0, 1.0)],
            module: far,
            contrast: far,
        };
        let sight = Sight {
            place: Some(place),
            ..Sight::default()
        };
        let now = Instant::now();
        let mut hinter = Hinter::new(now);
        hinter.follow(picture, &sight, now);
        hinter.follow(picture, &sight, now + Duration::from_millis(66));
    }
}

proptest! {
    /// However the frames change their mind: what is shown stays a second, and what is shown
    /// was true for a while before.
    #[test]
    fn words_do_not_flicker(frames in prop::collection::vec((0usize..9, 20u64..200), 1..200)) {
        let start = Instant::now();
        let mut hinter = Hinter::new(start);
        let (mut now, mut last, mut since) = (start, None, None::<Instant>);
        for (which, millis) in frames {
            now += Duration::from_millis(millis);
            let shown = hinter.steady(Hint::ALL.get(which).copied(), now);
            if shown != last {
                prop_assert!(since.is_none_or(|since| now - since >= STAYS));
                prop_assert!(now - start >= HOLDS);
                prop_assert_eq!(shown, Hint::ALL.get(which).copied());
                (last, since) = (shown, Some(now));
            }
        }
    }
}

#[test]
fn one_hint_that_holds_is_shown_soon_and_goes_when_it_has_helped() {
    let start = Instant::now();
    let mut hinter = Hinter::new(start);
    let at = |millis| start + Duration::from_millis(millis);
    for (millis, hint, shown) in [
        (0, Some(Hint::Nearer), None),
        (200, Some(Hint::Nearer), None),
        (300, Some(Hint::Nearer), Some(Hint::Nearer)),
        (400, None, Some(Hint::Nearer)),
        (800, None, Some(Hint::Nearer)),
        (1300, None, None),
    ] {
        assert_eq!(hinter.steady(hint, at(millis)), shown, "{millis} ms");
    }
}
