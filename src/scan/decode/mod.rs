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

use self::read::Votes;
use self::search::search;
use super::Luma;
use crate::identity::Private;

/// One in so many frames without a code is given to the general decoder, too, at ten times the cost.
const GENERAL_EVERY: u32 = 5;
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
        let mut sight = qr(picture, &mut self.votes);
        self.failing += 1;
        if sight.code.is_none() && self.failing.is_multiple_of(GENERAL_EVERY) {
            sight.code = general(picture, false);
        }
        if sight.code.is_some() {
            self.failing = 0;
        }
        sight
    }
}

/// Reads the only picture there is, as thoroughly as can be.
pub fn decode(picture: Luma<'_>) -> Option<Code> {
    quick(picture)
        .or_else(|| qr(picture, &mut None).code)
        .or_else(|| general(picture, true))
}

/// Our own way, for a symbol that may be small, smeared or shaded.
fn qr(picture: Luma<'_>, votes: &mut Option<Votes>) -> Sight {
    let mut sight = Sight::default();
    search(picture, |mut found| {
        let content = read::read(&mut found, votes);
        if content.is_some() || sight.place.is_none() {
            sight.place = Some(found.place());
        }
        sight.code = content.map(|content| Code::qr(Private::new(content.text)));
        sight.code.is_some()
    });
    sight
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
    fn qr(text: Private<String>) -> Self {
        let symbology = Symbology::Qr;
        Self { text, symbology }
    }
}
