//! From grey pictures to the text of the code in them.

mod general;
#[cfg(test)]
mod tests;

use super::Luma;
use crate::identity::Private;

/// Frames without a code until one is searched thoroughly, at some ten times the cost.
const THOROUGH_EVERY: u32 = 5;
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
    failing: u32,
}

impl Eye {
    /// Looks at the next picture. Never panics. Bytes that are not UTF-8 are no text: which
    /// characters they would mean is never guessed.
    pub fn look(&mut self, picture: Luma<'_>) -> Sight {
        self.failing += 1;
        let code = read(picture, self.failing.is_multiple_of(THOROUGH_EVERY));
        if code.is_some() {
            self.failing = 0;
        }
        Sight { code, place: None }
    }
}

/// Reads the only picture there is, as thoroughly as can be.
pub fn decode(picture: Luma<'_>) -> Option<Code> {
    read(picture, true)
}

fn read(picture: Luma<'_>, thorough: bool) -> Option<Code> {
    // Half the size first: it reads most codes in a quarter of the time, noisy ones best.
    let text = picture
        .halved()
        .and_then(|half| general::read(half.view()))
        .or_else(|| general::read(picture))
        .or_else(|| general::read(picture.smoothed()?.view()));
    let doubles = thorough && picture.pixels().len() <= DOUBLED_MAX_PIXELS;
    let text = match text {
        None if doubles => general::read(picture.doubled()?.view()),
        text => text,
    };
    let symbology = Symbology::Qr;
    text.map(|text| Code { text, symbology })
}
