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
mod scales;
mod search;
mod soft;
mod symbol;
#[cfg(test)]
mod tests;

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use self::bits::Content;
use self::read::Votes;
use self::scales::Scales;
use self::search::{Found, Track, search};
use super::{Luma, linear};
use crate::identity::Private;

/// One in so many frames without a code is given to the general decoder, too, at ten times the cost.
const GENERAL_EVERY: u32 = 5;
/// One in so many without a sign of a symbol is searched for bars.
const LINEAR_EVERY: u32 = 3;
/// Frames that a symbol is remembered without being seen.
const MISSED_MAX: u32 = 5;
/// After so long nothing more is tried on a frame: the next one is there.
const FRAME_TIME: Duration = Duration::from_millis(120);
/// The same for the only picture there is.
const PICTURE_TIME: Duration = Duration::from_secs(2);
/// So much slower is a build that is not optimised.
const SLOWER: u32 = if cfg!(debug_assertions) { 5 } else { 1 };
/// Pixels of a frame, and of the only picture there is, that are looked at; one with more is reduced.
/// A frame may be 1920 by 1080.
const FRAME_MAX_PIXELS: usize = 2 << 20;
const PICTURE_MAX_PIXELS: usize = 8 << 20;
/// Pixels of a frame that the general decoder is given whole, and of a picture that is doubled for it:
/// it cannot be asked to stop.
const GENERAL_MAX_PIXELS: usize = 1 << 20;
const DOUBLED_MAX_PIXELS: usize = 2 << 20;

/// When a look ends, whatever has come of it: by the processor's time of this thread, so that what is
/// read does not depend on what else the machine does. Whoever goes on asks it between any two
/// steps, and no step is long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Duration);

impl Deadline {
    pub(super) fn after(time: Duration) -> Self {
        Self(worked() + time * SLOWER)
    }

    pub(super) fn has_passed(self) -> bool {
        worked() > self.0
    }

    /// What is found, if there is still time to look for it.
    fn before<T>(self, find: impl FnOnce() -> Option<T>) -> Option<T> {
        if self.has_passed() { None } else { find() }
    }
}

/// The processor's time that this thread has taken.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let whole = |part| u64::try_from(part).unwrap_or(0);
    Duration::from_secs(whole(time.tv_sec)) + Duration::from_nanos(whole(time.tv_nsec))
}

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
    symbol: Option<Symbol>,
}

/// A symbol that could not be read yet.
#[derive(Debug)]
struct Symbol {
    track: Track,
    votes: Option<Votes>,
    /// Frames in which it was not seen.
    missed: u32,
}

impl Eye {
    /// Looks at the next picture. Never panics. Bytes that are not UTF-8 are no text: which
    /// characters they would mean is not guessed.
    pub fn look(&mut self, picture: Luma<'_>) -> Sight {
        let deadline = Deadline::after(FRAME_TIME);
        let scales = Scales::of(picture, FRAME_MAX_PIXELS);
        let mut sight = match quick(&scales, deadline) {
            Some(code) => Sight {
                code: Some(code),
                place: None,
            },
            None => self.look_closely(&scales, deadline),
        };
        if sight.code.is_some() {
            *self = Self::default();
        }
        sight.place = sight.place.map(|place| scales.in_given(place));
        sight
    }

    fn look_closely(&mut self, scales: &Scales<'_>, deadline: Deadline) -> Sight {
        let mut seen = search_own(scales, self.symbol.as_ref(), deadline);
        if seen.sight.place.is_none() {
            let followed = deadline.before(|| self.follow(scales, deadline));
            seen = followed.unwrap_or(seen);
        }
        let mut sight = seen.sight;
        self.remember(seen.symbol, seen.is_known);
        self.failing += 1;
        if sight.place.is_none() && self.failing % LINEAR_EVERY == 1 {
            sight.code = deadline.before(|| linear::read_until(scales.whole(), deadline));
        }
        if sight.code.is_none() && self.failing.is_multiple_of(GENERAL_EVERY) {
            sight.code = deadline.before(|| general(scales, false, deadline));
        }
        sight
    }

    /// Looks where the symbol was when it was last seen.
    fn follow(&self, scales: &Scales<'_>, deadline: Deadline) -> Option<Seen> {
        let symbol = self.symbol.as_ref()?;
        let found = symbol.track.follow(scales)?;
        let mut seen = Seen::default();
        seen.look(found, Some(symbol), deadline);
        Some(seen)
    }

    /// A symbol stays remembered for some frames in which another seems to be there: of what looks
    /// like one, much is none.
    fn remember(&mut self, seen: Option<Symbol>, is_known: bool) {
        match &mut self.symbol {
            Some(symbol) if !is_known && symbol.missed < MISSED_MAX => symbol.missed += 1,
            symbol => *symbol = seen,
        }
    }
}

/// Reads the only picture there is, as thoroughly as can be in two seconds or so.
pub fn decode(picture: Luma<'_>) -> Option<Code> {
    let deadline = Deadline::after(PICTURE_TIME);
    let scales = Scales::of(picture, PICTURE_MAX_PIXELS);
    quick(&scales, deadline)
        .or_else(|| deadline.before(|| search_own(&scales, None, deadline).sight.code))
        .or_else(|| deadline.before(|| linear::read_until(scales.whole(), deadline)))
        .or_else(|| deadline.before(|| general(&scales, true, deadline)))
}

/// Reads nothing but a code of bars in the only picture there is.
pub fn decode_linear(picture: Luma<'_>) -> Option<Code> {
    linear::read_until(picture, Deadline::after(PICTURE_TIME))
}

/// Where a QR code lies in a picture. [`Eye`] says so too, but not of what it reads at a glance.
#[cfg(feature = "camera")]
pub(super) fn place_in(picture: Luma<'_>) -> Option<Place> {
    let scales = Scales::of(picture, FRAME_MAX_PIXELS);
    let mut place = None;
    search(&scales, |found| {
        place = Some(scales.in_given(found.place()));
        true
    });
    place
}

/// What our own way makes of a picture.
#[derive(Default)]
struct Seen {
    sight: Sight,
    symbol: Option<Symbol>,
    /// It is the symbol that earlier frames showed.
    is_known: bool,
}

impl Seen {
    /// Looks at what may be a symbol; whether it is one that nothing better can come after.
    fn look(&mut self, mut found: Found<'_>, earlier: Option<&Symbol>, deadline: Deadline) -> bool {
        let votes = earlier.and_then(|symbol| symbol.votes.as_ref());
        let read = read::read(&mut found, votes, deadline);
        let is_best = read.content.is_some() || read.is_known;
        if is_best || self.symbol.is_none() {
            self.sight.place = Some(found.place());
            self.symbol = Some(Symbol {
                track: Track::of(&found),
                votes: read.votes,
                missed: 0,
            });
        }
        self.is_known = read.is_known;
        self.sight.code = read.content.map(Code::of);
        is_best
    }
}

/// Our own way, for a symbol that may be small, smeared or shaded.
fn search_own(scales: &Scales<'_>, earlier: Option<&Symbol>, deadline: Deadline) -> Seen {
    let mut seen = Seen::default();
    search(scales, |found| {
        seen.look(found, earlier, deadline) || deadline.has_passed()
    });
    seen
}

/// The general decoder on half the size: what is easy, and most is, it reads in no time.
fn quick(scales: &Scales<'_>, deadline: Deadline) -> Option<Code> {
    general::read_quickly(scales.half()?, deadline).map(Code::qr)
}

/// The general decoder, for what is none of ours: it knows more of damage, and of other shapes.
fn general(scales: &Scales<'_>, is_thorough: bool, deadline: Deadline) -> Option<Code> {
    let pixels = scales.whole().pixels().len();
    let (whole_max, doubled_max) = match is_thorough {
        true => (PICTURE_MAX_PIXELS, DOUBLED_MAX_PIXELS),
        false => (GENERAL_MAX_PIXELS, 0),
    };
    let read = |picture| deadline.before(|| general::read(picture, deadline));
    let whole = || read(scales.whole()).or_else(|| read(scales.smooth()?));
    // Half the size first: it reads most codes in a quarter of the time, noisy ones best.
    let half = scales.half().and_then(read);
    let text = half.or_else(|| if pixels <= whole_max { whole() } else { None });
    let text = match text {
        None if pixels <= doubled_max => read(scales.whole().doubled()?.view()),
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
