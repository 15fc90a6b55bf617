//! Simulated card, printer, scanner, EHR and insurance: they speak the real protocols, and share no
//! code with the rooms that they test.

pub mod cable;
pub mod card;
pub mod ehr;
pub mod eye;
pub mod issuer;
mod key_scanner;
pub mod pcscd;
mod persons;
pub mod printer;
pub mod random;
mod scanner;

pub use key_scanner::{KeyScanner, Marks};
pub use persons::{SimPerson, person, persons};
pub use scanner::Scanner;
