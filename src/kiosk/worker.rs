//! A thread for one device: one job at a time, each with a bound. A job that hangs cannot be
//! cancelled (no `SCardTransmit` can): its thread is left behind, a new one takes its place, and
//! whoever waited is told.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Inlet, named};
use crate::checkin::Event;

/// Threads that may hang before the device counts as failed. One that comes back frees its place.
const ABANDONED_MAX: u8 = 3;

/// What a device is to do.
pub(super) struct Job {
    /// The answer that is given in its place if it hangs, panics or is refused.
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
    life: u32,
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
        let mut state = self.shared.lock();
        if state.abandoned >= ABANDONED_MAX {
            drop(state);
            self.refuse(job.refusal);
            return;
        }
        state.queue.push_back(job);
        drop(state);
        self.shared.changed.notify_all();
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
        self.shared.lock().abandoned >= ABANDONED_MAX
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
        let (life, failed) = (state.life, state.abandoned >= ABANDONED_MAX);
        let waiting: Vec<Job> = if failed {
            state.queue.drain(..).collect()
        } else {
            Vec::new()
        };
        drop(state);
        tracing::error!(
            device = self.name,
            life,
            "a job hangs; its thread is left behind"
        );
        self.refuse(refusal);
        for job in waiting {
            self.refuse(job.refusal);
        }
        if let Err(error) = self.spawn(life) {
            tracing::error!(device = self.name, %error, "no thread to take its place");
        }
    }

    /// Lets what was accepted come to its end, for as long as one job may take.
    pub(super) fn finish(&self) {
        let mut state = self.shared.lock();
        state.closed = true;
        self.shared.changed.notify_all();
        let at_work = |state: &mut State| state.busy.is_some() || !state.queue.is_empty();
        // Whatever is not done by then hangs, and is left behind as ever.
        let _ = self
            .shared
            .changed
            .wait_timeout_while(state, self.limit, at_work);
    }

    fn refuse(&self, refusal: Option<Event>) {
        if let Some(event) = refusal {
            self.inlet.event(event);
        }
    }

    fn spawn(&self, life: u32) -> std::io::Result<()> {
        let (shared, inlet, name) = (Arc::clone(&self.shared), self.inlet.clone(), self.name);
        named(name, move || while shared.serve(life, name, &inlet) {}).map(drop)
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

    /// Takes one job. False: this life is over.
    fn serve(&self, life: u32, name: &str, inlet: &Inlet) -> bool {
        let idle =
            |state: &mut State| state.life == life && state.queue.is_empty() && !state.closed;
        let waited = self.changed.wait_while(self.lock(), idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.life != life {
            return false;
        }
        // What was accepted is still done when the kiosk stops: it may be a number's paper.
        let Some(job) = state.queue.pop_front() else {
            return false;
        };
        state.busy = Some((Instant::now(), job.refusal.clone()));
        drop(state);
        inlet.wake();

        let panicked = catch_unwind(AssertUnwindSafe(job.run)).is_err();

        let mut state = self.lock();
        if state.life != life {
            state.abandoned = state.abandoned.saturating_sub(1);
            return false;
        }
        state.busy = None;
        drop(state);
        self.changed.notify_all();
        if panicked {
            tracing::error!(device = name, "a job panicked; the thread goes on");
            if let Some(event) = job.refusal {
                inlet.event(event);
            }
        }
        true
    }
}
