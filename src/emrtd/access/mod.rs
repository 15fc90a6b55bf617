//! Opening the chip: which protocol it offers, the password, and the key agreement itself.

mod pace;
mod password;

pub(super) use pace::{Failure, Pace, Turn};
pub use password::Access;

#[cfg(test)]
mod tests;
