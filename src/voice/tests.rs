use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Phrase, Voice, Wishes};
use crate::config;
use crate::words::{Language, Text, text};

/// A voice that writes its words into a pipe, and the pipe.
fn voice(folder: &Path) -> (Voice, PathBuf) {
    let pipe = folder.join("spoken");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .expect("mkfifo runs");
    assert!(made.success());
    let script = format!("printf %s \"$0\" > {}", pipe.display());
    let command = ["sh", "-c", &script].map(str::to_owned).to_vec();
    let voice = Voice::start(config::Voice { command }).expect("a thread");
    (voice, pipe)
}

/// The next words; the program opens the other end.
fn spoken(pipe: &Path) -> String {
    let mut words = String::new();
    let mut reader = std::fs::File::open(pipe).expect("a pipe");
    reader.read_to_string(&mut words).expect("words");
    words
}

#[test]
fn a_phrase_is_handed_to_the_program_in_the_patients_language() {
    let folder = tempfile::tempdir().expect("folder");
    let (voice, pipe) = voice(folder.path());
    voice.say(Phrase::TakeTicket, Language::En);
    assert_eq!(spoken(&pipe), text(Language::En, Text::VoiceTakeTicket));
}

#[test]
fn advice_that_holds_is_said_and_a_phrase_comes_before_it() {
    let folder = tempfile::tempdir().expect("folder");
    let (voice, pipe) = voice(folder.path());
    let advise = voice.adviser();
    voice.advise_in(Some(Language::Vi));
    advise(Some(Phrase::Nearer));
    advise(Some(Phrase::Brighter));
    voice.say(Phrase::PlaceCard, Language::Vi);
    assert_eq!(spoken(&pipe), text(Language::Vi, Text::VoicePlaceCard));
    assert_eq!(spoken(&pipe), text(Language::Vi, Text::HintBrighter));
}

#[test]
fn advice_waits_until_nothing_is_said_and_is_forgotten_when_it_holds_no_more() {
    let advised = || {
        let wishes = Wishes::default();
        wishes.change(|wish| {
            let long_ago = Instant::now()
                .checked_sub(Duration::from_secs(60))
                .expect("an instant");
            wish.advice.given_in(Some(Language::Vi));
            wish.advice.holds(Some(Phrase::Glare), long_ago);
        });
        wishes
    };
    let mut asked = 0;
    let next = advised().next(|| {
        asked += 1;
        asked < 3
    });
    assert_eq!((next, asked), (Some((Phrase::Glare, Language::Vi)), 3));

    let wishes = advised();
    wishes.change(|wish| wish.phrase = Some((Phrase::HoldStill, Language::Vi)));
    let next = wishes.next(|| panic!("a phrase waits for nothing"));
    assert_eq!(next, Some((Phrase::HoldStill, Language::Vi)));

    let wishes = advised();
    std::thread::scope(|scope| {
        let (asked, asks) = std::sync::mpsc::channel();
        let next = scope.spawn(|| {
            let asked = asked;
            wishes.next(|| asked.send(()).is_ok())
        });
        asks.recv().expect("it waits for the end of a phrase");
        wishes.change(|wish| wish.advice.holds(None, Instant::now()));
        wishes.change(|wish| wish.closed = true);
        assert_eq!(next.join().expect("no panic"), None);
    });
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
