//! What is asked of the two stores, and what of it can wait.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Failover, Inner};
use crate::identity::Person;
use crate::queue::{Draft, Paper, PatientRef, ServiceCode, Session};
use crate::store::database::{Database, Engine};
use crate::store::{
    Answer, Audit, Backlog, Calls, Command, Fleet, KioskLine, NextCall, Order, Ordered, Outbox,
    OutboxRow, QueueLine, Register, Sqlite, StoreError, Tally, VisitLine, Visits,
};

/// Something that happened to a number of the shared store while it could not be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum Later {
    /// What became of the paper.
    Paper(Uuid, Paper, Timestamp),
    /// The patient left.
    Unclaim(Uuid, Timestamp),
    /// The patient says that they go first.
    AskPriority(Uuid, Timestamp),
    /// Staff have seen to it.
    Settle(Uuid, Timestamp),
    /// The kiosk started anew: its numbers of before, of whose paper nothing is known.
    Abandon(String, Date, Timestamp),
}

impl Later {
    /// The one visit that it is about.
    pub(super) fn visit(&self) -> Option<Uuid> {
        match self {
            Self::Paper(visit, ..)
            | Self::Unclaim(visit, _)
            | Self::AskPriority(visit, _)
            | Self::Settle(visit, _) => Some(*visit),
            Self::Abandon(..) => None,
        }
    }

    /// Does it; twice is once.
    pub(super) fn done_to(&self, store: &dyn Visits) -> Result<(), StoreError> {
        match self {
            Self::Paper(visit, paper, at) => store.paper(*visit, *paper, *at),
            Self::Unclaim(visit, at) => store.unclaim(*visit, *at),
            Self::AskPriority(visit, at) => store.ask_priority(*visit, *at),
            Self::Settle(visit, at) => store.settle(*visit, *at),
            Self::Abandon(kiosk, day, at) => store.abandon(kiosk, *day, *at).map(drop),
        }
    }
}

impl<E: Engine + 'static> Visits for Failover<E> {
    fn issue(&self, draft: &Draft) -> Result<Answer, StoreError> {
        self.inner.issue(draft)
    }

    fn paper(&self, visit: Uuid, paper: Paper, at: Timestamp) -> Result<(), StoreError> {
        self.inner.act(&Later::Paper(visit, paper, at))
    }

    fn unclaim(&self, visit: Uuid, at: Timestamp) -> Result<(), StoreError> {
        self.inner.act(&Later::Unclaim(visit, at))
    }

    fn ask_priority(&self, visit: Uuid, at: Timestamp) -> Result<(), StoreError> {
        self.inner.act(&Later::AskPriority(visit, at))
    }

    fn settle(&self, visit: Uuid, at: Timestamp) -> Result<(), StoreError> {
        self.inner.act(&Later::Settle(visit, at))
    }

    fn abandon(&self, kiosk: &str, day: Date, at: Timestamp) -> Result<u64, StoreError> {
        let own = self.inner.own.abandon(kiosk, day, at)?;
        let shared = self.inner.ask(|shared| shared.abandon(kiosk, day, at))?;
        if shared.is_none() {
            let later = Later::Abandon(kiosk.to_owned(), day, at);
            self.inner.act(&later)?;
        }
        Ok(own + shared.unwrap_or_default())
    }

    fn tally(&self, day: Date) -> Result<Vec<Tally>, StoreError> {
        self.inner
            .either(|store| store.tally(day), |store| store.tally(day))
    }

    fn waiting(&self, day: Date) -> Result<Vec<VisitLine>, StoreError> {
        self.inner
            .either(|store| store.waiting(day), |store| store.waiting(day))
    }
}

impl<E: Engine> Inner<E> {
    /// The shared store's answer, or, while it is cut off, that of the kiosk's own.
    fn either<T>(
        &self,
        shared: impl FnOnce(&Database<E>) -> Result<T, StoreError>,
        own: impl FnOnce(&Sqlite) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self.ask(shared)? {
            Some(answer) => Ok(answer),
            None => own(&self.own),
        }
    }

    /// The shared store's answer, or that it is cut off.
    fn only_shared<T>(
        &self,
        shared: impl FnOnce(&Database<E>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.ask(shared)?.ok_or_else(|| self.cut_error())
    }
}

/// Rooms call from the shared store alone: two that call at once must not call the same patient.
impl<E: Engine + 'static> Calls for Failover<E> {
    fn call_next(&self, call: &NextCall) -> Result<Option<QueueLine>, StoreError> {
        self.inner.only_shared(|store| store.call_next(call))
    }

    fn order(&self, order: &Order) -> Result<Ordered, StoreError> {
        self.inner.only_shared(|store| store.order(order))
    }

    fn close(
        &self,
        service: &ServiceCode,
        day: Date,
        session: Option<Session>,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.inner
            .only_shared(|store| store.close(service, day, session, at))
    }

    fn queue(&self, service: &ServiceCode, day: Date) -> Result<Vec<QueueLine>, StoreError> {
        self.inner.either(
            |store| store.queue(service, day),
            |store| store.queue(service, day),
        )
    }

    fn called(&self, day: Date, max: u32) -> Result<Vec<QueueLine>, StoreError> {
        self.inner.either(
            |store| store.called(day, max),
            |store| store.called(day, max),
        )
    }

    fn pace(&self, service: &ServiceCode, day: Date, max: u32) -> Result<Vec<u32>, StoreError> {
        self.inner.either(
            |store| store.pace(service, day, max),
            |store| store.pace(service, day, max),
        )
    }
}

/// Visits go to the hospital's system from the shared store, once they are carried over: one that
/// was sent from here could be sent again from there.
impl<E: Engine + 'static> Outbox for Failover<E> {
    fn lead(&self, holder: &str) -> Result<bool, StoreError> {
        Ok(self
            .inner
            .ask(|store| store.lead(holder))?
            .unwrap_or_default())
    }

    fn resign(&self, holder: &str) -> Result<(), StoreError> {
        self.inner.ask(|store| store.resign(holder)).map(drop)
    }

    fn due(&self, now: Timestamp, max: u32) -> Result<Vec<OutboxRow>, StoreError> {
        Ok(self
            .inner
            .ask(|store| store.due(now, max))?
            .unwrap_or_default())
    }

    fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.inner.ask(Outbox::next_due)?.flatten())
    }

    fn freeze(&self, visit: Uuid, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.inner.only_shared(|store| store.freeze(visit, bytes))
    }

    fn sent(&self, visit: Uuid, id: &str, at: Timestamp) -> Result<(), StoreError> {
        self.inner.only_shared(|store| store.sent(visit, id, at))
    }

    fn local(&self, visit: Uuid) -> Result<(), StoreError> {
        self.inner.only_shared(|store| store.local(visit))
    }

    fn postpone(&self, visit: Uuid, at: Timestamp, why: &str) -> Result<(), StoreError> {
        self.inner
            .only_shared(|store| store.postpone(visit, at, why))
    }

    fn park(&self, visit: Uuid, why: &str) -> Result<(), StoreError> {
        self.inner.only_shared(|store| store.park(visit, why))
    }

    fn backlog(&self) -> Result<Backlog, StoreError> {
        self.inner.either(Outbox::backlog, Outbox::backlog)
    }

    fn state(&self, visit: Uuid) -> Result<Option<String>, StoreError> {
        if let Some(state) = self.inner.own.state(visit)? {
            return Ok(Some(state));
        }
        self.inner.only_shared(|store| store.state(visit))
    }
}

impl<E: Engine + 'static> Register for Failover<E> {
    fn look_up(&self, person: &Person) -> Result<Option<(PatientRef, Person)>, StoreError> {
        self.inner
            .either(|store| store.look_up(person), |store| store.look_up(person))
    }

    fn remember(&self, person: &Person, at: Timestamp) -> Result<PatientRef, StoreError> {
        self.inner.only_shared(|store| store.remember(person, at))
    }
}

impl<E: Engine + 'static> Fleet for Failover<E> {
    fn publish(&self, kiosk: &str, status: &Value, at: Timestamp) -> Result<(), StoreError> {
        self.inner.either(
            |store| store.publish(kiosk, status, at),
            |store| store.publish(kiosk, status, at),
        )
    }

    fn kiosks(&self) -> Result<Vec<KioskLine>, StoreError> {
        self.inner.either(Fleet::kiosks, Fleet::kiosks)
    }

    fn command(&self, command: &Command) -> Result<(), StoreError> {
        self.inner.either(
            |store| store.command(command),
            |store| store.command(command),
        )
    }

    fn pending(&self, kiosk: &str) -> Result<Vec<Command>, StoreError> {
        self.inner
            .either(|store| store.pending(kiosk), |store| store.pending(kiosk))
    }

    fn answer(&self, id: Uuid, answer: &str, at: Timestamp) -> Result<(), StoreError> {
        match self.inner.own.answer(id, answer, at) {
            Err(StoreError::Unknown { .. }) => {
                self.inner.only_shared(|store| store.answer(id, answer, at))
            }
            done => done,
        }
    }

    fn commands(&self, max: u32) -> Result<Vec<Command>, StoreError> {
        self.inner
            .either(|store| store.commands(max), |store| store.commands(max))
    }
}

/// Every kiosk keeps its own chain in its own file, whatever the line does.
impl<E: Engine + 'static> Audit for Failover<E> {
    fn append(
        &self,
        writer: &str,
        what: &str,
        detail: &Value,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.inner.own.append(writer, what, detail, at)
    }

    fn verify(&self) -> Result<u64, StoreError> {
        self.inner.own.verify()
    }
}
