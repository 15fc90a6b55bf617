//! The machine against a random world: every fault is an event, and every promise is checked after
//! every step.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test may look for one variant"
)]

mod attempts;
mod beside;
mod deeds;
mod evidence;
mod gesture;
mod papers;
mod paths;
mod promises;
mod queues;
mod watching;
mod witness;
mod world;
