use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use uuid::Uuid;

use super::chip::ReadChip;
use super::limits::Limits;
use super::paper::Press;
use super::parts::Parts;
use super::shared::Shared;
use super::sources::Sources;
use super::worker::{Job, Worker};
use super::{Inlet, Observer};
use crate::checkin::{
    Device, Effect, Event, Machine, Mono, Now, PaperShown, Rules, Screen, View, Want,
};
use crate::config::Config;
use crate::queue::{InsuranceStatus, Paper};
use crate::store::Store;
use crate::voice::{Phrase, Voice};
use crate::words::Cause;

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
    voice: Option<Voice>,
    spoken: Option<Phrase>,
    /// The reading that is wanted; any other stops at its next APDU.
    wanted_chip: Arc<AtomicU64>,
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
        Ok(Self {
            machine,
            parts: parts.clone(),
            press: Arc::new(Press::new(config, parts)),
            sources,
            kiosk: config.kiosk.id.clone(),
            inlet,
            shared,
            observer,
            started: Instant::now(),
            health: BTreeMap::new(),
            voice: config.voice.clone().map(Voice::start).transpose()?,
            spoken: None,
            wanted_chip: Arc::default(),
            workers,
            reader_works: None,
            stop: limits.stop,
        })
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
        while self.workers.store.at_work() || self.workers.printer.at_work() {
            match inbox.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Input::Event(event @ (Event::Number { .. } | Event::Printed { .. }))) => {
                    self.step(event);
                }
                Ok(_) => {}
                Err(_) => {
                    tracing::error!("the kiosk stops while the store or the printer is at work");
                    return;
                }
            }
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
        self.speak(&view);
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

    /// Each new screen is spoken once.
    fn speak(&mut self, view: &View) {
        let phrase = phrase(view);
        if phrase != std::mem::replace(&mut self.spoken, phrase)
            && let (Some(voice), Some(phrase)) = (&self.voice, phrase)
        {
            voice.say(phrase, view.language);
        }
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
        if let Err(cause) = &health {
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

    fn carry_out(&mut self, effect: Effect, at: Timestamp) {
        match effect {
            Effect::ReadChip { ask, can } => {
                self.wanted_chip.store(ask.0, Ordering::SeqCst);
                let job = ReadChip {
                    ask,
                    can,
                    open: Arc::clone(&self.parts.chip),
                    wanted: Arc::clone(&self.wanted_chip),
                    inlet: self.inlet.clone(),
                };
                let refusal = Event::Chip {
                    ask,
                    result: Err(Cause::CardUnreadable),
                };
                self.workers.chip.give(Job {
                    refusal: Some(refusal),
                    run: Box::new(move || job.run()),
                });
            }
            Effect::StopChip => self.wanted_chip.store(0, Ordering::SeqCst),
            Effect::Watch(wanted) => self.sources.watch(wanted),
            Effect::FindPatient { .. }
            | Effect::FindAppointments { .. }
            | Effect::CheckInsurance { .. } => {
                self.look_up(effect);
            }
            Effect::TakeNumber { .. }
            | Effect::Paper { .. }
            | Effect::Unclaim { .. }
            | Effect::StaffAnswered { .. }
            | Effect::StaffWanted(_) => self.make_durable(effect, at),
            Effect::Print {
                ask,
                issued,
                who,
                desk,
                language: _,
            } => {
                let (press, inlet, visit) =
                    (Arc::clone(&self.press), self.inlet.clone(), issued.visit);
                let refusal = Event::Printed {
                    ask,
                    visit,
                    result: Err(Cause::PrinterSilent),
                };
                let run = move || {
                    let printed = press.print(&issued, who.as_ref(), desk);
                    inlet.health(
                        "printer",
                        printed
                            .as_ref()
                            .map(|_| ())
                            .map_err(|fault| fault.detail.clone()),
                    );
                    let result = printed.map_err(|fault| fault.cause);
                    inlet.event(Event::Printed { ask, visit, result });
                };
                self.workers.printer.give(Job {
                    refusal: Some(refusal),
                    run: Box::new(run),
                });
            }
            Effect::Forget => {
                self.wanted_chip.store(0, Ordering::SeqCst);
                let workers = &self.workers;
                for worker in [&workers.chip, &workers.patient, &workers.insurance] {
                    worker.forget();
                }
            }
        }
    }

    fn look_up(&self, effect: Effect) {
        let inlet = self.inlet.clone();
        match effect {
            Effect::FindPatient { ask, person } => {
                let hospital = Arc::clone(&self.parts.hospital);
                let run = move || {
                    let found = hospital.find(&person);
                    inlet.health(
                        "ehr",
                        found.as_ref().map(|_| ()).map_err(ToString::to_string),
                    );
                    inlet.event(Event::Patient {
                        ask,
                        result: found.map_err(|_| Cause::EhrDown),
                    });
                };
                let refusal = Event::Patient {
                    ask,
                    result: Err(Cause::EhrDown),
                };
                self.workers.patient.give(Job {
                    refusal: Some(refusal),
                    run: Box::new(run),
                });
            }
            Effect::FindAppointments { ask, patient, day } => {
                let hospital = Arc::clone(&self.parts.hospital);
                let run = move || {
                    let result = hospital
                        .appointments(&patient, day)
                        .map_err(|_| Cause::EhrDown);
                    inlet.event(Event::Appointments { ask, result });
                };
                let refusal = Event::Appointments {
                    ask,
                    result: Err(Cause::EhrDown),
                };
                self.workers.patient.give(Job {
                    refusal: Some(refusal),
                    run: Box::new(run),
                });
            }
            Effect::CheckInsurance { ask, person, day } => {
                let insurance = Arc::clone(&self.parts.insurance);
                let run = move || {
                    let status = insurance.check(&person, day);
                    inlet.event(Event::Insurance { ask, status });
                };
                let refusal = Event::Insurance {
                    ask,
                    status: InsuranceStatus::Unverified,
                };
                self.workers.insurance.give(Job {
                    refusal: Some(refusal),
                    run: Box::new(run),
                });
            }
            Effect::ReadChip { .. }
            | Effect::StopChip
            | Effect::Watch(_)
            | Effect::TakeNumber { .. }
            | Effect::Print { .. }
            | Effect::Paper { .. }
            | Effect::Unclaim { .. }
            | Effect::StaffWanted(_)
            | Effect::StaffAnswered { .. }
            | Effect::Forget => {}
        }
    }

    /// Everything that writes goes through one thread, in order.
    fn make_durable(&self, effect: Effect, at: Timestamp) {
        let (store, inlet, shared) = (
            Arc::clone(&self.parts.store),
            self.inlet.clone(),
            Arc::clone(&self.shared),
        );
        let kiosk = self.kiosk.clone();
        let refusal = if let Effect::TakeNumber { ask, .. } = &effect {
            Some(Event::Number {
                ask: *ask,
                result: Err(Cause::StoreDown),
            })
        } else {
            None
        };
        let run = move || {
            let written = write(store.as_ref(), effect, &kiosk, at, &inlet);
            if let Err(error) = &written {
                tracing::error!(%error, "the store did not write");
            }
            inlet.health("store", written.map_err(|error| error.to_string()));
            shared.outbox_filled();
        };
        self.workers.store.give(Job {
            refusal,
            run: Box::new(run),
        });
    }
}

fn phrase(view: &View) -> Option<Phrase> {
    match &view.screen {
        Screen::Gathering {
            want: Want::CardOrCode | Want::CodeOrCan | Want::Card,
            ..
        } => Some(Phrase::PlaceCard),
        Screen::Gathering {
            want: Want::HoldStill,
            ..
        } => Some(Phrase::HoldStill),
        Screen::Confirm { .. } => Some(Phrase::Confirm),
        Screen::Choose { .. } => Some(Phrase::Choose),
        Screen::Done { desk: Some(_), .. } => Some(Phrase::GoToDesk),
        Screen::Done {
            paper: PaperShown::Printed,
            ..
        } => Some(Phrase::TakeTicket),
        Screen::Done {
            paper: PaperShown::Missing(_),
            ..
        } => Some(Phrase::Remember),
        Screen::Help { .. } => Some(Phrase::StaffComing),
        Screen::Gathering {
            want: Want::Number | Want::Wait,
            ..
        }
        | Screen::Welcome { .. }
        | Screen::Consent
        | Screen::Issuing { .. }
        | Screen::Printing { .. } => None,
    }
}

/// One durable act, with its line in the audit.
fn write(
    store: &dyn Store,
    effect: Effect,
    kiosk: &str,
    at: Timestamp,
    inlet: &Inlet,
) -> Result<(), crate::store::StoreError> {
    let audit = |what: &str, detail: serde_json::Value| store.append(kiosk, what, &detail, at);
    match effect {
        Effect::TakeNumber { ask, draft } => {
            let answer = store.issue(&draft);
            let failed = answer.as_ref().err().map(ToString::to_string);
            // The patient does not wait for the audit.
            let result = answer.map_err(|_| Cause::StoreDown);
            inlet.event(Event::Number { ask, result });
            if let Some(cause) = failed {
                return Err(crate::store::StoreError::Unusable {
                    path: "store".into(),
                    cause,
                });
            }
            let detail = serde_json::json!({
                "visit": draft.visit,
                "service": draft.service,
                "grade": draft.grade,
                "way": draft.way,
                "proofs": draft.proofs,
                "rejected": draft.rejected,
                "reason": draft.reason,
            });
            audit("number", detail)
        }
        Effect::Paper { visit, paper } => {
            store.paper(visit, paper, at)?;
            if paper == Paper::Failed {
                audit("paper_failed", serde_json::json!({ "visit": visit }))
            } else {
                Ok(())
            }
        }
        Effect::Unclaim { visit } => {
            store.unclaim(visit, at)?;
            audit("unclaimed", serde_json::json!({ "visit": visit }))
        }
        Effect::StaffAnswered { id, answer } => {
            store.answer(id, answer, at)?;
            audit(
                "staff_act",
                serde_json::json!({ "command": id, "answer": answer }),
            )
        }
        Effect::StaffWanted(cause) => {
            audit("staff_wanted", serde_json::json!({ "cause": cause.code() }))
        }
        Effect::ReadChip { .. }
        | Effect::StopChip
        | Effect::Watch(_)
        | Effect::FindPatient { .. }
        | Effect::FindAppointments { .. }
        | Effect::CheckInsurance { .. }
        | Effect::Print { .. }
        | Effect::Forget => Ok(()),
    }
}
