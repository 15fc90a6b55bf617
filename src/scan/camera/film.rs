//! A camera without a device: frames that come one after another as from a driver, round and
//! round, so that what the camera's thread costs can be measured where there is no camera.

use std::thread;
use std::time::{Duration, Instant};

use super::desk::{About, Desk, Frame, Frames, Port};
use super::fault::CameraFault;
use super::format::Encoding;
use super::frame::Layout;
use crate::scan::source::{ScanEvent, SourceHandle};

/// What such a camera gives.
#[derive(Debug, Clone)]
pub struct Film {
    /// Its format's four characters, such as `YUYV` or `MJPG`.
    pub format: [u8; 4],
    /// Columns and rows.
    pub size: (u32, u32),
    /// Frames a second.
    pub rate: f32,
    /// The frames, as they lie in a driver's memory.
    pub frames: Vec<Vec<u8>>,
}

/// Starts the camera's thread before `film` in the place of a device.
pub fn start_film(film: Film, sink: impl Fn(ScanEvent) + Send + 'static) -> SourceHandle {
    super::start_at(Desk::new(move || film.clone()), sink)
}

impl Port for Film {
    fn find(&mut self) -> Result<(), CameraFault> {
        Ok(())
    }

    fn is_present(&mut self) -> bool {
        true
    }

    fn open(&mut self) -> Result<Box<dyn Frames>, CameraFault> {
        let format = String::from_utf8_lossy(&self.format).into_owned();
        let encoding = Encoding::named(self.format);
        let layout = Layout {
            encoding: encoding.ok_or_else(|| CameraFault::Format(format.clone()))?,
            width: self.size.0,
            height: self.size.1,
            stride: 0,
        };
        Ok(Box::new(Shown {
            film: self.clone(),
            about: About {
                name: "Film".to_owned(),
                path: String::new(),
                format,
                layout,
                notes: Vec::new(),
            },
            began: Instant::now(),
            taken: 0,
        }))
    }
}

/// A film that is shown.
struct Shown {
    film: Film,
    about: About,
    began: Instant,
    /// Frames that have come and are old.
    taken: u32,
}

impl Frames for Shown {
    fn about(&self) -> &About {
        &self.about
    }

    fn next(&mut self, wait: Duration, take: &mut dyn FnMut(Frame<'_>)) -> Result<(), CameraFault> {
        let come = (self.began.elapsed().as_secs_f32() * self.film.rate) as u32;
        let sequence = come.max(self.taken + 1);
        let due = Duration::from_secs_f32(sequence as f32 / self.film.rate);
        let until = due.saturating_sub(self.began.elapsed());
        thread::park_timeout(until.min(wait));
        let count = self.film.frames.len();
        let bytes = self.film.frames.get(sequence as usize % count.max(1));
        let bytes = bytes
            .filter(|_| until <= wait)
            .ok_or(CameraFault::Stalled)?;
        self.taken = sequence;
        take(Frame {
            bytes,
            sequence,
            whole: true,
        });
        Ok(())
    }
}
