//! From grey pictures to the text of the code in them.

mod binary;
mod bits;
mod finder;
mod fit;
mod general;
mod grid;
mod layout;
mod patch;
mod read;
mod reed_solomon;
mod search;
mod soft;
mod symbol;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use self::bits::Content;
use self::read::Votes;
use self::search::{Track, search};
use super::{Luma, linear};
use crate::identity::Private;

/// One in so many frames without a code is given to the general decoder, too, at ten times the cost.
const GENERAL_EVERY: u32 = 5;
/// One in so many without a sign of a symbol is searched for bars.
const LINEAR_EVERY: u32 = 3;
/// So many frames long a symbol is followed whose finder patterns cannot be found.
const FOLLOWED_MAX: u32 = 5;
/// After so long nothing more is tried on a frame: the next one is there.
const FRAME_TIME: Duration = Duration::from_millis(120);
/// The same for the only picture there is.
const PICTURE_TIME: Duration = Duration::from_secs(2);
/// Pixels above which a picture is not doubled: it has enough of them, and time is bounded.
const DOUBLED_MAX_PIXELS: usize = 4 << 20;

/// A code that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// UTF-8, as it stands in the code.
    pub text: Private<String>,
    /// What carries it.
    pub symbology: Symbology,
}

/// Kinds of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbology {
    /// QR code (ISO/IEC 18004).
    Qr,
    /// Bars in one direction: Code 128 (ISO/IEC 15417), Code 39 (ISO/IEC 16388).
    Linear,
}

/// What is seen in one picture.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    /// The code, if it was read.
    pub code: Option<Code>,
    /// Where a QR code is, read or not.
    pub place: Option<Place>,
}

/// Where a QR code lies in a picture, and how well it can be seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// The middles of the code's four corner modules in pixels, in the code's own order: upper
    /// left, upper right, lower right, lower left.
    pub corners: [(f32, f32); 4],
    /// Pixels between the middles of neighbouring modules, on the mean.
    pub module: f32,
    /// Grey values between dark and light modules, 0 to 255.
    pub contrast: f32,
}

/// Looks at the pictures of one camera, one after another, and remembers what it saw: the frames
/// of a hand-held code together tell more than each alone.
#[derive(Debug, Default)]
pub struct Eye {
    /// Frames without a code since the last one.
    failing: u32,
    votes: Option<Votes>,
    track: Option<Track>,
    /// Frames since the symbol was found by its finder patterns.
    followed: u32,
}

impl Eye {
    /// Looks at the next picture. Never panics. Bytes that are not UTF-8 are no text: which
    /// characters they would mean is never guessed.
    pub fn look(&mut self, picture: Luma<'_>) -> Sight {
        if let Some(code) = quick(picture) {
            *self = Self::default();
            return Sight {
                code: Some(code),
                place: None,
            };
        }
        let until = Instant::now() + FRAME_TIME;
        let (mut sight, track) = qr(picture, &mut self.votes, until);
        self.followed = if track.is_some() {
            0
        } else {
            self.followed + 1
        };
        self.track = track.or(self.track.take());
        if sight.place.is_none() && self.followed <= FOLLOWED_MAX {
            sight = self.follow(picture);
        }
        self.failing += 1;
        let has_time = || Instant::now() < until;
        if sight.place.is_none() && self.failing % LINEAR_EVERY == 1 && has_time() {
            sight.code = linear::read(picture);
        }
        if sight.code.is_none() && self.failing.is_multiple_of(GENERAL_EVERY) && has_time() {
            sight.code = general(picture, false);
        }
        if sight.code.is_some() {
            *self = Self::default();
        }
        sight
    }

    /// Looks where the symbol was in the last frame.
    fn follow(&mut self, picture: Luma<'_>) -> Sight {
        let Some(mut found) = self.track.and_then(|track| track.follow(picture)) else {
            return Sight::default();
        };
        self.track = Some(Track::of(&found));
        let content = read::read(&mut found, &mut self.votes);
        Sight {
            code: content.map(Code::of),
            place: Some(found.place()),
        }
    }
}

/// Reads the only picture there is, as thoroughly as can be within [`PICTURE_TIME`] or so.
pub fn decode(picture: Luma<'_>) -> Option<Code> {
    let until = Instant::now() + PICTURE_TIME;
    let in_time = |find: &dyn Fn() -> Option<Code>| match Instant::now() < until {
        true => find(),
        false => None,
    };
    quick(picture)
        .or_else(|| in_time(&|| qr(picture, &mut None, until).0.code))
        .or_else(|| in_time(&|| linear::read(picture)))
        .or_else(|| in_time(&|| general(picture, true)))
}

/// Where a QR code lies in a picture. [`Eye`] says so too, but not of what it reads at a glance.
#[cfg(feature = "camera")]
pub(super) fn place_in(picture: Luma<'_>) -> Option<Place> {
    let mut place = None;
    search(picture, |found| {
        place = Some(found.place());
        true
    });
    place
}

/// Our own way, for a symbol that may be small, smeared or shaded; and where one was.
fn qr(picture: Luma<'_>, votes: &mut Option<Votes>, until: Instant) -> (Sight, Option<Track>) {
    let mut sight = Sight::default();
    let mut track = None;
    search(picture, |mut found| {
        let content = read::read(&mut found, votes);
        if content.is_some() || sight.place.is_none() {
            sight.place = Some(found.place());
            track = Some(Track::of(&found));
        }
        sight.code = content.map(Code::of);
        sight.code.is_some() || Instant::now() > until
    });
    (sight, track)
}

/// The general decoder on half the size: what is easy, and most is, it reads in no time.
fn quick(picture: Luma<'_>) -> Option<Code> {
    general::read_quickly(picture.halved()?.view()).map(Code::qr)
}

/// The general decoder, for what is none of ours: it knows more of damage, and of other shapes.
fn general(picture: Luma<'_>, is_thorough: bool) -> Option<Code> {
    // Half the size first: it reads most codes in a quarter of the time, noisy ones best.
    let text = picture
        .halved()
        .and_then(|half| general::read(half.view()))
        .or_else(|| general::read(picture))
        .or_else(|| general::read(picture.smoothed()?.view()));
    let doubles = is_thorough && picture.pixels().len() <= DOUBLED_MAX_PIXELS;
    let text = match text {
        None if doubles => general::read(picture.doubled()?.view()),
        text => text,
    };
    text.map(Code::qr)
}

impl Code {
    fn of(content: Content) -> Self {
        Self::qr(Private::new(content.text))
    }

    fn qr(text: Private<String>) -> Self {
        let symbology = Symbology::Qr;
        Self { text, symbology }
    }
}
