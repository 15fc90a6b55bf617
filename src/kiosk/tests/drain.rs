//! What becomes of a visit on its way to the hospital's system.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::draft;
use crate::ehr::{Appointment, EhrError, Handed, HospitalSystem, Match};
use crate::identity::Person;
use crate::kiosk::drain::{BUSY_MAX, FIRST_RETRY, LAST_RETRY, drain_once};
use crate::queue::{PatientRef, VisitRecord};
use crate::store::faulty::{Fault, Faulty, queue};
use crate::store::{Outbox, Visits};

/// What the hospital does with a visit.
#[derive(Debug, Clone)]
enum Does {
    Answers(Result<Handed, EhrError>),
    /// Fails to render it.
    CannotRender(EhrError),
    PanicsRendering,
    Panics,
}

use Does::Answers;

fn sent() -> Does {
    Answers(Ok(Handed::Sent {
        id: "e1".to_owned(),
    }))
}

fn down() -> EhrError {
    EhrError::Down("no connection".to_owned())
}

fn refused() -> EhrError {
    EhrError::Refused("422".to_owned())
}

/// A hospital that does as it is told, visit by visit; at the end it takes everything.
#[derive(Default)]
struct Told {
    script: Mutex<BTreeMap<Uuid, VecDeque<Does>>>,
    heard: Mutex<Vec<(Uuid, Vec<u8>, bool)>>,
    rendered: Mutex<u8>,
}

impl Told {
    fn next(&self, visit: Uuid, rendering: bool) -> Does {
        let mut script = self.script.lock().unwrap();
        let deeds = script.entry(visit).or_default();
        let of_rendering =
            |does: &Does| matches!(does, Does::CannotRender(_) | Does::PanicsRendering);
        if deeds
            .front()
            .is_some_and(|does| of_rendering(does) == rendering)
        {
            return deeds.pop_front().unwrap();
        }
        sent()
    }
}

impl HospitalSystem for Told {
    fn find(&self, _: &Person) -> Result<Match, EhrError> {
        Ok(Match::Unknown)
    }

    fn appointments(&self, _: &PatientRef, _: Date) -> Result<Vec<Appointment>, EhrError> {
        Ok(Vec::new())
    }

    /// Never the same twice, unlike a real one: so that it shows which bytes are sent.
    fn render(&self, record: &VisitRecord) -> Result<Vec<u8>, EhrError> {
        match self.next(record.draft.visit, true) {
            Does::CannotRender(error) => return Err(error),
            Does::PanicsRendering => panic!("as the test wants it"),
            Does::Answers(_) | Does::Panics => {}
        }
        let mut rendered = self.rendered.lock().unwrap();
        *rendered += 1;
        Ok(vec![*rendered])
    }

    fn hand_over(
        &self,
        record: &VisitRecord,
        frozen: &[u8],
        repeat: bool,
    ) -> Result<Handed, EhrError> {
        let visit = record.draft.visit;
        self.heard
            .lock()
            .unwrap()
            .push((visit, frozen.to_vec(), repeat));
        match self.next(visit, false) {
            Does::Answers(answer) => answer,
            Does::Panics => panic!("as the test wants it"),
            Does::CannotRender(_) | Does::PanicsRendering => unreachable!("asked for no rendering"),
        }
    }

    fn probe(&self) -> Result<String, EhrError> {
        Ok("a hospital of the tests".to_owned())
    }
}

struct Bench {
    store: Faulty,
    hospital: Arc<Told>,
    now: Timestamp,
}

impl Bench {
    fn new() -> Self {
        Self {
            store: Faulty::new(&[queue("KB", "A")]),
            hospital: Arc::default(),
            now: "2026-11-23T00:30:00Z".parse().unwrap(),
        }
    }

    /// Visit `n`, with which the hospital does this.
    fn visit(&self, n: u128, does: impl IntoIterator<Item = Does>) -> Uuid {
        let draft = draft(n, self.now);
        let visit = draft.visit;
        self.store.issue(&draft).unwrap();
        let mut script = self.hospital.script.lock().unwrap();
        script.insert(visit, does.into_iter().collect());
        visit
    }

    fn drain(&self) -> Duration {
        drain_once(&self.store, self.hospital.as_ref(), self.now, &|| true).unwrap()
    }

    fn state(&self, visit: Uuid) -> String {
        self.store.state(visit).unwrap().expect("it is known")
    }

    /// How long until something is due.
    fn due_in(&self) -> Duration {
        let due = self.store.next_due().unwrap().expect("something waits");
        Duration::try_from(due.duration_since(self.now)).expect("not yet")
    }

    fn pass(&mut self, time: Duration) {
        self.now += SignedDuration::try_from(time).unwrap();
    }
}

#[test]
fn each_answer_of_the_hospital_has_its_end() {
    type Due = Option<(Duration, Duration)>;
    let rows: [(&str, Does, &str, Due); 9] = [
        ("sent", sent(), "sent", None),
        ("local", Answers(Ok(Handed::Local)), "local", None),
        ("refused", Answers(Err(refused())), "parked", None),
        (
            "refused before it was rendered",
            Does::CannotRender(refused()),
            "parked",
            None,
        ),
        (
            "busy",
            Answers(Err(EhrError::Busy(7))),
            "queued",
            Some((Duration::from_secs(7), Duration::from_secs(7))),
        ),
        (
            "busy for no time at all",
            Answers(Err(EhrError::Busy(0))),
            "queued",
            Some((Duration::from_millis(1), FIRST_RETRY)),
        ),
        (
            "busy for ever",
            Answers(Err(EhrError::Busy(u64::MAX))),
            "queued",
            Some((BUSY_MAX, BUSY_MAX)),
        ),
        (
            "down",
            Answers(Err(down())),
            "queued",
            Some((Duration::from_millis(1), FIRST_RETRY)),
        ),
        (
            "down before it was rendered",
            Does::CannotRender(down()),
            "queued",
            Some((Duration::from_millis(1), FIRST_RETRY)),
        ),
    ];
    for (what, does, state, due) in rows {
        let bench = Bench::new();
        let visit = bench.visit(1, [does]);
        let patience = bench.drain();
        assert_eq!(bench.state(visit), state, "{what}");
        match due {
            None => assert_eq!(bench.store.next_due().unwrap(), None, "{what}"),
            Some((soonest, latest)) => {
                let due = bench.due_in();
                assert!(soonest <= due && due <= latest, "{what}: {due:?}");
                assert!(
                    patience > Duration::ZERO && patience <= due.max(FIRST_RETRY),
                    "{what}"
                );
            }
        }
    }
}

#[test]
fn a_second_send_says_so_and_sends_the_same_bytes() {
    let mut bench = Bench::new();
    let visit = bench.visit(
        1,
        [
            Answers(Err(down())),
            Answers(Err(EhrError::Busy(1))),
            sent(),
        ],
    );
    for _ in 0..3 {
        bench.drain();
        bench.pass(LAST_RETRY);
    }
    assert_eq!(bench.state(visit), "sent");
    let heard = bench.hospital.heard.lock().unwrap();
    let expected = [false, true, true].map(|repeat| (visit, vec![1], repeat));
    assert_eq!(*heard, expected);
}

#[test]
fn what_was_frozen_by_a_process_that_died_is_sent_as_a_repeat() {
    let bench = Bench::new();
    let visit = bench.visit(1, []);
    bench.store.freeze(visit, b"by the other").unwrap();
    bench.drain();
    let heard = bench.hospital.heard.lock().unwrap();
    assert_eq!(*heard, [(visit, b"by the other".to_vec(), true)]);
}

#[test]
fn waits_grow_and_stay_within_their_bounds() {
    for does in [Answers(Err(down())), Does::CannotRender(down())] {
        let mut bench = Bench::new();
        bench.visit(1, std::iter::repeat_n(does, 40));
        let mut longest = Duration::ZERO;
        for _ in 0..40 {
            bench.drain();
            let due = bench.due_in();
            assert!(Duration::ZERO < due && due <= LAST_RETRY, "{due:?}");
            longest = longest.max(due);
            bench.pass(due);
        }
        assert!(longest > FIRST_RETRY * 2, "{longest:?}");
    }
}

#[test]
fn a_poisoned_visit_does_not_hold_up_the_others() {
    let poisons = [
        Answers(Err(refused())),
        Answers(Err(down())),
        Answers(Err(EhrError::Busy(60))),
        Does::CannotRender(refused()),
        Does::CannotRender(down()),
        Does::PanicsRendering,
        Does::Panics,
    ];
    let bench = Bench::new();
    let poisoned = (1..).zip(poisons).map(|(n, does)| bench.visit(n, [does]));
    let poisoned: Vec<_> = poisoned.collect();
    // More than one batch.
    let sound: Vec<_> = (100..140).map(|n| bench.visit(n, [])).collect();
    bench.drain();
    for visit in poisoned {
        assert_ne!(bench.state(visit), "sent");
    }
    for visit in sound {
        assert_eq!(bench.state(visit), "sent");
    }
}

#[test]
fn a_visit_that_the_store_cannot_settle_does_not_hold_up_the_others() {
    let bench = Bench::new();
    let stuck = bench.visit(1, [Answers(Err(refused()))]);
    let sound = bench.visit(2, []);
    bench.store.strike("park", Fault::Fails);
    let go_on = || true;
    let drained = drain_once(&bench.store, bench.hospital.as_ref(), bench.now, &go_on);
    assert!(drained.is_err());
    assert_eq!(bench.state(stuck), "queued");
    assert_eq!(bench.state(sound), "sent");
}

#[test]
fn a_visit_may_freeze_to_nothing() {
    let bench = Bench::new();
    let visit = bench.visit(1, []);
    bench.store.freeze(visit, b"").unwrap();
    bench.drain();
    assert_eq!(bench.state(visit), "sent");
    assert_eq!(
        *bench.hospital.heard.lock().unwrap(),
        [(visit, Vec::new(), true)]
    );
}

#[test]
fn a_kiosk_that_stops_sends_nothing_more() {
    let bench = Bench::new();
    bench.visit(1, []);
    drain_once(&bench.store, bench.hospital.as_ref(), bench.now, &|| false).unwrap();
    assert!(bench.hospital.heard.lock().unwrap().is_empty());
}
