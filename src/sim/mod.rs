//! Simulated card, printer, EHR and insurance: they speak the real protocols, and share no code with the rooms that they test.

mod scanner;

pub use scanner::Scanner;
pub mod ehr;
pub mod card;
mod persons;
pub use persons::{SimPerson, person, persons};
pub mod printer;
