//! What is done with the frames of a live camera: how many are looked at, and what is told of them.

use std::time::{Duration, Instant};

use super::Luma;
use super::decode::Eye;
use super::source::Outlet;

/// Frames come faster than they need be searched: 15 a second find a code as soon as a hand
/// holds still, at half of one slow processor.
const SEARCH_EVERY: Duration = Duration::from_millis(66);

/// Looks at frame after frame, from when codes began to be wanted until they no longer are.
pub(super) struct Looking {
    eye: Eye,
    next: Instant,
}

impl Looking {
    pub(super) fn new() -> Self {
        Self {
            eye: Eye::default(),
            next: Instant::now(),
        }
    }

    /// From when on a frame is worth the work of making grey of it.
    pub(super) fn due(&self) -> Instant {
        self.next
    }

    /// Looks at a frame, and tells what is in it.
    pub(super) fn look(&mut self, picture: Luma<'_>, now: Instant, outlet: &mut Outlet) {
        self.next = now + SEARCH_EVERY;
        if let Some(code) = self.eye.look(picture).code {
            outlet.code(code.text.expose().as_bytes());
        }
    }
}
