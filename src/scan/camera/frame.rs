//! Grey from a camera's frame.

use zeroize::Zeroizing;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::format::Encoding;
use crate::scan::Luma;

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

/// Decodes grey only: colour is most of the work and nobody needs it.
fn jpeg(frame: &[u8]) -> Option<Grey> {
    let head = Head::of(frame)?;
    let frame = &frame[..head.end_of_data(frame)];
    // Most cameras leave the standard's own tables out, which plain JPEG does not allow.
    let completed = (!head.has_tables)
        .then(|| with_standard_tables(frame))
        .flatten();
    let frame = completed
        .as_ref()
        .map_or(frame, |completed| completed.as_slice());
    // Odd heads are common among cameras and do no harm.
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(Luma::SIDE_MAX as usize)
        .set_max_height(Luma::SIDE_MAX as usize)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(frame), options);
    decoder.decode_headers().ok()?;
    let (width, height) = decoder.dimensions()?;
    // The decoder fails where a picture's own colours do not let it give grey only.
    let pixels = width.checked_mul(height)?;
    if decoder.output_buffer_size()? != pixels {
        return None;
    }
    let mut pixels = Zeroizing::new(vec![0; pixels]);
    decoder.set_options(options.set_strict_mode(true));
    if decoder.decode_into(&mut pixels).is_err() && missing(&pixels, width) > height / 20 {
        return None;
    }
    Some(Grey {
        width: width.try_into().ok()?,
        height: height.try_into().ok()?,
        pixels,
    })
}

/// Rows at the bottom to which a decoder that gave up has not come. A few are no loss: some cameras
/// never send the last ones.
fn missing(pixels: &[u8], width: usize) -> usize {
    let plain = |row: &&[u8]| row.iter().all(|pixel| *pixel == row[0]);
    pixels.rchunks(width.max(1)).take_while(plain).count()
}

/// The segments before a JPEG picture's own data (ITU-T T.81 annex B).
struct Head {
    /// Where the data begin.
    data: usize,
    has_tables: bool,
}

impl Head {
    fn of(frame: &[u8]) -> Option<Self> {
        const HUFFMAN_TABLES: u8 = 0xc4;
        const SCAN: u8 = 0xda;
        let (mut at, mut has_tables) = (2, false);
        loop {
            let &[first, marker, high, low] = frame.get(at..at + 4)?.first_chunk()?;
            // Filling, or what does not belong there.
            if first != 0xff || marker == 0xff {
                at += 1;
                continue;
            }
            at += 2 + usize::from(u16::from_be_bytes([high, low]));
            match marker {
                HUFFMAN_TABLES => has_tables = true,
                SCAN => {
                    return (at <= frame.len()).then_some(Self {
                        data: at,
                        has_tables,
                    });
                }
                _ => {}
            }
        }
    }

    /// Where the data end: the mark of the end is left out, and what comes after it. Before that
    /// mark a decoder makes up whatever is missing; before an end of the data it says so.
    fn end_of_data(&self, frame: &[u8]) -> usize {
        const END: [u8; 2] = [0xff, 0xd9];
        let data = &frame[self.data..];
        let end = data.windows(2).rposition(|marker| marker == END);
        let last = || data.iter().rposition(|byte| *byte != 0);
        self.data + end.unwrap_or_else(|| last().map_or(0, |last| last + 1))
    }
}

/// The frame marked as one of a Motion JPEG film, for which the standard's tables are implied.
fn with_standard_tables(frame: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (start, rest) = frame.split_at_checked(2)?;
    let mut completed = Zeroizing::new(Vec::with_capacity(frame.len() + AVI1.len()));
    completed.extend_from_slice(start);
    completed.extend_from_slice(AVI1);
    completed.extend_from_slice(rest);
    Some(completed)
}

/// An application segment of seven bytes.
const AVI1: &[u8] = b"\xff\xe0\x00\x07AVI1\0";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::format::Encoding;
    use super::{Layout, grey};
    #[cfg(feature = "sim")]
    use crate::sim::eye::{HEIGHT, WIDTH};

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

    /// Of the pictures of films the tables are left out; the decoder knows the standard's own.
    #[test]
    #[cfg(feature = "sim")]
    fn a_frame_without_its_tables_is_the_same_picture() {
        let picture = image::RgbImage::from_fn(48, 32, |x, y| {
            image::Rgb([(x * 5) as u8, (y * 7) as u8, 90])
        });
        let mut file = std::io::Cursor::new(Vec::new());
        picture
            .write_to(&mut file, image::ImageFormat::Jpeg)
            .expect("encoded");
        let file = file.into_inner();
        let bare = crate::sim::eye::without_tables(&file);
        assert!(bare.len() + 400 < file.len());
        let any = layout(Encoding::Jpeg, 48, 32, 0);
        let (whole, bare) = (grey(&file, any), grey(&bare, any));
        let (whole, bare) = (whole.expect("whole"), bare.expect("bare"));
        assert_eq!(whole.pixels, bare.pixels);
        // The grey that JPEG means (ITU-T T.871).
        let meant = |at: u32| {
            let [red, green, blue] = picture.get_pixel(at % 48, at / 48).0.map(f32::from);
            0.299 * red + 0.587 * green + 0.114 * blue
        };
        for (at, pixel) in (0..).zip(whole.pixels.iter()) {
            let pixel = f32::from(*pixel);
            assert!(
                (pixel - meant(at)).abs() < 6.0,
                "{at}: {pixel} for {}",
                meant(at)
            );
        }
    }

    /// Three bytes a pixel, and only the first of them grey.
    #[cfg(feature = "sim")]
    fn colours(shot: &crate::sim::eye::Shot) -> Vec<u8> {
        let grey = shot.expose().into_iter();
        grey.flat_map(|grey| [grey, grey / 2, 255 - grey]).collect()
    }

    /// A picture of a hall with a card, in grey and in colours.
    #[cfg(feature = "sim")]
    fn jpegs() -> [Vec<u8>; 2] {
        let shot = crate::sim::eye::still(1, 4).1;
        let coloured = image::RgbImage::from_raw(WIDTH as u32, HEIGHT as u32, colours(&shot));
        let mut file = std::io::Cursor::new(Vec::new());
        let coloured = coloured.expect("three bytes a pixel");
        coloured
            .write_to(&mut file, image::ImageFormat::Jpeg)
            .expect("encoded");
        [shot.jpeg(), file.into_inner()]
    }

    #[test]
    #[cfg(feature = "sim")]
    fn a_jpeg_that_lost_something_on_its_way_is_broken() {
        const END: [u8; 2] = [0xff, 0xd9];
        let any = layout(Encoding::Jpeg, 0, 0, 0);
        for whole in jpegs() {
            assert!(grey(&whole, any).is_some());
            for kept in [1, 10, 30, 50, 70, 90] {
                let cut = &whole[..whole.len() * kept / 100];
                let lost = [cut, &whole[whole.len() * (kept + 8) / 100..]].concat();
                for (what, frame) in [
                    ("cut", cut.to_vec()),
                    ("its end put on", [cut, &END].concat()),
                    ("filled up", [cut, &vec![0; 50_000]].concat()),
                    ("eight hundredths lost", lost),
                ] {
                    assert!(grey(&frame, any).is_none(), "{what} at {kept} of 100");
                }
            }
        }
    }

    /// A picture in colours, with a mark after every so many units, at which a decoder may begin
    /// anew; zero for none.
    #[cfg(feature = "sim")]
    fn restarting(every: u16) -> Vec<u8> {
        use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
        let colours = colours(&crate::sim::eye::still(1, 4).1);
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 80);
        encoder.set_sampling_factor(SamplingFactor::R_4_2_2);
        encoder.set_restart_interval(every);
        let encoded = encoder.encode(&colours, WIDTH as u16, HEIGHT as u16, ColorType::Rgb);
        encoded.expect("a picture of this size");
        file
    }

    #[test]
    #[cfg(feature = "sim")]
    fn a_jpeg_with_restart_marks_is_whole_until_it_loses_something() {
        let any = layout(Encoding::Jpeg, 0, 0, 0);
        let expected = grey(&restarting(0), any).expect("whole").pixels;
        // A unit, a part of a row, a row, and what comes out even nowhere.
        for every in [1, 20, 80, 777] {
            let whole = restarting(every);
            let marks = whole.windows(2).filter(|two| *two == [0xff, 0xd0]).count();
            assert!(marks > 0, "every {every}");
            for (what, frame) in [
                ("as it is", whole.clone()),
                ("no end", whole[..whole.len() - 2].to_vec()),
                ("no tables", crate::sim::eye::without_tables(&whole)),
            ] {
                let seen = grey(&frame, any).map(|seen| seen.pixels);
                assert!(
                    seen.is_some_and(|seen| seen == expected),
                    "{what}, every {every}"
                );
            }
            for kept in [10, 50, 90] {
                let cut = &whole[..whole.len() * kept / 100];
                assert!(grey(cut, any).is_none(), "{kept} of 100, every {every}");
            }
        }
    }

    /// Cameras are careless with what a picture does not need.
    #[test]
    #[cfg(feature = "sim")]
    fn a_jpeg_that_lacks_nothing_but_form_is_whole() {
        const STUFFING: &[u8] = &[0xff, 0xff, 0xff];
        let any = layout(Encoding::Jpeg, 0, 0, 0);
        for whole in jpegs() {
            let expected = grey(&whole, any).expect("whole").pixels;
            let end = whole.len() - 2;
            let data = &whole[2..];
            for (what, frame) in [
                ("no end", whole[..end].to_vec()),
                ("no end, filled up", [&whole[..end], &[0; 999]].concat()),
                ("filled up", [&whole[..], &[0; 999]].concat()),
                ("stuffed", [&whole[..2], STUFFING, data].concat()),
                ("rubbish", [&whole[..2], b"rubbish", data].concat()),
            ] {
                let seen = grey(&frame, any).expect(what);
                assert!(seen.pixels == expected, "{what}");
            }
            // The last rows are no loss.
            assert!(grey(&whole[..end * 99 / 100], any).is_some());
        }
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
