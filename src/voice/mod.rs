//! Speaks phrases by id; nothing ever waits for it. Invariant: a phrase is one of the catalogue's,
//! so nothing personal is ever spoken.

mod advice;

use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::config;
use crate::words::{Language, Text, text};
use advice::Advice;

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
    /// Hold the code nearer.
    Nearer,
    /// Hold the code farther away.
    Farther,
    /// Hold the code straight.
    TiltLess,
    /// A lamp shines in the code.
    Glare,
    /// Do not move the code.
    HoldCodeStill,
    /// Hold the code into the light.
    TooDark,
    /// Turn up the phone's brightness.
    Brighter,
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
            // Said as it is written: whoever hears it looks for it.
            Self::Nearer => Text::HintNearer,
            Self::Farther => Text::HintFarther,
            Self::TiltLess => Text::HintTiltLess,
            Self::Glare => Text::HintGlare,
            Self::HoldCodeStill => Text::HintHoldStill,
            Self::TooDark => Text::HintTooDark,
            Self::Brighter => Text::HintBrighter,
        };
        text(language, key)
    }
}

/// A voice. Dropping it ends what is being said.
pub struct Voice(Arc<Wishes>);

impl Voice {
    /// Starts the speaking thread; `settings.command` gets the words as its last argument.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(settings: config::Voice) -> std::io::Result<Self> {
        let wishes = Arc::new(Wishes::default());
        let heard = Arc::clone(&wishes);
        std::thread::Builder::new()
            .name("voice".to_owned())
            .spawn(move || speak(&settings, &heard))?;
        Ok(Self(wishes))
    }

    /// Says a phrase, and cuts short what is being said.
    pub fn say(&self, phrase: Phrase, language: Language) {
        self.0.change(|wish| wish.phrase = Some((phrase, language)));
    }

    /// Advice is given in this language from now on, or none any longer.
    pub fn advise_in(&self, language: Option<Language>) {
        self.0.change(|wish| wish.advice.given_in(language));
    }

    /// Takes what advice holds now, or that none does. It is said when it has held for a while,
    /// never over a phrase, never again and again.
    pub fn adviser(&self) -> impl Fn(Option<Phrase>) + Send + Sync + use<> {
        let wishes = Arc::clone(&self.0);
        move |phrase| wishes.change(|wish| wish.advice.holds(phrase, Instant::now()))
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.0.change(|wish| wish.closed = true);
    }
}

/// What is to be said: the newest phrase, for an older one is old news, and the advice that holds.
#[derive(Default)]
struct Wishes {
    wish: Mutex<Wish>,
    changed: Condvar,
}

#[derive(Default)]
struct Wish {
    phrase: Option<(Phrase, Language)>,
    advice: Advice,
    closed: bool,
}

impl Wishes {
    fn change(&self, change: impl FnOnce(&mut Wish)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// What to say next, waited for; none: the voice was dropped. Advice waits until nothing is
    /// being said.
    fn next(&self, mut speaks: impl FnMut() -> bool) -> Option<(Phrase, Language)> {
        let mut wish = self.lock();
        loop {
            if wish.closed {
                return None;
            }
            if let Some(phrase) = wish.phrase.take() {
                return Some(phrase);
            }
            let now = Instant::now();
            let wait = match wish.advice.due() {
                None => None,
                Some(due) if due > now => Some(due - now),
                Some(_) if speaks() => Some(LISTENS),
                Some(_) => return wish.advice.take(now),
            };
            wish = match wait {
                None => self.changed.wait(wish),
                Some(wait) => self
                    .changed
                    .wait_timeout(wish, wait)
                    .map(|(wish, _)| wish)
                    .map_err(|poisoned| PoisonError::new(poisoned.into_inner().0)),
            }
            .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Wish> {
        // Nothing panics under this lock.
        self.wish.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Advice that is due asks so often whether the phrase before it has ended.
const LISTENS: Duration = Duration::from_millis(200);

fn speak(settings: &config::Voice, wishes: &Wishes) {
    let mut speaking: Option<Child> = None;
    while let Some((phrase, language)) = wishes.next(|| still(&mut speaking)) {
        hush(speaking.take());
        speaking = say(settings, phrase.words(language));
    }
    hush(speaking);
}

/// Whether it still speaks.
fn still(speaking: &mut Option<Child>) -> bool {
    let speaks = |child: &mut Child| matches!(child.try_wait(), Ok(None));
    speaking.as_mut().is_some_and(speaks)
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
mod tests;
