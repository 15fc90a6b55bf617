//! Chips: a simulated card on a line that can hang anywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::parts::Gate;
use super::{AN, BINH, House, PATIENCE, Seen, Setup};
use crate::checkin::{Effect, Event, Screen, Touch, Want};
use crate::emrtd::{self, Access, Plan, Request, Transport, TransportError, TrustStore};
use crate::identity::Way;
use crate::kiosk::parts::OpenChip;
use crate::sim::card::Card;
use crate::sim::{SimPerson, persons};
use crate::store::{Fleet, Outbox};
use crate::words::Cause;

/// Longer than a reading takes, even here.
const LIMIT: Duration = Duration::from_secs(2);

/// A reader with a card.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) gate: Gate,
    /// The command that comes by the gate; 0: the opening does.
    pub(super) gate_at: AtomicU32,
}

struct Line {
    card: Card,
    reader: Arc<Reader>,
    sent: u32,
}

impl Transport for Line {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.sent += 1;
        if self.sent == self.reader.gate_at.load(Ordering::SeqCst) {
            self.reader.gate.pass();
        }
        let reply = self.card.try_transmit(command);
        reply.map_err(|_| TransportError::Removed)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.card.reset();
        Ok(())
    }
}

impl Reader {
    pub(super) fn with_card_of(self: &Arc<Self>, person: &SimPerson) -> OpenChip {
        let (reader, person) = (Arc::clone(self), person.clone());
        Arc::new(move || {
            if reader.gate_at.load(Ordering::SeqCst) == 0 {
                reader.gate.pass();
            }
            Ok(Box::new(Line::new(Card::new(&person), &reader)))
        })
    }
}

impl Line {
    fn new(card: Card, reader: &Arc<Reader>) -> Self {
        Self {
            card,
            reader: Arc::clone(reader),
            sent: 0,
        }
    }
}

/// A reader without a gate, and such a card on it.
pub(super) fn opens(card: impl Fn() -> Card + Send + Sync + 'static) -> OpenChip {
    let reader = Arc::new(Reader {
        gate_at: AtomicU32::new(u32::MAX),
        ..Reader::default()
    });
    Arc::new(move || Ok(Box::new(Line::new(card(), &reader))))
}

/// Whose card it is.
fn owner() -> &'static SimPerson {
    &persons()[0]
}

/// A kiosk whose reader works, with the owner's card on it.
fn house(change: impl FnOnce(&mut Setup)) -> (House, Arc<Reader>) {
    let reader = Arc::new(Reader::default());
    let house = House::with(|setup| {
        setup.chip = reader.with_card_of(owner());
        change(setup);
    });
    house.reader_works();
    (house, reader)
}

fn until_read(house: &House) {
    house.until("the chip", |seen| {
        matches!(seen, Seen::Event(Event::Chip { result: Ok(_), .. })).then_some(())
    });
}

fn until_health(house: &House, what: &str, right: impl Fn(&str) -> bool) {
    house.store.until(what, |store| {
        let lines = store.kiosks().unwrap();
        let health = lines
            .first()
            .map(|line| line.status["health"]["reader"].clone());
        health.is_some_and(|health| health.as_str().is_some_and(&right))
    });
}

#[test]
fn a_check_in_with_the_card_is_recorded_with_what_the_chip_proved() {
    let (house, _reader) = house(|_| ());
    house.act(Event::CardPlaced);
    house.show_code(&owner().card_qr());
    house.until("progress", |seen| {
        matches!(seen, Seen::Event(Event::ChipProgress { .. })).then_some(())
    });
    assert_eq!(house.done().0, "A001");
    house
        .store
        .until("sent", |store| store.backlog().unwrap().queued == 0);
    let draft = house.clinic.visit("A001").unwrap().draft;
    assert_eq!(draft.way, Way::Chip);
    assert!(draft.grade.is_some() && draft.proofs.is_some());
    let person = draft.person.unwrap();
    assert_eq!(person.personal_number.as_ref(), Some(&owner().number));
    assert_eq!(person.name.unwrap().expose(), &owner().name);
}

#[test]
fn a_chip_that_hangs_stops_nobody_and_three_of_them_are_a_failed_reader() {
    let (house, reader) = house(|setup| setup.limits.chip = LIMIT);
    reader.gate.close();
    // The first patient's reading hangs twice, then the code alone serves.
    house.act(Event::CardPlaced);
    assert_eq!(house.check_in(AN), "A001");
    assert_eq!(reader.gate.came(), 2);
    until_health(&house, "well so far", |health| health == "ok");
    // The second patient's is the third.
    house.act(Event::CardTaken);
    house.act(Event::CardPlaced);
    assert_eq!(house.check_in(BINH), "A002");
    assert_eq!(reader.gate.came(), 3);
    until_health(&house, "failed", |health| health.contains("hangs"));
    // The third patient is not asked for a card at all.
    house.touch(Touch::Start);
    house.screen("no chip offered", |screen| {
        if let Screen::Gathering { ways, .. } = screen {
            (!ways.chip).then_some(())
        } else {
            None
        }
    });
    house.touch(Touch::Cancel);
    house.welcome();
    assert_eq!(
        house.check_in("099012345673||Nông Văn Ước|02091988|Nam|Bản Mẫu|15032022"),
        "A003"
    );
    assert_eq!(reader.gate.came(), 3);

    // The driver of the reader comes to its senses: three threads come back, and are dropped.
    reader.gate.open();
    house.until("the reader is back", |seen| {
        matches!(seen, Seen::Event(Event::Device(_, true))).then_some(())
    });
    until_health(&house, "well again", |health| health == "ok");
    house.act(Event::CardTaken);
    house.act(Event::CardPlaced);
    house.show_code(&owner().card_qr());
    until_read(&house);
    assert_eq!(house.done().0, "A004");
}

#[test]
fn a_chip_that_answers_after_its_patient_has_gone_reaches_nobody() {
    let commands = commands_of_a_reading();
    let (house, reader) = house(|setup| setup.limits.chip = PATIENCE);
    // The last reply hangs: what comes back in the end is a whole person.
    reader.gate_at.store(commands, Ordering::SeqCst);
    reader.gate.close();
    house.act(Event::CardPlaced);
    house.show_code(&owner().card_qr());
    reader.gate.until_waiting(1);
    house.touch(Touch::Cancel);
    house.welcome();
    house.act(Event::CardTaken);

    house.touch(Touch::Start);
    house.screen("the next patient", |screen| {
        if let Screen::Gathering { want, .. } = screen {
            (*want == Want::CardOrCode).then_some(())
        } else {
            None
        }
    });
    reader.gate.open();
    until_read(&house);
    house.screen("still nobody", |screen| {
        if let Screen::Gathering {
            want, who, problem, ..
        } = screen
        {
            {
                assert_eq!((*want, who, *problem), (Want::CardOrCode, &None, None));
                Some(())
            }
        } else {
            None
        }
    });
    assert_eq!(house.check_in(BINH), "A001");
    house
        .store
        .until("sent", |store| store.backlog().unwrap().queued == 0);
    let draft = house.clinic.visit("A001").unwrap().draft;
    assert_eq!(draft.way, Way::CardQr);
}

#[test]
fn a_reading_that_is_not_wanted_any_longer_stops_at_its_next_command() {
    let (house, reader) = house(|setup| setup.limits.chip = PATIENCE);
    reader.gate_at.store(3, Ordering::SeqCst);
    reader.gate.close();
    house.act(Event::CardPlaced);
    house.show_code(&owner().card_qr());
    reader.gate.until_waiting(1);
    house.touch(Touch::Cancel);
    house.until("stop", |seen| {
        matches!(seen, Seen::Effect(Effect::StopChip | Effect::Forget)).then_some(())
    });
    house.welcome();
    reader.gate.open();
    house.until("it stopped", |seen| {
        if let Seen::Event(Event::Chip { result, .. }) = seen {
            {
                assert_eq!(result.unwrap_err(), Cause::CardMoved);
                Some(())
            }
        } else {
            None
        }
    });
}

#[test]
fn a_reader_that_panics_is_asked_again() {
    let (house, reader) = house(|_| ());
    reader.gate.panic_once();
    house.act(Event::CardPlaced);
    house.show_code(&owner().card_qr());
    house.until("refused", |seen| {
        matches!(
            seen,
            Seen::Event(Event::Chip {
                result: Err(Cause::CardUnreadable),
                ..
            })
        )
        .then_some(())
    });
    until_read(&house);
    house.done();
}

/// Commands that a whole reading takes.
fn commands_of_a_reading() -> u32 {
    let reader = Arc::new(Reader {
        gate_at: AtomicU32::new(u32::MAX),
        ..Reader::default()
    });
    let mut line = Line::new(Card::new(owner()), &reader);
    let access = Access::can(owner().number.can()).unwrap();
    let plan = Plan {
        dg13: true,
        ..Plan::default()
    };
    let trust = TrustStore::default();
    let request = Request::new(access, plan, &trust, jiff::civil::date(2026, 1, 1));
    let mut random = |bytes: &mut [u8]| getrandom::fill(bytes).unwrap();
    emrtd::read(&mut line, request, &mut random, &mut |_| ()).unwrap();
    line.sent
}
