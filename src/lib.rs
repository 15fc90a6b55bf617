//! Tiếp Đón: a patient check-in kiosk for hospitals and commune health stations.
//!
//! # The one idea
//! A check-in is a conversation, and conversations are pure. Every protocol here (the chip's, the
//! check-in's, the printer's) is a state machine that takes an event and says what to do next. It
//! owns no socket, no thread, no clock and no random source. The edges are thin. So the whole
//! product runs in a test in microseconds, a fault is just another event, and the same machine
//! serves the window, the terminal and the tests.
//!
//! # Where to start
//! Open [`checkin`] first: its events and effects are two pages and name everything that can happen.
//! Then `kiosk/driver/`, which carries the effects out. A room may use the rooms on floors below.
//!
//! | floor | room | what it never does |
//! |---|---|---|
//! | 5 | [`cli`] | nothing but this prints or ends the process |
//! | 4 | [`ui`] | never decides: draws a [`checkin::View`], sends touches |
//! | 4 | [`staff`] | never touches a kiosk: reads and writes rows; async stays inside |
//! | 3 | [`kiosk`] | never waits without a bound; a hanging device stops nobody else |
//! | 2 | [`checkin`] | no I/O, no clock, no panic; no state but Welcome without a deadline |
//! | 1 | [`emrtd`] | no I/O; accepts nothing after a reply it cannot trust |
//! | 1 | [`trust`] | never lets a faulty change take the place of what was trusted |
//! | 1 | [`card`] | never knows what an APDU means |
//! | 1 | [`scan`] | never guesses a character set |
//! | 1 | [`ehr`] | never believes a patient who does not hold the number asked for |
//! | 1 | [`insurance`] | never turns silence into a refusal |
//! | 1 | [`store`] | never answers before it is durable; no personal data in the clear |
//! | 1 | [`ticket`] | never claims evidence that the printer did not give |
//! | 1 | [`voice`] | nothing ever waits for it |
//! | 0 | [`identity`], [`queue`], [`words`], [`config`] | pure |
//! | – | [`sim`] | speaks the real protocols, shares no code with the rooms it tests |
//!
//! `fence` stands around decoders of others, which may panic.
//! [`wipe`] is the allocator: memory is overwritten before it is given back. What stays outside our
//! heap (what a graphics driver keeps of a painted picture, a kernel's buffers) is outside its reach.

pub mod card;
pub mod checkin;
pub mod cli;
pub mod config;
pub mod ehr;
pub mod emrtd;
mod fence;
pub mod identity;
pub mod insurance;
pub mod kiosk;
pub mod queue;
pub mod scan;
#[cfg(feature = "sim")]
pub mod sim;
pub mod staff;
pub mod store;
pub mod ticket;
pub mod trust;
#[cfg(feature = "ui")]
pub mod ui;
pub mod voice;
pub mod wipe;
pub mod words;
