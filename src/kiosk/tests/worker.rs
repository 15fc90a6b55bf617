//! A device's thread by itself.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::PATIENCE;
use super::parts::Gate;
use crate::checkin::{AskId, Event};
use crate::kiosk::Inlet;
use crate::kiosk::driver::Input;
use crate::kiosk::worker::{Job, Worker};
use crate::queue::InsuranceStatus;

const LIMIT: Duration = Duration::from_secs(10);

/// A worker, its inbox, and the gate its jobs come by.
struct Bench {
    worker: Worker,
    inlet: Inlet,
    inbox: Receiver<Input>,
    gate: Arc<Gate>,
}

fn answer(ask: u64, status: InsuranceStatus) -> Event {
    Event::Insurance {
        ask: AskId(ask),
        status,
    }
}

fn refusal(ask: u64) -> Event {
    answer(ask, InsuranceStatus::Unverified)
}

fn success(ask: u64) -> Event {
    answer(ask, InsuranceStatus::Eligible)
}

impl Bench {
    fn new() -> Self {
        let (sender, inbox) = channel();
        let inlet = Inlet(sender);
        Self {
            worker: Worker::start("bench", LIMIT, inlet.clone()).unwrap(),
            inlet,
            inbox,
            gate: Arc::default(),
        }
    }

    /// A job that comes by the gate and then answers.
    fn give(&self, ask: u64, refused: bool) {
        let (gate, inlet) = (Arc::clone(&self.gate), self.inlet.clone());
        self.worker.give(Job {
            refusal: refused.then(|| refusal(ask)),
            run: Box::new(move || {
                gate.pass();
                inlet.event(success(ask));
            }),
        });
    }

    fn next(&self) -> Event {
        loop {
            match self.inbox.recv_timeout(PATIENCE).expect("an event") {
                Input::Event(event) => return event,
                Input::Wake | Input::Stop | Input::Health(..) => {}
            }
        }
    }

    /// So much later, the running job has hung.
    fn time_out(&self) {
        self.worker.check(Instant::now() + LIMIT);
    }

    fn fail(&self) {
        self.gate.close();
        for ask in 1..=3 {
            self.give(ask, true);
            self.gate.until_waiting(u32::try_from(ask).unwrap());
            self.time_out();
            assert_eq!(self.next(), refusal(ask));
        }
        assert!(self.worker.failed());
    }
}

#[test]
fn jobs_are_done_in_order_and_each_has_its_answer() {
    let bench = Bench::new();
    for ask in 1..=5 {
        bench.give(ask, true);
    }
    for ask in 1..=5 {
        assert_eq!(bench.next(), success(ask));
    }
}

#[test]
fn a_job_in_time_is_not_left_behind() {
    let bench = Bench::new();
    bench.gate.close();
    bench.give(1, true);
    bench.gate.until_waiting(1);
    bench.worker.check(Instant::now());
    bench.gate.open();
    assert_eq!(bench.next(), success(1));
    while bench.worker.at_work() {
        // Each end of a job wakes the driver.
        bench.inbox.recv_timeout(PATIENCE).expect("the end");
    }
    bench.time_out();
    assert!(
        bench
            .inbox
            .try_iter()
            .all(|input| matches!(input, Input::Wake))
    );
}

#[test]
fn three_threads_that_hang_are_a_device_that_failed() {
    let bench = Bench::new();
    bench.fail();
    bench.give(4, true);
    assert_eq!(bench.next(), refusal(4), "at once");
    assert_eq!(bench.gate.came(), 3, "no further thread hangs");
    bench.gate.open();
    let mut late: Vec<_> = (0..3).map(|_| bench.next()).collect();
    late.sort_by_key(|event| format!("{event:?}"));
    assert_eq!(late, [success(1), success(2), success(3)]);
}

#[test]
fn a_thread_that_comes_back_takes_the_device_over() {
    let bench = Bench::new();
    bench.fail();
    // What must be done in any case waits.
    bench.give(4, false);
    bench.give(5, true);
    assert_eq!(bench.next(), refusal(5));
    bench.gate.open();
    let mut done: Vec<_> = (0..4).map(|_| bench.next()).collect();
    done.sort_by_key(|event| format!("{event:?}"));
    assert_eq!(done[3], success(4));
    assert!(!bench.worker.failed());
    bench.give(6, true);
    assert_eq!(bench.next(), success(6));
}

#[test]
fn a_panic_is_answered_and_the_thread_goes_on() {
    let bench = Bench::new();
    bench.gate.panic_once();
    bench.give(1, true);
    bench.give(2, true);
    assert_eq!(bench.next(), refusal(1));
    assert_eq!(bench.next(), success(2));
}

#[test]
fn what_nobody_wants_any_longer_is_refused_and_not_done() {
    let bench = Bench::new();
    bench.gate.close();
    bench.give(1, true);
    bench.gate.until_waiting(1);
    bench.give(2, true);
    bench.worker.forget();
    assert_eq!(bench.next(), refusal(2));
    bench.gate.open();
    assert_eq!(bench.next(), success(1));
    bench.give(3, true);
    assert_eq!(bench.next(), success(3));
    assert_eq!(bench.gate.came(), 2);
}

#[test]
fn what_was_accepted_is_done_after_the_end() {
    let bench = Bench::new();
    bench.gate.close();
    bench.give(1, true);
    bench.gate.until_waiting(1);
    bench.give(2, false);
    assert!(bench.worker.at_work());
    let Bench {
        worker,
        inlet,
        inbox,
        gate,
    } = bench;
    drop((worker, inlet));
    gate.open();
    let events = inbox.iter().filter_map(|input| match input {
        Input::Event(event) => Some(event),
        Input::Wake | Input::Stop | Input::Health(..) => None,
    });
    assert_eq!(events.collect::<Vec<_>>(), [success(1), success(2)]);
}
