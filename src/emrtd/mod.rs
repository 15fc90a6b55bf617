//! ICAO 9303 without I/O: reads a chip as a conversation of APDUs.
//!
//! [`Reader`] is the machine: it says what to transmit and is told what came back. It owns no
//! socket, no clock and no random source. [`read`] drives it over a [`Transport`]. To see how a
//! chip is read, open `reader.rs` first, then `access/pace.rs` and `messaging.rs`.
//!
//! Invariants: nothing of a card is accepted after the first reply that cannot be trusted; every
//! length that a card claims is checked against a limit before memory is taken for it; the same
//! password is tried once; keys, passwords and nonces are wiped when they are dropped.

mod access;
mod algorithm;
mod apdu;
mod asn1;
mod chip;
pub mod conformance;
mod curve;
mod error;
mod file;
mod habits;
mod lds;
mod messaging;
pub mod parsers;
mod portrait;
mod proof;
mod reader;
mod signature;
mod symmetric;
mod tlv;
mod transport;
mod trust;

pub use access::Access;
pub use chip::{Chip, LinkStats, Plan};
pub use error::ReadError;
pub use habits::Habits;
pub use portrait::{ImageFormat, Pixels, Portrait, PortraitFault};
pub use proof::{PassiveStep, Proof, Proofs};
pub use reader::{Reader, Request, Step};
pub use transport::{Line, Progress, TraceLine, Traced, Transport, TransportError, read};
pub use trust::{Added, CertificateEntry, CrlEntry, ListEntry, TrustFault, TrustStore};
