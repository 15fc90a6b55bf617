//! A store in memory, for these tests alone. It keeps what the traits promise while the process
//! lives, and can be told to fail or to hang.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard};

use jiff::{Timestamp, civil::Date};
use serde_json::Value;
use uuid::Uuid;

use crate::identity::{Person, shown_name};
use crate::queue::{Draft, Issued, Paper, PatientRef, Series, ServiceCode, VisitKind, VisitRecord};
use crate::store::{
    Answer, Audit, Backlog, Command, Fleet, KioskLine, Outbox, OutboxRow, Register, Store,
    StoreError, Tally, VisitLine, Visits,
};

#[derive(Default)]
pub struct Memory {
    inner: Mutex<Inner>,
    /// While it is true, reads of the fleet wait.
    hangs: Mutex<bool>,
    goes_on: Condvar,
}

#[derive(Default)]
struct Inner {
    visits: Vec<Kept>,
    register: Vec<(PatientRef, Person)>,
    kiosks: BTreeMap<String, KioskLine>,
    commands: Vec<Command>,
    audit: Vec<(String, String, Value)>,
    broken: bool,
}

struct Kept {
    record: VisitRecord,
    paper: Option<Paper>,
    unclaimed: bool,
    out: Out,
    frozen: Option<Vec<u8>>,
    attempts: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Out {
    Queued(Timestamp),
    Sent,
    Parked,
    Local,
}

impl Memory {
    fn inner(&self) -> Result<MutexGuard<'_, Inner>, StoreError> {
        let inner = self.inner.lock().unwrap();
        if inner.broken {
            return Err(StoreError::Unusable {
                path: "<memory>".into(),
                cause: "disk I/O error".into(),
            });
        }
        Ok(inner)
    }

    /// From now on every call fails.
    pub fn break_down(&self) {
        self.inner.lock().unwrap().broken = true;
    }

    /// Reads of the fleet wait from now on, or go on.
    pub fn hang(&self, hangs: bool) {
        *self.hangs.lock().unwrap() = hangs;
        self.goes_on.notify_all();
    }

    /// The codes of the audit's lines.
    pub fn audited(&self) -> Vec<String> {
        let inner = self.inner.lock().unwrap();
        inner.audit.iter().map(|line| line.1.clone()).collect()
    }

    fn change<T>(&self, visit: Uuid, act: impl FnOnce(&mut Kept) -> T) -> Result<T, StoreError> {
        let mut inner = self.inner()?;
        let kept = inner
            .visits
            .iter_mut()
            .find(|k| k.record.draft.visit == visit);
        kept.map(act).ok_or(StoreError::Damaged {
            what: "visit",
            cause: "there is none".into(),
        })
    }
}

fn issued(kept: &Kept, ahead: u32) -> Issued {
    let draft = &kept.record.draft;
    Issued {
        visit: draft.visit,
        number: kept.record.number.clone(),
        kind: draft.kind,
        service: draft.service.clone(),
        day: draft.day,
        at: draft.at,
        ahead,
        priority: draft.priority,
        grade: draft.grade,
        printed: u32::from(kept.paper.is_some()),
    }
}

impl Visits for Memory {
    fn issue(&self, draft: &Draft) -> Result<Answer, StoreError> {
        let mut inner = self.inner()?;
        let same_person = |kept: &Kept| {
            let known = (&kept.record.draft.person, &draft.person);
            let same = matches!(known, (Some(a), Some(b)) if a.same_as(b));
            same && kept.record.draft.service == draft.service && kept.record.draft.day == draft.day
        };
        let found = inner
            .visits
            .iter()
            .find(|k| k.record.draft.visit == draft.visit || same_person(k));
        if let Some(kept) = found {
            return Ok(Answer::Same(issued(kept, 0)));
        }
        let of_queue =
            |k: &&Kept| k.record.draft.service == draft.service && k.record.draft.day == draft.day;
        let before = inner.visits.iter().filter(of_queue).count() as u32;
        let series = Series {
            prefix: draft.service.0.chars().take(1).collect(),
            digits: 3,
            first: 1,
        };
        let kept = Kept {
            record: VisitRecord {
                version: VisitRecord::VERSION,
                number: series.number(series.first + before),
                draft: draft.clone(),
            },
            paper: None,
            unclaimed: false,
            out: Out::Queued(draft.at),
            frozen: None,
            attempts: 0,
        };
        let answer = Answer::New(issued(&kept, before));
        inner.visits.push(kept);
        Ok(answer)
    }

    fn paper(&self, visit: Uuid, paper: Paper, _at: Timestamp) -> Result<(), StoreError> {
        self.change(visit, |kept| kept.paper = Some(paper))
    }

    fn unclaim(&self, visit: Uuid, _at: Timestamp) -> Result<(), StoreError> {
        self.change(visit, |kept| kept.unclaimed = true)
    }

    fn tally(&self, day: Date) -> Result<Vec<Tally>, StoreError> {
        let mut queues: BTreeMap<ServiceCode, Tally> = BTreeMap::new();
        let inner = self.inner()?;
        for record in inner.visits.iter().map(|kept| &kept.record) {
            if record.draft.day == day {
                let service = record.draft.service.clone();
                let tally = queues.entry(service.clone()).or_insert(Tally {
                    service,
                    issued: 0,
                    last: None,
                });
                tally.issued += 1;
                tally.last = Some(record.number.clone());
            }
        }
        Ok(queues.into_values().collect())
    }

    fn waiting(&self, day: Date) -> Result<Vec<VisitLine>, StoreError> {
        let inner = self.inner()?;
        let of_today = inner.visits.iter().filter(|k| k.record.draft.day == day);
        let mut lines: Vec<VisitLine> = of_today.filter_map(waiting_line).collect();
        lines.sort_by_key(|line| line.at);
        Ok(lines)
    }
}

fn waiting_line(kept: &Kept) -> Option<VisitLine> {
    let draft = &kept.record.draft;
    let waits_for: Vec<String> = [
        (draft.kind == VisitKind::Desk, "desk"),
        (kept.unclaimed, "unclaimed"),
        (kept.paper == Some(Paper::Failed), "paper_failed"),
        (kept.out == Out::Local, "handover"),
        (kept.out == Out::Parked, "parked"),
    ]
    .into_iter()
    .filter(|(waits, _)| *waits)
    .map(|(_, why)| why.to_owned())
    .collect();
    let name = draft.person.as_ref().and_then(|p| p.name.as_ref());
    (!waits_for.is_empty()).then(|| VisitLine {
        visit: draft.visit,
        number: kept.record.number.clone(),
        service: draft.service.clone(),
        kiosk: draft.kiosk.clone(),
        at: draft.at,
        shown_name: name.map(|name| shown_name(name.expose(), false)),
        waits_for,
        reason: draft.reason.clone(),
    })
}

impl Outbox for Memory {
    fn due(&self, now: Timestamp, max: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let inner = self.inner()?;
        let due = inner
            .visits
            .iter()
            .filter(|kept| matches!(kept.out, Out::Queued(at) if at <= now));
        let row = |kept: &Kept| OutboxRow {
            record: kept.record.clone(),
            frozen: kept.frozen.clone(),
            attempts: kept.attempts,
        };
        Ok(due.take(max as usize).map(row).collect())
    }

    fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let inner = self.inner()?;
        let waiting = inner.visits.iter().filter_map(|kept| match kept.out {
            Out::Queued(at) => Some(at),
            Out::Sent | Out::Parked | Out::Local => None,
        });
        Ok(waiting.min())
    }

    fn freeze(&self, visit: Uuid, bytes: &[u8]) -> Result<(), StoreError> {
        self.change(visit, |kept| {
            kept.frozen.get_or_insert_with(|| bytes.to_vec());
            kept.attempts += 1;
        })
    }

    fn sent(&self, visit: Uuid, _id: &str, _at: Timestamp) -> Result<(), StoreError> {
        self.change(visit, |kept| kept.out = Out::Sent)
    }

    fn local(&self, visit: Uuid) -> Result<(), StoreError> {
        self.change(visit, |kept| kept.out = Out::Local)
    }

    fn postpone(&self, visit: Uuid, at: Timestamp, _why: &str) -> Result<(), StoreError> {
        self.change(visit, |kept| kept.out = Out::Queued(at))
    }

    fn park(&self, visit: Uuid, _why: &str) -> Result<(), StoreError> {
        self.change(visit, |kept| kept.out = Out::Parked)
    }

    fn backlog(&self) -> Result<Backlog, StoreError> {
        let inner = self.inner()?;
        let queued = || {
            let all = inner.visits.iter();
            all.filter(|kept| matches!(kept.out, Out::Queued(_)))
        };
        let parked = inner.visits.iter().filter(|kept| kept.out == Out::Parked);
        Ok(Backlog {
            queued: queued().count() as u32,
            parked: parked.count() as u32,
            oldest: queued().map(|kept| kept.record.draft.at).min(),
        })
    }

    fn state(&self, visit: Uuid) -> Result<Option<String>, StoreError> {
        let inner = self.inner()?;
        let mut all = inner.visits.iter();
        let kept = all.find(|kept| kept.record.draft.visit == visit);
        let state = kept.map(|kept| match kept.out {
            Out::Queued(_) => "queued",
            Out::Sent => "sent",
            Out::Parked => "parked",
            Out::Local => "local",
        });
        Ok(state.map(str::to_owned))
    }
}

impl Register for Memory {
    fn look_up(&self, person: &Person) -> Result<Option<(PatientRef, Person)>, StoreError> {
        let inner = self.inner()?;
        let mut all = inner.register.iter();
        Ok(all.find(|(_, known)| known.same_as(person)).cloned())
    }

    fn remember(&self, person: &Person, _at: Timestamp) -> Result<PatientRef, StoreError> {
        let mut inner = self.inner()?;
        let mut all = inner.register.iter_mut();
        if let Some((id, known)) = all.find(|(_, known)| known.same_as(person)) {
            *known = person.clone();
            return Ok(id.clone());
        }
        let id = PatientRef(format!("local-{}", inner.register.len() + 1));
        inner.register.push((id.clone(), person.clone()));
        Ok(id)
    }
}

impl Fleet for Memory {
    fn publish(&self, kiosk: &str, status: &Value, at: Timestamp) -> Result<(), StoreError> {
        let line = KioskLine {
            kiosk: kiosk.to_owned(),
            at,
            status: status.clone(),
        };
        self.inner()?.kiosks.insert(kiosk.to_owned(), line);
        Ok(())
    }

    fn kiosks(&self) -> Result<Vec<KioskLine>, StoreError> {
        let hangs = self.hangs.lock().unwrap();
        drop(self.goes_on.wait_while(hangs, |hangs| *hangs).unwrap());
        Ok(self.inner()?.kiosks.values().cloned().collect())
    }

    fn command(&self, command: &Command) -> Result<(), StoreError> {
        let mut inner = self.inner()?;
        if inner.commands.iter().all(|known| known.id != command.id) {
            inner.commands.push(command.clone());
        }
        Ok(())
    }

    fn pending(&self, kiosk: &str) -> Result<Vec<Command>, StoreError> {
        let inner = self.inner()?;
        let all = inner.commands.iter();
        let pending = all.filter(|c| c.kiosk == kiosk && c.answer.is_none());
        Ok(pending.cloned().collect())
    }

    fn answer(&self, id: Uuid, answer: &str, _at: Timestamp) -> Result<(), StoreError> {
        let mut inner = self.inner()?;
        if let Some(command) = inner.commands.iter_mut().find(|c| c.id == id) {
            command.answer = Some(answer.to_owned());
        }
        Ok(())
    }

    fn commands(&self, max: u32) -> Result<Vec<Command>, StoreError> {
        let inner = self.inner()?;
        let newest_first = inner.commands.iter().rev();
        Ok(newest_first.take(max as usize).cloned().collect())
    }
}

impl Audit for Memory {
    fn append(
        &self,
        writer: &str,
        what: &str,
        detail: &Value,
        _at: Timestamp,
    ) -> Result<(), StoreError> {
        let line = (writer.to_owned(), what.to_owned(), detail.clone());
        self.inner()?.audit.push(line);
        Ok(())
    }

    fn verify(&self) -> Result<u64, StoreError> {
        Ok(self.inner()?.audit.len() as u64)
    }
}

impl Store for Memory {
    fn probe(&self) -> Result<String, StoreError> {
        Ok("memory: nothing survives".to_owned())
    }
}
