//! The check-in as a pure machine: [`Machine::step`] takes an [`Event`] and gives [`Effect`]s, and
//! [`View`] says what to show. It owns no device, thread, clock or random source.
//!
//! Start with [`Event`] and [`Effect`], the two pages of everything that can happen and be wanted;
//! then `state/`, a file a state. `gathering/judge.rs` is the one place that decides when the
//! evidence suffices.
//!
//! Invariants: total (every event is legal in every state); no state but Welcome without a
//! deadline; a number is shown only after the store's answer; the grade in a draft is the one that
//! the evidence of this very conversation gives.

mod attempts;
mod context;
mod event;
mod gathering;
mod identified;
mod machine;
mod state;
#[cfg(test)]
mod tests;
mod view;

pub use context::Rules;
pub use event::{AskId, ChipRead, Device, Effect, Event, Mono, Now, clock_is_right};
pub use machine::Machine;
pub use view::{
    Key, Keypad, PaperShown, PriorityShown, Reading, Screen, Shown, Touch, View, Want, Ways,
};
