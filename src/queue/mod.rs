//! Numbers and visits as data: what a kiosk asks the store to make durable, and what comes back.
//!
//! Pure. Invariant: a [`QueueNumber`] is only made from a series and its counter; nothing here
//! decides which counter value is next (the store's transaction does).

mod number;
mod visit;

pub use number::{QueueNumber, Series};
pub use visit::{
    Companion, Draft, InsuranceStatus, Issued, Paper, PatientRef, Refusal, ServiceCode, VisitKind,
    VisitRecord,
};
