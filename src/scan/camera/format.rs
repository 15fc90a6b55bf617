//! Which of a camera's formats to take.

/// How pixels come from a camera, as far as grey can be had from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes of grey, first in the frame; colour may follow (GREY, NV12, YU12 and their like).
    Planar,
    /// Pairs of bytes, grey the first one (YUYV).
    GreyFirst,
    /// Pairs of bytes, grey the second one (UYVY).
    GreySecond,
    /// A JPEG picture each.
    Jpeg,
}

impl Encoding {
    /// By the four characters that Video4Linux calls it (`videodev2.h`).
    pub(super) fn named(fourcc: [u8; 4]) -> Option<Self> {
        match &fourcc {
            b"GREY" | b"NV12" | b"NV21" | b"YU12" | b"YV12" | b"422P" => Some(Self::Planar),
            b"YUYV" | b"YVYU" => Some(Self::GreyFirst),
            b"UYVY" | b"VYUY" => Some(Self::GreySecond),
            b"MJPG" | b"JPEG" => Some(Self::Jpeg),
            _ => None,
        }
    }
}

/// Something a camera offers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mode {
    pub(super) fourcc: [u8; 4],
    pub(super) width: u32,
    pub(super) height: u32,
    /// Frames a second at best; absent where the driver does not say.
    pub(super) rate: Option<f32>,
}

/// A card's code held before the camera fills enough of this picture (measured: 180 pixels for
/// the code are needed, 215 are safe); more pixels only take longer.
pub(super) const WANTED_SIZE: (u32, u32) = (1280, 720);
/// Slower than this, the hand moves on before the picture comes.
const RATE_MIN: f32 = 10.0;
/// Faster than this brings nothing more.
const RATE_ENOUGH: f32 = 30.0;

/// The best of `modes`, or of those in the `only` format; none if none can be read. Raw grey at
/// full size first, then JPEG at full size, then the largest of the rest that is not too slow.
pub(super) fn best(modes: &[Mode], only: Option<[u8; 4]>) -> Option<Mode> {
    let asked = |mode: &&Mode| only.is_none_or(|only| mode.fourcc == only);
    let readable = modes
        .iter()
        .filter(|mode| mode.encoding().is_some())
        .filter(asked);
    readable.copied().max_by(|a, b| {
        let (a, b) = (a.merit(), b.merit());
        a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal)
    })
}

impl Mode {
    pub(super) fn encoding(&self) -> Option<Encoding> {
        Encoding::named(self.fourcc)
    }

    /// Larger is better, compared from the left: class, then pixels (few beyond the wanted size,
    /// many below it), then rate.
    fn merit(&self) -> (u8, f64, f32) {
        let rate = self.rate.unwrap_or(RATE_MIN);
        let large = self.width >= WANTED_SIZE.0 && self.height >= WANTED_SIZE.1;
        let quick = rate >= RATE_MIN;
        let class = match (large && quick, self.encoding()) {
            (true, Some(Encoding::Jpeg)) => 2,
            (true, _) => 3,
            (false, _) => u8::from(quick),
        };
        let pixels = f64::from(self.width) * f64::from(self.height);
        let size = if large { -pixels } else { pixels };
        (class, size, rate.min(RATE_ENOUGH))
    }
}

#[cfg(test)]
mod tests {
    use super::{Mode, best};

    fn mode(fourcc: &[u8; 4], width: u32, height: u32, rate: f32) -> Mode {
        Mode {
            fourcc: *fourcc,
            width,
            height,
            rate: (rate > 0.0).then_some(rate),
        }
    }

    #[test]
    fn the_format_is_chosen_for_codes_not_for_speed() {
        let yuyv = mode(b"YUYV", 1280, 720, 10.0);
        let small = mode(b"YUYV", 640, 480, 30.0);
        let mjpg = mode(b"MJPG", 1280, 720, 30.0);
        let huge = mode(b"MJPG", 3840, 2160, 30.0);
        let slow = mode(b"YUYV", 1920, 1080, 5.0);
        let tiny = mode(b"YUYV", 320, 180, 60.0);
        let unknown = mode(b"GREY", 1280, 800, 0.0);
        let fast = mode(b"YUYV", 1280, 720, 20.0);
        let bayer = mode(b"BA81", 1280, 720, 30.0);
        let nv12 = mode(b"NV12", 1280, 720, 30.0);
        for (offered, expected) in [
            (&[mjpg, yuyv, small][..], Some(yuyv)),
            (&[mjpg, small, slow], Some(mjpg)),
            (&[huge, mjpg, small], Some(mjpg)),
            (&[huge, small], Some(huge)),
            (&[small, tiny, slow], Some(small)),
            (&[slow], Some(slow)),
            (&[unknown, mjpg], Some(unknown)),
            (&[yuyv, fast], Some(fast)),
            (&[bayer, tiny], Some(tiny)),
            (&[nv12, mjpg], Some(nv12)),
            (&[bayer], None),
            (&[], None),
        ] {
            assert_eq!(best(offered, None), expected, "{offered:?}");
            let mut turned = offered.to_vec();
            turned.reverse();
            assert_eq!(best(&turned, None), expected, "{turned:?}");
        }
    }

    #[test]
    fn an_installer_may_know_better() {
        let yuyv = mode(b"YUYV", 1280, 720, 10.0);
        let mjpg = mode(b"MJPG", 1280, 720, 30.0);
        let bayer = mode(b"BA81", 1280, 720, 30.0);
        let offered = [yuyv, mjpg, bayer];
        assert_eq!(best(&offered, Some(*b"MJPG")), Some(mjpg));
        assert_eq!(best(&offered, Some(*b"GREY")), None);
        assert_eq!(best(&offered, Some(*b"BA81")), None);
    }
}
