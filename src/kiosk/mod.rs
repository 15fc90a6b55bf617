//! The driver: device threads, effects carried out, events fed back, the outbox drainer.
//!
//! One thread owns the [`Machine`](crate::checkin::Machine) and its clock (`driver.rs`: start
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
mod paper;
mod parts;
mod shared;
mod sources;
mod worker;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

pub use driver::Moment;
pub use parts::{OpenChip, OpenPrinter, Parts, PartsError, fhir, hospital, insurance, open_store};
pub use shared::Shared;

use crate::checkin::{Event, Touch};
use crate::config::Config;
use driver::{Driver, Input};
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
    threads: Vec<JoinHandle<()>>,
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
        let (sender, inbox) = channel();
        let inlet = Inlet(sender);
        let config = Arc::new(config);
        let shared = Arc::new(Shared::new());
        let sources = Sources::start(&config, &inlet)?;
        let mut driver = Driver::new(
            &config,
            &parts,
            sources,
            inlet.clone(),
            Arc::clone(&shared),
            observer,
        )?;
        let threads = vec![
            drain::start(&parts, Arc::clone(&shared))?,
            fleet::start(&config, &parts, Arc::clone(&shared), inlet.clone())?,
            named("driver", move || driver.run(&inbox))?,
        ];
        Ok(Self {
            inlet,
            shared,
            threads,
        })
    }

    /// Where events go in.
    pub fn inlet(&self) -> Inlet {
        self.inlet.clone()
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
        for thread in self.threads.drain(..) {
            // A thread that panicked has been traced already.
            let _ = thread.join();
        }
    }
}

fn named(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)
}
