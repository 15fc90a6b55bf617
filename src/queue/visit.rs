use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{QueueNumber, Session};
use crate::identity::{Grade, Hint, Person, PriorityReason, Proofs, Way, hints};

/// The code of a service, as the configuration names it ("NOI").
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceCode(pub String);

/// What a visit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VisitKind {
    /// A number in the queue of a service.
    Service,
    /// A desk number: the kiosk could not finish, staff will.
    Desk,
}

/// Who stands at the kiosk for the patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Companion {
    /// The helper, where their card was read.
    pub person: Option<Person>,
}

/// A patient of the hospital's system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PatientRef(pub String);

/// What is known of the insurance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InsuranceStatus {
    /// Card valid.
    Eligible,
    /// Staff must look.
    SeeStaff,
    /// Not eligible.
    NotEligible,
    /// It could not be checked; Decree 188/2025 art. 38: the patient is admitted all the same.
    Unverified,
    /// The clerk looks, the kiosk did not ask.
    NotAsked,
}

/// What a check-in asks the store to make durable, in one transaction. All ids are fixed here,
/// so that every retry means the same visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The check-in's own id, and the visit's.
    pub visit: Uuid,
    /// The id of the Provenance (or like) that goes with it.
    pub provenance: Uuid,
    /// The kiosk's id.
    pub kiosk: String,
    /// Service or desk.
    pub kind: VisitKind,
    /// Which queue.
    pub service: ServiceCode,
    /// The session of the day that it is taken for.
    #[serde(default)]
    pub session: Session,
    /// Where the patient goes afterwards: further queues of the route.
    #[serde(default)]
    pub stops: Vec<ServiceCode>,
    /// The hospital's calendar day.
    pub day: Date,
    /// Arrival.
    pub at: Timestamp,
    /// Who; absent for an anonymous desk number.
    pub person: Option<Person>,
    /// Grade; absent when nothing was shown, or when the card was rejected.
    pub grade: Option<Grade>,
    /// How the identity came in.
    pub way: Way,
    /// The results of the chip's proofs, where a chip was read.
    pub proofs: Option<Proofs>,
    /// A check of the card failed. Later visits of the same person that day go to the desk too.
    pub rejected: bool,
    /// The patient in the hospital's system, where one was found.
    pub patient: Option<PatientRef>,
    /// The policy allows to register the person as a new patient.
    pub may_register: bool,
    /// Priority that follows from the papers.
    pub priority: Option<PriorityReason>,
    /// Insurance, as far as known.
    pub insurance: InsuranceStatus,
    /// The appointment it fulfils, where one was found.
    pub appointment: Option<String>,
    /// Somebody who helps.
    pub companion: Option<Companion>,
    /// Why a desk number: the code of the cause.
    pub reason: Option<String>,
}

impl Draft {
    /// What in the papers is worth a look of staff.
    pub fn hints(&self) -> Vec<Hint> {
        let person = self.person.as_ref();
        person.map_or_else(Vec::new, |person| hints(person, self.day))
    }
}

/// The neutral record of a visit that the outbox carries; versioned, for it outlives programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VisitRecord {
    /// Version of this format.
    pub version: u32,
    /// The number given.
    pub number: QueueNumber,
    /// Everything the check-in fixed.
    pub draft: Draft,
}

impl VisitRecord {
    /// The present version.
    pub const VERSION: u32 = 1;
}

/// A number that is durable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Issued {
    /// The visit it belongs to: not the asking check-in's where an earlier visit holds the number.
    pub visit: Uuid,
    /// The number.
    pub number: QueueNumber,
    /// Service or desk.
    pub kind: VisitKind,
    /// Its queue.
    pub service: ServiceCode,
    /// Its day.
    pub day: Date,
    /// When it was taken.
    pub at: Timestamp,
    /// Numbers of this queue that were issued earlier today and are still waiting.
    pub ahead: u32,
    /// Priority.
    pub priority: Option<PriorityReason>,
    /// The grade it was taken with.
    pub grade: Option<Grade>,
    /// How often it was printed before (0: never).
    pub printed: u32,
    /// Where its way leads after this queue, in order.
    #[serde(default)]
    pub stops: Vec<ServiceCode>,
}

/// Why the store gives no number (and no look at the other's).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The person's live number was taken with stronger evidence.
    HeldByStronger,
    /// The person's live number was taken with weaker evidence: staff look who is who.
    HeldByWeaker,
    /// The person's card was rejected today.
    RejectedToday,
    /// The rooms of the queue receive no more patients in this session.
    Full {
        /// The session.
        session: Session,
    },
}

/// What is known of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Paper {
    /// The printer said that the printing is complete.
    Confirmed,
    /// The printer's status was right before and after.
    OkAfter,
    /// Sent, and nothing heard.
    Unverified,
    /// Not printed.
    Failed,
}
