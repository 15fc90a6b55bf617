use std::sync::{Arc, Mutex, PoisonError};

/// Called whenever something changed.
pub type Watcher = Arc<dyn Fn(Changed) + Send + Sync>;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Staff asked something of a kiosk, or a kiosk answered.
    Commands,
    /// Numbers, and where they stand.
    Queues,
    /// A kiosk told how it is.
    Kiosks,
    /// Perhaps all of it: nobody listened for a while.
    Anything,
}

/// All who want to hear of changes.
#[derive(Default)]
pub struct Watchers(Mutex<Vec<Watcher>>);

impl Watchers {
    pub(in crate::store) fn add(&self, watcher: Watcher) {
        self.list().push(watcher);
    }

    /// Something changed.
    pub(in crate::store) fn tell(&self, changed: Changed) {
        let all: Vec<Watcher> = self.list().clone();
        all.iter().for_each(|watcher| watcher(changed));
    }

    fn list(&self) -> std::sync::MutexGuard<'_, Vec<Watcher>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
