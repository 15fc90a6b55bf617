//! Pictures in files.

use std::path::Path;

use image::{DynamicImage, ImageReader, Limits};

use super::fence::fenced;
use super::{Code, Luma, ScanError, decode};

/// Memory that decoding one picture may take: 64 megapixels of sixteen-bit RGBA.
const PICTURE_MAX_BYTES: u64 = 512 << 20;

/// The code in a PNG, JPEG, WebP, BMP or PNM file, or none where it holds no
/// readable one.
///
/// # Errors
/// The file cannot be opened, is no such picture, is damaged, or is larger than
/// [`Luma::SIDE_MAX`] on a side.
pub fn read_picture(path: &Path) -> Result<Option<Code>, ScanError> {
    let mut reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(ScanError::Open)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(Luma::SIDE_MAX);
    limits.max_image_height = Some(Luma::SIDE_MAX);
    limits.max_alloc = Some(PICTURE_MAX_BYTES);
    reader.limits(limits);
    let picture = fenced(|| reader.decode().map(grey))
        .ok_or(ScanError::Damaged)?
        .map_err(ScanError::Picture)?;
    let (width, height) = picture.dimensions();
    let luma = Luma::new(width, height, picture.as_raw()).ok_or(ScanError::Size(width, height))?;
    Ok(decode(luma))
}

/// Grey, with what is transparent lying on white paper.
fn grey(picture: DynamicImage) -> image::GrayImage {
    if !picture.color().has_alpha() {
        return picture.into_luma8();
    }
    let layered = picture.into_luma_alpha8();
    image::GrayImage::from_fn(layered.width(), layered.height(), |x, y| {
        let [grey, opacity] = layered.get_pixel(x, y).0.map(u16::from);
        image::Luma([((grey * opacity + 255 * (255 - opacity)) / 255) as u8])
    })
}
