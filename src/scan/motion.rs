//! Whether something has come before the camera: each picture, made small, is held against what is
//! always there. Lamps that flicker, light that changes and things that always move are always
//! there, too. Pure: time is handed in.

use std::time::{Duration, Instant};

use super::Luma;
use super::small::means;

/// Parts a picture is divided into: a card near enough to be read covers some four hundred.
const COLUMNS: usize = 80;
const ROWS: usize = 45;
/// The changed share of all parts that a hand or a phone exceeds, and noise does not.
const SHARE: usize = 150;
/// Doublings of light by which a part must differ: an eighth more or less.
const LEAST: f32 = 0.17;
/// A part that always moves must differ by this many times what it differs by on the mean.
const RESTLESS: f32 = 4.0;
/// Added to the grey value: noise in the dark is no doubling of light.
const DARK: f32 = 16.0;
/// What stays becomes a part of the background in about twice this.
const ADAPTS_IN: Duration = Duration::from_secs(10);
/// The first pictures count as changed: whoever stands there already is seen. Cameras find their
/// exposure in this time.
const SETTLES_IN: Duration = Duration::from_millis(1500);

/// What is always there.
pub(super) struct Motion {
    size: (u32, u32),
    parts: Vec<Part>,
    began: Option<Instant>,
    last: Instant,
    looks: f32,
}

/// The background in one part, in doublings of light.
#[derive(Clone, Copy, Default)]
struct Part {
    light: f32,
    /// How much it differs from that on the mean.
    unrest: f32,
}

impl Motion {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            size: (0, 0),
            parts: Vec::new(),
            began: None,
            last: now,
            looks: 0.0,
        }
    }

    /// Whether the picture shows something that is not always there.
    pub(super) fn changed(&mut self, picture: Luma<'_>, now: Instant) -> bool {
        let (columns, _, greys) = means(picture, COLUMNS, ROWS);
        let size = (picture.width(), picture.height());
        if self.size != size {
            *self = Self::new(now);
            self.size = size;
            self.parts = vec![Part::default(); greys.len()];
        }
        let began = *self.began.get_or_insert(now);
        let pace = self.pace(now);
        let rows = self.parts.chunks_mut(columns);
        let changed: usize = rows
            .zip(greys.chunks(columns))
            .map(|(parts, greys)| compare(parts, greys, pace))
            .sum();
        let settling = now.saturating_duration_since(began) < SETTLES_IN;
        settling || changed > self.parts.len() / SHARE
    }

    /// The weight of this picture in the background: by the time since the last one, and larger
    /// while there are few.
    fn pace(&mut self, now: Instant) -> f32 {
        let passed = now.saturating_duration_since(self.last).as_secs_f32();
        self.last = now;
        self.looks += 1.0;
        let steady = 1.0 - (-passed / ADAPTS_IN.as_secs_f32()).exp();
        steady.max(1.0 / self.looks)
    }
}

/// How many parts of one row show something new; then the row adapts. A lamp's flicker reaches a
/// row of pixels as a whole, for a sensor reads row by row; so does a cloud, or the camera's own
/// exposure. What most of a row does is therefore light, not motion.
fn compare(parts: &mut [Part], greys: &[u8], pace: f32) -> usize {
    let light = |grey: u8| (f32::from(grey) + DARK).log2();
    let differences = || {
        let pairs = parts.iter().zip(greys);
        pairs.map(|(part, grey)| light(*grey) - part.light)
    };
    let mut sorted: Vec<f32> = differences().collect();
    let middle = sorted.len() / 2;
    let (_, common, _) = sorted.select_nth_unstable_by(middle, f32::total_cmp);
    let common = *common;
    let mut changed = 0;
    for (part, grey) in parts.iter_mut().zip(greys) {
        let all = light(*grey) - part.light;
        let own = (all - common).abs();
        let least = LEAST.max(RESTLESS * part.unrest);
        changed += usize::from(own > least);
        part.light += pace * all;
        // One large step does not make a part restless; steps again and again do.
        part.unrest += pace / 2.0 * (own.min(2.0 * least) - part.unrest);
    }
    changed
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::Motion;
    use crate::scan::Luma;

    const WIDTH: u32 = 320;
    const HEIGHT: u32 = 180;
    /// Between two pictures, as the camera watches.
    const STEP: Duration = Duration::from_millis(200);

    /// Doublings of light, by second and row.
    type Light = fn(f32, u32) -> f32;

    /// A room: walls and things of different greys, with the noise of a sensor.
    #[derive(Clone)]
    struct Room {
        seed: u32,
        light: Light,
        /// Something before it: left, top, width, height, grey.
        thing: Option<(u32, u32, u32, u32, u8)>,
    }

    fn hash(mut x: u32) -> u32 {
        x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
        x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
        x ^ (x >> 16)
    }

    impl Room {
        fn of(seed: u32) -> Self {
            Self {
                seed,
                light: |_, _| 0.0,
                thing: None,
            }
        }

        /// The picture at `seconds`.
        fn picture(&self, seconds: f32) -> Vec<u8> {
            let moment = (seconds * 1000.0) as u32;
            let mut pixels = Vec::new();
            for y in 0..HEIGHT {
                let light = (self.light)(seconds, y).exp2();
                for x in 0..WIDTH {
                    let wall = 40 + hash(self.seed ^ (x / 20 * 64 + y / 30)) % 160;
                    let within = |(left, top, width, height, _): &(u32, u32, u32, u32, u8)| {
                        (*left..left + width).contains(&x) && (*top..top + height).contains(&y)
                    };
                    let thing = self.thing.filter(within).map(|thing| u32::from(thing.4));
                    let noise = (hash(moment ^ (y * WIDTH + x)) % 17) as f32 - 8.0;
                    pixels.push((thing.unwrap_or(wall) as f32 * light + noise) as u8);
                }
            }
            pixels
        }
    }

    /// Somebody who looks five times a second.
    struct Watcher {
        motion: Motion,
        start: Instant,
        passed: Duration,
    }

    impl Watcher {
        fn new() -> Self {
            let start = Instant::now();
            Self {
                motion: Motion::new(start),
                start,
                passed: Duration::ZERO,
            }
        }

        fn sees(&mut self, pixels: &[u8], width: u32, height: u32) -> bool {
            self.passed += STEP;
            let picture = Luma::new(width, height, pixels).expect("a picture");
            self.motion.changed(picture, self.start + self.passed)
        }

        /// How many pictures of the next `looks` show something new.
        fn watches(&mut self, room: &Room, looks: usize) -> usize {
            let sees = |_| {
                let pixels = room.picture(self.passed.as_secs_f32());
                self.sees(&pixels, WIDTH, HEIGHT)
            };
            (0..looks).map(sees).filter(|new| *new).count()
        }

        fn at_home_in(room: &Room) -> Self {
            let mut watcher = Self::new();
            watcher.watches(room, 20);
            watcher
        }
    }

    #[test]
    fn whoever_stands_there_already_is_seen_at_first_and_then_it_is_quiet() {
        let mut watcher = Watcher::new();
        let room = Room::of(1);
        assert!(watcher.watches(&room, 5) >= 5);
        watcher.watches(&room, 5);
        assert_eq!(watcher.watches(&room, 20), 0);
    }

    #[test]
    fn light_that_flickers_changes_or_goes_out_is_no_motion() {
        use std::f32::consts::TAU;
        let lights: [(&str, Light); 5] = [
            ("a lamp's flicker in bands", |t, y| {
                0.3 * (TAU * (t * 7.3 + y as f32 / 55.0)).sin()
            }),
            ("a lamp's flicker as a whole", |t, _| {
                0.4 * (TAU * t * 3.7).sin()
            }),
            ("dusk", |t, _| -t / 20.0),
            ("a cloud", |t, _| if t > 6.0 { -0.8 } else { 0.0 }),
            ("the camera finds its exposure", |t, _| -1.5 * (-t).exp()),
        ];
        for (what, light) in lights {
            let room = Room {
                light,
                ..Room::of(2)
            };
            let mut watcher = Watcher::at_home_in(&room);
            assert_eq!(watcher.watches(&room, 30), 0, "{what}");
        }
    }

    #[test]
    fn what_stays_becomes_a_part_of_the_room_and_what_leaves_is_noticed() {
        let mut room = Room::of(3);
        let mut watcher = Watcher::at_home_in(&room);
        room.thing = Some((50, 30, 100, 65, 250));
        assert_eq!(watcher.watches(&room, 5), 5);
        watcher.watches(&room, 5 * 60);
        assert_eq!(
            watcher.watches(&room, 5),
            0,
            "a chair that somebody left there"
        );
        room.thing = None;
        assert_eq!(watcher.watches(&room, 2), 2);
    }

    #[test]
    fn a_screen_on_the_wall_that_always_moves_is_a_part_of_the_room() {
        let mut room = Room::of(4);
        let mut watcher = Watcher::at_home_in(&room);
        let mut on = |looks: usize, watcher: &mut Watcher| {
            let shows = |look| {
                let grey = 60 + (hash(look as u32) % 120) as u8;
                room.thing = Some((200, 10, 80, 45, grey));
                watcher.watches(&room, 1)
            };
            (0..looks).map(shows).sum::<usize>()
        };
        on(5 * 120, &mut watcher);
        assert_eq!(on(50, &mut watcher), 0);
    }

    #[test]
    fn pictures_of_any_size_have_an_answer_and_another_size_begins_anew() {
        let mut watcher = Watcher::new();
        for (width, height) in [(1, 1), (1, 100), (100, 1), (79, 44), (640, 360), (8000, 2)] {
            let pixels = vec![90; (width * height) as usize];
            for _ in 0..20 {
                watcher.sees(&pixels, width, height);
            }
            assert!(!watcher.sees(&pixels, width, height), "{width} by {height}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        /// A card near enough to be read, wherever and however light: seen in the first picture.
        #[test]
        fn a_hand_or_a_phone_is_seen_at_once_in_any_room(
            seed in 0u32..1000, left in 0u32..200, top in 0u32..110, grey in prop::sample::select(vec![5u8, 20, 128, 245]),
        ) {
            let mut room = Room { light: |t, y| 0.1 * (t * 40.0 + y as f32 / 9.0).sin(), ..Room::of(seed) };
            let mut watcher = Watcher::at_home_in(&room);
            prop_assert_eq!(watcher.watches(&room, 10), 0);
            room.thing = Some((left, top, 100, 63, grey));
            prop_assert_eq!(watcher.watches(&room, 3), 3);
        }
    }
}
