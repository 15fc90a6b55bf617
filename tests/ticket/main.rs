//! The ticket as others see it: programs that we did not write read its picture, and a hospital
//! draws its own.
#![allow(
    clippy::print_stderr,
    reason = "a test reports what it skipped and how well it was read"
)]

mod command;
mod distance;
mod reading;
