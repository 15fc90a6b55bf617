//! A small FHIR R4 server with an insurance service beside it, on loopback: for the demo, and for
//! tests that need a server to misbehave. Invariant: it forgets nothing it has committed, whatever
//! [`Fault`] then spoils the answer; a transaction is written whole or not at all.

mod fault;
mod http;
mod insurance;
mod reply;
mod seed;
mod server;
mod transaction;
mod world;

pub use fault::Fault;
pub use insurance::Insured;
pub use server::{Seed, Server};

#[cfg(test)]
mod tests;
