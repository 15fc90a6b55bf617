//! Simulated card, printer, EHR and insurance: they speak the real protocols, and share no code with the rooms that they test.
pub mod printer;
