//! The protocols that open the chip and prove it, each a state between two commands.

pub(super) mod active_auth;
pub(super) mod bac;
pub(super) mod chip_auth;
pub(super) mod mapping;
pub(super) mod pace;
