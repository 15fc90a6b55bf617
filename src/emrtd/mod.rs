//! ICAO 9303 without I/O: reads a chip as a conversation of APDUs, and proves it genuine.
//!
//! [`Reader`] is the machine: it says what to transmit and is told what came back. It owns no
//! socket, no clock and no random source. [`read`] drives it over a [`Transport`]; a [`TrustStore`]
//! says whom to trust; a [`Chip`] is what comes of it, with its [`Proofs`].
//!
//! # Where to begin
//! `reader/mod.rs` keeps the conversation going; beside it, `opening` gets into the chip and `agenda`
//! says what is read and proved, in which order. Then, by what you look for: `access` (PACE, BAC) and
//! `messaging` (what every later command wears); `file` (a file in the fewest reads) and `lds` (what
//! files say); `proof` (passive, chip and active authentication, and nobody else says "successful").
//! `curve`, `symmetric`, `signature` and `algorithm` are the mathematics, `trust` the certificates.
//! [`conformance`] lists what comes of every odd document, and [`parsers`] are the doors for fuzzing.
//!
//! # Invariants
//! - Nothing of a card is accepted after the first reply that cannot be trusted; a plain `9000` in a
//!   session is no success.
//! - Every length that a card claims is checked against a limit before memory is taken for it; every
//!   loop over a card's answers is bounded. No input makes it panic.
//! - The same password is tried once.
//! - Keys, passwords, nonces and files are wiped when they are dropped; what is secret is compared in
//!   constant time. No name, number or key stands in an error, a reason, a trace or a `Debug`.
//! - Digests are taken over the bytes as they were read, never over a second encoding.
//! - No key is computed with that is off its curve, at infinity or our own; nor a curve that a
//!   certificate describes: its parameters are compared with those that are known.
//!
//! # The order
//! ICAO 9303-11 §4: EF.CardAccess, PACE (with BAC only where the chip does no PACE), the application;
//! the security object and what it signs about the chip (DG14), chip authentication with its new
//! keys, DG1 as the first file under them; active authentication only where chip authentication is
//! not offered or stays open; then the other data, the portrait last. EF.CardAccess is unsigned, and
//! so is compared with DG14 and with EF.CardSecurity. EF.COM is unsigned and not read.
//!
//! # What a proof is worth
//! Each is successful, failed, undetermined, not supported or aborted (the five results of BSI
//! TR-03135), with a reason; [`Proofs::verdict`] is computed from them, and from nothing else.
//! - *Failed* needs evidence against the document: a wrong digest or signature, a revoked signer,
//!   another country, a chip that has not the key that its signed DG14 or DG15 shows, or that keeps
//!   back what the security object lists. It is `rejected`.
//! - *Undetermined* means that something is missing here: a CSCA certificate, an algorithm, the right
//!   time. Without passive authentication the grade is `read`, whatever a chip proves: a forger
//!   brings keys of his own. With it and without a proof against copies, it is `signed`.
//! - Chip authentication is successful when a reply under the new keys has a right MAC, not when the
//!   command was answered. Two sessions that end there are *failed*; one may be a card that moved.
//! - *Not supported* is said only of what a security object does not list.
//! - A card that was pulled away is no result at all: [`ReadError::Moved`].
//!
//! The BSI's reference passport (TR-03105-5) is read by BAC and gives the grade `read`: it comes
//! without a CSCA, its chip's key is on a curve of 224 bits, and its DG15 is not in its security
//! object. `tests/chip/bsi.rs::the_bsi_reference_set_is_read_and_no_more_is_claimed_than_it_proves`
//! says so in full.
//!
//! # Published vectors
//! | vector | test |
//! |---|---|
//! | 9303-11 App. D.2: keys of an MRZ | `src/emrtd/access/password.rs::the_published_mrz_gives_the_published_keys_of_basic_access_control` |
//! | App. D.3: BAC | `src/emrtd/access/tests.rs::published_basic_access_control_is_spoken_byte_for_byte` |
//! | App. D.4: its secure messaging | `src/emrtd/messaging/tests.rs::the_published_session_of_basic_access_control_matches_byte_for_byte` |
//! | App. D.3, NIST SP 800-38A and B: blocks, MACs | `src/emrtd/symmetric.rs::the_published_macs_are_made` |
//! | App. G.1, H.1, I: PACE with all mappings | `src/emrtd/access/tests.rs::every_published_session_is_spoken_byte_for_byte_prepared_or_not` |
//! | App. H.1: integrated mapping | `src/emrtd/curve/tests.rs::the_published_integrated_mapping_gives_the_published_number_and_generator` |
//! | App. I: chip authentication data | `src/emrtd/proof/cam.rs::the_published_chip_has_the_published_key` |
//! | 9303-3 to 9303-6: zones | `src/emrtd/lds/mrz/tests.rs::the_specimens_of_all_formats_say_the_same` |
//! | RFC 7027: brainpoolP512r1 | `src/emrtd/signature/brainpool512.rs::the_key_agreement_of_rfc_7027_is_reproduced` |
//! | TR-03105-5: security object | `src/emrtd/proof/passive/tests/reference.rs::the_reference_document_is_right_but_for_the_csca_that_nobody_has` |
//!
//! Of chip and active authentication no session over a curve is published with all its secrets:
//! ours continue App. G.1 with numbers made by other means
//! (`src/emrtd/proof/chip/tests.rs::the_continuation_of_the_published_session_is_spoken_byte_for_byte`,
//! `src/emrtd/proof/active/tests.rs::the_vectors_of_rsa_and_ecdsa_are_accepted_byte_for_byte`).
//! Not done, because Diffie-Hellman over integers is not: App. G.2 and H.2. Of App. F, active
//! authentication with RSA, the private key was not to be had.

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
