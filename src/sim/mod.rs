//! Simulated card, printer, scanner, EHR and insurance: they speak the real protocols, and share no
//! code with the rooms that they test.

pub mod card;
pub mod ehr;
pub mod eye;
pub mod issuer;
pub mod pcscd;
mod persons;
pub mod printer;
mod scanner;

pub use persons::{SimPerson, person, persons};
pub use scanner::Scanner;
