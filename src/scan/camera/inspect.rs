//! A camera under inspection: what an installer wants to know of it, and what to change.

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::desk::{About, Desk, Picture};
use super::device::System;
use super::fault::CameraFault;
use super::frame::Grey;
use super::judge::Judge;
use crate::config;
use crate::scan::advice::Advice;
use crate::scan::decode::place_in;
use crate::scan::{Code, Eye, Measure, Place, Sight, measure};

/// What is told is told so often, and when something changes.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// Waiting time before a camera that failed is opened again.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

/// What is known of a camera at a moment. Figures are those of the latest picture.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Inspection {
    /// Since the inspection began.
    pub elapsed: Duration,
    /// The camera; absent until it was opened.
    pub camera: Option<About>,
    /// Why there is no good picture; absent too before the first one.
    pub fault: Option<CameraFault>,
    /// Pictures looked at since the camera was opened.
    pub pictures: u32,
    /// Beside them, those that arrived broken and were dropped.
    pub broken: u32,
    /// Frames a second that the camera gives, also those that nobody took.
    pub rate: Option<f32>,
    /// Light and sharpness.
    pub measure: Option<Measure>,
    /// Where a code is, read or not.
    pub place: Option<Place>,
    /// The code, if it was read.
    pub code: Option<Code>,
    /// From the first picture to the first code that was read.
    pub first_read: Option<Duration>,
}

impl Inspection {
    /// What to change, the most important first. Nothing while there is nothing to judge.
    pub fn advice(&self) -> Vec<Advice> {
        match (&self.camera, &self.measure) {
            (Some(camera), Some(measure)) if self.fault.is_none() => {
                let read = self.code.is_some();
                let taken = (self.pictures, self.broken);
                let (size, place) = (camera.size(), self.place.as_ref());
                Advice::all(size, self.rate, taken, measure, place, read)
            }
            _ => Vec::new(),
        }
    }
}

/// Inspects a camera until `tell` has enough, or something comes through `stop` or its other end
/// is dropped. Tells each second, and at once of a fault, of its end and of the first code.
pub fn inspect(
    settings: config::Camera,
    stop: &Receiver<()>,
    tell: impl FnMut(&Inspection) -> ControlFlow<()>,
) {
    let desk = Desk::new(move || System::new(settings.clone()));
    inspect_at(desk, stop, tell);
}

pub(super) fn inspect_at(
    mut desk: Desk,
    stop: &Receiver<()>,
    tell: impl FnMut(&Inspection) -> ControlFlow<()>,
) {
    let now = Instant::now();
    let mut inspector = Inspector {
        began: now,
        told: None,
        known: Inspection::default(),
        tell,
    };
    loop {
        let Err(fault) = inspector.watch(&mut desk, stop) else {
            return;
        };
        if inspector.failed(fault).is_break() {
            return;
        }
        if stop.recv_timeout(REOPEN_AFTER) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

struct Inspector<F> {
    began: Instant,
    told: Option<Instant>,
    known: Inspection,
    tell: F,
}

impl<F: FnMut(&Inspection) -> ControlFlow<()>> Inspector<F> {
    /// Looks at pictures until it is enough.
    fn watch(&mut self, desk: &mut Desk, stop: &Receiver<()>) -> Result<(), CameraFault> {
        self.known.camera = Some(desk.open()?);
        (self.known.pictures, self.known.broken) = (0, 0);
        let mut stream = Stream::new(Instant::now());
        loop {
            let taken = desk.picture()?;
            let news = self.look(&taken, &mut stream)?;
            let enough = self.tell(news).is_break();
            if enough || stop.try_recv() != Err(std::sync::mpsc::TryRecvError::Empty) {
                desk.close();
                return Ok(());
            }
        }
    }

    /// Looks at a picture. Whether there is something that is told at once.
    fn look(&mut self, taken: &Picture, stream: &mut Stream) -> Result<bool, CameraFault> {
        let now = Instant::now();
        let picture = taken.grey.as_ref().and_then(Grey::view);
        self.known.rate = stream.rate(taken.sequence, now);
        let mut news = false;
        let verdict = stream.judge.judge(picture, now);
        self.known.broken = stream.judge.broken;
        match verdict {
            Some(Err(fault)) if !fault.keeps_the_stream() => return Err(fault),
            Some(verdict) => {
                let fault = verdict.err();
                news = self.known.pictures == 0 || fault != self.known.fault;
                self.known.fault = fault;
            }
            None => {}
        }
        if let Some(picture) = picture {
            self.known.pictures += 1;
            let measure = measure(picture);
            self.known.measure = Some(measure);
            // Where nothing can be made out there is nothing to search.
            let sight = (!measure.is_blank()).then(|| stream.eye.look(picture));
            let Sight { code, place } = sight.unwrap_or_default();
            let place = place.or_else(|| code.as_ref().and_then(|_| place_in(picture)));
            if code.is_some() && self.known.first_read.is_none() {
                self.known.first_read = Some(stream.opened.elapsed());
                news = true;
            }
            (self.known.code, self.known.place) = (code, place);
        }
        Ok(news)
    }

    fn failed(&mut self, fault: CameraFault) -> ControlFlow<()> {
        let news = self.known.fault.as_ref() != Some(&fault);
        let (began, first_read) = (self.began, self.known.first_read);
        let broken = self.known.broken;
        self.known = Inspection {
            elapsed: began.elapsed(),
            camera: self.known.camera.take(),
            fault: Some(fault),
            broken,
            first_read,
            ..Inspection::default()
        };
        self.tell(news)
    }

    fn tell(&mut self, news: bool) -> ControlFlow<()> {
        let now = Instant::now();
        let due = |told: Instant| now.saturating_duration_since(told) >= TELL_EVERY;
        if news || self.told.is_none_or(due) {
            self.told = Some(now);
            self.known.elapsed = self.began.elapsed();
            (self.tell)(&self.known)?;
        }
        ControlFlow::Continue(())
    }
}

/// One stream, from its opening on.
struct Stream {
    opened: Instant,
    eye: Eye,
    judge: Judge,
    /// When frames came, by their numbers: at the beginning of this measurement, and before it.
    since: Option<(u32, Instant)>,
    rate: Option<f32>,
}

/// A rate is measured over so long.
const RATE_OVER: Duration = Duration::from_millis(900);

impl Stream {
    fn new(now: Instant) -> Self {
        Self {
            opened: now,
            eye: Eye::default(),
            judge: Judge::default(),
            since: None,
            rate: None,
        }
    }

    /// Frames a second, once enough of them came.
    fn rate(&mut self, sequence: u32, now: Instant) -> Option<f32> {
        let (first, since) = *self.since.get_or_insert((sequence, now));
        let time = now.saturating_duration_since(since);
        if time >= RATE_OVER {
            let frames = sequence.wrapping_sub(first);
            self.rate = (frames > 0).then(|| frames as f32 / time.as_secs_f32());
            self.since = Some((sequence, now));
        }
        self.rate
    }
}
