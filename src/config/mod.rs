//! The whole configuration, read and checked once before anything starts. Each room is given its
//! own settings. Invariant: a [`Config`] has no fault left in it; all faults are found at once.

mod settings;

pub use settings::{
    Camera, Chip, Config, Ehr, EhrAuth, Fhir, Insurance, Kiosk, Link, Policy, Printer, Privacy,
    Reader, Scanner, Screen, Service, Site, Staff, Store, Voice, Waits,
};
