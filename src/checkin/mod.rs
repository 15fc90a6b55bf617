//! The check-in as a pure machine: `step(event, now)` gives effects, [`View`] says what to show.

mod view;

pub use view::{Key, Keypad, PaperShown, Reading, Screen, Shown, Touch, View, Want, Ways};
