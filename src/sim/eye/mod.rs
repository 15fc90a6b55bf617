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
mod odd;
mod pose;

mod room;
mod shot;
mod surface;
#[cfg(test)]
mod tests;
mod text;

use crate::sim::random;
use std::sync::Arc;

use hand::Hand;
use level::Conditions;
pub use level::LEVEL_MAX;
pub use odd::{ODD, Pattern, odd};
use pose::Pose;
pub use pose::{HEIGHT, WIDTH};
use random::Random;
use shot::Scene;
pub use shot::Shot;
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
    let (sine, cosine) = random.real(0.0..std::f32::consts::TAU).sin_cos();
    let motion = (
        scene.conditions.motion * sine,
        scene.conditions.motion * cosine,
    );
    let far = 0.45 * scene.side();
    let shot = Shot {
        pose: Pose::new(&scene.hold, scene.side()),
        blur: scene.conditions.blur,
        motion,
        rolling: motion,
        glare_at: (far * cosine, far * sine),
        seed: random.next(),
        scene,
    };
    (text, shot)
}

/// Two seconds of something held up at a level from 0 to [`LEVEL_MAX`]: the hand shakes, the lens
/// hunts for focus, reflections move; some things come into view first.
pub fn sequence(level: u8, seed: u64) -> Sequence {
    let mut random = Random::new(&[2, u64::from(level), seed]);
    let (text, scene) = scene(level, &mut random);
    let hand = Hand::new(level, &scene, &mut random);
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

/// A JPEG file as most webcams send it: without the Huffman tables that the standard proposes
/// (ITU-T T.81 annex K.3). The file is a right one.
pub fn without_tables(file: &[u8]) -> Vec<u8> {
    const HUFFMAN_TABLES: u8 = 0xC4;
    const SCAN: u8 = 0xDA;
    let mut bare = file[..2].to_vec();
    let mut at = 2;
    while file[at + 1] != SCAN {
        let end = at + 2 + usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        if file[at + 1] != HUFFMAN_TABLES {
            bare.extend(&file[at..end]);
        }
        at = end;
    }
    bare.extend(&file[at..]);
    bare
}

/// A picture without a code: a room, or a card's, paper's or screen's side that has none.
pub fn empty(seed: u64) -> Shot {
    let mut random = Random::new(&[3, seed]);
    let level = random.whole(0..u32::from(LEVEL_MAX) + 1) as u8;
    let conditions = Conditions::draw(level, &mut random);
    let held = random.chance(0.6);
    let surface = held.then(|| Surface::new(conditions.thing, None, 0.0, &mut random));
    let scene = Arc::new(Scene::new(conditions, surface, &mut random));
    Shot {
        pose: Pose::new(&scene.hold, scene.side()),
        blur: scene.conditions.blur,
        motion: (scene.conditions.motion, 0.0),
        rolling: (scene.conditions.motion, 0.0),
        glare_at: (0.0, 0.0),
        seed: random.next(),
        scene,
    }
}

fn scene(level: u8, random: &mut Random) -> (String, Arc<Scene>) {
    let conditions = Conditions::draw(level, random);
    let make = match conditions.thing {
        Thing::Paper => text::insurance,
        Thing::Card2021 | Thing::Card2024 | Thing::Screen { .. } => text::card,
    };
    let (text, code) = text::code(random, make);
    let surface = Surface::new(conditions.thing, Some(&code), conditions.wear, random);
    (
        text,
        Arc::new(Scene::new(conditions, Some(surface), random)),
    )
}
