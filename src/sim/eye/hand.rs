//! A hand that holds something up for two seconds, and a lens that looks for it.

use std::f32::consts::TAU;

use super::pose::{Hold, Pose, Vector};
use super::random::Random;
use super::shot::{Scene, lamp_seen_at, reflection};

/// Frames a second.
pub const RATE: f32 = 15.0;
/// Time that the sensor takes to read its rows, in seconds.
const READOUT: f32 = 0.025;

/// A band-limited wobble: a few slow waves of chance phase.
struct Wobble(Vec<(f32, f32, f32)>);

impl Wobble {
    /// Waves between two frequencies in hertz, together of about `size`.
    fn new(low: f32, high: f32, size: f32, random: &mut Random) -> Self {
        const WAVES: usize = 4;
        let wave = |at: usize| {
            let share = (at as f32 + random.real(0.0..1.0)) / WAVES as f32;
            // Slow waves are the large ones.
            let frequency = low * (high / low).powf(share);
            (
                size * 0.7 * (low / frequency).sqrt(),
                frequency,
                random.real(0.0..TAU),
            )
        };
        Self((0..WAVES).map(wave).collect())
    }

    fn at(&self, time: f32) -> f32 {
        let value = |(size, frequency, phase): &(f32, f32, f32)| {
            size * (TAU * frequency * time + phase).sin()
        };
        self.0.iter().map(value).sum()
    }
}

/// Everything that moves.
pub struct Hand {
    hold: Hold,
    side: f32,
    right: Wobble,
    down: Wobble,
    away: Wobble,
    tilt: Wobble,
    about: Wobble,
    roll: Wobble,
    focus: Wobble,
    blur: f32,
    /// Seconds that the shutter is open.
    exposure: f32,
    /// Where the thing comes from, in pixels from where it is held, and until when.
    approach: Option<((f32, f32), f32)>,
    lamp: Vector,
}

/// What a frame needs to know of the hand.
pub struct Moment {
    pub pose: Pose,
    pub blur: f32,
    pub motion: (f32, f32),
    pub rolling: (f32, f32),
    pub glare_at: (f32, f32),
}

impl Hand {
    /// A hand at a level, that holds up what the scene has.
    pub fn new(level: u8, scene: &Scene, random: &mut Random) -> Self {
        let (with, hold, side) = (&scene.conditions, scene.hold, scene.side());
        let hardness = f32::from(level);
        let sway = with.size * (0.03 + 0.02 * hardness);
        let coming = random.chance(0.4);
        let from = random.real(0.0..TAU);
        let far = 700.0 + with.size;
        let until = random.real(0.25..0.7);
        let mut wobble = |low, high, size| Wobble::new(low, high, size, random);
        let (right, down) = (wobble(0.3, 6.0, sway), wobble(0.3, 6.0, sway));
        let away = wobble(0.3, 3.0, 0.01 + 0.012 * hardness);
        let tilt = wobble(0.3, 4.0, 1.0 + 0.8 * hardness);
        let about = wobble(0.2, 1.0, 0.2);
        let roll = wobble(0.3, 3.0, 0.5 + 0.5 * hardness);
        let focus = wobble(0.5, 1.6, 0.25 + 0.4 * hardness);
        let pose = Pose::new(&hold, side);
        let spot = (side * random.real(-0.6..0.6), side * random.real(-0.6..0.6));
        Self {
            side,
            right,
            down,
            away,
            tilt,
            about,
            roll,
            focus,
            blur: with.blur,
            exposure: 0.006 + 0.004 * hardness,
            approach: coming.then_some(((far * from.cos(), far * from.sin()), until)),
            lamp: lamp_seen_at(&pose, spot, random.real(300.0..900.0)),
            hold,
        }
    }

    fn pose(&self, time: f32) -> Pose {
        let mut hold = self.hold;
        hold.at.0 += self.right.at(time);
        hold.at.1 += self.down.at(time);
        hold.size *= 1.0 + self.away.at(time).clamp(-0.25, 0.25);
        hold.tilt = (hold.tilt + self.tilt.at(time)).clamp(-50.0, 50.0);
        hold.about += self.about.at(time);
        hold.roll += self.roll.at(time);
        if let Some(((right, down), until)) = self.approach {
            let left = (1.0 - time / until).max(0.0).powi(2);
            hold.at.0 += right * left;
            hold.at.1 += down * left;
        }
        Pose::new(&hold, self.side)
    }

    /// How things are at a time, in seconds.
    pub fn at(&self, time: f32) -> Moment {
        let pose = self.pose(time);
        let moved = |before: f32, after: f32| {
            let from = Pose::pixel(self.pose(time - before).middle);
            let to = Pose::pixel(self.pose(time + after).middle);
            (to.0 - from.0, to.1 - from.1)
        };
        let half = self.exposure / 2.0;
        Moment {
            blur: self.blur.hypot(self.focus.at(time).max(0.0)),
            motion: moved(half, half),
            rolling: moved(READOUT / 2.0, READOUT / 2.0),
            glare_at: reflection(&pose, self.lamp),
            pose,
        }
    }
}
