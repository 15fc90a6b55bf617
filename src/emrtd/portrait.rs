//! The portrait as it lies in the chip, and its decoding within limits. The image comes from a
//! card that may be forged: its size is known from its header before a decoder sees it, and a
//! decoder that panics has found a broken image.

mod jpeg2000;

use std::fmt;
use std::io::Cursor;

use image::{ImageDecoder, ImageReader, Limits};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::fence::fenced;

/// The largest image that is decoded: a portrait in a chip has a tenth of that.
const PIXELS_MAX: u64 = 4_000_000;
/// The longest edge; with it no product overflows.
const EDGE_MAX: u32 = 10_000;
/// Memory that the JPEG decoder may take, pixels and coefficients.
const JPEG_MEMORY_MAX: u64 = 64 << 20;
/// Scans of a progressive JPEG. Encoders use about ten; each costs a pass over the whole image.
const JPEG_SCANS_MAX: usize = 32;

/// A portrait as it lies in the chip. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Portrait {
    /// How it is coded, told from its first bytes.
    pub format: ImageFormat,
    /// The coded image.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Portrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[portrait, {:?}]", self.format)
    }
}

/// The codings that ISO/IEC 19794-5 and 39794-5 allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// JPEG 2000, in a JP2 file or as a bare code stream.
    Jpeg2000,
}

/// A decoded image, three bytes a pixel, row by row. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Red, green and blue.
    pub rgb: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[portrait, {} x {}]", self.width, self.height)
    }
}

/// Why a portrait is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PortraitFault {
    /// Its header asks for more than any portrait needs.
    #[error("the portrait is larger than 4 million pixels, or cut into too many pieces")]
    TooLarge,
    /// It is no image of the coding that its first bytes name.
    #[error("the portrait cannot be decoded")]
    Broken,
    /// Its colours are not grey, RGB or a kind of it.
    #[error("the portrait has colours that are unknown here")]
    Colours,
}

impl Portrait {
    /// Tells the coding from the first bytes; `None` for what is neither of the two.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF];
        let format = if bytes.starts_with(JPEG) {
            ImageFormat::Jpeg
        } else if bytes.starts_with(jpeg2000::FILE) || bytes.starts_with(jpeg2000::CODE_STREAM) {
            ImageFormat::Jpeg2000
        } else {
            return None;
        };
        Some(Self {
            format,
            bytes: Zeroizing::new(bytes.to_vec()),
        })
    }

    /// Decodes it. The decoders are much code of others on bytes from outside: if one panics, the
    /// picture is broken.
    pub fn decode(&self) -> Result<Pixels, PortraitFault> {
        let decoded = fenced(|| match self.format {
            ImageFormat::Jpeg => jpeg(&self.bytes),
            ImageFormat::Jpeg2000 => jpeg2000::decode(&self.bytes),
        });
        decoded.unwrap_or(Err(PortraitFault::Broken))
    }
}

/// Refuses what is empty or larger than a portrait.
fn check_size(width: u32, height: u32) -> Result<(), PortraitFault> {
    match (width, height) {
        (0, _) | (_, 0) => Err(PortraitFault::Broken),
        _ if width > EDGE_MAX || height > EDGE_MAX => Err(PortraitFault::TooLarge),
        _ if u64::from(width) * u64::from(height) > PIXELS_MAX => Err(PortraitFault::TooLarge),
        _ => Ok(()),
    }
}

fn jpeg(bytes: &[u8]) -> Result<Pixels, PortraitFault> {
    // In coded data FF is followed by zero, so every such pair is a scan or lies in a comment.
    let scans = bytes
        .windows(2)
        .filter(|pair| *pair == [0xFF, 0xDA])
        .count();
    if scans > JPEG_SCANS_MAX {
        return Err(PortraitFault::TooLarge);
    }
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(EDGE_MAX);
    limits.max_image_height = Some(EDGE_MAX);
    limits.max_alloc = Some(JPEG_MEMORY_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), image::ImageFormat::Jpeg);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|_| PortraitFault::Broken)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    let image = image::DynamicImage::from_decoder(decoder).map_err(|_| PortraitFault::Broken)?;
    Ok(Pixels {
        width,
        height,
        rgb: Zeroizing::new(image.into_rgb8().into_raw()),
    })
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use proptest::prelude::*;

    use super::{ImageFormat, Portrait, PortraitFault};
    use crate::emrtd::lds::{bsi_reference, parse_dg2};

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let (w, h) = (usize::from(width), usize::from(height));
        let pixels = [200, 40, 90].repeat(w * h);
        let mut bytes = Vec::new();
        JpegEncoder::new(&mut bytes)
            .encode(
                &pixels,
                width.into(),
                height.into(),
                image::ExtendedColorType::Rgb8,
            )
            .expect("a picture in memory");
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<super::Pixels, PortraitFault> {
        Portrait::of(bytes).expect("a known coding").decode()
    }

    /// The JPEG with another size in its frame header.
    fn claiming(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = jpeg(8, 8);
        let frame = bytes
            .windows(2)
            .position(|pair| pair == [0xFF, 0xC0])
            .expect("a frame");
        bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
        bytes
    }

    #[test]
    fn a_jpeg_is_decoded_to_its_colours() {
        let pixels = decode(&jpeg(24, 32)).expect("an image");
        assert_eq!(
            (pixels.width, pixels.height, pixels.rgb.len()),
            (24, 32, 24 * 32 * 3)
        );
        let near = |a: u8, b: u8| a.abs_diff(b) < 8;
        assert!(near(pixels.rgb[0], 200) && near(pixels.rgb[1], 40) && near(pixels.rgb[2], 90));
        assert_eq!(format!("{pixels:?}"), "[portrait, 24 x 32]");
    }

    #[test]
    fn a_jpeg_that_claims_to_be_huge_or_empty_is_refused_before_it_is_decoded() {
        for (width, height, fault) in [
            (2_001, 2_000, PortraitFault::TooLarge),
            (65_500, 50, PortraitFault::Broken),
            (0, 8, PortraitFault::Broken),
        ] {
            assert_eq!(
                decode(&claiming(width, height)),
                Err(fault),
                "{width} x {height}"
            );
        }
        let mut scans = jpeg(8, 8);
        scans.extend([0xFF, 0xDA].repeat(40));
        assert_eq!(decode(&scans), Err(PortraitFault::TooLarge));
    }

    #[test]
    fn a_cut_or_damaged_image_is_a_fault_or_an_image_and_never_a_panic() {
        let whole = jpeg(32, 32);
        for len in 3..whole.len() {
            let _ = decode(&whole[..len]);
        }
    }

    #[test]
    fn the_portrait_of_the_bsi_reference_set_is_decoded() {
        let Some(file) = bsi_reference("Datagroup2.bin") else {
            return;
        };
        let portrait = parse_dg2(&file).expect("a right file");
        let pixels = portrait.decode().expect("a right image");
        assert!(
            pixels.width > 100 && pixels.height > pixels.width,
            "{pixels:?} of {portrait:?}"
        );
        let darkest = pixels.rgb.iter().min().expect("pixels");
        let brightest = pixels.rgb.iter().max().expect("pixels");
        assert!(brightest - darkest > 100, "it shows something");
    }

    #[test]
    fn what_is_neither_jpeg_nor_jpeg_2000_is_no_portrait() {
        for bytes in [&b""[..], b"GIF89a", b"\x89PNG\r\n", &[0xFF, 0xD8]] {
            assert_eq!(Portrait::of(bytes), None);
        }
        let code_stream = Portrait::of(&[0xFF, 0x4F, 0xFF, 0x51]).expect("a code stream");
        assert_eq!(code_stream.format, ImageFormat::Jpeg2000);
    }

    #[test]
    fn a_picture_over_which_its_decoder_panics_is_broken() {
        // Only the fastest way through the decoder panics: not every processor has it.
        let image = include_bytes!("../../fuzz/seeds/portrait/upsampled-short.jpg");
        assert!(matches!(decode(image), Err(PortraitFault::Broken) | Ok(_)));
    }

    proptest! {
        #[test]
        fn any_damage_to_an_image_is_met_without_a_panic(place in 0usize..600, byte: u8) {
            let mut bytes = jpeg(16, 16);
            let place = 3 + place % (bytes.len() - 3);
            bytes[place] = byte;
            let _ = decode(&bytes);
        }
    }
}
