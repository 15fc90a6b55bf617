//! The driver: device threads, effects carried out, events fed back, the outbox drainer.
//!
//! One thread owns the [`Machine`](crate::checkin::Machine) and its clock (`driver/`: start
//! there); every device has a thread of its own (`worker.rs`) and talks to it through one channel.
//! Window, terminal and load generator are outside: they send events, and look at the
//! [`View`](crate::checkin::View).
//!
//! Invariants: a device that hangs, dies or panics stops nobody else, and whoever waits for it gets
//! an answer; nothing of a patient is kept here, it passes through.

mod chip;
mod drain;
mod driver;
mod fleet;
mod limits;
mod paper;
mod parts;
mod purge;
mod shared;
mod sources;
mod worker;

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

pub use driver::Moment;
pub use parts::{
    OpenChip, OpenPrinter, Parts, PartsError, abandon, fhir, hospital, insurance, open_store,
};
pub use shared::Shared;

use crate::checkin::{Event, Rules, Touch};
use crate::config::Config;
use crate::scan::Preview;
use driver::{Driver, Input};
use limits::Limits;
use sources::Sources;

/// Looks at everything that passes through the driver, on the driver's own thread.
pub type Observer = Box<dyn FnMut(Moment<'_>) + Send>;

/// Where events go in. Cheap to copy; sending never waits.
#[derive(Clone)]
pub struct Inlet(Sender<Input>);

impl Inlet {
    /// Something happened. After the kiosk has stopped, nobody hears it.
    pub fn event(&self, event: Event) {
        let _ = self.0.send(Input::Event(event));
    }

    /// A finger.
    pub fn touch(&self, touch: Touch) {
        self.event(Event::Touch(touch));
    }

    /// A device works, or why it does not.
    pub fn health(&self, device: &'static str, health: Result<(), String>) {
        let _ = self.0.send(Input::Health(device, health));
    }

    fn wake(&self) {
        let _ = self.0.send(Input::Wake);
    }

    fn stop(&self) {
        let _ = self.0.send(Input::Stop);
    }
}

/// A running kiosk. Dropping it stops its threads; one that hangs in a device is left behind.
pub struct Kiosk {
    inlet: Inlet,
    shared: Arc<Shared>,
    preview: Preview,
    threads: Vec<JoinHandle<()>>,
    /// Each thread holds the other end while it lives.
    lives: Receiver<Infallible>,
    stop: Duration,
}

impl Kiosk {
    /// Starts the threads.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        config: Config,
        parts: Parts,
        observer: Option<Observer>,
    ) -> std::io::Result<Self> {
        let limits = Limits::of(&config.policy.waits);
        Self::assemble(config, parts, observer, limits, Sources::start)
    }

    fn assemble(
        config: Config,
        parts: Parts,
        observer: Option<Observer>,
        limits: Limits,
        sources: impl FnOnce(&Config, &Inlet) -> std::io::Result<Sources>,
    ) -> std::io::Result<Self> {
        let (sender, inbox) = channel();
        let (alive, lives) = channel();
        // From here on, whatever cannot be started stops what was.
        let mut kiosk = Self {
            inlet: Inlet(sender),
            shared: Arc::new(Shared::new()),
            preview: Preview::default(),
            threads: Vec::new(),
            lives,
            stop: limits.stop,
        };
        let (inlet, shared) = (kiosk.inlet(), kiosk.shared());
        let config = Arc::new(config);
        let sources = sources(&config, &inlet)?;
        kiosk.preview = sources.preview();
        if Rules::from(config.as_ref()).chip_offered() {
            inlet.health("trust", parts.trust.look().1);
        }
        let heard = (inlet.clone(), Arc::clone(&shared), observer);
        let mut driver = Driver::new(&config, &parts, sources, heard, limits)?;
        let watch = paper::watch(&config, driver.press(), Arc::clone(&shared), inlet.clone());
        kiosk.thread("driver", &alive, move || driver.run(&inbox))?;
        kiosk.thread("printer-watch", &alive, watch)?;
        let outbox = drain::work(&parts, Arc::clone(&shared), &config);
        kiosk.thread("outbox", &alive, outbox)?;
        kiosk.thread("fleet", &alive, fleet::work(&config, &parts, shared, inlet))?;
        Ok(kiosk)
    }

    fn thread(
        &mut self,
        name: &str,
        alive: &Sender<Infallible>,
        work: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<()> {
        let alive = alive.clone();
        let run = move || {
            let _alive = alive;
            work();
        };
        self.threads.push(named(name, run)?);
        Ok(())
    }

    /// Where events go in.
    pub fn inlet(&self) -> Inlet {
        self.inlet.clone()
    }

    /// What the camera sees while a code is searched for.
    pub fn preview(&self) -> Preview {
        self.preview.clone()
    }

    /// The newest view, and how to hear of the next.
    pub fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}

impl Drop for Kiosk {
    fn drop(&mut self) {
        self.inlet.stop();
        self.shared.close();
        // The driver may take its whole bound for the store and the printer before it ends.
        match self.lives.recv_timeout(self.stop * 2) {
            Err(RecvTimeoutError::Disconnected) => {
                for thread in self.threads.drain(..) {
                    // A thread that panicked has been traced already.
                    let _ = thread.join();
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                tracing::error!("a thread hangs; the kiosk stops without it");
            }
            Ok(never) => match never {},
        }
    }
}

fn named(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)
}

/// Turn after turn, until one says that it was the last. A turn that panics does not end the thread.
fn turns(name: &'static str, mut turn: impl FnMut() -> bool) {
    loop {
        match catch_unwind(AssertUnwindSafe(&mut turn)) {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => tracing::error!(name, "a thread panicked; it goes on"),
        }
    }
}
