//! Opening the chip: which protocol it offers, the password, and the key agreement itself.

mod curve;
mod pace;
mod password;
mod security_info;

pub(super) use pace::{Failure, Pace, Turn};
pub use password::Access;
pub(super) use security_info::{PaceInfo, parse_card_access};

#[cfg(test)]
mod tests;
