//! From key strokes to the text of a code. Pure: the time of a stroke is given.

use std::time::Duration;

use zeroize::{Zeroize, Zeroizing};

/// Longest code taken; a QR symbol holds 2,953 bytes at most.
const CODE_MAX_CHARS: usize = 4096;
/// Shortest code told. Less than this is a finger on a key.
const CODE_MIN_CHARS: usize = 6;
/// A scanner's keys follow each other faster than this; a person's, or the next code's, do not.
pub(super) const SILENCE: Duration = Duration::from_millis(100);

/// One thing that a keyboard tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stroke {
    /// A key, by its number in Linux (`input-event-codes.h`), goes down or up.
    Key { code: u16, down: bool },
    /// The kernel had no room for what was typed: something is missing here.
    Lost,
}

const ENTER: u16 = 28;
const TAB: u16 = 15;
const KEYPAD_ENTER: u16 = 96;
const LEFT_SHIFT: u16 = 42;
const RIGHT_SHIFT: u16 = 54;
const LEFT_ALT: u16 = 56;
const LEFT_CONTROL: u16 = 29;
const RIGHT_CONTROL: u16 = 97;

/// Keys that follow each other, from the number of the first: what they type, and what with Shift.
/// A scanner is set to the United States' layout when it leaves the factory.
const ROWS: [(u16, &str, &str); 6] = [
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", "ASDFGHJKL:\"~"),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
    (86, "\\", "|"),
];
/// The keypad; it knows no Shift.
const KEYPAD: [(u16, &str); 6] = [
    (55, "*"),
    (71, "789-"),
    (75, "456+"),
    (79, "1230."),
    (98, "/"),
    (117, "="),
];

/// Makes codes of strokes.
#[derive(Default)]
pub(super) struct Keys {
    /// What was typed: Unicode, or bytes of UTF-8 typed one by one.
    units: Zeroizing<Vec<u32>>,
    /// The number that is being typed with Alt held.
    alt: Option<u32>,
    shift: [bool; 2],
    control: bool,
    /// Something is missing: the present code is thrown away.
    spoilt: bool,
    last: Option<Duration>,
}

impl Keys {
    pub(super) fn new() -> Self {
        Self {
            // All the room it ever needs: growing would leave copies behind.
            units: Zeroizing::new(Vec::with_capacity(CODE_MAX_CHARS)),
            ..Self::default()
        }
    }

    /// Whether a code has begun and not ended.
    pub(super) fn pending(&self) -> bool {
        !self.units.is_empty() || self.spoilt
    }

    /// Takes a stroke that came at `at`, reckoned from any fixed time.
    pub(super) fn stroke(&mut self, stroke: Stroke, at: Duration, code: impl FnMut(&str)) {
        let before = self.last.replace(at);
        let mut code = code;
        if before.is_some_and(|before| at.saturating_sub(before) > SILENCE) {
            self.end(&mut code);
        }
        match stroke {
            Stroke::Lost => {
                self.units.zeroize();
                (self.alt, self.shift, self.control) = (None, [false; 2], false);
                self.spoilt = true;
            }
            Stroke::Key { code: key, down } => match key {
                LEFT_SHIFT => self.shift[0] = down,
                RIGHT_SHIFT => self.shift[1] = down,
                LEFT_CONTROL | RIGHT_CONTROL => self.control = down,
                LEFT_ALT => self.alt_moves(down),
                ENTER | KEYPAD_ENTER | TAB if down => self.end(&mut code),
                key if down => self.typed(key),
                _ => {}
            },
        }
    }

    /// The code ends here. What is no code of a scanner is thrown away.
    pub(super) fn end(&mut self, mut code: impl FnMut(&str)) {
        if !self.spoilt && self.units.len() >= CODE_MIN_CHARS {
            code(&text(&self.units));
        }
        self.units.zeroize();
        self.spoilt = false;
    }

    fn alt_moves(&mut self, down: bool) {
        if down {
            self.alt = Some(0);
        } else if let Some(unit) = self.alt.take().filter(|unit| *unit > 0) {
            self.push(unit);
        }
    }

    fn typed(&mut self, key: u16) {
        let keypad = KEYPAD
            .iter()
            .find_map(|(first, signs)| sign(*first, signs, key));
        if let Some(number) = &mut self.alt {
            let digit = keypad.and_then(|c| c.to_digit(10));
            *number = digit.map_or(0, |digit| number.saturating_mul(10).saturating_add(digit));
            return;
        }
        let shift = self.shift.contains(&true);
        let main = ROWS.iter().find_map(|(first, plain, shifted)| {
            sign(*first, if shift { shifted } else { plain }, key)
        });
        if let Some(sign) = main.or(keypad).filter(|_| !self.control) {
            self.push(sign.into());
        }
    }

    fn push(&mut self, unit: u32) {
        if self.units.len() == CODE_MAX_CHARS {
            self.units.zeroize();
            self.spoilt = true;
        }
        if !self.spoilt {
            self.units.push(unit);
        }
    }
}

fn sign(first: u16, signs: &str, key: u16) -> Option<char> {
    signs.chars().nth(key.checked_sub(first)?.into())
}

/// Letters beyond the keys are typed with Alt and a number: of the letter in Unicode, or of each
/// byte of its UTF-8. Numbers below 256 that are no UTF-8 may be of any character set: nothing is
/// guessed, and a sign for "unknown" stands there.
fn text(units: &[u32]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(4 * units.len()));
    let bytes: Option<Vec<u8>> = units.iter().map(|unit| u8::try_from(*unit).ok()).collect();
    let bytes = bytes.map(Zeroizing::new);
    if let Some(whole) = bytes.as_ref().and_then(|b| std::str::from_utf8(b).ok()) {
        text.push_str(whole);
        return text;
    }
    let one_byte = bytes.is_some();
    text.extend(units.iter().map(|unit| {
        char::from_u32(*unit)
            .filter(|c| c.is_ascii() || !one_byte)
            .unwrap_or(char::REPLACEMENT_CHARACTER)
    }));
    text
}

#[cfg(test)]
mod tests;
