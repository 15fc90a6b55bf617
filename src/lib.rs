//! Tiếp Đón: a patient check-in kiosk.

pub mod card;
pub mod checkin;
pub mod cli;
pub mod config;
pub mod ehr;
pub mod emrtd;
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
#[cfg(feature = "ui")]
pub mod ui;
pub mod voice;
pub mod words;
