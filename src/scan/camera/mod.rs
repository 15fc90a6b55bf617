//! The camera: opened when codes are wanted, closed when not, and opened again by itself after a
//! stall or a pulled plug. Invariant: no thread but the driver's own ever waits for the driver
//! without a bound.

mod desk;
mod device;
mod fault;
#[cfg(feature = "sim")]
mod film;
mod format;
mod frame;
mod inspect;
mod judge;
mod settings;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

pub use self::desk::About;
use self::desk::Desk;
use self::device::System;
pub use self::fault::CameraFault;
#[cfg(feature = "sim")]
pub use self::film::{Film, start_film};
use self::frame::Grey;
pub use self::inspect::{Inspection, inspect};
use self::judge::Judge;
use super::look::Looking;
use super::source::{Mode, Outlet, ScanEvent, SourceHandle, Wanted, start};
use crate::config;

/// A camera at rest is looked for so often, by its device file alone.
const PRESENT_EVERY: Duration = Duration::from_secs(1);

/// Starts the camera's thread. The device is open and streaming only while codes are wanted.
pub fn start_camera(
    settings: config::Camera,
    sink: impl Fn(ScanEvent) + Send + 'static,
) -> SourceHandle {
    start_at(Desk::new(move || System::new(settings.clone())), sink)
}

fn start_at(desk: Desk, sink: impl Fn(ScanEvent) + Send + 'static) -> SourceHandle {
    let mut serving = Serving::new(desk);
    start("camera", sink, move |outlet| {
        serving.serve(outlet).map_err(|fault| fault.told())
    })
}

/// The cameras that are plugged in: path and name.
pub fn cameras() -> Vec<String> {
    device::names()
}

/// One camera's life.
struct Serving {
    desk: Desk,
    /// It gave no good picture when it was last used.
    failed: bool,
}

impl Serving {
    fn new(desk: Desk) -> Self {
        Self {
            desk,
            failed: false,
        }
    }

    /// Serves until nobody wants the camera, or it fails.
    fn serve(&mut self, outlet: &mut Outlet) -> Result<(), CameraFault> {
        // Looked for at once, so that staff hear of a missing camera before a patient does; but not
        // kept open: while it is, it comes back under another number when it is plugged in anew.
        self.desk.find()?;
        // Who has failed must show a picture before it is called healthy, wanted or not: a way
        // that is closed is not asked for.
        if !self.failed {
            outlet.health(Ok(()));
            while outlet.wait_until_wanted(PRESENT_EVERY) == Wanted::In(Mode::Closed) {
                if !self.desk.is_present()? {
                    return Err(CameraFault::Unplugged);
                }
            }
        }
        let watched = self.watch(outlet);
        self.failed |= watched.is_err();
        watched
    }

    /// Looks for codes until they are no longer wanted or the camera fails.
    fn watch(&mut self, outlet: &mut Outlet) -> Result<(), CameraFault> {
        if outlet.wanted() == Wanted::Never {
            return Ok(());
        }
        let about = self.desk.open()?;
        tracing::info!(camera = about.name, path = about.path, "watching");
        let mut judge = Judge::default();
        let mut looking = Looking::new(outlet);
        while self.is_needed(outlet) {
            looking.rest(outlet);
            let taken = self.desk.picture()?;
            let picture = taken.grey.as_ref().and_then(Grey::view);
            match judge.judge(picture, Instant::now()) {
                Some(Err(fault)) if !fault.keeps_the_stream() => {
                    self.desk.close();
                    return Err(fault);
                }
                Some(health) => {
                    self.failed = health.is_err();
                    outlet.health(health.map_err(|fault| fault.told()));
                }
                None => {}
            }
            looking.look(picture, taken.at, outlet);
        }
        self.desk.close();
        let (pictures, broken) = (judge.pictures, judge.broken);
        tracing::info!(camera = about.name, pictures, broken, "closed");
        Ok(())
    }

    /// Codes are wanted, or it has yet to show that it can see again.
    fn is_needed(&self, outlet: &Outlet) -> bool {
        match outlet.wanted() {
            Wanted::In(Mode::Closed) => self.failed,
            Wanted::In(Mode::Watching | Mode::Searching) => true,
            Wanted::Never => false,
        }
    }
}
