//! Pictures that no camera should make, for whoever must bear them.

use std::sync::LazyLock;

use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

/// What a pixel is, by column and row.
pub type Pattern = fn(u32, u32) -> u8;

/// Patterns that fill a picture of any size, by name. None has a code that could be read.
pub const ODD: [(&str, Pattern); 10] = [
    ("flat", |_, _| 128),
    ("noise", noise),
    ("checkerboard", |x, y| {
        if (x + y).is_multiple_of(2) { 0 } else { 255 }
    }),
    ("squares", |x, y| {
        if (x / 5 + y / 5).is_multiple_of(2) {
            20
        } else {
            230
        }
    }),
    (
        "stripes",
        |x, _| if (x / 3).is_multiple_of(2) { 0 } else { 255 },
    ),
    // Everywhere one, one, three, one, one: what a finder pattern is known by.
    (
        "finders",
        |x, y| if finder(x) && finder(y) { 10 } else { 240 },
    ),
    ("rings", |x, y| {
        let far = x.abs_diff(100).max(y.abs_diff(100)) / 4;
        if far.is_multiple_of(2) { 10 } else { 240 }
    }),
    ("slope", |x, y| (x + 3 * y) as u8),
    ("bars", |x, _| {
        if noise(x / 2, 0).is_multiple_of(2) {
            0
        } else {
            255
        }
    }),
    ("spoilt symbols", spoilt_symbol),
];

/// A grey picture: rows from the top.
pub fn odd(width: u32, height: u32, pattern: Pattern) -> Vec<u8> {
    let row = |y| (0..width).map(move |x| pattern(x, y));
    (0..height).flat_map(row).collect()
}

fn finder(at: u32) -> bool {
    matches!(at / 3 % 8, 0 | 2..=4 | 6)
}

/// A hash of the place, as noise of every frequency.
fn noise(x: u32, y: u32) -> u8 {
    let mut hash = (x ^ y.wrapping_mul(0x9E37_79B9)).wrapping_mul(0x85EB_CA6B);
    hash ^= hash >> 13;
    (hash.wrapping_mul(0xC2B2_AE35) >> 24) as u8
}

/// The largest symbols there are, side by side, with noise in all but their edges: everything that
/// a decoder looks for is there, and nothing to be read.
fn spoilt_symbol(x: u32, y: u32) -> u8 {
    const MODULE: u32 = 3;
    const QUIET: i32 = 4;
    const EDGE: i32 = 9;
    static LARGEST: LazyLock<QrCode> = LazyLock::new(|| {
        let (version, bytes) = (Version::MAX, [QrSegment::make_bytes(b"spoilt")]);
        QrCode::encode_segments_advanced(&bytes, QrCodeEcc::High, version, version, None, false)
            .expect("it is short")
    });
    let side = LARGEST.size();
    let module = |at: u32| (at / MODULE) as i32 % (side + 2 * QUIET) - QUIET;
    let (column, row) = (module(x), module(y));
    let is_inner = |at: i32| (EDGE..side - EDGE).contains(&at);
    let is_dark = match is_inner(column) && is_inner(row) {
        true => noise(column as u32, row as u32).is_multiple_of(2),
        false => LARGEST.get_module(column, row),
    };
    if is_dark { 10 } else { 240 }
}
