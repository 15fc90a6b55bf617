//! When advice is given: what holds for a moment only is not worth a word, and what was said just
//! now is not said again. Pure: time is handed in.

use std::time::{Duration, Instant};

use super::Phrase;
use crate::words::Language;

/// Advice holds so long before it is said: most is followed by then, for it stands on the screen.
const HOLDS: Duration = Duration::from_secs(2);
/// From one advice to the next, whatever it is.
const PAUSE: Duration = Duration::from_secs(5);
/// From one advice to the same.
const AGAIN: Duration = Duration::from_secs(12);

/// What advice holds, and what was said of it.
#[derive(Debug, Default)]
pub(super) struct Advice {
    language: Option<Language>,
    holds: Option<(Phrase, Instant)>,
    said: Option<(Phrase, Instant)>,
}

impl Advice {
    /// It is given in this language from now on, or none is.
    pub(super) fn given_in(&mut self, language: Option<Language>) {
        self.language = language;
    }

    /// This holds from now on, or nothing does.
    pub(super) fn holds(&mut self, phrase: Option<Phrase>, now: Instant) {
        if self.holds.map(|(phrase, _)| phrase) != phrase {
            self.holds = phrase.map(|phrase| (phrase, now));
        }
    }

    /// When what holds now may be said, if it still holds then.
    pub(super) fn due(&self) -> Option<Instant> {
        self.language?;
        let (phrase, since) = self.holds?;
        let pause = |said| if said == phrase { AGAIN } else { PAUSE };
        let rested = self.said.map(|(said, at)| at + pause(said));
        Some((since + HOLDS).max(rested.unwrap_or(since)))
    }

    /// What holds is said now.
    pub(super) fn take(&mut self, now: Instant) -> Option<(Phrase, Language)> {
        let (phrase, language) = (self.holds?.0, self.language?);
        self.said = Some((phrase, now));
        Some((phrase, language))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says what is due at `now`, as the speaking thread does.
    fn said(advice: &mut Advice, now: Instant) -> Option<Phrase> {
        advice.due().filter(|due| *due <= now)?;
        advice.take(now).map(|(phrase, _)| phrase)
    }

    /// A second by second account: what holds, and what is said.
    fn account(holds: impl Fn(u64) -> Option<Phrase>, seconds: u64) -> Vec<(u64, Phrase)> {
        let (mut advice, start) = (Advice::default(), Instant::now());
        advice.given_in(Some(Language::Vi));
        let mut all = Vec::new();
        for second in 0..seconds {
            let now = start + Duration::from_secs(second);
            advice.holds(holds(second), now);
            all.extend(said(&mut advice, now).map(|phrase| (second, phrase)));
        }
        all
    }

    #[test]
    fn what_holds_is_said_after_a_while_and_again_long_after() {
        let nearer = account(|_| Some(Phrase::Nearer), 30);
        assert_eq!(nearer, [2, 14, 26].map(|second| (second, Phrase::Nearer)));
    }

    #[test]
    fn what_changes_faster_than_it_can_be_followed_is_not_said() {
        let flickers = |second| match second % 3 {
            0 => Some(Phrase::Nearer),
            1 => Some(Phrase::Glare),
            _ => None,
        };
        assert_eq!(account(flickers, 60), []);
    }

    #[test]
    fn one_advice_after_the_other_leaves_time_to_follow_it() {
        let changes = |second| match second {
            0..3 => Some(Phrase::Nearer),
            3..10 => Some(Phrase::HoldCodeStill),
            _ => Some(Phrase::Nearer),
        };
        assert_eq!(
            account(changes, 20),
            [
                (2, Phrase::Nearer),
                (7, Phrase::HoldCodeStill),
                (12, Phrase::Nearer)
            ]
        );
    }

    #[test]
    fn what_holds_no_more_is_not_said_late() {
        let gone = |second| (second < 2).then_some(Phrase::TooDark);
        assert_eq!(account(gone, 20), []);
    }

    #[test]
    fn where_no_advice_is_given_none_is_said_and_what_held_meanwhile_counts() {
        let (mut advice, start) = (Advice::default(), Instant::now());
        let at = |second| start + Duration::from_secs(second);
        advice.holds(Some(Phrase::Glare), at(0));
        assert_eq!((advice.due(), advice.take(at(9))), (None, None));
        advice.given_in(Some(Language::En));
        assert_eq!(advice.take(at(9)), Some((Phrase::Glare, Language::En)));
        advice.given_in(None);
        assert_eq!(advice.due(), None);
    }
}
