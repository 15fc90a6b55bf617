//! What would help a code to be read, told by how it looks: pure functions, and words that do not
//! flicker. Time is handed in.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use super::Luma;
use super::decode::{Place, Sight};

/// What whoever holds a code can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// The code is too small.
    Nearer,
    /// The code is too large, or too near to be sharp.
    Farther,
    /// The code is seen from the side.
    TiltLess,
    /// A lamp shines in it.
    Glare,
    /// It moves.
    HoldStill,
    /// There is too little light.
    TooDark,
    /// The phone's screen is too dark.
    Brighter,
}

impl Hint {
    /// All there are.
    pub const ALL: [Self; 7] = [
        Self::Nearer,
        Self::Farther,
        Self::TiltLess,
        Self::Glare,
        Self::HoldStill,
        Self::TooDark,
        Self::Brighter,
    ];
}

/// Pixels of a module below which reading is luck: a card's code of 49 modules needs 180.
const MODULE_MIN: f32 = 3.7;
/// Pixels of a module from which on a blurred code is blurred by being too near.
const MODULE_NEAR: f32 = 9.0;
/// A code that comes so close to the edge, as a share of the picture's height, is about to leave it.
const EDGE: f32 = 0.01;
/// Share of a square's area that a code seen from the side has left: less, and it is tilted by more
/// than some 55 degrees.
const AREA_MIN: f32 = 0.57;
/// Modules a second by which a code moves in a calm hand.
const SPEED_MAX: f32 = 40.0;
/// Grey values between dark and light below which there is not enough light.
const CONTRAST_MIN: f32 = 45.0;
/// A picture is dark below this grey value.
const DARK: f32 = 40.0;
/// Share of a code's points that are neither dark nor light: more, and it is blurred.
const BLUR_MAX: f32 = 0.18;
/// Parts of a code, of 36, in which nothing is dark: more, and a lamp shines in it.
const GLARE_MAX: usize = 1;
/// Points across a code that are looked at.
const POINTS: usize = 48;
/// Parts across a code.
const PARTS: usize = 6;

/// How a code looks.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Looks {
    place: Place,
    /// Width and height of the picture in pixels.
    size: (f32, f32),
    /// Mean grey value of the picture.
    light: f32,
    /// Share of the code's points that are neither dark nor light.
    blur: f32,
    /// Parts of the code in which nothing is dark.
    glare: usize,
    /// Modules a second.
    speed: f32,
}

/// What would help most; none: nothing is wrong.
fn hint_at(looks: &Looks) -> Option<Hint> {
    let place = &looks.place;
    let dim = place.contrast < CONTRAST_MIN;
    let faults = [
        (dim && looks.light < DARK, Hint::TooDark),
        (leaves(place, looks.size), Hint::Farther),
        (place.module < MODULE_MIN, Hint::Nearer),
        (squareness(place) < AREA_MIN, Hint::TiltLess),
        (looks.glare > GLARE_MAX, Hint::Glare),
        (dim, Hint::Brighter),
        (looks.speed > SPEED_MAX, Hint::HoldStill),
        (
            looks.blur > BLUR_MAX && place.module > MODULE_NEAR,
            Hint::Farther,
        ),
        (looks.blur > BLUR_MAX, Hint::HoldStill),
    ];
    let fault = faults.into_iter().find(|(there, _)| *there);
    fault.map(|(_, hint)| hint)
}

/// Whether a code is so large that it is about to leave the picture.
fn leaves(place: &Place, (width, height): (f32, f32)) -> bool {
    let edge = EDGE * height;
    let out =
        |(x, y): &(f32, f32)| *x < edge || *y < edge || *x > width - edge || *y > height - edge;
    // A small one at the edge is only held aside.
    longest_side(place) > height / 2.0 && place.corners.iter().any(out)
}

fn longest_side(place: &Place) -> f32 {
    let corners = &place.corners;
    let ends = corners.iter().zip(corners.iter().cycle().skip(1));
    ends.map(|(a, b)| (a.0 - b.0).hypot(a.1 - b.1))
        .fold(0.0, f32::max)
}

/// The area of the code as a share of a square over its longest side: 1 seen from the front.
fn squareness(place: &Place) -> f32 {
    let corners = &place.corners;
    let ends = corners.iter().zip(corners.iter().cycle().skip(1));
    let twice: f32 = ends.map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
    let side = longest_side(place).max(1.0);
    twice.abs() / 2.0 / (side * side)
}

fn middle(place: &Place) -> (f32, f32) {
    let sum = place.corners.iter().fold((0.0, 0.0), |sum, corner| {
        (sum.0 + corner.0, sum.1 + corner.1)
    });
    (sum.0 / 4.0, sum.1 / 4.0)
}

/// Mean grey value of a picture, from one pixel in sixty or so.
fn light(picture: Luma<'_>) -> f32 {
    let looked_at = picture.pixels().iter().step_by(61);
    let count = looked_at.len() as f32;
    looked_at.map(|pixel| f32::from(*pixel)).sum::<f32>() / count
}

/// Blur and glare of the code at `place`.
fn surface(picture: Luma<'_>, place: &Place) -> (f32, usize) {
    let points = points(picture, place);
    let mut sorted = points.clone();
    sorted.sort_unstable();
    let at = |share: usize| f32::from(sorted[sorted.len() * share / 100]);
    let (dark, light) = (at(10), at(90));
    let third = (light - dark) / 3.0;
    let between = |point: &&u8| (dark + third..=light - third).contains(&f32::from(**point));
    let blur = points.iter().filter(between).count() as f32 / points.len() as f32;

    let mut darkest = [u8::MAX; PARTS * PARTS];
    for (index, point) in points.iter().enumerate() {
        let (x, y) = (index % POINTS, index / POINTS);
        let part = &mut darkest[y * PARTS / POINTS * PARTS + x * PARTS / POINTS];
        *part = (*part).min(*point);
    }
    let shines = |part: &&u8| f32::from(**part) > light - third && **part > 200;
    (blur, darkest.iter().filter(shines).count())
}

/// Points all over the code, row by row; what lies outside of the picture is taken at its edge.
fn points(picture: Luma<'_>, place: &Place) -> Vec<u8> {
    let [a, b, c, d] = place.corners;
    let between =
        |p: (f32, f32), q: (f32, f32), t: f32| (p.0 + (q.0 - p.0) * t, p.1 + (q.1 - p.1) * t);
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let share = |index: usize| (index as f32 + 0.5) / POINTS as f32;
    let mut points = Vec::with_capacity(POINTS * POINTS);
    for y in 0..POINTS {
        let (left, right) = (between(a, d, share(y)), between(b, c, share(y)));
        points.extend((0..POINTS).map(|x| {
            let (x, y) = between(left, right, share(x));
            // A float outside of a whole number's range becomes its nearest end.
            let (x, y) = ((x as usize).min(width - 1), (y as usize).min(height - 1));
            picture.pixels()[y * width + x]
        }));
    }
    points
}

/// A hint that is shown stays at least so long.
const STAYS: Duration = Duration::from_secs(1);
/// Another one must hold so long before it is shown.
const HOLDS: Duration = Duration::from_millis(300);

/// Follows the frames of one camera, and says what to show.
pub(super) struct Hinter {
    shown: Option<Hint>,
    since: Instant,
    /// What would be shown next, and since when it has held.
    next: Option<(Option<Hint>, Instant)>,
    /// Where the code was, and when.
    last: Option<((f32, f32), Instant)>,
}

impl Hinter {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            shown: None,
            since: now.checked_sub(STAYS).unwrap_or(now),
            next: None,
            last: None,
        }
    }

    /// What to show after this frame.
    pub(super) fn follow(
        &mut self,
        picture: Luma<'_>,
        sight: &Sight,
        now: Instant,
    ) -> Option<Hint> {
        let hint = match sight.place {
            Some(place) if sight.code.is_none() => {
                let speed = self.speed(&place, now);
                let (blur, glare) = surface(picture, &place);
                hint_at(&Looks {
                    place,
                    size: (picture.width() as f32, picture.height() as f32),
                    light: light(picture),
                    blur,
                    glare,
                    speed,
                })
            }
            None if sight.code.is_none() => (light(picture) < DARK / 2.0).then_some(Hint::TooDark),
            Some(_) | None => None,
        };
        self.steady(hint, now)
    }

    fn speed(&mut self, place: &Place, now: Instant) -> f32 {
        let (x, y) = middle(place);
        let Some(((last_x, last_y), then)) = self.last.replace(((x, y), now)) else {
            return 0.0;
        };
        let seconds = now.saturating_duration_since(then).as_secs_f32();
        // A code that was lost meanwhile has no speed.
        if !(0.001..0.5).contains(&seconds) {
            return 0.0;
        }
        (x - last_x).hypot(y - last_y) / place.module.max(1.0) / seconds
    }

    fn steady(&mut self, hint: Option<Hint>, now: Instant) -> Option<Hint> {
        if hint == self.shown {
            self.next = None;
            return self.shown;
        }
        let began = match self.next {
            Some((next, began)) if next == hint => began,
            Some(_) | None => {
                self.next = Some((hint, now));
                now
            }
        };
        let passed = |since: Instant| now.saturating_duration_since(since);
        if passed(began) >= HOLDS && passed(self.since) >= STAYS {
            (self.shown, self.since, self.next) = (hint, now, None);
        }
        self.shown
    }
}
