//! What the kiosk trusts, and what it keeps of a card.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::reader::opens;
use super::{House, Seen};
use crate::checkin::{Event, Screen, Touch};
use crate::emrtd::{Line, Transport, TransportError};
use crate::identity::{Grade, Verdict};
use crate::queue::Draft;
use crate::sim::card::{Card, Faults, profile};
use crate::sim::issuer::Issuer;
use crate::sim::{SimPerson, persons};
use crate::store::{Fleet, Outbox};

fn owner() -> &'static SimPerson {
    &persons()[0]
}

/// A kiosk that trusts this folder, with the owner's card on its reader.
fn house(folder: &Path, ethnicity: bool) -> House {
    let house = House::with(|setup| {
        setup.chip = opens(|| Card::new(owner()));
        setup.config.trust.folder = PathBuf::from(folder);
        setup.config.fields.ethnicity = ethnicity;
    });
    house.reader_works();
    house
}

/// The owner checks in with card and code.
fn check_in(house: &House) {
    house.act(Event::CardPlaced);
    house.show_code(&owner().card_qr());
    house.done();
    house.act(Event::CardTaken);
    house.touch(Touch::Finish);
    house.screen("welcome", |screen| {
        matches!(screen, Screen::Welcome { .. }).then_some(())
    });
}

/// What the hospital was handed under this number.
fn handed(house: &House, number: &str) -> Draft {
    house
        .store
        .until("sent", |store| store.backlog().unwrap().queued == 0);
    house.clinic.visit(number).expect("handed over").draft
}

fn until_trust(house: &House, right: impl Fn(&str) -> bool) {
    house.store.until("the trust anchors' health", |store| {
        let lines = store.kiosks().unwrap();
        let health = lines
            .first()
            .map(|line| line.status["health"]["trust"].clone());
        health.is_some_and(|health| health.as_str().is_some_and(&right))
    });
}

#[test]
fn an_anchor_that_is_copied_in_counts_at_the_next_card() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(folder.path(), false);
    until_trust(&house, |health| health == "ok");
    check_in(&house);
    assert_eq!(handed(&house, "A001").grade, Some(Grade::Read));
    Issuer::shared().write_trust(folder.path()).unwrap();
    house.act(Event::CardPlaced);
    house.show_code(&owner().card_qr());
    let graded = house.until("a chip", |seen| {
        let Seen::Event(Event::Chip { result, .. }) = seen else {
            return None;
        };
        Some(result.unwrap().proofs.verdict())
    });
    assert_eq!(graded, Verdict::Graded(Grade::Proven), "the new anchors");
}

#[test]
fn staff_see_that_a_trust_anchor_is_faulty() {
    let folder = tempfile::tempdir().unwrap();
    Issuer::shared().write_trust(folder.path()).unwrap();
    fs::write(folder.path().join("junk.pem"), "junk").unwrap();
    let house = house(folder.path(), false);
    until_trust(&house, |health| health.starts_with("junk.pem: "));
    check_in(&house);
    assert_eq!(handed(&house, "A001").grade, Some(Grade::Proven));
}

#[test]
fn the_ethnicity_is_handed_over_only_where_the_site_lists_it() {
    for listed in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let house = house(folder.path(), listed);
        check_in(&house);
        let person = handed(&house, "A001").person.unwrap();
        assert_eq!(person.ethnicity.is_some(), listed);
    }
}

/// A line that counts its commands.
struct Counted(Box<dyn Transport>, Arc<AtomicU32>);

impl Transport for Counted {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.transmit(command)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.0.reset()
    }

    fn line(&self) -> Line {
        Line {
            atr: vec![0x3B, 0x80],
            reply_max: 65_538,
        }
    }
}

#[test]
fn what_one_card_of_a_kind_taught_spares_the_next_one_commands() {
    // It drops the session over a read that is long for it.
    let small = || {
        let mut chip = profile::citizen(owner());
        chip.habits.largest_read = 112;
        chip.habits.long_read_ends_session = true;
        Card::of(chip, Faults::default())
    };
    let (sent, opens) = (Arc::new(AtomicU32::new(0)), opens(small));
    let counter = Arc::clone(&sent);
    let house = House::with(|setup| {
        setup.chip = Arc::new(move || Ok(Box::new(Counted(opens()?, Arc::clone(&counter)))));
    });
    house.reader_works();
    check_in(&house);
    let first = sent.swap(0, Ordering::SeqCst);
    check_in(&house);
    let second = sent.load(Ordering::SeqCst);
    assert!(second < first, "{first} commands, then {second}");
}
