//! The two pages of the machine: everything that can happen to it, and everything it can want.

use std::time::Duration;

use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

use super::view::{Shown, Touch};
use crate::ehr::{Appointment, Match};
use crate::emrtd::Proofs;
use crate::identity::{Payload, Person, Private};
use crate::queue::{Draft, InsuranceStatus, Issued, Paper, PatientRef};
use crate::scan::Mode;
use crate::store::{Act, Answer};
use crate::words::{Cause, Language};

/// Time since the driver started. It only grows; all waits are measured with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Mono(pub Duration);

impl Mono {
    /// This much later.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }
}

/// The two clocks. `wall` may jump: days and ages use it, waits never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// For waits.
    pub mono: Mono,
    /// For days and ages.
    pub wall: Timestamp,
}

/// Nobody checked in before this program was made: 2026-01-01.
const EARLIEST: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// Whether a wall clock may be right. A PC whose battery is empty wakes in 1970 or in the year of
/// its BIOS, and would give numbers of another day.
pub fn clock_is_right(wall: Timestamp) -> bool {
    wall >= EARLIEST
}

/// The number of a question. Its answer brings it back, so that an answer meant for the last
/// patient is known as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId(pub u64);

/// A chip that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChipRead {
    /// Whom the chip is of.
    pub person: Person,
    /// What was proved.
    pub proofs: Proofs,
}

/// A device whose loss closes a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// The card reader.
    Reader,
    /// Camera or scanner, whichever is left.
    Codes,
}

/// Everything that can happen. Every event is legal in every state.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A finger.
    Touch(Touch),
    /// A card lies on the reader.
    CardPlaced,
    /// It was taken away.
    CardTaken,
    /// A code was read by camera or scanner.
    Code(Box<Payload>),
    /// A device came or went.
    Device(Device, bool),
    /// The chip is being read.
    ChipProgress {
        /// Which question.
        ask: AskId,
        /// Done, in percent.
        percent: u8,
    },
    /// The chip was read, or not.
    Chip {
        /// Which question.
        ask: AskId,
        /// The chip, or what went wrong.
        result: Result<Box<ChipRead>, Cause>,
    },
    /// Who the hospital's system says it is.
    Patient {
        /// Which question.
        ask: AskId,
        /// The match, or that nobody answered.
        result: Result<Match, Cause>,
    },
    /// Today's appointments.
    Appointments {
        /// Which question.
        ask: AskId,
        /// The appointments, or that nobody answered.
        result: Result<Vec<Appointment>, Cause>,
    },
    /// Insurance.
    Insurance {
        /// Which question.
        ask: AskId,
        /// The status.
        status: InsuranceStatus,
    },
    /// The store gave a number, refused, or is cut off.
    Number {
        /// Which question.
        ask: AskId,
        /// The answer. Durable: never dropped, however late.
        result: Result<Answer, Cause>,
    },
    /// The printer is done.
    Printed {
        /// Which question.
        ask: AskId,
        /// Whose ticket.
        visit: Uuid,
        /// The evidence. Durable: never dropped, however late.
        result: Result<Paper, Cause>,
    },
    /// Staff ask something.
    Staff {
        /// The command's id, for the answer.
        id: Uuid,
        /// What.
        act: Act,
    },
    /// The deadline that [`super::Machine::deadline`] named has come.
    Woke,
}

/// Everything the machine can want from the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Read the chip with this card access number.
    ReadChip {
        /// Comes back with the answer.
        ask: AskId,
        /// Six digits.
        can: Private<String>,
    },
    /// Whatever the chip says from now on is not wanted.
    StopChip,
    /// How much is wanted of whatever reads codes.
    Watch(Mode),
    /// Who is it in the hospital's system?
    FindPatient {
        /// Comes back with the answer.
        ask: AskId,
        /// Who it is by what was shown.
        person: Box<Person>,
    },
    /// Today's appointments of a patient.
    FindAppointments {
        /// Comes back with the answer.
        ask: AskId,
        /// The patient.
        patient: PatientRef,
        /// The hospital's day.
        day: Date,
    },
    /// Is the insurance valid?
    CheckInsurance {
        /// Comes back with the answer.
        ask: AskId,
        /// Who.
        person: Box<Person>,
        /// The hospital's day.
        day: Date,
    },
    /// Make number, visit and outbox row durable.
    TakeNumber {
        /// Comes back with the answer.
        ask: AskId,
        /// All of it.
        draft: Box<Draft>,
    },
    /// Print the ticket of a durable number.
    Print {
        /// Comes back with the answer.
        ask: AskId,
        /// The number.
        issued: Box<Issued>,
        /// The name for the ticket.
        who: Option<Shown>,
        /// Why a desk number.
        desk: Option<Cause>,
        /// Language of the patient.
        language: Language,
    },
    /// Record what became of the paper.
    Paper {
        /// Whose.
        visit: Uuid,
        /// The evidence.
        paper: Paper,
    },
    /// The patient left before this number reached them.
    Unclaim {
        /// Whose.
        visit: Uuid,
    },
    /// The patient says that they go first; staff judge.
    AskPriority {
        /// Whose number.
        visit: Uuid,
    },
    /// Staff are wanted, and why.
    StaffWanted(Cause),
    /// The answer to a staff act.
    StaffAnswered {
        /// Which command.
        id: Uuid,
        /// `done`, or why not.
        answer: &'static str,
    },
    /// The conversation is over: forget everything personal.
    Forget,
}
