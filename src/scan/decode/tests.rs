//! The decoder on drawn codes, spoilt ones and pictures of nothing.

use proptest::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};
use unicode_normalization::UnicodeNormalization;

use super::decode;
use crate::scan::Luma;

const MODULE: usize = 5;
const QUIET: usize = 4;

/// A square picture of a code, its ink and its paper.
fn drawn(segments: &[QrSegment], ink: u8, paper: u8) -> (u32, Vec<u8>) {
    let code = QrCode::encode_segments_advanced(
        segments,
        QrCodeEcc::Medium,
        Version::MIN,
        Version::MAX,
        None,
        true,
    )
    .expect("fits");
    let side = (code.size() as usize + 2 * QUIET) * MODULE;
    let module = |at: usize| (at / MODULE) as i32 - QUIET as i32;
    let pixels = (0..side * side).map(|at| {
        let dark = code.get_module(module(at % side), module(at / side));
        if dark { ink } else { paper }
    });
    (side as u32, pixels.collect())
}

fn read(segments: &[QrSegment]) -> Option<String> {
    let (side, pixels) = drawn(segments, 0, 255);
    text(side, &pixels)
}

fn text(side: u32, pixels: &[u8]) -> Option<String> {
    let picture = Luma::new(side, side, pixels).expect("square");
    decode(picture).map(|code| code.text.expose().clone())
}

#[test]
fn vietnamese_text_is_read_byte_for_byte() {
    let names = [
        "Ý",
        "LÊ",
        "Hà",
        "LỘC NGỌC ẢNH",
        "NGUYỄN THỊ HỒNG PHƯỢNG",
        "Đặng",
    ];
    for name in names {
        for name in [name.to_owned(), name.nfd().collect()] {
            let card = format!("099090012345||{name}|28021990|Nữ|phường Đồng Xuân|19042021");
            for said in [name, card] {
                let bytes = QrSegment::make_bytes(said.as_bytes());
                assert_eq!(read(std::slice::from_ref(&bytes)).as_ref(), Some(&said));
                let declared = QrSegment::make_eci(26);
                assert_eq!(read(&[declared, bytes]).as_ref(), Some(&said));
                let mixed = [
                    QrSegment::make_numeric("099090012345"),
                    QrSegment::make_bytes(said.as_bytes()),
                    QrSegment::make_alphanumeric("TD1:AB"),
                ];
                let whole = format!("099090012345{said}TD1:AB");
                assert_eq!(read(&mixed), Some(whole));
            }
        }
    }
}

#[test]
fn bytes_that_are_not_utf_8_give_no_text() {
    for bytes in [
        &b"NGUY\xd4N V\xa8N A"[..],
        b"\x83e\x83X\x83g",
        b"caf\xe9",
        b"abc\xc3",
        b"\xff\xfea\0b\0",
    ] {
        assert_eq!(read(&[QrSegment::make_bytes(bytes)]), None, "{bytes:x?}");
    }
    // Declared as Latin-1, these bytes happen to be UTF-8 of another text.
    let declared = QrSegment::make_eci(3);
    assert_eq!(
        read(&[declared, QrSegment::make_bytes("é".as_bytes())]),
        None
    );
}

#[test]
fn numbers_and_capitals_are_read() {
    for said in ["099090012345", "TD1:0190163D8694739BAEA5966C26F8AD91"] {
        assert_eq!(read(&QrSegment::make_segments(said)).as_deref(), Some(said));
    }
}

#[test]
fn a_code_is_read_light_on_dark_and_in_every_turn() {
    let segments = QrSegment::make_segments("099090012345||NGUYỄN VĂN A");
    for (ink, paper) in [(0, 255), (255, 0), (60, 120), (190, 110)] {
        let (side, mut pixels) = drawn(&segments, ink, paper);
        for turn in 0..4 {
            let found = text(side, &pixels);
            assert!(found.is_some(), "ink {ink}, paper {paper}, turn {turn}");
            let side = side as usize;
            pixels = (0..side * side)
                .map(|at| pixels[(at % side) * side + side - 1 - at / side])
                .collect();
        }
    }
}

#[test]
fn pictures_without_a_code_give_no_text() {
    for (width, height) in [(1, 1), (1, 8000), (8000, 1), (2, 3), (39, 41), (640, 480)] {
        for shade in [0, 127, 255] {
            let pixels = vec![shade; (width * height) as usize];
            let picture = Luma::new(width, height, &pixels).expect("a picture");
            assert!(decode(picture).is_none(), "{width} by {height}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_spoilt_code_gives_its_own_text_or_none(
        spots in prop::collection::vec((any::<prop::sample::Index>(), 1usize..40, any::<u8>()), 0..30),
    ) {
        let said = "099090012345|012345678|NGUYỄN VĂN A|28021990|Nam|Xã A|19042021";
        let (side, mut pixels) = drawn(&[QrSegment::make_bytes(said.as_bytes())], 0, 255);
        for (at, length, shade) in spots {
            let at = at.index(pixels.len());
            let end = (at + length * side as usize).min(pixels.len());
            for pixel in pixels[at..end].iter_mut().step_by(side as usize) {
                *pixel = shade;
            }
        }
        let found = text(side, &pixels);
        prop_assert!(found.as_deref().is_none_or(|text| text == said));
    }

    #[test]
    fn noise_gives_no_text(
        width in 1u32..120,
        height in 1u32..120,
        seed in prop::collection::vec(any::<u8>(), 64..512),
    ) {
        let pixels: Vec<u8> = seed.iter().copied().cycle().take((width * height) as usize).collect();
        let picture = Luma::new(width, height, &pixels).expect("a picture");
        prop_assert!(decode(picture).is_none());
    }
}
