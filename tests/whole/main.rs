//! The whole product: the real program, a real PC/SC service with a virtual card, a real FHIR
//! server and a printer on the network do one check-in; then each of them is missing, slow or
//! lying. The patient is never at a dead end, and what the store says is right.
//!
//! A story makes a [`site::Site`], runs the program on it, and looks at three witnesses: what the
//! program reported, what the store holds, what came out of the printer (or arrived at the EHR).
#![cfg(feature = "sim")]

#[path = "../common/hfs.rs"]
mod hfs;
#[path = "../common/pcscd.rs"]
mod pcscd;

mod chip;
mod codes;
mod ehr;
mod kill;
mod paper;
mod program;
mod proofs;
mod real;
mod site;
mod store;
