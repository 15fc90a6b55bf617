//! The desk before the camera's driver. A call into a driver may hang for ever and cannot be
//! cancelled, so all calls are made on a thread of their own and have a bound here. A thread that
//! hangs too long is left behind and another takes its place; at most three, then the camera is
//! out of order until one comes back.

use std::convert::Infallible;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::fault::CameraFault;
use super::frame::{Grey, Layout, grey};
use crate::scan::fence::fenced;

/// Where cameras are had from: the system, or a test.
pub(super) trait Port: Send + 'static {
    /// Whether the camera is there.
    fn find(&mut self) -> Result<(), CameraFault>;
    /// Whether the camera that was found is still there, without touching it.
    fn is_present(&mut self) -> bool;
    /// Opens it and starts its stream.
    fn open(&mut self) -> Result<Box<dyn Frames>, CameraFault>;
}

/// A camera that streams. Dropping it closes the camera.
pub(super) trait Frames {
    /// What it is and how its frames lie in memory.
    fn about(&self) -> &About;
    /// Shows the newest frame to `take`. Fails with [`CameraFault::Stalled`] if none comes within
    /// `wait`.
    fn next(&mut self, wait: Duration, take: &mut dyn FnMut(Frame<'_>)) -> Result<(), CameraFault>;
}

/// A frame, as it came.
pub(super) struct Frame<'a> {
    pub(super) bytes: &'a [u8],
    /// Counts the camera's frames, also those nobody took.
    pub(super) sequence: u32,
    /// The driver knows of nothing that was lost on the way.
    pub(super) whole: bool,
}

/// What is known of a camera that streams.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// Its name, as the driver says it.
    pub name: String,
    /// Its device file.
    pub path: String,
    /// Its format's four characters.
    pub format: String,
    pub(super) layout: Layout,
    /// What could not be set as the configuration asks, in plain words.
    pub notes: Vec<String>,
}

impl About {
    /// Columns and rows.
    pub fn size(&self) -> (u32, u32) {
        (self.layout.width, self.layout.height)
    }
}

/// A picture from the camera.
pub(super) struct Picture {
    /// Absent where the frame was cut short or broken.
    pub(super) grey: Option<Grey>,
    pub(super) sequence: u32,
    /// When the frame came.
    pub(super) at: Instant,
}

/// A camera without a frame for so long is stuck; nothing else tells.
const STALLED_AFTER: Duration = Duration::from_millis(1300);
/// One that was stuck may only be slow to begin, and is given longer.
const BEGINS_WITHIN: Duration = Duration::from_secs(3);
/// A frame that has come is copied and made grey within this.
const TAKEN_WITHIN: Duration = Duration::from_millis(500);

/// How long is waited for a driver.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// It answers within this.
    pub(super) answer: Duration,
    /// A call that takes longer will not return.
    pub(super) hanging: Duration,
}

impl Default for Bounds {
    /// Opening takes some cameras a second or two, a busy computer longer; the kernel gives up each
    /// USB transfer after 5 s.
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(4),
            hanging: Duration::from_secs(12),
        }
    }
}

/// Threads that may be left behind.
const LEFT_MAX: usize = 3;

/// What the thread before the driver holds.
struct Bench {
    port: Box<dyn Port>,
    frames: Option<Box<dyn Frames>>,
}

type Job = Box<dyn FnOnce(&mut Bench) + Send>;

/// The thread that calls the driver.
struct Hand {
    jobs: Sender<Job>,
    /// A job for which nobody waited to the end: since when, and the end that it holds.
    late: Option<(Instant, Receiver<Infallible>)>,
}

/// The desk itself.
pub(super) struct Desk {
    port: Box<dyn Fn() -> Box<dyn Port> + Send>,
    bounds: Bounds,
    hand: Option<Hand>,
    left: Vec<Receiver<Infallible>>,
    /// A picture comes within this.
    patience: Duration,
}

impl Desk {
    pub(super) fn new<P: Port>(port: impl Fn() -> P + Send + 'static) -> Self {
        Self::bounded(Bounds::default(), port)
    }

    pub(super) fn bounded<P: Port>(bounds: Bounds, port: impl Fn() -> P + Send + 'static) -> Self {
        Self {
            port: Box::new(move || Box::new(port())),
            bounds,
            hand: None,
            left: Vec::new(),
            patience: STALLED_AFTER,
        }
    }

    /// Whether the camera is there.
    pub(super) fn find(&mut self) -> Result<(), CameraFault> {
        self.ask(self.bounds.answer, |bench| bench.port.find())
    }

    /// Whether the camera that was found is still there.
    pub(super) fn is_present(&mut self) -> Result<bool, CameraFault> {
        self.ask(self.bounds.answer, |bench| Ok(bench.port.is_present()))
    }

    /// Opens the camera, unless it is open.
    pub(super) fn open(&mut self) -> Result<About, CameraFault> {
        self.ask(self.bounds.answer, |bench| {
            let frames = match bench.frames.take() {
                Some(frames) => frames,
                None => bench.port.open()?,
            };
            Ok(bench.frames.insert(frames).about().clone())
        })
    }

    /// The newest picture. A camera that cannot give it is closed.
    pub(super) fn picture(&mut self) -> Result<Picture, CameraFault> {
        let patience = self.patience;
        let taken = self.ask(patience + TAKEN_WITHIN, move |bench| {
            let frames = bench.frames.as_mut().ok_or(CameraFault::Unplugged)?;
            take(frames.as_mut(), patience)
        });
        self.patience = if matches!(taken, Err(CameraFault::Stalled)) {
            BEGINS_WITHIN
        } else {
            STALLED_AFTER
        };
        if taken.is_err() {
            self.close();
        }
        taken
    }

    /// Closes the camera. That takes seconds where it is stuck, so nobody waits for it but who asks
    /// next.
    pub(super) fn close(&mut self) {
        let Some(hand) = &mut self.hand else { return };
        let (end, ended) = channel();
        let job = move |bench: &mut Bench| {
            let _end = end;
            bench.frames = None;
        };
        // A thread that has ended has closed it.
        let _ = hand.jobs.send(Box::new(job));
        let since = hand.late.take().map(|(since, _)| since);
        hand.late = Some((since.unwrap_or_else(Instant::now), ended));
    }

    /// Has `job` done and waits for its answer, no longer than `within`.
    fn ask<T: Send + 'static>(
        &mut self,
        within: Duration,
        job: impl FnOnce(&mut Bench) -> Result<T, CameraFault> + Send + 'static,
    ) -> Result<T, CameraFault> {
        let hand = self.hand(within)?;
        let (answer, answers) = sync_channel(1);
        let (end, ended) = channel();
        let job = move |bench: &mut Bench| {
            // Whoever asked may have given up; the end is let go of in any case.
            let _end = end;
            let _ = answer.send(job(bench));
        };
        let asked = hand.jobs.send(Box::new(job));
        match asked.map(|()| answers.recv_timeout(within)) {
            Ok(Ok(answered)) => answered,
            Ok(Err(RecvTimeoutError::Timeout)) => {
                hand.late = Some((Instant::now(), ended));
                Err(CameraFault::Hanging)
            }
            // The thread ended: its driver's wrapper panicked.
            Ok(Err(RecvTimeoutError::Disconnected)) | Err(_) => {
                self.hand = None;
                Err(CameraFault::Failed(
                    "its driver's wrapper panicked".to_owned(),
                ))
            }
        }
    }

    /// A thread that is free, perhaps after it has finished what it was late with.
    fn hand(&mut self, within: Duration) -> Result<&mut Hand, CameraFault> {
        if let Some(hand) = &mut self.hand
            && let Some((since, end)) = hand.late.take()
            && end.recv_timeout(within) == Err(RecvTimeoutError::Timeout)
        {
            if since.elapsed() < self.bounds.hanging {
                hand.late = Some((since, end));
            } else {
                tracing::error!("a call into the camera's driver hangs; its thread is left behind");
                self.hand = None;
                self.left.push(end);
            }
            return Err(CameraFault::Hanging);
        }
        self.left
            .retain(|end| end.try_recv() != Err(TryRecvError::Disconnected));
        if self.hand.is_none() {
            if self.left.len() >= LEFT_MAX {
                return Err(CameraFault::Hanging);
            }
            self.hand = Some(Hand::start((self.port)())?);
        }
        self.hand.as_mut().ok_or(CameraFault::Hanging)
    }
}

impl Hand {
    fn start(port: Box<dyn Port>) -> Result<Self, CameraFault> {
        let (jobs, waiting) = channel::<Job>();
        let serve = move || {
            let mut bench = Bench { port, frames: None };
            // Ends when the desk is gone or has left this thread behind; then the camera is closed.
            let served = || waiting.iter().for_each(|job| job(&mut bench));
            let _ = fenced(served);
            let _ = fenced(move || drop(bench));
        };
        let started = thread::Builder::new()
            .name("camera-driver".to_owned())
            .spawn(serve);
        started.map_err(|error| CameraFault::Failed(error.to_string()))?;
        Ok(Self { jobs, late: None })
    }
}

/// The newest frame, as grey.
fn take(frames: &mut dyn Frames, patience: Duration) -> Result<Picture, CameraFault> {
    let layout = frames.about().layout;
    let mut taken = None;
    frames.next(patience, &mut |frame| {
        let at = Instant::now();
        let grey = || fenced(|| grey(frame.bytes, layout)).flatten();
        taken = Some(Picture {
            grey: frame.whole.then(grey).flatten(),
            sequence: frame.sequence,
            at,
        });
    })?;
    taken.ok_or(CameraFault::Stalled)
}
