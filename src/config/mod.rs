//! The whole configuration, read and checked once before anything starts. Each room is given its
//! own settings. Invariant: a [`Config`] has no fault left in it; all faults are found at once.

mod hours;
mod queues;
mod read;
mod section;
mod settings;
#[cfg(test)]
mod tests;
mod ticket;

pub use hours::Hours;
pub use queues::{Queue, Service, SessionName};
pub use section::Fault;
pub use settings::{
    Camera, Chip, Config, Ehr, EhrAuth, Fhir, Fields, Flow, HospitalNumbers, Insurance, Kiosk,
    Link, Policy, Printer, Privacy, Reader, Roll, Scanner, ScannerMode, Screen, Setting,
    SharedStore, Site, Staff, Store, Trust, Voice, Waits,
};
pub use ticket::{PageSize, SecondLanguage, Ticket, TicketName};

/// The commented example, as `tiepdon config example` prints it.
pub const EXAMPLE: &str = include_str!("../../assets/tiepdon.toml");
