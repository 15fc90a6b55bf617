//! What camera and scanner have in common: a thread of its own, a switch, and events.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::fence::fenced;
use crate::identity::Payload;

/// What a source tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanEvent {
    /// A code was read. A code that stays in view is told once.
    Code(Payload),
    /// The device works, or why it does not and what to do. Told on change only.
    Health(Result<(), String>),
}

/// A running source. Dropping it stops the device: its thread ends within a second or two, and
/// nothing waits for it.
#[derive(Debug)]
pub struct SourceHandle {
    switch: Arc<Switch>,
}

impl SourceHandle {
    /// Whether codes are wanted. A source begins unwatched: a camera's stream is then stopped,
    /// and what a scanner reads is thrown away.
    pub fn watch(&self, wanted: bool) {
        let next = if wanted { Wanted::Yes } else { Wanted::No };
        self.switch.set(next);
    }
}

impl Drop for SourceHandle {
    fn drop(&mut self) {
        self.switch.set(Wanted::Never);
    }
}

/// Waiting time before a device that failed is opened again.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

/// Starts a thread that opens the device and serves it, again and again, until the handle is
/// dropped. `serve` returns when it is no longer wanted, or why it cannot go on.
pub(super) fn start(
    name: &str,
    sink: impl Fn(ScanEvent) + Send + 'static,
    mut serve: impl FnMut(&mut Outlet) -> Result<(), String> + Send + 'static,
) -> SourceHandle {
    let switch = Arc::new(Switch::default());
    let mut outlet = Outlet {
        switch: Arc::clone(&switch),
        sink: Box::new(sink),
        recent: Recent::default(),
        health: None,
    };
    let run = move || {
        while outlet.wanted() != Wanted::Never {
            let served = fenced(|| serve(&mut outlet));
            let failed = "its driver failed; it is opened anew".to_owned();
            if let Err(cause) = served.unwrap_or(Err(failed)) {
                outlet.health(Err(cause));
                outlet.pause(REOPEN_AFTER);
            }
        }
    };
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .expect("the system has threads for the few devices of a kiosk");
    SourceHandle { switch }
}

/// What is wanted of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Wanted {
    #[default]
    No,
    Yes,
    /// The handle is gone.
    Never,
}

#[derive(Debug, Default)]
struct Switch {
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

impl Switch {
    fn lock(&self) -> MutexGuard<'_, Wanted> {
        // Nothing panics under this lock, and a plain value is never half written.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, wanted: Wanted) {
        *self.lock() = wanted;
        self.changed.notify_all();
    }
}

/// The source's own end: what is wanted of it, and where its events go.
pub(super) struct Outlet {
    switch: Arc<Switch>,
    sink: Box<dyn Fn(ScanEvent) + Send>,
    recent: Recent,
    health: Option<Result<(), String>>,
}

impl Outlet {
    /// What is wanted now.
    pub(super) fn wanted(&self) -> Wanted {
        *self.switch.lock()
    }

    /// Waits, without any work, until something else than `No` is wanted, but no longer than `most`.
    #[cfg(feature = "camera")]
    pub(super) fn wait_until_wanted(&self, most: Duration) -> Wanted {
        let changed = &self.switch.changed;
        let waited = changed
            .wait_timeout_while(self.switch.lock(), most, |wanted| *wanted == Wanted::No)
            .unwrap_or_else(PoisonError::into_inner);
        *waited.0
    }

    /// Waits until `due`, or until it is no longer wanted.
    #[cfg(feature = "camera")]
    pub(super) fn wait_for(&self, due: Instant) {
        let time = due.saturating_duration_since(Instant::now());
        let changed = &self.switch.changed;
        let waited =
            changed.wait_timeout_while(self.switch.lock(), time, |wanted| *wanted == Wanted::Yes);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits for `time`, or until the handle is gone.
    fn pause(&self, time: Duration) {
        let changed = &self.switch.changed;
        let waited =
            changed.wait_timeout_while(self.switch.lock(), time, |wanted| *wanted != Wanted::Never);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Tells a code, unless it was in view a moment ago or nobody is watching.
    pub(super) fn code(&mut self, bytes: &[u8]) {
        if self.wanted() != Wanted::Yes {
            self.recent = Recent::default();
        } else if self.recent.is_new(bytes, Instant::now()) {
            (self.sink)(ScanEvent::Code(Payload::from_bytes(bytes)));
        }
    }

    /// Tells how the device is, if that changed.
    pub(super) fn health(&mut self, health: Result<(), String>) {
        if self.health.as_ref() != Some(&health) && self.wanted() != Wanted::Never {
            self.health = Some(health.clone());
            (self.sink)(ScanEvent::Health(health));
        }
    }

    /// Forgets what was in view: somebody else is there now.
    #[cfg(feature = "camera")]
    pub(super) fn forget(&mut self) {
        self.recent = Recent::default();
    }
}

/// A code out of view for so long is a new one when it comes back.
const SAME_WITHIN: Duration = Duration::from_secs(3);
/// Codes remembered: two or three may be in view by turns.
const RECENT_MAX: usize = 8;

/// Codes seen lately, by a keyed hash: their text is personal and is not kept.
#[derive(Default)]
struct Recent {
    key: RandomState,
    seen: VecDeque<(u64, Instant)>,
}

impl Recent {
    /// Whether `bytes` were not seen within [`SAME_WITHIN`] before `now`; seeing them again
    /// counts from now on.
    fn is_new(&mut self, bytes: &[u8], now: Instant) -> bool {
        let hash = self.key.hash_one(bytes);
        self.seen
            .retain(|(_, at)| now.saturating_duration_since(*at) < SAME_WITHIN);
        let known = self.seen.iter().position(|(seen, _)| *seen == hash);
        if let Some(known) = known {
            self.seen.remove(known);
        }
        self.seen.truncate(RECENT_MAX - 1);
        self.seen.push_front((hash, now));
        known.is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::{Duration, Instant};

    use super::{Outlet, Recent, ScanEvent, SourceHandle, Switch, Wanted};
    use crate::identity::Payload;

    #[test]
    fn what_nobody_wants_is_thrown_away_and_told_when_it_comes_again() {
        let (sink, events) = channel();
        let handle = SourceHandle {
            switch: Switch::default().into(),
        };
        let mut outlet = Outlet {
            switch: handle.switch.clone(),
            sink: Box::new(move |event| sink.send(event).expect("the test listens")),
            recent: Recent::default(),
            health: None,
        };
        let codes_told = |outlet: &mut Outlet| {
            outlet.code(b"");
            events.try_iter().count()
        };
        assert_eq!(codes_told(&mut outlet), 0);
        handle.watch(true);
        assert_eq!((codes_told(&mut outlet), codes_told(&mut outlet)), (1, 0));
        handle.watch(false);
        assert_eq!(codes_told(&mut outlet), 0);
        handle.watch(true);
        assert_eq!(codes_told(&mut outlet), 1);

        outlet.health(Ok(()));
        outlet.health(Ok(()));
        outlet.health(Err("gone".to_owned()));
        outlet.code(b"another");
        drop(handle);
        assert_eq!(outlet.wanted(), Wanted::Never);
        outlet.code(b"a third");
        outlet.health(Ok(()));
        let told: Vec<_> = events.try_iter().collect();
        let expected = [
            ScanEvent::Health(Ok(())),
            ScanEvent::Health(Err("gone".to_owned())),
            ScanEvent::Code(Payload::Other),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_code_in_view_is_new_once_and_again_after_three_seconds_away() {
        let mut recent = Recent::default();
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        for (code, millis, new) in [
            ("a", 0, true),
            ("a", 100, false),
            ("b", 200, true),
            ("a", 2900, false),
            ("b", 3100, false),
            ("a", 5800, false),
            ("a", 8799, false),
            ("a", 11799, true),
            ("b", 11800, true),
        ] {
            assert_eq!(
                recent.is_new(code.as_bytes(), at(millis)),
                new,
                "{code} {millis}"
            );
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut recent = Recent::default();
        let now = Instant::now();
        for code in 0..100u8 {
            assert!(recent.is_new(&[code], now));
        }
        assert!(recent.seen.len() <= super::RECENT_MAX);
        assert!(!recent.is_new(&[99], now));
    }
}
