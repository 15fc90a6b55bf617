use proptest::prelude::*;

use super::{Broken, PortraitFault, TooLarge, check, code_stream, decode};

/// 12 by 16 pixels of one colour, as OpenJPEG codes them: a bare code stream, and a grey file
/// in four tiles.
const COLOUR: &str = "\
    ff4fff51002f00000000000c0000001000000000000000000000000c0000001000000000000000000003\
    070101070101070101ff52000c00000001000104040001ff5c00074040484850ff640025000143726561\
    746564206279204f70656e4a5045472076657273696f6e20322e352e34ff90000a0000000000490001ff\
    93cfb44414005c8e5aab000006120c09ce1212ff7fcfb4341150548d0fb12000061212ff7fc7d4221150\
    548e5aab0000061212cddc8006120f808080ffd9";
const GREY: &str = "\
    0000000c6a5020200d0a870a00000014667479706a703220000000006a7032200000002d6a7032680000\
    001669686472000000100000000c0001070700000000000f636f6c7201000000000011000000df6a7032\
    63ff4fff51002900000000000c0000001000000000000000000000000800000008000000000000000000\
    01070101ff52000c00000001000104040001ff5c00074040484850ff6400250001437265617465642062\
    79204f70656e4a5045472076657273696f6e20322e352e34ff90000a00000000001c0001ff93c7d41411\
    50495c08423ee5343f80ff90000a0001000000190001ff93c7d40e115014751e0c0a80ff90000a000200\
    00001c0001ff93c7d4141150495c08423ee5343f80ff90000a0003000000190001ff93c7d40e11501475\
    1e0c0a80ffd9";

fn bytes(hexadecimal: &str) -> Vec<u8> {
    hex::decode(hexadecimal).expect("hex")
}

/// What the walk says of the image with the first of these bytes replaced by the others.
fn changed(image: &str, from: &str, to: &str) -> Result<(), PortraitFault> {
    assert!(image.contains(from), "{from} is in the image");
    check(code_stream(&bytes(&image.replacen(from, to, 1)))?)
}

#[test]
fn a_code_stream_and_a_file_are_decoded_to_their_colours() {
    for (image, colour) in [(COLOUR, [200, 40, 90]), (GREY, [90; 3])] {
        let pixels = decode(&bytes(image)).expect("an image");
        assert_eq!((pixels.width, pixels.height), (12, 16));
        assert_eq!(pixels.rgb.len(), 12 * 16 * 3);
        for pixel in pixels.rgb.chunks(3) {
            let near = pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 2);
            assert!(near, "{pixel:?} for {colour:?}");
        }
    }
}

#[test]
fn headers_that_ask_for_more_than_a_portrait_are_refused_before_decoding() {
    let size = |width: u32, height: u32, offset: u32, tile: u32| {
        format!("{width:08x}{height:08x}{offset:08x}00000000{tile:08x}{height:08x}")
    };
    let right = size(12, 16, 0, 12);
    assert_eq!(changed(COLOUR, &right, &right), Ok(()));
    let style = "ff52000c00000001000104040001";
    let quantization = "ff5c00074040484850";
    for (what, from, to, fault) in [
        (
            "too many pixels",
            &*right,
            &*size(2_001, 2_000, 0, 2_001),
            TooLarge,
        ),
        (
            "a long edge",
            &right,
            &size(65_536, 16, 0, 65_536),
            TooLarge,
        ),
        ("no pixels", &right, &size(12, 16, 12, 12), Broken),
        ("no tile", &right, &size(12, 16, 0, 0), Broken),
        ("hundreds of tiles", &right, &size(600, 16, 0, 2), TooLarge),
        (
            "a thousand layers",
            style,
            "ff52000c00000400000104040001",
            TooLarge,
        ),
        (
            "tiny code blocks",
            style,
            "ff52000c00000001000101010001",
            TooLarge,
        ),
        (
            "tiny precincts",
            style,
            "ff52000e010000010001040400017774",
            TooLarge,
        ),
        (
            "precincts that are not there",
            style,
            "ff52000c01000001000104040001",
            Broken,
        ),
        (
            "precincts beyond need",
            style,
            "ff52000e000000010001040400017777",
            Broken,
        ),
        (
            "a marker that may hide others",
            "ff640025",
            "ff300025",
            Broken,
        ),
        (
            "steps that are not there",
            quantization,
            "ff5c00064040484850",
            Broken,
        ),
        (
            "one step too many",
            quantization,
            "ff5c00074140484850",
            Broken,
        ),
        (
            "a part beyond the end",
            "ff90000a000000000049",
            "ff90000a000000000149",
            Broken,
        ),
    ] {
        assert_eq!(changed(COLOUR, from, to), Err(fault), "{what}");
    }
    // A style inside a tile part, in place of its comment.
    let styled = "ff90000a0000000000570001ff52000c00000001000104040001ff93";
    let part = "ff90000a0000000000490001ff93";
    assert_eq!(changed(COLOUR, part, styled), Err(Broken));
}

#[test]
fn a_file_has_one_code_stream_and_its_boxes_add_up() {
    let with_two = [
        bytes(GREY),
        b"\x00\x00\x00\x0Cjp2c\xFF\x4F\xFF\x51".to_vec(),
    ]
    .concat();
    assert_eq!(decode(&with_two), Err(Broken));
    let cut = bytes(GREY);
    assert_eq!(decode(&cut[..cut.len() - 3]), Err(Broken));
    assert_eq!(changed(GREY, "6a703263", "6a703264"), Err(Broken));
}

proptest! {
    #[test]
    fn any_damage_is_met_without_a_panic(place in 0usize..300, byte: u8) {
        for image in [COLOUR, GREY] {
            let mut image = bytes(image);
            let place = place % image.len();
            image[place] = byte;
            let _ = decode(&image);
        }
    }
}
