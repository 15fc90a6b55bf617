//! What the voice says: each new screen, and what the camera's picture would gain by.

use std::io;

use crate::checkin::{PaperShown, Screen, View, Want};
use crate::config;
use crate::scan::{Hint, Preview};
use crate::voice::{Phrase, Voice};

/// Speaks for the screen. What the camera sees goes straight to the voice: the driver tells only
/// where it may be heard.
pub(super) struct Guide {
    voice: Voice,
    spoken: Option<Phrase>,
}

impl Guide {
    /// Starts the voice, and lets it hear what would help before the camera.
    pub(super) fn start(settings: config::Voice, preview: &Preview) -> io::Result<Self> {
        let voice = Voice::start(settings)?;
        let advise = voice.adviser();
        preview.on_hint(move |hint| advise(hint.map(advice)));
        let spoken = None;
        Ok(Self { voice, spoken })
    }

    /// Each new screen is spoken once; advice is given where it is written, too.
    pub(super) fn show(&mut self, view: &View) {
        let language = view.language;
        self.voice.advise_in(shows_hints(view).then_some(language));
        let phrase = phrase(view);
        if phrase != std::mem::replace(&mut self.spoken, phrase)
            && let Some(phrase) = phrase
        {
            self.voice.say(phrase, language);
        }
    }
}

/// The screen shows what the camera sees.
fn shows_hints(view: &View) -> bool {
    let expected = matches!(
        view.screen,
        Screen::Gathering {
            want: Want::CardOrCode,
            ..
        }
    );
    expected && !view.leaving
}

fn advice(hint: Hint) -> Phrase {
    match hint {
        Hint::Nearer => Phrase::Nearer,
        Hint::Farther => Phrase::Farther,
        Hint::TiltLess => Phrase::TiltLess,
        Hint::Glare => Phrase::Glare,
        Hint::HoldStill => Phrase::HoldCodeStill,
        Hint::TooDark => Phrase::TooDark,
        Hint::Brighter => Phrase::Brighter,
    }
}

/// What is said of a screen.
fn phrase(view: &View) -> Option<Phrase> {
    match &view.screen {
        Screen::Gathering {
            want: Want::CardOrCode | Want::CodeOrCan | Want::Card,
            ..
        } => Some(Phrase::PlaceCard),
        Screen::Gathering {
            want: Want::HoldStill,
            ..
        } => Some(Phrase::HoldStill),
        Screen::Confirm { .. } => Some(Phrase::Confirm),
        Screen::Choose { .. } => Some(Phrase::Choose),
        Screen::Done { desk: Some(_), .. } => Some(Phrase::GoToDesk),
        Screen::Done {
            paper: PaperShown::Printed,
            ..
        } => Some(Phrase::TakeTicket),
        Screen::Done {
            paper: PaperShown::Missing(_),
            ..
        } => Some(Phrase::Remember),
        Screen::Help { .. } => Some(Phrase::StaffComing),
        Screen::Gathering {
            want: Want::Number | Want::HospitalNumber | Want::BirthYear | Want::Wait,
            ..
        }
        | Screen::Welcome { .. }
        | Screen::Consent
        | Screen::Issuing { .. }
        | Screen::Printing { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::Command;

    use zeroize::Zeroizing;

    use super::*;
    use crate::checkin::Ways;
    use crate::scan::Glance;
    use crate::words::{Language, Text, text};

    fn gathering(want: Want) -> View {
        View {
            language: Language::En,
            conversation: 1,
            screen: Screen::Gathering {
                want,
                reading: None,
                problem: None,
                keypad: None,
                who: None,
                code_read: false,
                ways: Ways::default(),
            },
            staff_called: false,
            alert: None,
            leaving: false,
            card_present: false,
        }
    }

    #[test]
    fn advice_is_given_where_the_picture_is_shown_and_nowhere_else() {
        for want in [
            Want::CodeOrCan,
            Want::Card,
            Want::HoldStill,
            Want::Number,
            Want::HospitalNumber,
            Want::BirthYear,
            Want::Wait,
        ] {
            assert!(!shows_hints(&gathering(want)), "{want:?}");
        }
        let mut view = gathering(Want::CardOrCode);
        assert!(shows_hints(&view));
        view.leaving = true;
        assert!(
            !shows_hints(&view),
            "somebody is asked whether they are there"
        );
        view.screen = Screen::Consent;
        assert!(!shows_hints(&view));
    }

    /// A program that writes a line for all that it is to say.
    #[test]
    fn a_screen_is_spoken_then_what_would_help_and_then_the_next_screen() {
        let folder = tempfile::tempdir().expect("folder");
        let pipe = folder.path().join("spoken");
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo runs").success());
        let script = format!("echo \"$0\" >> {}", pipe.display());
        let command = ["sh", "-c", &script].map(str::to_owned).to_vec();
        // Open for writing as well, so that it does not end between two lines.
        let mut open = std::fs::File::options();
        let file = open.read(true).write(true).open(&pipe).expect("a pipe");
        let mut lines = BufReader::new(file).lines();
        let mut next = || lines.next().expect("a line").expect("words");

        let preview = Preview::default();
        let mut guide = Guide::start(config::Voice { command }, &preview).expect("a thread");
        preview.open(true);
        guide.show(&gathering(Want::CardOrCode));
        assert_eq!(next(), text(Language::En, Text::VoicePlaceCard));
        preview.put(Some(Glance {
            frame: 0,
            width: 1,
            height: 1,
            pixels: Zeroizing::new(vec![0]),
            code: None,
            hint: Some(Hint::Nearer),
            read: false,
        }));
        guide.show(&gathering(Want::CardOrCode));
        assert_eq!(next(), text(Language::En, Text::HintNearer));
        guide.show(&gathering(Want::HoldStill));
        assert_eq!(next(), text(Language::En, Text::VoiceHoldStill));
    }
}
