//! Speaks phrases by id; nothing ever waits for it. Invariant: a phrase is one of the catalogue's,
//! so nothing personal is ever spoken.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use crate::config;
use crate::words::{Language, Text, text};

/// What can be spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phrase {
    /// Put the card on the reader, or show a code.
    PlaceCard,
    /// Do not move the card.
    HoldStill,
    /// Is this you?
    Confirm,
    /// Choose a department.
    Choose,
    /// Take the ticket.
    TakeTicket,
    /// Remember the number.
    Remember,
    /// Go to the desk.
    GoToDesk,
    /// Staff will come.
    StaffComing,
}

impl Phrase {
    fn words(self, language: Language) -> &'static str {
        let key = match self {
            Self::PlaceCard => Text::VoicePlaceCard,
            Self::HoldStill => Text::VoiceHoldStill,
            Self::Confirm => Text::VoiceConfirm,
            Self::Choose => Text::VoiceChoose,
            Self::TakeTicket => Text::VoiceTakeTicket,
            Self::Remember => Text::VoiceRemember,
            Self::GoToDesk => Text::VoiceGoToDesk,
            Self::StaffComing => Text::VoiceStaffComing,
        };
        text(language, key)
    }
}

/// Phrases that wait while one begins; more than that are old news, and dropped.
const WAITING_MAX: usize = 2;

/// A voice. Dropping it ends what is being said.
pub struct Voice(SyncSender<(Phrase, Language)>);

impl Voice {
    /// Starts the speaking thread; `settings.command` gets the words as its last argument.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(settings: config::Voice) -> std::io::Result<Self> {
        let (sender, phrases) = sync_channel(WAITING_MAX);
        std::thread::Builder::new()
            .name("voice".to_owned())
            .spawn(move || speak(&settings, &phrases))?;
        Ok(Self(sender))
    }

    /// Says a phrase, and cuts short what is being said.
    pub fn say(&self, phrase: Phrase, language: Language) {
        match self.0.try_send((phrase, language)) {
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }
}

fn speak(settings: &config::Voice, phrases: &Receiver<(Phrase, Language)>) {
    let mut speaking: Option<Child> = None;
    while let Ok((phrase, language)) = phrases.recv() {
        hush(speaking.take());
        speaking = say(settings, phrase.words(language));
    }
    hush(speaking);
}

fn say(settings: &config::Voice, words: &str) -> Option<Child> {
    let (program, arguments) = settings.command.split_first()?;
    let child = Command::new(program)
        .args(arguments)
        .arg(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    child
        .inspect_err(|error| tracing::warn!(%error, program, "the voice does not speak"))
        .ok()
}

fn hush(speaking: Option<Child>) {
    if let Some(mut child) = speaking {
        // It may have finished by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{Phrase, Voice};
    use crate::config;
    use crate::words::{Language, Text, text};

    #[test]
    fn a_phrase_is_handed_to_the_program_in_the_patients_language() {
        let folder = tempfile::tempdir().expect("folder");
        let pipe = folder.path().join("spoken");
        let made = std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .expect("mkfifo runs");
        assert!(made.success());
        let script = format!("printf %s \"$0\" > {}", pipe.display());
        let command = ["sh", "-c", &script].map(str::to_owned).to_vec();
        let voice = Voice::start(config::Voice { command }).expect("a thread");
        voice.say(Phrase::TakeTicket, Language::En);
        let mut spoken = String::new();
        let mut reader = std::fs::File::open(&pipe).expect("the program opens the other end");
        reader.read_to_string(&mut spoken).expect("words");
        assert_eq!(spoken, text(Language::En, Text::VoiceTakeTicket));
    }

    #[test]
    fn a_program_that_does_not_exist_disturbs_nobody() {
        let voice = Voice::start(config::Voice {
            command: vec!["/nonexistent".into()],
        })
        .expect("a thread");
        for _ in 0..100 {
            voice.say(Phrase::HoldStill, Language::Vi);
        }
    }
}
