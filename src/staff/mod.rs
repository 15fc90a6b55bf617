//! The staff console: one page with the kiosks, the visits that wait for help, today's numbers and
//! the outbox, and one act: call a patient to the desk.
//!
//! It knows the store, the words and the configuration, nothing of the kiosk or of the check-in: a
//! kiosk's state arrives as the JSON that the kiosk published, and an act leaves as a command row.
//! Async stops at this door: the server lives on one thread of its own.
//!
//! Invariant: without a session nothing of the store is shown or changed; text from outside reaches
//! the page only through `html`, which escapes it; every wait, queue and size has a bound
//! (`limits::Limits`).

mod auth;
mod board;
mod desk;
mod feed;
mod html;
mod limits;
mod pages;
mod render;
mod server;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::config;
use crate::store::Store;
use limits::Limits;
pub use server::Running;

/// What the page says of the place.
#[derive(Debug, Clone)]
pub struct SiteInfo {
    /// Name of the hospital or station.
    pub name: String,
    /// Days and hours are reckoned in this zone.
    pub time_zone: TimeZone,
    /// A trial: the page says so.
    pub trial: bool,
}

/// Why the console does not start.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// The address is taken, or not this machine's.
    #[error("the staff console cannot listen on {listen}: {cause}; choose another [staff] listen")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A token that can be guessed is no token.
    #[error(
        "the staff console's token is shorter than {min} characters; make one with `openssl rand -hex 16`"
    )]
    WeakToken {
        /// The least length.
        min: usize,
    },
    /// The thread or its runtime cannot be made.
    #[error("the staff console cannot start: {0}; free some memory or file handles")]
    Runtime(std::io::Error),
}

/// Starts the console; it runs until the answer is dropped.
///
/// It listens where `settings` says (port 0: any free one, see [`Running::addr`]), in plain HTTP: an
/// address that others can reach belongs behind a proxy that speaks TLS.
///
/// # Errors
/// [`StaffError`] when the address cannot be had, the token is too short, or the thread cannot start.
pub fn start(
    settings: &config::Staff,
    store: Arc<dyn Store>,
    site: SiteInfo,
) -> Result<Running, StaffError> {
    server::start(settings, store, site, Limits::default())
}
