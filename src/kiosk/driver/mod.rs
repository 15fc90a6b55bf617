//! The loop: one event after the other, and what it changes on the screen.

mod effects;
mod speech;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use uuid::Uuid;

use super::chip::Kinds;
use super::limits::Limits;
use super::paper::Press;
use super::parts::Parts;
use super::shared::Shared;
use super::sources::Sources;
use super::worker::Worker;
use super::{Inlet, Observer};
use crate::checkin::{Device, Effect, Event, Machine, Mono, Now, Rules, View};
use crate::config::Config;
use speech::Guide;

/// What comes through the one channel.
pub(super) enum Input {
    Event(Event),
    Health(&'static str, Result<(), String>),
    /// A worker has begun a job, or ended one: its deadline is new.
    Wake,
    Stop,
}

/// One thing passing through the driver.
#[derive(Debug, Clone, Copy)]
pub enum Moment<'a> {
    /// An event goes into the machine.
    Event(&'a Event),
    /// An effect comes out of it.
    Effect(&'a Effect),
    /// This is what the screen shows now.
    View(&'a View),
}

/// Owns the machine and its clock, and carries its wishes to the devices.
pub(super) struct Driver {
    machine: Machine,
    parts: Parts,
    press: Arc<Press>,
    sources: Sources,
    kiosk: String,
    inlet: Inlet,
    shared: Arc<Shared>,
    observer: Option<Observer>,
    started: Instant,
    health: BTreeMap<&'static str, Result<(), String>>,
    guide: Option<Guide>,
    /// The reading that is wanted; any other stops at its next APDU.
    wanted_chip: Arc<AtomicU64>,
    kinds: Arc<Kinds>,
    /// The site hands the ethnicity over.
    ethnicity: bool,
    workers: Workers,
    /// What the machine was told of the reader.
    reader_works: Option<bool>,
    stop: Duration,
}

struct Workers {
    chip: Worker,
    patient: Worker,
    insurance: Worker,
    store: Worker,
    printer: Worker,
}

impl Workers {
    fn all(&self) -> [(&'static str, &Worker); 5] {
        [
            ("reader", &self.chip),
            ("ehr", &self.patient),
            ("insurance", &self.insurance),
            ("store", &self.store),
            ("printer", &self.printer),
        ]
    }
}

impl Driver {
    pub(super) fn new(
        config: &Arc<Config>,
        parts: &Parts,
        sources: Sources,
        (inlet, shared, observer): (Inlet, Arc<Shared>, Option<Observer>),
        limits: Limits,
    ) -> std::io::Result<Self> {
        let start = |name, limit| Worker::start(name, limit, inlet.clone());
        let workers = Workers {
            chip: start("chip", limits.chip)?,
            patient: start("patient", limits.lookup)?,
            insurance: start("insurance", limits.lookup)?,
            store: start("store", limits.store)?,
            printer: start("printer", limits.printer)?,
        };
        let machine = Machine::new(Rules::from(config.as_ref()), Box::new(Uuid::new_v4));
        // Whoever looks before the thread has begun sees something, too.
        shared.publish(machine.view(), Timestamp::now());
        let voice = config.voice.clone();
        let guide = voice.map(|voice| Guide::start(voice, &sources.preview()));
        Ok(Self {
            machine,
            parts: parts.clone(),
            press: Arc::new(Press::new(config, parts)),
            sources,
            kiosk: config.kiosk.id.clone(),
            kinds: Arc::default(),
            ethnicity: config.fields.ethnicity,
            inlet,
            shared,
            observer,
            started: Instant::now(),
            health: BTreeMap::new(),
            guide: guide.transpose()?,
            wanted_chip: Arc::default(),
            workers,
            reader_works: None,
            stop: limits.stop,
        })
    }

    /// What prints, for whoever watches the printer.
    pub(super) fn press(&self) -> Arc<Press> {
        Arc::clone(&self.press)
    }

    /// Until told to stop.
    pub(super) fn run(&mut self, inbox: &Receiver<Input>) {
        self.fenced(Self::show);
        loop {
            let input = match self.patience() {
                None => inbox.recv().unwrap_or(Input::Stop),
                Some(patience) => match inbox.recv_timeout(patience) {
                    Ok(input) => input,
                    Err(RecvTimeoutError::Timeout) => Input::Event(Event::Woke),
                    Err(RecvTimeoutError::Disconnected) => Input::Stop,
                },
            };
            if matches!(input, Input::Stop) {
                return self.fenced(|driver| driver.finish(inbox));
            }
            self.fenced(|driver| driver.turn(input));
        }
    }

    fn turn(&mut self, input: Input) {
        match input {
            Input::Stop | Input::Wake => {}
            Input::Event(event) => self.step(event),
            Input::Health(device, health) => self.device(device, health),
        }
        for (_, worker) in self.workers.all() {
            worker.check(Instant::now());
        }
        self.tell_of_reader();
        self.show();
    }

    /// A fault of this program ends the conversation, not the kiosk.
    fn fenced(&mut self, act: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| act(self))).is_err() {
            tracing::error!("the driver panicked; the kiosk goes back to Welcome");
            let now = self.now();
            let anew = catch_unwind(AssertUnwindSafe(|| {
                for effect in self.machine.recover(now) {
                    self.carry_out(effect, now.wall);
                }
                self.show();
            }));
            // Whatever panics here panics at every event: that has been said.
            drop(anew);
        }
    }

    /// A number and its paper that are on their way still arrive, within the bound.
    fn finish(&mut self, inbox: &Receiver<Input>) {
        self.wanted_chip.store(0, Ordering::SeqCst);
        let end = Instant::now() + self.stop;
        loop {
            // Asked before the inbox is emptied: a job sends its answer before it ends.
            let at_work = self.workers.store.at_work() || self.workers.printer.at_work();
            let mut answers: Vec<Event> = inbox.try_iter().filter_map(durable).collect();
            if answers.is_empty() {
                if !at_work {
                    return;
                }
                let Ok(input) = inbox.recv_timeout(end.saturating_duration_since(Instant::now()))
                else {
                    tracing::error!("the kiosk stops while the store or the printer is at work");
                    return;
                };
                answers.extend(durable(input));
            }
            answers.into_iter().for_each(|event| self.step(event));
        }
    }

    /// How long nothing needs to happen.
    fn patience(&self) -> Option<Duration> {
        let now = Instant::now();
        let machine = self.machine.deadline().map(|Mono(at)| self.started + at);
        let workers = self
            .workers
            .all()
            .into_iter()
            .filter_map(|(_, worker)| worker.deadline());
        let next = workers.chain(machine).min()?;
        Some(next.saturating_duration_since(now))
    }

    fn step(&mut self, event: Event) {
        self.observe(Moment::Event(&event));
        let now = self.now();
        for effect in self.machine.step(event, now) {
            self.observe(Moment::Effect(&effect));
            self.carry_out(effect, now.wall);
        }
    }

    fn now(&self) -> Now {
        Now {
            mono: Mono(self.started.elapsed()),
            wall: Timestamp::now(),
        }
    }

    fn show(&mut self) {
        let view = self.machine.view();
        self.observe(Moment::View(&view));
        if let Some(guide) = &mut self.guide {
            guide.show(&view);
        }
        self.shared.publish(view, Timestamp::now());
        let mut health = self.health.clone();
        for (name, worker) in self.workers.all() {
            if worker.failed() {
                health.insert(
                    name,
                    Err("hangs: restart the device, then the kiosk".to_owned()),
                );
            }
        }
        self.shared.set_health(health);
    }

    fn observe(&mut self, moment: Moment<'_>) {
        if let Some(observer) = &mut self.observer {
            observer(moment);
        }
    }

    /// The chip is a way while the reader is there and its threads do not hang.
    fn tell_of_reader(&mut self) {
        let there = self.health.get("reader").map(Result::is_ok);
        let works = there.map(|there| there && !self.workers.chip.failed());
        if let Some(works) = works
            && self.reader_works.replace(works) != Some(works)
        {
            self.step(Event::Device(Device::Reader, works));
        }
    }

    /// The loss of a device closes a way; its return opens it.
    fn device(&mut self, device: &'static str, health: Result<(), String>) {
        // A device that is asked again and again says the same each time.
        if self.health.get(device) != Some(&health)
            && let Err(cause) = &health
        {
            tracing::warn!(device, cause, "device fault");
        }
        self.health.insert(device, health);
        match device {
            "camera" | "scanner" => {
                let left = ["camera", "scanner"]
                    .iter()
                    .any(|d| self.health.get(d) == Some(&Ok(())));
                self.step(Event::Device(Device::Codes, left));
            }
            _ => {}
        }
    }
}

/// An answer that is never dropped.
fn durable(input: Input) -> Option<Event> {
    match input {
        Input::Event(event @ (Event::Number { .. } | Event::Printed { .. })) => Some(event),
        Input::Event(_) | Input::Health(..) | Input::Wake | Input::Stop => None,
    }
}
