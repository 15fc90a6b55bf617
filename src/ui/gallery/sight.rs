use qrcodegen::{QrCode, QrCodeEcc};
use zeroize::Zeroizing;

use super::{ALL_WAYS, Known, Sample, gathering, knowing, sample};
use crate::checkin::{Screen, Want, Ways};
use crate::scan::{Glance, Hint};
use crate::words::{Cause, Language};

const WIDTH: usize = 320;
const HEIGHT: usize = 180;
/// What an invented card's code says.
const TEXT: &str = "099090012345|012345678|NGUYỄN VĂN A|28021990|Nam|Xã A, Tỉnh B|19042021";

/// A camera shows what it sees.
pub(super) fn samples(language: Language) -> impl Iterator<Item = Sample> {
    let no_reader = Ways {
        chip: false,
        ..ALL_WAYS
    };
    let code_only = Screen::Gathering {
        want: Want::CardOrCode,
        reading: None,
        problem: None,
        keypad: None,
        who: None,
        code_read: false,
        ways: no_reader,
    };
    let failed = Known {
        problem: Some(Cause::QrOther),
        ..Known::default()
    };
    [
        ("camera", gathering(Want::CardOrCode), empty()),
        ("camera-far", gathering(Want::CardOrCode), far()),
        ("camera-read", gathering(Want::CardOrCode), read()),
        ("camera-problem", knowing(Want::CardOrCode, failed), far()),
        ("camera-only", code_only, far()),
    ]
    .into_iter()
    .map(move |(name, screen, glance)| Sample {
        glance: Some(glance),
        ..sample(name, language, screen)
    })
}

/// Nobody holds anything before the camera yet.
fn empty() -> Glance {
    glance(None)
}

/// A code too far away.
fn far() -> Glance {
    Glance {
        hint: Some(Hint::Nearer),
        ..glance(Some((170.0, 70.0, 46.0)))
    }
}

/// A code that was read.
fn read() -> Glance {
    Glance {
        read: true,
        ..glance(Some((118.0, 44.0, 92.0)))
    }
}

/// What a camera in a hall would see; with a code, at left, top, and as large as told.
fn glance(code: Option<(f32, f32, f32)>) -> Glance {
    let mut pixels: Vec<u8> = Vec::with_capacity(WIDTH * HEIGHT);
    for y in 0..HEIGHT {
        pixels.extend((0..WIDTH).map(|x| hall(x as f32, y as f32)));
    }
    let corners = code.map(|(left, top, side)| {
        draw(&mut pixels, (left, top, side));
        let at = |x: f32, y: f32| {
            let (x, y) = turned(left + x * side, top + y * side, (left, top));
            (x / WIDTH as f32, y / HEIGHT as f32)
        };
        [at(0.0, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.0, 1.0)]
    });
    Glance {
        frame: 0,
        width: WIDTH,
        height: HEIGHT,
        pixels: Zeroizing::new(pixels),
        code: corners,
        hint: None,
        read: false,
    }
}

/// Somebody before a wall with a window.
fn hall(x: f32, y: f32) -> u8 {
    let wall = 120.0 + x / 8.0 - y / 6.0;
    let window = (220.0..290.0).contains(&x) && (15.0..80.0).contains(&y);
    let head = ((x - 110.0) / 34.0).hypot((y - 62.0) / 44.0) < 1.0;
    let body = ((x - 110.0) / 90.0).hypot((y - 190.0) / 86.0) < 1.0;
    let grey = if head {
        165.0
    } else if body {
        70.0
    } else if window {
        225.0
    } else {
        wall
    };
    grey as u8
}

/// The card's code, on white, held a little askew.
fn draw(pixels: &mut [u8], (left, top, side): (f32, f32, f32)) {
    let code = QrCode::encode_text(TEXT, QrCodeEcc::Medium).expect("it fits a code");
    let modules = code.size() as f32;
    let border = side * 0.12;
    let steps = ((side + 2.0 * border) * 3.0) as usize;
    for step in 0..steps * steps {
        let (x, y) = ((step % steps) as f32 / 3.0, (step / steps) as f32 / 3.0);
        let (x, y) = (x - border, y - border);
        let module = |at: f32| (at / side * modules).floor() as i32;
        // Outside of the code every module is light.
        let grey = if code.get_module(module(x), module(y)) {
            30
        } else {
            235
        };
        let (x, y) = turned(left + x, top + y, (left, top));
        if (0.0..WIDTH as f32).contains(&x) && (0.0..HEIGHT as f32).contains(&y) {
            pixels[y as usize * WIDTH + x as usize] = grey;
        }
    }
}

/// A hand holds nothing straight.
fn turned(x: f32, y: f32, about: (f32, f32)) -> (f32, f32) {
    let (sin, cos) = 0.09_f32.sin_cos();
    let (dx, dy) = (x - about.0, y - about.1);
    (about.0 + dx * cos - dy * sin, about.1 + dx * sin + dy * cos)
}
