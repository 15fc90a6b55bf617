//! Every text a person can meet, by language, and the catalogue of failures.
//!
//! The words live in `assets/words/*.toml`; code knows only their keys. Invariant: every key has a
//! text in every language (a test walks them), so a missing word cannot reach a screen.

mod cause;
pub mod fonts;
mod text;

pub use cause::Cause;
pub use text::{Language, Text, text};
