//! BHYT eligibility behind one trait. Invariant: no answer is not a refusal (Decree 188/2025
//! art. 38): whatever goes wrong ends as `Unverified`.

mod codes;
mod service;

use jiff::civil::Date;

use crate::identity::Person;
pub use crate::queue::InsuranceStatus;
pub use codes::status_of;
pub use service::{Service, SetupError};

/// Looks whether somebody's card is valid.
pub trait Provider: Send + Sync {
    /// Status on `day`. Never an error: what could not be asked is `Unverified`, with the cause
    /// traced for staff.
    fn check(&self, person: &Person, day: Date) -> InsuranceStatus;
}

/// The clerk looks; the kiosk does not ask.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clerk;

impl Provider for Clerk {
    fn check(&self, _: &Person, _: Date) -> InsuranceStatus {
        InsuranceStatus::NotAsked
    }
}
