//! What must survive: visits and numbers, outbox, register, fleet and commands, audit.
//!
//! Invariant: whatever a method returned `Ok` for survives `kill -9` and a power cut; a number is
//! never given twice; personal data is encrypted before it reaches a file.
//!
//! [`Sqlite`] is the store of one kiosk. Every store passes the same `conformance` suite: a function
//! a promise, and a model that does the same by the simplest means and is compared after each act.

mod calls;
#[cfg(test)]
mod conformance;
mod database;
#[cfg(any(feature = "postgres", test))]
mod failover;
#[cfg(test)]
pub(crate) mod faulty;
mod files;
mod key_file;
#[cfg(feature = "postgres")]
mod postgres;
mod seal;
mod sql;
mod sqlite;

pub use calls::{Calls, NextCall, Order, Ordered, QueueLine};
pub use database::{Changed, Watcher};
#[cfg(any(feature = "postgres", test))]
pub use failover::{Failover, Line};
#[cfg(feature = "postgres")]
pub use postgres::Postgres;
pub use sqlite::{Restored, Sqlite};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identity::{Grade, Hint, Person, VisitKey};
use crate::queue::{
    Draft, Issued, Paper, PatientRef, QueueNumber, Refusal, ServiceCode, VisitRecord,
};

/// The key of the visit codes on tickets, made from the store's: every kiosk and desk of one store
/// verifies what another signed.
///
/// # Errors
/// The store's key file cannot be used.
pub fn visit_key(settings: &crate::config::Store) -> Result<VisitKey, StoreError> {
    let key = key_file::key_of(&settings.path, &settings.key_file)?;
    Ok(VisitKey::derive(key.as_slice()))
}

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened, read or written.
    #[error("the store {path} cannot be used: {cause}")]
    Unusable {
        /// The file.
        path: String,
        /// What the database says.
        cause: String,
    },
    /// The key file is missing, unreadable, of wrong size, readable by others, or not this store's.
    #[error("the key file {path} cannot be used: {cause}")]
    Key {
        /// The file.
        path: String,
        /// What is wrong.
        cause: String,
    },
    /// A row cannot be decrypted or understood: altered, or of another key.
    #[error("a stored {what} cannot be read: {cause}")]
    Damaged {
        /// Which kind of row.
        what: &'static str,
        /// What is wrong.
        cause: String,
    },
    /// The database cannot be reached or takes no writes. Whether the last write was made durable is
    /// not known.
    #[error("the database {database} cannot be reached: {cause}")]
    Cut {
        /// Its address.
        database: String,
        /// What was heard last.
        cause: String,
    },
    /// The series of a service has no further number.
    #[error("the series of {0} is used up: give it a longer range in the configuration")]
    UsedUp(String),
    /// The service is not in the configuration.
    #[error("there is no service {0}: name it in the configuration")]
    NoService(String),
    /// What is spoken of was never stored, or is purged already.
    #[error("the store has no {what} {id}")]
    Unknown {
        /// What kind of thing.
        what: &'static str,
        /// Its id.
        id: Uuid,
    },
}

/// The answer to a wish for a number.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A new number, durable now.
    New(Issued),
    /// The live number that this check-in, or this person with the same evidence, holds already.
    Same(Issued),
    /// No number: staff decide.
    Refused(Refusal),
}

/// A visit as staff see it in a list: nothing personal but what is masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VisitLine {
    /// The visit.
    pub visit: Uuid,
    /// Its number.
    pub number: QueueNumber,
    /// Its queue.
    pub service: ServiceCode,
    /// The kiosk that issued it.
    pub kiosk: String,
    /// Arrival.
    pub at: Timestamp,
    /// Shortened name, where known.
    pub shown_name: Option<String>,
    /// Why it waits for help: `desk`, `unclaimed`, `paper_failed`, `handover`, `parked`,
    /// `two_numbers`, `priority` (staff judge whether the patient goes first), `damaged` (its record cannot be read any more, so that the rest of the line is all there is).
    pub waits_for: Vec<String>,
    /// The code of the cause of a desk number; else why it was parked.
    pub reason: Option<String>,
    /// How far the identity was proved.
    pub grade: Option<Grade>,
    /// Why a check of the card failed, in an engineer's words.
    pub failed: Option<String>,
    /// What in the papers is worth a look.
    pub hints: Vec<Hint>,
}

/// Numbers of one queue today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The queue.
    pub service: ServiceCode,
    /// Issued today.
    pub issued: u32,
    /// The last number.
    pub last: Option<QueueNumber>,
}

/// Visits and their numbers.
pub trait Visits {
    /// Takes a number, writes the visit and its outbox row, in one transaction. Idempotent by
    /// `draft.visit` always, by (person, service, day) while that number is live. Evidence is compared
    /// as (grade, way); mere claims are equal only where name and birth date are, too. The first rule
    /// that applies decides:
    ///
    /// 1. This visit has a number → the same.
    /// 2. A desk number is wanted → a new one.
    /// 3. A card of the person was rejected today, and this is not that card again → refused.
    /// 4. The person's number here is live → the same with equal evidence, else refused.
    /// 5. The person left an unclaimed number here, taken with equal evidence → it is live again.
    /// 6. A new one.
    ///
    /// Who has no number of any kind is never met again: rules 3 to 5 do not apply.
    fn issue(&self, draft: &Draft) -> Result<Answer, StoreError>;
    /// Records what became of the paper. Paper that went out brings an unclaimed number back into
    /// the queue, unless its person took another one meanwhile.
    fn paper(&self, visit: Uuid, paper: Paper, at: Timestamp) -> Result<(), StoreError>;
    /// The patient left before the number reached them: it leaves the queue, staff see it, the same
    /// person gets it back. A number that was printed reached somebody, and stays.
    fn unclaim(&self, visit: Uuid, at: Timestamp) -> Result<(), StoreError>;
    /// The patient says that they go first, for a reason that no paper shows: staff see it, and judge
    /// ([`CallAct::Judge`](crate::queue::CallAct::Judge)). Until then nothing changes.
    fn ask_priority(&self, visit: Uuid, at: Timestamp) -> Result<(), StoreError>;
    /// Staff have seen to it: the visit leaves the queue and the list of those who wait, and its
    /// person may take a new number.
    fn settle(&self, visit: Uuid, at: Timestamp) -> Result<(), StoreError>;
    /// The kiosk starts anew, and has given no number yet: one of before, of which it never told what
    /// became of the paper, reached nobody, as far as anybody knows. It is unclaimed, staff see it, and
    /// its person gets it back. Nothing that the earlier run had on its way is written after this.
    /// Gives how many.
    fn abandon(&self, kiosk: &str, day: Date, at: Timestamp) -> Result<u64, StoreError>;
    /// Today's numbers, a line for each configured service.
    fn tally(&self, day: Date) -> Result<Vec<Tally>, StoreError>;
    /// Today's visits that wait for staff, longest first. A ticket of which nothing was heard counts
    /// as failed once its kiosk has issued another number: the kiosk died in between.
    fn waiting(&self, day: Date) -> Result<Vec<VisitLine>, StoreError>;
}

/// A visit on its way to the hospital's system.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// The record.
    pub record: VisitRecord,
    /// The bytes of the first send, where there was one.
    pub frozen: Option<Vec<u8>>,
    /// Sends so far.
    pub attempts: u32,
}

/// How much waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlog {
    /// Visits not sent yet.
    pub queued: u32,
    /// Visits that the hospital's system refused.
    pub parked: u32,
    /// Since when the oldest waits.
    pub oldest: Option<Timestamp>,
}

/// Visits on their way to the hospital's system. What was sent stays sent, whatever comes later.
pub trait Outbox {
    /// Whether `holder` is the one who drains, for the next seconds: one at a time drains a store that
    /// kiosks share. Whoever dies is followed within ten seconds.
    fn lead(&self, holder: &str) -> Result<bool, StoreError>;
    /// `holder` drains no more: the next one need not wait until it counts as dead.
    fn resign(&self, holder: &str) -> Result<(), StoreError>;
    /// Rows that are due at `now`, oldest first; at most one a person: a later visit waits until the
    /// earlier one is sent, parked or local, so that no person is registered twice. A row that
    /// cannot be read any more is parked and left out.
    fn due(&self, now: Timestamp, max: u32) -> Result<Vec<OutboxRow>, StoreError>;
    /// When the next row is due, where one waits; the epoch for one that was never postponed.
    fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;
    /// Freezes the bytes before the first send, and counts an attempt. Gives the bytes to send:
    /// those frozen first, whatever comes with a later call.
    fn freeze(&self, visit: Uuid, bytes: &[u8]) -> Result<Vec<u8>, StoreError>;
    /// The hospital's system has it.
    fn sent(&self, visit: Uuid, id: &str, at: Timestamp) -> Result<(), StoreError>;
    /// There is no system: it waits for the clerk.
    fn local(&self, visit: Uuid) -> Result<(), StoreError>;
    /// Not now: again at `at`. Takes a parked visit back on its way, too.
    fn postpone(&self, visit: Uuid, at: Timestamp, why: &str) -> Result<(), StoreError>;
    /// Refused: staff must see it.
    fn park(&self, visit: Uuid, why: &str) -> Result<(), StoreError>;
    /// How much waits.
    fn backlog(&self) -> Result<Backlog, StoreError>;
    /// What became of one visit: `queued`, `sent`, `parked`, `local`.
    fn state(&self, visit: Uuid) -> Result<Option<String>, StoreError>;
}

/// The people this site knows by itself (a commune station without any hospital system).
pub trait Register {
    /// The patient whose number the person holds: by the personal number, else by one it replaced,
    /// else by the insurance number (of a patient whose other numbers do not contradict).
    fn look_up(&self, person: &Person) -> Result<Option<(PatientRef, Person)>, StoreError>;
    /// Adds or renews a person; gives the reference. What the person does not tell now is kept as
    /// it was told before.
    fn remember(&self, person: &Person, at: Timestamp) -> Result<PatientRef, StoreError>;
}

/// What staff ask of a kiosk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Ask the patient to come to the desk.
    CallToDesk,
    /// End the conversation, back to Welcome.
    Release,
}

/// A command for a kiosk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Its id: acting on it twice is acting once.
    pub id: Uuid,
    /// For which kiosk.
    pub kiosk: String,
    /// What.
    pub act: Act,
    /// Who asked.
    pub who: String,
    /// Why.
    pub why: String,
    /// When.
    pub at: Timestamp,
    /// The kiosk's answer: `done`, or why not.
    pub answer: Option<String>,
}

/// A kiosk as it last reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KioskLine {
    /// Its id.
    pub kiosk: String,
    /// When.
    pub at: Timestamp,
    /// The masked view and the devices' health, as JSON.
    pub status: serde_json::Value,
}

/// Kiosks and commands to them.
pub trait Fleet {
    /// A kiosk reports.
    fn publish(
        &self,
        kiosk: &str,
        status: &serde_json::Value,
        at: Timestamp,
    ) -> Result<(), StoreError>;
    /// All kiosks that ever reported.
    fn kiosks(&self) -> Result<Vec<KioskLine>, StoreError>;
    /// Staff ask something of a kiosk. The same id again is the same command.
    fn command(&self, command: &Command) -> Result<(), StoreError>;
    /// Unanswered commands for a kiosk, oldest first. A command that cannot be opened was not made
    /// by this store: it is left out, here and in [`Self::commands`], and logged.
    fn pending(&self, kiosk: &str) -> Result<Vec<Command>, StoreError>;
    /// The kiosk's answer. The first one stands.
    fn answer(&self, id: Uuid, answer: &str, at: Timestamp) -> Result<(), StoreError>;
    /// The last commands, newest first.
    fn commands(&self, max: u32) -> Result<Vec<Command>, StoreError>;
}

/// What was done and proved, in a chain of hashes for each writer: a line cannot be altered, moved
/// or dropped unseen. The hashes are plain SHA-256, so that anybody can check an exported chain; the
/// end of each chain is sealed with the store's key, so that a shortened chain shows, too.
pub trait Audit {
    /// Appends a line. `what` is a short code, `detail` never holds personal data in the clear.
    fn append(
        &self,
        writer: &str,
        what: &str,
        detail: &serde_json::Value,
        at: Timestamp,
    ) -> Result<(), StoreError>;
    /// Checks every chain; gives the number of lines, or where it breaks.
    fn verify(&self) -> Result<u64, StoreError>;
}

/// Of which changes a watcher hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Of all.
    All,
    /// Of those by this program alone; for others one must look.
    OwnOnly,
}

/// Everything that must survive.
pub trait Store: Visits + Calls + Outbox + Register + Fleet + Audit + Send + Sync {
    /// One line for `doctor`: durability settings as the database itself reports them.
    fn probe(&self) -> Result<String, StoreError>;
    /// Whether everything is as it should be, or what staff should know: that the shared store is cut
    /// off, and since when.
    fn health(&self) -> Result<(), String> {
        Ok(())
    }
    /// Calls `watcher`, on any thread, whenever something changed that staff or kiosks wait to hear of;
    /// it must return at once. Tells how changes by other programs are heard of.
    fn watch(&self, watcher: Watcher) -> News;
    /// Forgets visits and commands of more than `keep_days` before `today`, and tells how many visits.
    /// What still waits to be sent stays, and so do the counters: a purged number is not given again.
    /// The last day on which somebody came counts as today where it is earlier: a clock that leaps
    /// years ahead empties no store.
    fn purge(&self, today: Date, keep_days: u32) -> Result<u64, StoreError>;
}
