//! Six levels of difficulty, and what chance makes of each: 0 is held well in a bright room, 5 is
//! nearly hopeless in a single frame.

use super::random::Random;
use super::surface::Thing;

/// The highest level.
pub const LEVEL_MAX: u8 = 5;

type Span = (f32, f32);

/// Ranges at one level. Lengths are in pixels, angles in degrees, light from 0 to 1.
struct Rung {
    size: Span,
    tilt: Span,
    roll: Span,
    blur: Span,
    motion: Span,
    noise: Span,
    white: Span,
    black: Span,
    uneven: Span,
    quality: Span,
}

#[rustfmt::skip]
const LADDER: [Rung; LEVEL_MAX as usize + 1] = [
    Rung { size: (340., 400.), tilt: (0., 6.), roll: (-5., 5.), blur: (0.5, 0.7), motion: (0., 1.), noise: (1., 3.), white: (0.85, 0.95), black: (0.03, 0.08), uneven: (0., 0.05), quality: (85., 90.) },
    Rung { size: (290., 340.), tilt: (4., 12.), roll: (-15., 15.), blur: (0.6, 0.9), motion: (0., 2.), noise: (2., 5.), white: (0.75, 0.95), black: (0.05, 0.12), uneven: (0., 0.15), quality: (80., 90.) },
    Rung { size: (250., 290.), tilt: (8., 18.), roll: (-45., 45.), blur: (0.8, 1.1), motion: (1., 3.), noise: (3., 7.), white: (0.65, 0.95), black: (0.08, 0.18), uneven: (0.05, 0.3), quality: (70., 85.) },
    Rung { size: (215., 250.), tilt: (14., 24.), roll: (-180., 180.), blur: (0.9, 1.3), motion: (1.5, 4.), noise: (5., 9.), white: (0.55, 0.9), black: (0.1, 0.22), uneven: (0.1, 0.45), quality: (60., 80.) },
    Rung { size: (180., 215.), tilt: (20., 30.), roll: (-180., 180.), blur: (1.0, 1.5), motion: (2., 5.), noise: (6., 12.), white: (0.48, 0.8), black: (0.14, 0.25), uneven: (0.2, 0.6), quality: (50., 70.) },
    Rung { size: (150., 180.), tilt: (25., 35.), roll: (-180., 180.), blur: (1.1, 1.7), motion: (2., 5.), noise: (8., 14.), white: (0.42, 0.7), black: (0.18, 0.26), uneven: (0.25, 0.8), quality: (40., 60.) },
];

/// What is the same in every frame of a scene.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// What is held up.
    pub thing: Thing,
    /// How worn it is, from 0 to 1.
    pub wear: f32,
    /// Square root of the code's area, in pixels.
    pub size: f32,
    /// In degrees.
    pub tilt: f32,
    /// In degrees.
    pub roll: f32,
    /// Standard deviation of the lens's blur, in pixels.
    pub blur: f32,
    /// Length of the way moved during the exposure of a single picture, in pixels.
    pub motion: f32,
    /// Standard deviation of the sensor's noise, in grey values of 255.
    pub noise: f32,
    /// What dark and light modules come out as, from 0 to 1.
    pub tones: Span,
    /// How much the light falls off over the code's side.
    pub uneven: f32,
    /// Direction of that, in radians.
    pub uneven_towards: f32,
    /// How much of the light a shadow's edge takes, from 0 to 1.
    pub shadow: f32,
    /// Where the shadow's edge lies, in code sides from its middle.
    pub shadow_at: f32,
    /// How bright the lamp's reflection is, in whites.
    pub glare: f32,
    /// Depth of the waves between the screen's dots and the sensor's.
    pub moire: f32,
    /// Distance between the screen's dots, in millimetres.
    pub dots: f32,
    /// The lens's distortion at half the width.
    pub barrel: f32,
    /// JPEG quality of the camera's stream.
    pub quality: u8,
}

impl Conditions {
    /// Chance at `level`.
    pub fn draw(level: u8, random: &mut Random) -> Self {
        let level = level.min(LEVEL_MAX);
        let rung = &LADDER[usize::from(level)];
        let hardness = f32::from(level);
        let thing = drawn_thing(random);
        let (screen, lit, shaded) = (thing.is_screen(), random.chance(0.5), random.chance(0.3));
        let mut of = |(low, high): Span| random.real(low..high);
        let upto = |on: bool, most: f32| (0.0, if on { most * hardness } else { 0.0 });
        Self {
            thing,
            wear: of((0.0, 0.2 * hardness)),
            size: of(rung.size),
            tilt: of(rung.tilt),
            roll: of(rung.roll),
            blur: of(rung.blur),
            motion: of(rung.motion),
            noise: of(rung.noise),
            tones: (of(rung.black), of(rung.white)),
            uneven: of(rung.uneven),
            uneven_towards: of((0.0, std::f32::consts::TAU)),
            shadow: of(upto(shaded && !screen, 0.1)),
            shadow_at: of((-0.3, 0.3)),
            glare: of(upto(lit && !screen, 0.12)),
            moire: of(upto(screen, 0.06)),
            dots: of((0.055, 0.085)),
            barrel: of((0.0, 0.03)),
            quality: of(rung.quality) as u8,
        }
    }
}

/// Cards most of all, then screens, then papers.
pub fn drawn_thing(random: &mut Random) -> Thing {
    match random.whole(0..20) {
        0..=5 => Thing::Card2021,
        6..=11 => Thing::Card2024,
        12..=14 => Thing::Paper,
        15..=17 => Thing::Screen { dark: false },
        _ => Thing::Screen { dark: true },
    }
}
