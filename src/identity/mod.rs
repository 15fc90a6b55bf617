//! Who somebody is, as data: numbers, persons, what a code says, and how far it was proved.
//!
//! Pure: no I/O, no clock. Invariant: a value of a type here is right by construction (it was
//! parsed once, at the edge), and nothing personal can be printed by accident ([`Private`]).

mod date;
mod grade;
mod hospital_number;
mod insurance_number;
mod name;
mod payload;
mod person;
mod personal_number;
mod priority;
mod private;

pub use date::BirthDate;
pub use grade::{Check, CheckResult, Grade, Proofs, Verdict, Way, judge};
pub use hospital_number::{HospitalNumber, HospitalPattern};
pub use insurance_number::InsuranceNumber;
pub use name::{exact_key, folded_key, mrz_name_agrees};
pub use payload::{BhytQr, CardQr, Hint, Payload, VisitCode, VisitKey, hints};
pub use person::{Person, Sex, shown_name};
pub use personal_number::PersonalNumber;
pub use priority::{PriorityReason, priority_by_age};
pub use private::Private;
