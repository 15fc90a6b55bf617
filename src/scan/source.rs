//! What camera and scanner have in common: a thread of its own, a switch, and events.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::fence::fenced;
use super::preview::Preview;
use super::recent::Recent;
use crate::identity::Payload;

/// What a source tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanEvent {
    /// A code was read. A code that stays in view is told once.
    Code(Payload),
    /// The device works, or why it does not and what to do. Told on change only.
    Health(Result<(), String>),
}

/// How much is wanted of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Nothing: a camera is closed, what a scanner reads is thrown away.
    #[default]
    Closed,
    /// Nobody is there yet. A camera looks up a few times a second, shows nothing, and searches
    /// only what has changed.
    Watching,
    /// A code is expected: a camera searches at its full pace and shows what it sees.
    Searching,
}

/// A running source. Dropping it stops the device: its thread ends within a second or two, and
/// nothing waits for it.
#[derive(Debug)]
pub struct SourceHandle {
    switch: Arc<Switch>,
    preview: Preview,
}

impl SourceHandle {
    /// What is wanted from now on. A source begins closed.
    pub fn watch(&self, mode: Mode) {
        self.preview.open(mode == Mode::Searching);
        self.switch.set(Wanted::In(mode));
    }

    /// What a camera sees while it searches.
    pub fn preview(&self) -> Preview {
        self.preview.clone()
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
    let (switch, preview) = (Arc::new(Switch::default()), Preview::default());
    let mut outlet = Outlet {
        switch: Arc::clone(&switch),
        sink: Box::new(sink),
        recent: Recent::default(),
        health: None,
        preview: preview.clone(),
    };
    let run = move || {
        while outlet.wanted() != Wanted::Never {
            let served = fenced(|| serve(&mut outlet));
            outlet.begin(Mode::Closed, Instant::now());
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
    SourceHandle { switch, preview }
}

/// What is wanted of a source's thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// To serve in this mode.
    In(Mode),
    /// To end: the handle is gone.
    Never,
}

impl Default for Wanted {
    fn default() -> Self {
        Self::In(Mode::Closed)
    }
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
    #[cfg_attr(
        not(feature = "camera"),
        expect(dead_code, reason = "only a camera shows what it sees")
    )]
    pub(super) preview: Preview,
}

impl Outlet {
    /// What is wanted now.
    pub(super) fn wanted(&self) -> Wanted {
        *self.switch.lock()
    }

    /// The mode; closed when the handle is gone.
    pub(super) fn mode(&self) -> Mode {
        match self.wanted() {
            Wanted::In(mode) => mode,
            Wanted::Never => Mode::Closed,
        }
    }

    /// Waits, without any work, until something is wanted, be it to end, but no longer than `most`.
    #[cfg(feature = "camera")]
    pub(super) fn wait_until_wanted(&self, most: Duration) -> Wanted {
        let closed = |wanted: &mut Wanted| *wanted == Wanted::In(Mode::Closed);
        let changed = &self.switch.changed;
        let waited = changed
            .wait_timeout_while(self.switch.lock(), most, closed)
            .unwrap_or_else(PoisonError::into_inner);
        *waited.0
    }

    /// Waits until `due`, or until something else than `mode` is wanted.
    #[cfg(feature = "camera")]
    pub(super) fn wait_for(&self, due: Instant, mode: Mode) {
        let time = due.saturating_duration_since(Instant::now());
        let same = |wanted: &mut Wanted| *wanted == Wanted::In(mode);
        let changed = &self.switch.changed;
        let waited = changed.wait_timeout_while(self.switch.lock(), time, same);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits for `time`, or until the handle is gone.
    fn pause(&self, time: Duration) {
        let changed = &self.switch.changed;
        let waited =
            changed.wait_timeout_while(self.switch.lock(), time, |wanted| *wanted != Wanted::Never);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Tells a code, unless it was in view a moment ago or nobody wants it.
    pub(super) fn code(&mut self, bytes: &[u8]) {
        if self.mode() != Mode::Closed && self.recent.is_new(bytes, Instant::now()) {
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

    /// A mode begins. Somebody who is asked for a code is heard whatever was in view before. But
    /// what still lies there when a check-in has ended begins no new one.
    pub(super) fn begin(&mut self, mode: Mode, now: Instant) {
        match mode {
            Mode::Closed | Mode::Watching => self.recent.leave(now),
            Mode::Searching => self.recent.drop_left(),
        }
    }

    /// Nothing has moved: what was in view is in view.
    #[cfg(feature = "camera")]
    pub(super) fn unchanged(&mut self, now: Instant) {
        self.recent.renew(now);
    }
}

/// A source without a thread, for tests: its handle, its own end, and what it tells.
#[cfg(test)]
pub(super) fn source() -> (SourceHandle, Outlet, std::sync::mpsc::Receiver<ScanEvent>) {
    let (sink, events) = std::sync::mpsc::channel();
    let handle = SourceHandle {
        switch: Switch::default().into(),
        preview: Preview::default(),
    };
    let outlet = Outlet {
        switch: handle.switch.clone(),
        sink: Box::new(move |event| sink.send(event).expect("the test listens")),
        recent: Recent::default(),
        health: None,
        preview: handle.preview(),
    };
    (handle, outlet, events)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{Mode, Outlet, ScanEvent, Wanted, source};
    use crate::identity::Payload;

    #[test]
    fn what_nobody_wants_is_thrown_away_and_told_when_it_is_wanted() {
        let (handle, mut outlet, events) = source();
        let codes_told = |outlet: &mut Outlet| {
            outlet.code(b"");
            events.try_iter().count()
        };
        assert_eq!(codes_told(&mut outlet), 0);
        handle.watch(Mode::Watching);
        assert_eq!((codes_told(&mut outlet), codes_told(&mut outlet)), (1, 0));
        handle.watch(Mode::Closed);
        outlet.code(b"another");
        assert_eq!(codes_told(&mut outlet), 0);
        handle.watch(Mode::Searching);

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

    /// The card still lies before the camera when its check-in has ended.
    #[test]
    #[cfg(feature = "camera")]
    fn a_code_that_was_left_in_view_begins_nothing_until_somebody_asks_for_one() {
        let (handle, mut outlet, events) = source();
        let enter = |mode, outlet: &mut Outlet| {
            handle.watch(mode);
            outlet.begin(mode, Instant::now());
            outlet.code(b"card");
            events.try_iter().count()
        };
        for (mode, told, why) in [
            (Mode::Watching, 1, "it begins a check-in"),
            (Mode::Searching, 0, "and says nothing new in it"),
            (Mode::Closed, 0, "nobody wants it"),
            (Mode::Watching, 0, "it was left there"),
            (Mode::Searching, 1, "somebody is asked for a code"),
            (Mode::Watching, 0, "and leaves it there"),
            (Mode::Closed, 0, "for the night"),
            (Mode::Watching, 0, "it has lain there all night"),
        ] {
            assert_eq!(enter(mode, &mut outlet), told, "{why}");
        }
    }
}
