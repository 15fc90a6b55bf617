//! What a kiosk's camera sees: frames of 1280 by 720 of something held up by hand, drawn from a
//! seed, with the text that is in its code.
//!
//! A pinhole camera looks at a plane with a card, a paper or a telephone's screen; lens, hand,
//! sensor and JPEG spoil the picture as a cheap webcam's do: lens distortion, blur, movement during
//! the exposure and while the rows are read, uneven light, shadow, a lamp's reflection that moves
//! with the tilt, a screen's waves, noise. Six levels of difficulty; the same seed is the same
//! picture. Nothing here knows how a code is read.

mod hand;
mod lens;
mod level;
mod pose;
mod random;
mod room;
mod shot;
mod surface;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use hand::Hand;
use level::Conditions;
pub use level::LEVEL_MAX;
use pose::Pose;
pub use pose::{HEIGHT, WIDTH};
use random::Random;
pub use shot::Shot;
use shot::{Scene, lamp_seen_at, reflection};
use surface::{Surface, Thing};

/// Frames of a sequence.
pub const FRAMES: usize = 30;
/// Frames a second of a sequence.
pub const RATE: f32 = hand::RATE;

/// The text of the code that was held up, and the frames.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// The text.
    pub text: String,
    /// The frames, in order.
    pub shots: Vec<Shot>,
}

/// One picture at a level from 0 to [`LEVEL_MAX`], and the text in it.
pub fn still(level: u8, seed: u64) -> (String, Shot) {
    let mut random = Random::new(&[1, u64::from(level), seed]);
    let (text, scene) = scene(level, &mut random);
    let side = scene.surface.as_ref().map_or(1.0, |surface| surface.side);
    let pose = Pose::new(&hand::hold(&scene.conditions, &mut random), side);
    let around = random.real(0.0..std::f32::consts::TAU);
    let (sine, cosine) = around.sin_cos();
    let length = scene.conditions.motion;
    let lamp = lamp_seen_at(&pose, (0.45 * side * cosine, 0.45 * side * sine), 500.0);
    let shot = Shot {
        blur: scene.conditions.blur,
        motion: (length * sine, length * cosine),
        rolling: (length * sine, length * cosine),
        glare_at: reflection(&pose, lamp),
        seed: random.next(),
        scene,
        pose,
    };
    (text, shot)
}

/// Two seconds of something held up at a level from 0 to [`LEVEL_MAX`]: the hand shakes, the lens
/// hunts for focus, reflections move; some things come into view first.
pub fn sequence(level: u8, seed: u64) -> Sequence {
    let mut random = Random::new(&[2, u64::from(level), seed]);
    let (text, scene) = scene(level, &mut random);
    let side = scene.surface.as_ref().map_or(1.0, |surface| surface.side);
    let hand = Hand::new(level, &scene.conditions, side, &mut random);
    let shots = (0..FRAMES)
        .map(|frame| {
            let moment = hand.at(frame as f32 / RATE);
            Shot {
                scene: scene.clone(),
                pose: moment.pose,
                blur: moment.blur,
                motion: moment.motion,
                rolling: moment.rolling,
                glare_at: moment.glare_at,
                seed: random.next(),
            }
        })
        .collect();
    Sequence { text, shots }
}

/// A picture without a code: a room, or a card's, paper's or screen's side that has none.
pub fn empty(seed: u64) -> Shot {
    let mut random = Random::new(&[3, seed]);
    let level = random.whole(0..u32::from(LEVEL_MAX) + 1) as u8;
    let conditions = Conditions::draw(level, &mut random);
    let thing = random.chance(0.6).then_some(conditions.thing);
    let surface = thing.map(|thing| Surface::new(thing, None, 0.0, &mut random));
    let side = surface.as_ref().map_or(1.0, |surface| surface.side);
    let pose = Pose::new(&hand::hold(&conditions, &mut random), side);
    let length = conditions.motion;
    Shot {
        pose,
        blur: conditions.blur,
        motion: (length, 0.0),
        rolling: (length, 0.0),
        glare_at: (0.0, 0.0),
        seed: random.next(),
        scene: Arc::new(Scene {
            surface,
            conditions,
            room: room::room(&mut random),
        }),
    }
}

fn scene(level: u8, random: &mut Random) -> (String, Arc<Scene>) {
    let mut conditions = Conditions::draw(level, random);
    if conditions.thing.is_screen() {
        conditions.wear = 0.0;
    }
    let make = match conditions.thing {
        Thing::Paper => text::insurance,
        _ => text::card,
    };
    let (text, code) = text::code(random, make);
    let surface = Surface::new(conditions.thing, Some(&code), conditions.wear, random);
    let scene = Scene {
        surface: Some(surface),
        conditions,
        room: room::room(random),
    };
    (text, Arc::new(scene))
}
