//! A 2D scanner that plays a keyboard: an input device of the kernel's (`uinput`).

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use evdev::uinput::VirtualDevice;
use evdev::{AttributeSet, InputEvent, KeyCode, KeyEvent};
use rustix::event::{Timespec, poll};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Between two strokes. USB asks a keyboard every 8 ms; scanners are set to a few.
const STROKE: Duration = Duration::from_millis(3);

/// What such a scanner makes of letters that no key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    /// Alt and the letter's number in Unicode, on the keypad.
    AltUnicode,
    /// Alt and the number of each byte of its UTF-8.
    AltBytes,
    /// The letter without its marks.
    Lost,
    /// Nothing.
    Dropped,
}

/// A scanner that is plugged in. Dropping it pulls the plug.
pub struct KeyScanner {
    keyboard: VirtualDevice,
    marks: Marks,
}

impl KeyScanner {
    /// Plugs in a scanner that calls itself `name`.
    ///
    /// # Errors
    /// There is no `/dev/uinput`, or it may not be opened.
    pub fn plug_in(name: &str, marks: Marks) -> io::Result<Self> {
        let keys: AttributeSet<KeyCode> = (1..=120).map(KeyCode::new).collect();
        let keyboard = VirtualDevice::builder()?
            .name(name)
            .with_keys(&keys)?
            .build()?;
        Ok(Self { keyboard, marks })
    }

    /// The file by which programs read it.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub fn device(&mut self) -> io::Result<PathBuf> {
        let mut nodes = self.keyboard.enumerate_dev_nodes_blocking()?;
        nodes
            .next()
            .unwrap_or_else(|| Err(io::Error::other("it has no device file")))
    }

    /// Reads a code: types its text, and Enter.
    ///
    /// # Errors
    /// The device is gone.
    pub fn scan(&mut self, text: &str) -> io::Result<()> {
        for letter in text.nfc() {
            self.letter(letter)?;
        }
        self.press(KeyCode::KEY_ENTER)
    }

    fn letter(&mut self, letter: char) -> io::Result<()> {
        if let Some((key, shift)) = key_of(letter) {
            return if shift {
                self.held(KeyCode::KEY_LEFTSHIFT, |s| s.press(key))
            } else {
                self.press(key)
            };
        }
        match self.marks {
            Marks::AltUnicode => self.alt(u32::from(letter)),
            Marks::AltBytes => {
                let mut bytes = [0; 4];
                let bytes = letter.encode_utf8(&mut bytes).as_bytes();
                bytes.iter().try_for_each(|byte| self.alt(u32::from(*byte)))
            }
            Marks::Lost => {
                let plain = match letter {
                    'đ' => 'd',
                    'Đ' => 'D',
                    _ => letter
                        .nfd()
                        .find(|c| !is_combining_mark(*c))
                        .unwrap_or(letter),
                };
                key_of(plain).map_or(Ok(()), |_| self.letter(plain))
            }
            Marks::Dropped => Ok(()),
        }
    }

    fn alt(&mut self, number: u32) -> io::Result<()> {
        const KEYPAD: [KeyCode; 10] = [
            KeyCode::KEY_KP0,
            KeyCode::KEY_KP1,
            KeyCode::KEY_KP2,
            KeyCode::KEY_KP3,
            KeyCode::KEY_KP4,
            KeyCode::KEY_KP5,
            KeyCode::KEY_KP6,
            KeyCode::KEY_KP7,
            KeyCode::KEY_KP8,
            KeyCode::KEY_KP9,
        ];
        self.held(KeyCode::KEY_LEFTALT, |scanner| {
            let digits = number.to_string();
            let mut digits = digits
                .bytes()
                .map(|digit| KEYPAD[usize::from(digit - b'0')]);
            digits.try_for_each(|key| scanner.press(key))
        })
    }

    /// Presses a key and lets it go.
    ///
    /// # Errors
    /// The device is gone.
    pub fn press(&mut self, key: KeyCode) -> io::Result<()> {
        self.held(key, |_| Ok(()))
    }

    fn held(
        &mut self,
        key: KeyCode,
        meanwhile: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.moves(key, 1)?;
        meanwhile(self)?;
        self.moves(key, 0)
    }

    fn moves(&mut self, key: KeyCode, value: i32) -> io::Result<()> {
        let event: InputEvent = *KeyEvent::new(key, value);
        self.keyboard.emit(&[event])?;
        // A scanner's own clock: nothing is awaited here.
        let time = Timespec::try_from(STROKE).map_err(io::Error::other)?;
        match poll(&mut [], Some(&time)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The key of a sign on a keyboard of the United States, and whether Shift is held.
fn key_of(sign: char) -> Option<(KeyCode, bool)> {
    let plain = |sign: char| {
        let name = match sign {
            'a'..='z' | '0'..='9' => format!("KEY_{}", sign.to_ascii_uppercase()),
            ' ' => "KEY_SPACE".to_owned(),
            '-' => "KEY_MINUS".to_owned(),
            '=' => "KEY_EQUAL".to_owned(),
            '\\' => "KEY_BACKSLASH".to_owned(),
            ',' => "KEY_COMMA".to_owned(),
            '.' => "KEY_DOT".to_owned(),
            '/' => "KEY_SLASH".to_owned(),
            ';' => "KEY_SEMICOLON".to_owned(),
            '`' => "KEY_GRAVE".to_owned(),
            _ => return None,
        };
        name.parse::<KeyCode>().ok()
    };
    let below = match sign {
        'A'..='Z' => sign.to_ascii_lowercase(),
        '|' => '\\',
        '~' => '`',
        ':' => ';',
        '$' => '4',
        '?' => '/',
        _ => return plain(sign).map(|key| (key, false)),
    };
    plain(below).map(|key| (key, true))
}
