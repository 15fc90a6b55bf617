use std::ffi::CString;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use pcsc::{Context, PNP_NOTIFICATION, ReaderState, Scope, State};

use super::readers;
use crate::config::Reader;

/// The longest single wait for a change. Nothing depends on it: a change ends it at once.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Between two attempts to reach a PC/SC service that is not there.
const RETRY: Duration = Duration::from_secs(2);
/// A cancel that comes just before the wait begins is lost, so it is repeated this often.
const CANCEL_AGAIN: Duration = Duration::from_millis(20);

/// What happens on the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardEvent {
    /// A card came.
    Present {
        /// The reader's name, for [`Connection::open`](super::Connection::open).
        reader: String,
        /// The card's answer to reset.
        atr: Vec<u8>,
    },
    /// The card left.
    Gone,
    /// No accepted reader is there, or no PC/SC service.
    ReaderMissing,
    /// A reader is there.
    ReaderThere,
}

/// Watches the first accepted reader, from a thread of its own. Dropping it ends the thread.
pub struct Watch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<Control>,
    changed: Condvar,
}

#[derive(Default)]
struct Control {
    stop: bool,
    ended: bool,
    /// The context whose wait must be cancelled to stop.
    context: Option<Context>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Control> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Starts watching. `sink` is called on the watching thread and must not block. The first calls
    /// tell whether there is a reader, and a card on it.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        settings: Reader,
        sink: impl FnMut(CardEvent) + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let watcher = Watcher {
            settings,
            shared: Arc::clone(&shared),
            seen: Seen {
                sink: Box::new(sink),
                card: None,
                reader: None,
            },
        };
        let thread = std::thread::Builder::new()
            .name("card-watch".to_owned())
            .spawn(move || watcher.run())?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut control = self.shared.lock();
        control.stop = true;
        self.shared.changed.notify_all();
        while !control.ended {
            if let Some(context) = &control.context {
                // A failure means that nothing waits there any more.
                let _ = context.cancel();
            }
            let waited = self.shared.changed.wait_timeout(control, CANCEL_AGAIN);
            control = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(control);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Watcher {
    settings: Reader,
    shared: Arc<Shared>,
    seen: Seen,
}

impl Watcher {
    fn run(mut self) {
        // Told also if the sink panics: whoever drops the watch must not wait for ever.
        let _ended = Ended(Arc::clone(&self.shared));
        while !self.stopped() {
            let watched = Context::establish(Scope::System).and_then(|context| {
                self.shared.lock().context = Some(context.clone());
                self.watch(&context)
            });
            self.shared.lock().context = None;
            if let Err(error) = watched {
                tracing::warn!(%error, "card reader service lost");
                self.seen.missing();
                self.wait_before_retry();
            }
        }
    }

    fn stopped(&self) -> bool {
        self.shared.lock().stop
    }

    fn wait_before_retry(&self) {
        let control = self.shared.lock();
        let _unused = self
            .shared
            .changed
            .wait_timeout_while(control, RETRY, |control| !control.stop);
    }

    /// Follows the readers for as long as the service lives.
    fn watch(&mut self, context: &Context) -> Result<(), pcsc::Error> {
        let mut arrivals = ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE);
        let mut followed: Option<ReaderState> = None;
        while !self.stopped() {
            let first = readers::names(context, &self.settings)?.into_iter().next();
            followed = self.follow(first, followed);
            let mut states: Vec<ReaderState> =
                [Some(arrivals), followed].into_iter().flatten().collect();
            match context.get_status_change(WAIT_MAX, &mut states) {
                Ok(()) | Err(pcsc::Error::Timeout | pcsc::Error::Cancelled) => {}
                // It left between the list and the wait: list again.
                Err(pcsc::Error::UnknownReader | pcsc::Error::ReaderUnavailable) => {
                    states.truncate(1);
                }
                Err(error) => return Err(error),
            }
            states.iter_mut().for_each(ReaderState::sync_current_state);
            followed = (states.len() > 1).then(|| states.pop()).flatten();
            arrivals = states.pop().expect("the arrivals are always watched");
            if let Some(state) = &followed {
                self.seen.state(state);
            }
        }
        Ok(())
    }

    /// The state to wait on: the one so far if its reader is still the first accepted one.
    fn follow(&mut self, first: Option<CString>, old: Option<ReaderState>) -> Option<ReaderState> {
        let Some(name) = first else {
            self.seen.missing();
            return None;
        };
        match old {
            Some(state) if state.name() == name.as_c_str() => Some(state),
            Some(_) | None => {
                self.seen.reader();
                Some(ReaderState::new(name, State::UNAWARE))
            }
        }
    }
}

/// What was told, so that nothing is told twice.
struct Seen {
    sink: Box<dyn FnMut(CardEvent) + Send>,
    /// The event count at which the present card came.
    card: Option<u32>,
    /// Whether there is a reader; not told yet at first.
    reader: Option<bool>,
}

impl Seen {
    /// No reader to follow.
    fn missing(&mut self) {
        self.gone();
        if self.reader.replace(false) != Some(false) {
            (self.sink)(CardEvent::ReaderMissing);
        }
    }

    /// A reader that was not followed before.
    fn reader(&mut self) {
        self.gone();
        if self.reader.replace(true) != Some(true) {
            (self.sink)(CardEvent::ReaderThere);
        }
    }

    fn gone(&mut self) {
        if self.card.take().is_some() {
            (self.sink)(CardEvent::Gone);
        }
    }

    /// A card that was swapped between two looks has another event count.
    fn state(&mut self, state: &ReaderState) {
        if !state.event_state().contains(State::PRESENT) {
            return self.gone();
        }
        if self.card == Some(state.event_count()) {
            return;
        }
        self.gone();
        self.card = Some(state.event_count());
        (self.sink)(CardEvent::Present {
            reader: state.name().to_string_lossy().into_owned(),
            atr: state.atr().to_vec(),
        });
    }
}

struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_all();
    }
}
