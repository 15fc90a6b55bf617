use super::Args;
use crate::checkin::{Event, Key, Screen, Touch, View, Want};
use crate::config::Config;
use crate::identity::{Payload, PersonalNumber};
use crate::kiosk::Inlet;
use crate::queue::ServiceCode;
use crate::scan::read_picture;

/// Does at the terminal what a patient does at the window, with what the command line gave.
pub(super) struct Script {
    code: Option<Payload>,
    can: Option<String>,
    number: Option<PersonalNumber>,
    birth_year: Option<u16>,
    service: Option<ServiceCode>,
    tried_can: bool,
}

impl Script {
    /// # Errors
    /// Lines to print: what was given is no number, no picture, no code.
    pub(super) fn new(args: &Args) -> Result<Self, Vec<String>> {
        let wrong =
            |what: &str, hint: &str| vec![format!("error: {what}"), format!("hint: {hint}")];
        let number = match &args.number {
            Some(text) => Some(PersonalNumber::parse(text).ok_or_else(|| {
                wrong(
                    "--number is no personal number",
                    "a personal number has exactly 12 digits",
                )
            })?),
            None => None,
        };
        let from_mrz = match &args.mrz {
            Some(mrz) => Some(can_of_mrz(mrz).ok_or_else(|| {
                wrong(
                    "--mrz is no MRZ of a citizen card",
                    "give its lines joined by newlines, or the 24 characters of the key",
                )
            })?),
            None => None,
        };
        let can = args.can.clone().or(from_mrz);
        if can
            .as_ref()
            .is_some_and(|can| can.len() != 6 || !can.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(wrong(
                "--can is no card access number",
                "it is the last six digits of the personal number",
            ));
        }
        let code = match (&args.qr_text, &args.qr_image) {
            (Some(text), _) => Some(Payload::parse(text)),
            (None, Some(path)) => {
                let read = read_picture(path)
                    .map_err(|error| vec![format!("error: {}: {error}", path.display())])?;
                let code = read.ok_or_else(|| {
                    wrong(
                        &format!("{} shows no code that can be read", path.display()),
                        "take the picture nearer, straighter and with more light",
                    )
                })?;
                Some(Payload::parse(code.text.expose()))
            }
            (None, None) => None,
        };
        Ok(Self {
            code,
            can,
            number,
            birth_year: args.birth_year,
            service: args.service.clone().map(ServiceCode),
            tried_can: false,
        })
    }

    /// The six digits that open the card's chip.
    #[cfg(feature = "sim")]
    pub(super) fn can(&self) -> Option<&str> {
        self.can.as_deref()
    }

    /// A code or a number was given, not only what opens a chip.
    #[cfg(feature = "sim")]
    pub(super) fn tells_who(&self) -> bool {
        self.code.is_some() || self.number.is_some()
    }

    /// # Errors
    /// Lines to print: the site has no such service.
    pub(super) fn fits(&self, config: &Config) -> Result<(), Vec<String>> {
        let codes: Vec<_> = config.services.iter().map(|s| s.code.0.as_str()).collect();
        match &self.service {
            Some(wanted) if !codes.contains(&wanted.0.as_str()) => Err(vec![
                format!("error: there is no service {}", wanted.0),
                format!("hint: --service takes {}", codes.join(", ")),
            ]),
            Some(_) | None => Ok(()),
        }
    }

    /// What needs no asking: the code, or the number on the keypad.
    pub(super) fn begin(&mut self, kiosk: &Inlet) {
        if let Some(code) = self.code.take() {
            kiosk.event(Event::Code(Box::new(code)));
        } else if self.number.is_some() {
            kiosk.touch(Touch::TypeNumber);
        } else {
            kiosk.touch(Touch::Start);
        }
    }

    /// What the screen asks for.
    pub(super) fn answer(&mut self, view: &View, kiosk: &Inlet) {
        match &view.screen {
            Screen::Consent => kiosk.touch(Touch::Consent(true)),
            Screen::Confirm { .. } => kiosk.touch(Touch::Confirm(true)),
            Screen::Choose { services, .. } => {
                let wanted = self
                    .service
                    .clone()
                    .filter(|code| services.iter().any(|(known, _)| known == code));
                if let Some(code) =
                    wanted.or_else(|| services.first().map(|(code, _)| code.clone()))
                {
                    kiosk.touch(Touch::Choose(code));
                }
            }
            Screen::Gathering {
                want: Want::CodeOrCan,
                ..
            } if !self.tried_can => {
                if let Some(can) = &self.can {
                    self.tried_can = true;
                    keys(can, kiosk);
                }
            }
            Screen::Gathering {
                want: Want::Number, ..
            } => {
                if let Some(number) = self.number.take() {
                    keys(number.expose(), kiosk);
                }
            }
            Screen::Gathering {
                want: Want::BirthYear,
                ..
            } => {
                if let Some(year) = self.birth_year.take() {
                    keys(&format!("{year:04}"), kiosk);
                }
            }
            Screen::Gathering { .. }
            | Screen::Welcome { .. }
            | Screen::Issuing { .. }
            | Screen::Printing { .. }
            | Screen::Done { .. }
            | Screen::Help { .. } => {}
        }
    }
}

fn keys(digits: &str, kiosk: &Inlet) {
    for digit in digits.bytes() {
        kiosk.touch(Touch::Key(Key::Digit(digit.wrapping_sub(b'0'))));
    }
}

/// The document number of a citizen card is the last nine digits of the personal number, so its last
/// six are the card access number.
fn can_of_mrz(mrz: &str) -> Option<String> {
    let mrz: String = mrz.split_whitespace().collect();
    let document = match mrz.len() {
        24 => mrz.get(..9)?,
        90 => mrz.get(5..14)?,
        _ => return None,
    };
    document
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| document[3..].to_owned())
}
