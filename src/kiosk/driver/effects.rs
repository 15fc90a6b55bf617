//! What the machine wants, as jobs for the devices.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;

use super::Driver;
use crate::checkin::{Effect, Event};
use crate::kiosk::Inlet;
use crate::kiosk::chip::ReadChip;
use crate::kiosk::worker::Job;
use crate::queue::{InsuranceStatus, Paper};
use crate::store::{Answer, Store, StoreError};
use crate::words::Cause;

impl Driver {
    pub(super) fn carry_out(&mut self, effect: Effect, at: Timestamp) {
        match effect {
            Effect::ReadChip { ask, can } => {
                self.wanted_chip.store(ask.0, Ordering::SeqCst);
                let job = ReadChip {
                    ask,
                    can,
                    open: Arc::clone(&self.parts.chip),
                    trust: Arc::clone(&self.parts.trust),
                    kinds: Arc::clone(&self.kinds),
                    ethnicity: self.ethnicity,
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
            Effect::Watch(mode) => self.sources.watch(mode),
            Effect::FindPatient { .. }
            | Effect::FindAppointments { .. }
            | Effect::CheckInsurance { .. } => {
                self.look_up(effect);
            }
            Effect::TakeNumber { .. }
            | Effect::Paper { .. }
            | Effect::Unclaim { .. }
            | Effect::AskPriority { .. }
            | Effect::StaffAnswered { .. }
            | Effect::StaffWanted(_) => self.make_durable(effect, at),
            Effect::Print {
                ask,
                issued,
                who,
                desk,
                language,
            } => {
                let (press, inlet, visit) =
                    (Arc::clone(&self.press), self.inlet.clone(), issued.visit);
                let refusal = Event::Printed {
                    ask,
                    visit,
                    result: Err(Cause::PrinterTimedOut),
                };
                let run = move || {
                    let (printed, warning) = press.print(&issued, who.as_ref(), desk, language);
                    let told = printed.as_ref().err().or(warning.as_ref());
                    let health = told.map_or(Ok(()), |fault| Err(fault.to_string()));
                    inlet.health("printer", health);
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
            | Effect::AskPriority { .. }
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
            let written = written.map_err(|error| error.to_string());
            inlet.health("store", written.and_then(|()| store.health()));
            shared.outbox_filled();
        };
        self.workers.store.give(Job {
            refusal,
            run: Box::new(run),
        });
    }
}

/// One durable act, with its line in the audit.
fn write(
    store: &dyn Store,
    effect: Effect,
    kiosk: &str,
    at: Timestamp,
    inlet: &Inlet,
) -> Result<(), StoreError> {
    let audit = |what: &str, detail: serde_json::Value| store.append(kiosk, what, &detail, at);
    match effect {
        Effect::TakeNumber { ask, draft } => {
            // The patient does not wait for the audit.
            let answer = match store.issue(&draft) {
                Ok(answer) => answer,
                Err(error) => {
                    inlet.event(Event::Number {
                        ask,
                        result: Err(Cause::StoreDown),
                    });
                    return Err(error);
                }
            };
            let what = match &answer {
                Answer::New(_) => "number",
                Answer::Same(_) => "number_again",
                Answer::Refused(_) => "number_refused",
            };
            inlet.event(Event::Number {
                ask,
                result: Ok(answer),
            });
            let detail = serde_json::json!({
                "visit": draft.visit,
                "service": draft.service,
                "grade": draft.grade,
                "way": draft.way,
                "proofs": draft.proofs,
                "rejected": draft.rejected,
                "reason": draft.reason,
            });
            audit(what, detail)
        }
        Effect::Paper { visit, paper } => {
            store.paper(visit, paper, at)?;
            let what = if paper == Paper::Failed {
                "paper_failed"
            } else {
                "paper"
            };
            audit(what, serde_json::json!({ "visit": visit, "paper": paper }))
        }
        Effect::Unclaim { visit } => {
            store.unclaim(visit, at)?;
            audit("unclaimed", serde_json::json!({ "visit": visit }))
        }
        Effect::AskPriority { visit } => {
            store.ask_priority(visit, at)?;
            audit("priority_asked", serde_json::json!({ "visit": visit }))
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
