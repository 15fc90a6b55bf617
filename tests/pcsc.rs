//! The reader through the real PC/SC service and its virtual reader: watched, read, pulled out.
//!
//! A service that runs is used; else one is started for the test, and stopped by its id.
#![cfg(feature = "sim")]

use std::fs::File;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tiepdon::card::{CardError, CardEvent, Connection, Watch, readers, wait_for_card};
use tiepdon::config::Reader;
use tiepdon::emrtd::{Access, Chip, Plan, ReadError, Request, Transport, TrustStore, read};
use tiepdon::sim::card::profile::Profile;
use tiepdon::sim::card::{ATR, ATR_EXTENDED, Card, Faults, Personality, vpcd};
use tiepdon::sim::issuer::Issuer;
use tiepdon::sim::pcscd::Pcscd;
use tiepdon::sim::{SimPerson, persons};

/// There is one virtual reader on a machine, and its users take turns.
const LOCK: &str = "/tmp/tiepdon-pcscd.lock";
/// For everything that the service does in a second or two on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const PLAN: Plan = Plan {
    dg13: true,
    portrait: true,
    details: false,
    ethnicity: false,
    any_document: false,
};

/// The PC/SC service, for this test alone.
struct Service {
    own: Option<Pcscd>,
    folder: tempfile::TempDir,
    _lock: File,
}

impl Service {
    /// `None`, with a line that says so, where there is no service and none can be started.
    fn get(test: &str) -> Option<Self> {
        let lock = File::create(LOCK).expect("the lock file can be made");
        lock.lock().expect("the lock can be waited for");
        let mut service = Self {
            own: None,
            folder: tempfile::tempdir().expect("a folder"),
            _lock: lock,
        };
        if !Pcscd::answers()
            && let Err(reason) = service.try_start()
        {
            skipped(test, &reason);
            return None;
        }
        let listens = until(|| std::net::TcpStream::connect(vpcd::ADDRESS).is_ok());
        if !listens {
            skipped(test, "no vpcd behind pcscd");
        }
        listens.then_some(service)
    }

    fn try_start(&mut self) -> Result<(), String> {
        self.own = Some(Pcscd::start(self.folder.path())?);
        Ok(())
    }

    fn start(&mut self) {
        self.try_start().expect("pcscd starts again");
    }

    fn stop(&mut self) {
        self.own = None;
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(test: &str, reason: &str) {
    eprintln!("skipped: {test} ({reason})");
}

fn until(mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + PATIENCE;
    while !done() {
        if Instant::now() > end {
            return false;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    true
}

fn settings(allow_virtual: bool) -> Reader {
    Reader {
        name_contains: "Virtual PCD 00 00".to_owned(),
        allow_virtual,
    }
}

fn somebody() -> &'static SimPerson {
    &persons()[0]
}

fn watch(allow_virtual: bool) -> (Watch, Receiver<CardEvent>) {
    let (sender, events) = channel();
    let sink = move |event| drop(sender.send(event));
    let watch = Watch::start(settings(allow_virtual), sink).expect("a thread");
    if allow_virtual {
        assert_eq!(next(&events), CardEvent::ReaderThere);
    }
    (watch, events)
}

fn next(events: &Receiver<CardEvent>) -> CardEvent {
    events.recv_timeout(PATIENCE).expect("an event in time")
}

fn insert(faults: Faults) -> vpcd::Inserted {
    let card = Card::with(somebody(), Personality::Citizen, faults);
    vpcd::insert(card, vpcd::ADDRESS).expect("vpcd takes the card")
}

fn read_chip(reader: &str, access: Access) -> Result<Chip, ReadError> {
    let mut random = |out: &mut [u8]| getrandom::fill(out).expect("the system has randomness");
    let mut connection = Connection::open(reader).expect("the card is there");
    let mut trust = TrustStore::default();
    for file in Issuer::shared().trust() {
        trust.add(file.name, &file.bytes).expect("a good file");
    }
    let now = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now());
    let request = Request::new(access, PLAN, &trust, now.date());
    read(&mut connection, request, &mut random, &mut |_| {})
}

fn own_access() -> Access {
    Access::of(&somebody().number)
}

#[test]
fn a_card_is_seen_read_and_seen_to_leave() {
    let Some(_service) = Service::get("a_card_is_seen_read_and_seen_to_leave") else {
        return;
    };
    let (watch, events) = watch(true);
    for _ in 0..2 {
        let card = insert(Faults::default());
        let CardEvent::Present { reader, atr } = next(&events) else {
            panic!("a card came");
        };
        assert_eq!(atr, ATR);
        let listed = readers().expect("the service answers");
        assert!(
            listed
                .iter()
                .any(|r| r.name == reader && r.is_virtual && r.atr.is_some())
        );
        for _ in 0..2 {
            let chip = read_chip(&reader, own_access()).expect("a good card is read");
            assert_eq!(
                chip.person.personal_number.as_ref(),
                Some(&somebody().number)
            );
            assert!(chip.portrait.is_some());
        }
        let wrong = Access::can("999999").expect("six digits");
        assert_eq!(read_chip(&reader, wrong).err(), Some(ReadError::WrongCan));
        card.remove();
        assert_eq!(next(&events), CardEvent::Gone);
        assert_eq!(Connection::open(&reader).err(), Some(CardError::NoCard));
    }
    drop(watch);
    assert!(
        events.recv().is_err(),
        "nothing else happened, and the watch has ended"
    );
}

#[test]
fn a_reader_and_a_card_that_both_say_so_speak_extended_length() {
    let Some(_service) = Service::get("a_reader_and_a_card_that_both_say_so_speak_extended_length")
    else {
        return;
    };
    let (_watch, events) = watch(true);
    for (profile, answer, apdus) in [
        ("extended", ATR_EXTENDED, 20..=28),
        ("genuine", ATR, 60..=110),
    ] {
        let profile = Profile::named(profile).expect("a built-in profile");
        let chip = profile.chip(somebody(), Issuer::shared());
        let card = Card::of(chip, Faults::default());
        let card = vpcd::insert(card, vpcd::ADDRESS).expect("vpcd takes the card");
        let CardEvent::Present { reader, atr } = next(&events) else {
            panic!("a card came");
        };
        assert_eq!(atr, answer);
        let line = Connection::open(&reader).expect("the card is there").line();
        assert_eq!((&line.atr[..], line.reply_max), (&answer[..], 0x1_0000));
        let chip = read_chip(&reader, own_access()).expect("a good card is read");
        assert!(chip.portrait.is_some());
        assert!(apdus.contains(&chip.link.apdus), "{}", chip.link.apdus);
        card.remove();
        assert_eq!(next(&events), CardEvent::Gone);
    }
}

#[test]
fn a_card_pulled_while_it_is_read_was_moved() {
    let Some(_service) = Service::get("a_card_pulled_while_it_is_read_was_moved") else {
        return;
    };
    let (_watch, events) = watch(true);
    for at in [1, 3, 6, 8, 20] {
        let card = insert(Faults {
            remove_at: Some(at),
            ..Faults::default()
        });
        let CardEvent::Present { reader, .. } = next(&events) else {
            panic!("a card came");
        };
        let result = read_chip(&reader, own_access());
        assert_eq!(
            result.err(),
            Some(ReadError::Moved),
            "pulled at command {at}"
        );
        assert!(until(|| !card.is_in()));
        assert_eq!(next(&events), CardEvent::Gone);
    }
}

#[test]
fn a_virtual_reader_is_no_reader_unless_it_is_allowed() {
    let Some(_service) = Service::get("a_virtual_reader_is_no_reader_unless_it_is_allowed") else {
        return;
    };
    let (_watch, events) = watch(false);
    assert_eq!(next(&events), CardEvent::ReaderMissing);
    let _card = insert(Faults::default());
    let nothing = wait_for_card(&settings(false), Duration::from_millis(200));
    assert_eq!(nothing, Err(CardError::NoReader));
    let (reader, atr) = wait_for_card(&settings(true), PATIENCE).expect("allowed");
    assert_eq!((reader.as_str(), &atr[..]), ("Virtual PCD 00 00", &ATR[..]));
    assert!(events.try_recv().is_err());
}

#[test]
fn a_service_that_restarts_is_an_event_and_not_the_end() {
    let Some(mut service) = Service::get("a_service_that_restarts_is_an_event_and_not_the_end")
    else {
        return;
    };
    if service.own.is_none() {
        skipped(
            "a_service_that_restarts_is_an_event_and_not_the_end",
            "a foreign pcscd runs",
        );
        return;
    }
    let (_watch, events) = watch(true);
    let card = insert(Faults::default());
    assert!(matches!(next(&events), CardEvent::Present { .. }));
    service.stop();
    assert_eq!(next(&events), CardEvent::Gone);
    assert_eq!(next(&events), CardEvent::ReaderMissing);
    assert_eq!(readers(), Err(CardError::NoService));
    drop(card);
    service.start();
    assert_eq!(next(&events), CardEvent::ReaderThere);
    assert!(until(|| std::net::TcpStream::connect(vpcd::ADDRESS).is_ok()));
    let _card = insert(Faults::default());
    while !matches!(next(&events), CardEvent::Present { .. }) {}
}
