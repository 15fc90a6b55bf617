use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::checkin::View;

/// What the driver lets the others see: the newest view, the health of the devices, and that there
/// is work in the outbox.
pub struct Shared {
    board: Mutex<Board>,
    changed: Condvar,
    listener: Mutex<Option<Box<dyn Fn() + Send>>>,
}

/// How the kiosk is.
pub(super) struct Status {
    pub view: Option<Arc<View>>,
    /// Since when its screen shows.
    pub since: Timestamp,
    pub health: BTreeMap<&'static str, Result<(), String>>,
}

#[derive(Default)]
struct Board {
    view: Option<Arc<View>>,
    since: Timestamp,
    health: BTreeMap<&'static str, Result<(), String>>,
    version: u64,
    outbox: u64,
    closed: bool,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            board: Mutex::default(),
            changed: Condvar::new(),
            listener: Mutex::default(),
        }
    }

    /// The newest view; none in the first moments.
    pub fn view(&self) -> Option<Arc<View>> {
        self.lock().view.clone()
    }

    /// The newest view, waited for in the first moments of a kiosk.
    pub fn first_view(&self) -> Arc<View> {
        let missing = |board: &mut Board| board.view.is_none();
        let board = self
            .changed
            .wait_while(self.lock(), missing)
            .unwrap_or_else(PoisonError::into_inner);
        board
            .view
            .clone()
            .expect("the wait ends when there is a view")
    }

    /// Calls `listener` now, lest a change be missed, and after every change of the view, on the
    /// driver's thread: it must return at once.
    pub fn on_change(&self, listener: impl Fn() + Send + 'static) {
        let mut place = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        listener();
        *place = Some(Box::new(listener));
    }

    pub(super) fn status(&self) -> Status {
        let board = self.lock();
        Status {
            view: board.view.clone(),
            since: board.since,
            health: board.health.clone(),
        }
    }

    /// A new view; nobody is woken when nothing changed.
    pub(super) fn publish(&self, view: View, now: Timestamp) {
        let mut board = self.lock();
        if board.view.as_deref() == Some(&view) {
            return;
        }
        let same_screen = board.view.as_deref().is_some_and(|old| {
            std::mem::discriminant(&old.screen) == std::mem::discriminant(&view.screen)
                && old.conversation == view.conversation
        });
        if !same_screen {
            board.since = now;
        }
        board.view = Some(Arc::new(view));
        self.tell(board);
        if let Some(listener) = self
            .listener
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
        {
            listener();
        }
    }

    pub(super) fn set_health(&self, health: BTreeMap<&'static str, Result<(), String>>) {
        let mut board = self.lock();
        if board.health != health {
            board.health = health;
            self.tell(board);
        }
    }

    /// Something changed in the store: whoever waits for changes looks again.
    pub(super) fn poke(&self) {
        self.tell(self.lock());
    }

    /// A visit was written: the drainer has work.
    pub(super) fn outbox_filled(&self) {
        let mut board = self.lock();
        board.outbox += 1;
        self.tell(board);
    }

    /// Whether the kiosk stops.
    pub(super) fn closed(&self) -> bool {
        self.lock().closed
    }

    pub(super) fn close(&self) {
        let mut board = self.lock();
        board.closed = true;
        self.tell(board);
    }

    /// Waits until something changed since `seen`, or `patience` has passed. False: the kiosk stops.
    pub(super) fn wait_change(&self, seen: &mut u64, patience: Duration) -> bool {
        self.wait(patience, |board| {
            std::mem::replace(seen, board.version) != board.version
        })
    }

    /// Waits until `patience` has passed. False: the kiosk stops.
    pub(super) fn wait_closed(&self, patience: Duration) -> bool {
        self.wait(patience, |_| false)
    }

    /// Waits until there is new work for the outbox, or `patience` has passed. False: the kiosk stops.
    pub(super) fn wait_outbox(&self, seen: &mut u64, patience: Duration) -> bool {
        self.wait(patience, |board| {
            std::mem::replace(seen, board.outbox) != board.outbox
        })
    }

    fn wait(&self, patience: Duration, mut ready: impl FnMut(&Board) -> bool) -> bool {
        let waiting = |board: &mut Board| !board.closed && !ready(board);
        let guard = self
            .changed
            .wait_timeout_while(self.lock(), patience, waiting);
        !guard.unwrap_or_else(PoisonError::into_inner).0.closed
    }

    fn tell(&self, mut board: MutexGuard<'_, Board>) {
        board.version += 1;
        drop(board);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
