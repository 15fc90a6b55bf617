//! What an installer is told to change about a camera's place, light and settings.

use super::{Measure, Place};

/// One thing to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// Too few frames a second.
    Slow,
    /// The largest picture that the camera gives is small.
    Small,
    /// Many pictures arrive broken.
    Broken,
    /// Too little light.
    Dark,
    /// Large parts are blown out.
    Glare,
    /// Out of focus, or moved.
    Blurred,
    /// A code is seen, and it has too few pixels.
    Nearer,
    /// A code is seen, and dark and light are hardly different.
    Contrast,
    /// No code is seen.
    ShowCode,
}

/// Slower than this, a hand moves on before it is seen.
const RATE_MIN: f32 = 9.0;
/// One of so many pictures may arrive broken: the first after start often does.
const BROKEN_OF: u32 = 10;
/// A card in reach fills enough of such a picture.
const SIZE_MIN: (u32, u32) = (1280, 720);
/// More than this part of the picture is white.
const GLARE_MAX: f32 = 0.2;
/// Pixels a module needs to be read from a single frame.
const MODULE_MIN: f32 = 3.0;
/// Grey values between dark and light below which noise decides.
const CONTRAST_MIN: f32 = 40.0;

impl Advice {
    /// All that can be said, the most important first. Of pictures, those looked at and those that
    /// were broken count. `read`: a code was read from this picture, so what concerns the code
    /// serves.
    pub(super) fn all(
        size: (u32, u32),
        rate: Option<f32>,
        (pictures, broken): (u32, u32),
        measure: &Measure,
        place: Option<&Place>,
        read: bool,
    ) -> Vec<Self> {
        let of_code = |wrong: &dyn Fn(&Place) -> bool| !read && place.is_some_and(wrong);
        let all = [
            (Self::Dark, measure.is_dark()),
            (Self::Glare, measure.glare > GLARE_MAX),
            (Self::Blurred, measure.is_blurred() && !read),
            (Self::Nearer, of_code(&|place| place.module < MODULE_MIN)),
            (
                Self::Contrast,
                of_code(&|place| place.contrast < CONTRAST_MIN),
            ),
            (Self::ShowCode, !read && place.is_none()),
            (Self::Slow, rate.is_some_and(|rate| rate < RATE_MIN)),
            (Self::Broken, broken > 1 && broken * BROKEN_OF > pictures),
            (Self::Small, size.0 < SIZE_MIN.0 || size.1 < SIZE_MIN.1),
        ];
        all.into_iter()
            .filter(|(_, applies)| *applies)
            .map(|(advice, _)| advice)
            .collect()
    }

    /// Its stable name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Small => "small",
            Self::Broken => "broken",
            Self::Dark => "dark",
            Self::Glare => "glare",
            Self::Blurred => "blurred",
            Self::Nearer => "nearer",
            Self::Contrast => "contrast",
            Self::ShowCode => "show_code",
        }
    }

    /// What to do, in a sentence.
    pub fn text(self) -> &'static str {
        match self {
            Self::Slow => {
                "too few pictures a second: give more light, fix the exposure (exposure = 200), or give it a USB port of its own"
            }
            Self::Small => "its pictures are small: take a camera with 1280 by 720 or more",
            Self::Broken => {
                "many pictures arrive broken: take another cable, or give it a USB port of its own"
            }
            Self::Dark => {
                "too dark for a card: more light on the place where it is held, or a longer exposure"
            }
            Self::Glare => {
                "much of the picture is white: turn it away from lamps and windows, or set a shorter exposure"
            }
            Self::Blurred => {
                "out of focus: clean the lens, hold the code still at the usual distance, or set focus by hand"
            }
            Self::Nearer => {
                "the code has too few pixels: hold it nearer, or bring the camera nearer"
            }
            Self::Contrast => {
                "the code is pale: avoid reflections, give even light, or turn the phone's brightness up"
            }
            Self::ShowCode => "hold a card's code where patients will hold it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Advice;
    use crate::scan::{Measure, Place};

    const GOOD: Measure = Measure {
        brightness: 120.0,
        glare: 0.0,
        edge_width: Some(1.6),
        structure: 90.0,
        noise: 1.0,
    };
    const PLACE: Place = Place {
        corners: [(0.0, 0.0); 4],
        module: 4.0,
        contrast: 120.0,
    };

    #[test]
    fn each_figure_out_of_bounds_has_its_advice_and_good_ones_have_none() {
        use Advice::{Blurred, Contrast, Dark, Glare, Nearer, ShowCode, Slow, Small};
        const TAKEN: (u32, u32) = (10, 1);
        let large = (1280, 720);
        let seen = Some(PLACE);
        for (size, rate, measure, place, read, expected) in [
            (large, Some(30.0), GOOD, seen, true, vec![]),
            (large, None, GOOD, None, true, vec![]),
            (large, Some(30.0), GOOD, seen, false, vec![]),
            (large, Some(30.0), GOOD, None, false, vec![ShowCode]),
            (large, Some(5.0), GOOD, seen, true, vec![Slow]),
            ((640, 480), Some(30.0), GOOD, seen, true, vec![Small]),
            (
                large,
                None,
                Measure {
                    brightness: 20.0,
                    ..GOOD
                },
                seen,
                true,
                vec![Dark],
            ),
            (
                large,
                None,
                Measure { glare: 0.4, ..GOOD },
                seen,
                true,
                vec![Glare],
            ),
            (
                large,
                None,
                Measure {
                    edge_width: Some(3.5),
                    ..GOOD
                },
                None,
                false,
                vec![Blurred, ShowCode],
            ),
            (
                large,
                None,
                Measure {
                    edge_width: Some(3.5),
                    ..GOOD
                },
                seen,
                true,
                vec![],
            ),
            (
                large,
                None,
                GOOD,
                Some(Place {
                    module: 2.0,
                    contrast: 20.0,
                    ..PLACE
                }),
                false,
                vec![Nearer, Contrast],
            ),
        ] {
            let said = Advice::all(size, rate, TAKEN, &measure, place.as_ref(), read);
            assert_eq!(said, expected);
            for advice in said {
                assert!(!advice.id().is_empty() && advice.text().contains(' '));
            }
        }
    }

    #[test]
    fn one_picture_in_ten_may_be_broken_and_the_first_two_may_be_one() {
        for (pictures, broken, told) in [
            (0, 1, false),
            (1, 1, false),
            (30, 3, false),
            (30, 4, true),
            (5, 2, true),
        ] {
            let said = Advice::all((1280, 720), None, (pictures, broken), &GOOD, None, true);
            assert_eq!(said.contains(&Advice::Broken), told, "{pictures} {broken}");
        }
    }
}
