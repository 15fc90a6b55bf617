//! Grey from a camera's frame.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits};
use zeroize::Zeroizing;

use super::format::Encoding;
use crate::scan::Luma;

/// Memory that decoding one JPEG frame may take: 8000 by 8000 in colour, and as much again.
const FRAME_MAX_BYTES: u64 = 400 << 20;

/// How a frame lies in memory, as the driver settled it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) encoding: Encoding,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bytes from one row to the next; zero where the driver leaves it open.
    pub(super) stride: u32,
}

/// A grey picture of its own. A frame may show a card or a face: it is wiped when dropped.
pub(super) struct Grey {
    width: u32,
    height: u32,
    pixels: Zeroizing<Vec<u8>>,
}

impl Grey {
    pub(super) fn view(&self) -> Option<Luma<'_>> {
        Luma::new(self.width, self.height, &self.pixels)
    }
}

/// The grey picture in `frame`; none where the frame is cut short or broken (cheap cameras do
/// send such ones, the first after start above all).
pub(super) fn grey(frame: &[u8], layout: Layout) -> Option<Grey> {
    let (width, height) = (layout.width, layout.height);
    let pixels = match layout.encoding {
        Encoding::Planar => rows(frame, layout, 1, 0)?,
        Encoding::GreyFirst => rows(frame, layout, 2, 0)?,
        Encoding::GreySecond => rows(frame, layout, 2, 1)?,
        Encoding::Jpeg => return jpeg(frame),
    };
    Some(Grey {
        width,
        height,
        pixels: Zeroizing::new(pixels),
    })
}

/// Every `step`-th byte of each row, from `first` on.
fn rows(frame: &[u8], layout: Layout, step: usize, first: usize) -> Option<Vec<u8>> {
    let (width, height) = (layout.width as usize, layout.height as usize);
    let row_bytes = width.checked_mul(step)?;
    let stride = (layout.stride as usize).max(row_bytes);
    let mut pixels = Vec::with_capacity(width.checked_mul(height)?);
    for y in 0..height {
        let start = y.checked_mul(stride)?;
        let row = frame.get(start..start.checked_add(row_bytes)?)?;
        pixels.extend(row.iter().skip(first).step_by(step));
    }
    Some(pixels)
}

fn jpeg(frame: &[u8]) -> Option<Grey> {
    let mut reader = ImageReader::with_format(Cursor::new(frame), ImageFormat::Jpeg);
    let mut limits = Limits::default();
    limits.max_image_width = Some(Luma::SIDE_MAX);
    limits.max_image_height = Some(Luma::SIDE_MAX);
    limits.max_alloc = Some(FRAME_MAX_BYTES);
    reader.limits(limits);
    let picture = reader.decode().ok()?.into_luma8();
    Some(Grey {
        width: picture.width(),
        height: picture.height(),
        pixels: Zeroizing::new(picture.into_raw()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::format::Encoding;
    use super::{Layout, grey};

    fn layout(encoding: Encoding, width: u32, height: u32, stride: u32) -> Layout {
        Layout {
            encoding,
            width,
            height,
            stride,
        }
    }

    #[test]
    fn grey_is_taken_from_every_layout() {
        use Encoding::{GreyFirst, GreySecond, Planar};
        for (frame, layout, expected) in [
            (
                &[1, 80, 2, 90, 3, 80, 4, 90][..],
                layout(GreyFirst, 2, 2, 4),
                Some([1, 2, 3, 4]),
            ),
            (
                &[80, 1, 90, 2, 80, 3, 90, 4],
                layout(GreySecond, 2, 2, 0),
                Some([1, 2, 3, 4]),
            ),
            (
                &[1, 2, 0, 3, 4, 0],
                layout(Planar, 2, 2, 3),
                Some([1, 2, 3, 4]),
            ),
            (
                &[1, 2, 3, 4, 9, 9],
                layout(Planar, 2, 2, 2),
                Some([1, 2, 3, 4]),
            ),
            // The last row's padding may be missing.
            (
                &[1, 2, 0, 3, 4],
                layout(Planar, 2, 2, 3),
                Some([1, 2, 3, 4]),
            ),
            (&[1, 2, 3], layout(Planar, 2, 2, 2), None),
            (&[1, 80, 2, 90, 3, 80, 4], layout(GreyFirst, 2, 2, 4), None),
            (&[], layout(Planar, 2, 2, 2), None),
        ] {
            let grey = grey(frame, layout);
            let pixels = grey.as_ref().map(|grey| &grey.pixels[..]);
            assert_eq!(
                pixels,
                expected.as_ref().map(|pixels| &pixels[..]),
                "{layout:?}"
            );
        }
    }

    #[test]
    fn a_jpeg_frame_is_as_large_as_it_says_itself() {
        let picture = image::GrayImage::from_pixel(16, 8, image::Luma([200]));
        let mut file = std::io::Cursor::new(Vec::new());
        picture
            .write_to(&mut file, image::ImageFormat::Jpeg)
            .expect("encoded");
        let file = file.into_inner();
        let any = layout(Encoding::Jpeg, 1280, 720, 0);
        let whole = grey(&file, any).expect("decoded");
        assert_eq!((whole.width, whole.height), (16, 8));
        assert!(whole.pixels.iter().all(|pixel| pixel.abs_diff(200) <= 1));
        // Buffers are longer than the picture in them.
        let padded = [&file[..], &[0; 64]].concat();
        assert!(grey(&padded, any).is_some());
        assert!(grey(&file[..20], any).is_none());
        assert!(grey(&[], any).is_none());
    }

    proptest! {
        #[test]
        fn any_frame_has_an_answer(
            frame in prop::collection::vec(any::<u8>(), 0..200),
            width in 0u32..20, height in 0u32..20, stride in 0u32..50,
        ) {
            for encoding in [Encoding::Planar, Encoding::GreyFirst, Encoding::GreySecond, Encoding::Jpeg] {
                if let Some(grey) = grey(&frame, layout(encoding, width, height, stride)) {
                    prop_assert!(grey.view().is_some() || width * height == 0);
                }
            }
        }
    }
}
