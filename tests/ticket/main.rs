//! The ticket as others see it: programs that we did not write read its picture, and a hospital
//! draws its own.

mod command;
mod distance;
mod reading;
