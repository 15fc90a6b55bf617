//! The reader through the real PC/SC service and its virtual reader: watched, read, pulled out.
//!
//! A service that runs is used; else one is started for the test, and stopped by its id.
#![cfg(feature = "sim")]

use std::fs::File;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tiepdon::card::{CardError, CardEvent, Connection, Watch, readers, wait_for_card};
use tiepdon::config::Reader;
use tiepdon::emrtd::{Access, Chip, Plan, ReadError, read};
use tiepdon::sim::card::{ATR, Card, Faults, Personality, vpcd};
use tiepdon::sim::{SimPerson, persons};

const SOCKET: &str = "/run/pcscd/pcscd.comm";
/// There is one virtual reader on a machine, and its users take turns.
const LOCK: &str = "/tmp/tiepdon-pcscd.lock";
/// For everything that the service does in a second or two on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const PLAN: Plan = Plan {
    dg13: true,
    portrait: true,
};

/// The PC/SC service, for this test alone.
struct Service {
    own: Option<Child>,
    _lock: File,
}

impl Service {
    /// `None`, with a line that says so, where there is no service and none can be started.
    fn get(test: &str) -> Option<Self> {
        let lock = File::create(LOCK).expect("the lock file can be made");
        lock.lock().expect("the lock can be waited for");
        let mut service = Self {
            own: None,
            _lock: lock,
        };
        if !runs() {
            if !Path::new("/usr/sbin/pcscd").exists() {
                skipped(test, "no pcscd");
                return None;
            }
            service.start();
        }
        let listens = until(|| std::net::TcpStream::connect(vpcd::ADDRESS).is_ok());
        if !listens {
            skipped(test, "no vpcd behind pcscd");
        }
        listens.then_some(service)
    }

    fn start(&mut self) {
        let child = Command::new("/usr/sbin/pcscd")
            .arg("-f")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.own = Some(child.expect("pcscd starts"));
        assert!(until(runs), "pcscd does not answer");
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.own.take() {
            // Asked politely it removes its socket.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(test: &str, reason: &str) {
    eprintln!("skipped: {test} ({reason})");
}

fn runs() -> bool {
    UnixStream::connect(SOCKET).is_ok()
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
    read(&mut connection, access, PLAN, &mut random, &mut |_| {})
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
