//! A thread for one device: one job at a time, each with a bound. A job that hangs cannot be
//! cancelled (no `SCardTransmit` can): its thread is left behind, a new one takes its place, and
//! whoever waited is told. Left behind too often, the device has failed: nobody serves it until one
//! of its threads comes back and does.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Inlet, named};
use crate::checkin::Event;

/// Threads that may hang before the device counts as failed. One that comes back frees its place.
const ABANDONED_MAX: u8 = 3;
/// Jobs that wait. A kiosk has a handful; only a store that has failed lets them pile up.
const QUEUE_MAX: usize = 256;

/// What a device is to do.
pub(super) struct Job {
    /// The answer that is given in its place if it hangs, panics or is refused. A job without one is
    /// never refused: it waits until the device works again.
    pub refusal: Option<Event>,
    /// The work; it sends its own answer.
    pub run: Box<dyn FnOnce() + Send>,
}

/// A device's thread, and its queue.
pub(super) struct Worker {
    name: &'static str,
    limit: Duration,
    shared: Arc<Shared>,
    inlet: Inlet,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    /// Which of the threads serves; all others are left behind.
    life: u32,
    /// Nobody serves.
    vacant: bool,
    busy: Option<(Instant, Option<Event>)>,
    abandoned: u8,
    closed: bool,
}

impl Worker {
    pub(super) fn start(
        name: &'static str,
        limit: Duration,
        inlet: Inlet,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let worker = Self {
            name,
            limit,
            shared,
            inlet,
        };
        worker.spawn(0)?;
        Ok(worker)
    }

    /// Queues a job; a failed device refuses at once.
    pub(super) fn give(&self, job: Job) {
        self.staff();
        let mut state = self.shared.lock();
        let refused = state.vacant && job.refusal.is_some();
        if refused || state.queue.len() >= QUEUE_MAX {
            drop(state);
            tracing::error!(device = self.name, "a job is refused");
            self.refuse(job.refusal);
            return;
        }
        state.queue.push_back(job);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Nobody wants any longer what has not begun. Not for jobs that make something durable.
    pub(super) fn forget(&self) {
        let waiting = std::mem::take(&mut self.shared.lock().queue);
        waiting.into_iter().for_each(|job| self.refuse(job.refusal));
    }

    /// When the running job will have taken too long.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.shared
            .lock()
            .busy
            .as_ref()
            .map(|(since, _)| *since + self.limit)
    }

    /// The device has failed: too many of its threads hang.
    pub(super) fn failed(&self) -> bool {
        self.shared.lock().vacant
    }

    /// Something is being done, or will be as soon as it can.
    pub(super) fn at_work(&self) -> bool {
        let state = self.shared.lock();
        state.busy.is_some() || (!state.queue.is_empty() && !state.vacant)
    }

    /// Leaves a job behind that has taken too long.
    pub(super) fn check(&self, now: Instant) {
        let mut state = self.shared.lock();
        let overdue = state
            .busy
            .as_ref()
            .is_some_and(|(since, _)| now >= *since + self.limit);
        if !overdue {
            return;
        }
        let (_, refusal) = state.busy.take().unwrap_or((now, None));
        state.life += 1;
        state.abandoned += 1;
        state.vacant = true;
        drop(state);
        tracing::error!(device = self.name, "a job hangs; its thread is left behind");
        self.refuse(refusal);
        self.staff();
        if self.failed() {
            self.refuse_waiting();
        }
    }

    /// Sees to it that somebody serves, unless the device has failed.
    fn staff(&self) {
        let mut state = self.shared.lock();
        if !state.vacant || state.abandoned >= ABANDONED_MAX {
            return;
        }
        state.vacant = false;
        let life = state.life;
        drop(state);
        if let Err(error) = self.spawn(life) {
            tracing::error!(device = self.name, %error, "no thread to take its place");
            self.shared.lock().vacant = true;
        }
    }

    /// Nobody serves: who waits for an answer is told.
    fn refuse_waiting(&self) {
        let mut state = self.shared.lock();
        let (asking, durable) = std::mem::take(&mut state.queue)
            .into_iter()
            .partition::<VecDeque<_>, _>(|job| job.refusal.is_some());
        state.queue = durable;
        drop(state);
        asking.into_iter().for_each(|job| self.refuse(job.refusal));
    }

    fn refuse(&self, refusal: Option<Event>) {
        if let Some(event) = refusal {
            self.inlet.event(event);
        }
    }

    fn spawn(&self, life: u32) -> std::io::Result<()> {
        let mut thread = Thread {
            name: self.name,
            life,
            shared: Arc::clone(&self.shared),
            inlet: self.inlet.clone(),
        };
        named(self.name, move || while thread.serve() {}).map(drop)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the threads that serve a device.
struct Thread {
    name: &'static str,
    life: u32,
    shared: Arc<Shared>,
    inlet: Inlet,
}

impl Thread {
    /// Does one job. False: this thread is over.
    fn serve(&mut self) -> bool {
        let Some(job) = self.next() else {
            return false;
        };
        let panicked = catch_unwind(AssertUnwindSafe(job.run)).is_err();
        if panicked {
            tracing::error!(device = self.name, "a job panicked; the thread goes on");
        }
        let goes_on = self.done(panicked);
        // The driver looks again: the device may have come back, or it may wait for this to end.
        self.inlet.wake();
        goes_on
    }

    /// Waits for a job.
    fn next(&self) -> Option<Job> {
        let idle =
            |state: &mut State| state.life == self.life && state.queue.is_empty() && !state.closed;
        let waited = self.shared.changed.wait_while(self.shared.lock(), idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.life != self.life {
            return None;
        }
        // What was accepted is still done when the kiosk stops: it may be a number's paper.
        let job = state.queue.pop_front()?;
        state.busy = Some((Instant::now(), job.refusal.clone()));
        drop(state);
        self.inlet.wake();
        Some(job)
    }

    /// A job has ended, perhaps long after it was given up. False: another thread serves by now.
    fn done(&mut self, panicked: bool) -> bool {
        let mut state = self.shared.lock();
        if state.life == self.life {
            let refusal = state.busy.take().and_then(|(_, refusal)| refusal);
            drop(state);
            if let Some(event) = refusal.filter(|_| panicked) {
                self.inlet.event(event);
            }
            return true;
        }
        state.abandoned = state.abandoned.saturating_sub(1);
        if !std::mem::take(&mut state.vacant) {
            return false;
        }
        tracing::info!(
            device = self.name,
            "a thread came back: the device is served again"
        );
        self.life = state.life;
        true
    }
}
