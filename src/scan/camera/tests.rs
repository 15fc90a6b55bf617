//! The room before a driver that misbehaves in every way that a driver can.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::Serving;
use super::desk::{About, Bounds, Desk, Frame, Frames, Port};
use super::fault::CameraFault;
use super::format::Encoding;
use super::frame::Layout;
use super::inspect::inspect_at;
use crate::scan::source::{Mode, ScanEvent, SourceHandle, start};

const SIDE: u32 = 64;

/// What the driver does at one call.
enum Turn {
    /// It gives a frame that shows something.
    Scene,
    /// It gives half a frame.
    Half,
    /// It gives frames of one grey until the other end is dropped.
    Blank(Receiver<()>),
    /// It gives half frames until the other end is dropped.
    Halves(Receiver<()>),
    Fails(CameraFault),
    Panics,
    /// It returns when the other end is dropped, with a frame.
    Hangs(Receiver<()>),
}

/// A camera whose driver follows a script: what it does at each opening and at each frame. At the
/// end of the script, opening works and frames show something.
#[derive(Clone, Default)]
struct Script {
    openings: Arc<Mutex<VecDeque<Turn>>>,
    frames: Arc<Mutex<VecDeque<Turn>>>,
    /// The first closing returns when the other end is dropped.
    closing: Arc<Mutex<Option<Receiver<()>>>>,
}

impl Script {
    fn new(openings: Vec<Turn>, frames: Vec<Turn>) -> Self {
        Self {
            openings: Arc::new(Mutex::new(openings.into())),
            frames: Arc::new(Mutex::new(frames.into())),
            closing: Arc::default(),
        }
    }

    fn next(turns: &Mutex<VecDeque<Turn>>) -> Turn {
        let mut turns = turns.lock().expect("no test panics here");
        let goes_on = |until: &Receiver<()>| until.try_recv() == Err(TryRecvError::Empty);
        match turns.front() {
            Some(Turn::Blank(until)) if goes_on(until) => Turn::Blank(channel().1),
            Some(Turn::Halves(until)) if goes_on(until) => Turn::Half,
            Some(Turn::Blank(_) | Turn::Halves(_)) => {
                turns.pop_front();
                Turn::Scene
            }
            _ => turns.pop_front().unwrap_or(Turn::Scene),
        }
    }

    /// What is told while codes are wanted, until `enough` events came.
    fn told(&self, enough: usize) -> Vec<String> {
        let (handle, events) = self.served();
        handle.watch(Mode::Searching);
        let told = events.iter().take(enough).map(|event| match event {
            ScanEvent::Health(Ok(())) => "good".to_owned(),
            ScanEvent::Health(Err(cause)) => cause,
            ScanEvent::Code(code) => format!("{code:?}"),
        });
        told.collect()
    }

    fn served(&self) -> (SourceHandle, Receiver<ScanEvent>) {
        let (sink, events) = channel();
        let script = self.clone();
        let mut serving = Serving::new(Desk::new(move || script.clone()));
        let handle = start(
            "camera",
            move |event| {
                let _ = sink.send(event);
            },
            move |outlet| serving.serve(outlet).map_err(|fault| fault.id().to_owned()),
        );
        (handle, events)
    }
}

impl Port for Script {
    fn find(&mut self) -> Result<(), CameraFault> {
        Ok(())
    }

    fn is_present(&mut self) -> bool {
        true
    }

    fn open(&mut self) -> Result<Box<dyn Frames>, CameraFault> {
        match Self::next(&self.openings) {
            Turn::Fails(fault) => return Err(fault),
            Turn::Panics => panic!("a wrapper's panic"),
            Turn::Hangs(until) => assert!(until.recv().is_err()),
            Turn::Scene | Turn::Blank(_) | Turn::Half | Turn::Halves(_) => {}
        }
        let layout = Layout {
            encoding: Encoding::Planar,
            width: SIDE,
            height: SIDE,
            stride: 0,
        };
        Ok(Box::new(Stream {
            script: self.clone(),
            about: About {
                name: "Script".to_owned(),
                path: String::new(),
                format: "GREY".to_owned(),
                layout,
                notes: Vec::new(),
            },
            pixels: Vec::new(),
            sequence: 0,
        }))
    }
}

struct Stream {
    script: Script,
    about: About,
    pixels: Vec<u8>,
    sequence: u32,
}

impl Frames for Stream {
    fn about(&self) -> &About {
        &self.about
    }

    fn next(
        &mut self,
        _wait: Duration,
        take: &mut dyn FnMut(Frame<'_>),
    ) -> Result<(), CameraFault> {
        let all = SIDE * SIDE;
        let scene = |at: u32| (at % SIDE * 4) as u8;
        self.pixels = match Script::next(&self.script.frames) {
            Turn::Scene => (0..all).map(scene).collect(),
            Turn::Blank(_) => vec![16; all as usize],
            Turn::Half | Turn::Halves(_) => (0..all / 2).map(scene).collect(),
            Turn::Fails(fault) => return Err(fault),
            Turn::Panics => panic!("a wrapper's panic"),
            Turn::Hangs(until) => {
                assert!(until.recv().is_err());
                (0..all).map(scene).collect()
            }
        };
        self.sequence += 1;
        take(Frame {
            bytes: &self.pixels,
            sequence: self.sequence,
            whole: true,
        });
        Ok(())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let hangs = self.script.closing.lock().expect("no panic").take();
        if let Some(until) = hangs {
            assert!(until.recv().is_err());
        }
    }
}

#[test]
fn every_fault_is_told_once_and_heals_by_itself() {
    use CameraFault::{Busy, Denied, Stalled, Unplugged};
    for (openings, frames, expected) in [
        (vec![Turn::Fails(Busy), Turn::Fails(Busy)], vec![], "busy"),
        (vec![Turn::Fails(Denied)], vec![], "denied"),
        (vec![Turn::Panics], vec![], "failed"),
        (
            vec![],
            vec![Turn::Scene, Turn::Fails(Unplugged)],
            "unplugged",
        ),
        (vec![], vec![Turn::Fails(Stalled)], "stalled"),
        (vec![], vec![Turn::Scene, Turn::Panics], "failed"),
    ] {
        let told = Script::new(openings, frames).told(3);
        assert_eq!(told, ["good", expected, "good"]);
    }
}

#[test]
fn a_single_broken_frame_is_no_fault() {
    let script = Script::new(
        vec![],
        vec![
            Turn::Half,
            Turn::Scene,
            Turn::Half,
            Turn::Fails(CameraFault::Unplugged),
        ],
    );
    assert_eq!(script.told(2), ["good", "unplugged"]);
}

#[test]
fn a_covered_lens_is_told_and_heals_in_the_same_stream() {
    let (until, blank) = channel();
    let only_once = vec![Turn::Scene, Turn::Fails(CameraFault::Busy)];
    let (handle, events) = Script::new(only_once, vec![Turn::Scene, Turn::Blank(blank)]).served();
    handle.watch(Mode::Searching);
    let mut told = events.iter();
    assert_eq!(told.next(), Some(ScanEvent::Health(Ok(()))));
    assert_eq!(
        told.next(),
        Some(ScanEvent::Health(Err(CameraFault::Blank.told())))
    );
    drop(until);
    assert_eq!(told.next(), Some(ScanEvent::Health(Ok(()))));
}

#[test]
fn a_camera_that_gives_only_broken_frames_is_opened_anew() {
    let (until, halves) = channel();
    let openings = vec![Turn::Scene, Turn::Fails(CameraFault::Busy)];
    let (handle, events) = Script::new(openings, vec![Turn::Scene, Turn::Halves(halves)]).served();
    handle.watch(Mode::Searching);
    let mut told = events.iter();
    assert_eq!(told.next(), Some(ScanEvent::Health(Ok(()))));
    assert_eq!(
        told.next(),
        Some(ScanEvent::Health(Err("broken".to_owned())))
    );
    drop(until);
    assert_eq!(told.next(), Some(ScanEvent::Health(Err("busy".to_owned()))));
    assert_eq!(told.next(), Some(ScanEvent::Health(Ok(()))));
}

#[test]
fn a_camera_that_failed_heals_though_nobody_wants_it() {
    let failing = || Turn::Fails(CameraFault::Stalled);
    let script = Script::new(vec![], vec![failing(), failing()]);
    let (handle, events) = script.served();
    let mut told = events
        .iter()
        .map(|event| matches!(event, ScanEvent::Health(Ok(()))));
    assert_eq!(told.next(), Some(true));
    handle.watch(Mode::Searching);
    assert_eq!(told.next(), Some(false));
    handle.watch(Mode::Closed);
    assert_eq!(told.next(), Some(true));
    assert!(script.frames.lock().expect("no panic").is_empty());
}

/// A call that hangs until the sender is dropped.
fn hanging() -> (Sender<()>, Turn) {
    let (until, hangs) = channel();
    (until, Turn::Hangs(hangs))
}

#[test]
fn a_driver_that_hangs_is_told_and_served_again_when_it_comes_back() {
    let (until, turn) = hanging();
    let (handle, events) = Script::new(vec![], vec![Turn::Scene, turn]).served();
    handle.watch(Mode::Searching);
    let mut told = events.iter();
    assert_eq!(told.next(), Some(ScanEvent::Health(Ok(()))));
    assert_eq!(
        told.next(),
        Some(ScanEvent::Health(Err("hanging".to_owned())))
    );
    drop(until);
    assert_eq!(told.next(), Some(ScanEvent::Health(Ok(()))));
}

#[test]
fn a_fault_is_told_before_the_camera_is_closed_which_may_hang() {
    let (until, hangs) = channel();
    let stalled = Turn::Fails(CameraFault::Stalled);
    let script = Script::new(vec![], vec![Turn::Scene, stalled]);
    *script.closing.lock().expect("no panic") = Some(hangs);
    let (handle, events) = script.served();
    handle.watch(Mode::Searching);
    let mut told = events.iter();
    assert_eq!(told.next(), Some(ScanEvent::Health(Ok(()))));
    assert_eq!(
        told.next(),
        Some(ScanEvent::Health(Err("stalled".to_owned())))
    );
    drop(until);
    assert_eq!(told.next(), Some(ScanEvent::Health(Ok(()))));
}

#[test]
fn at_most_three_threads_are_left_behind_and_one_that_comes_back_frees_its_place() {
    let (ends, turns): (Vec<_>, Vec<_>) = (0..3).map(|_| hanging()).unzip();
    let script = Script::new(turns, vec![]);
    let left = script.openings.clone();
    let bounds = Bounds {
        answer: Duration::from_millis(20),
        hanging: Duration::ZERO,
    };
    let mut desk = Desk::bounded(bounds, move || script.clone());
    // Each thread is met twice: when it begins to hang, and when it is left behind.
    for _ in 0..6 {
        assert_eq!(desk.open(), Err(CameraFault::Hanging));
    }
    assert!(left.lock().expect("no panic").is_empty());
    assert_eq!(desk.open(), Err(CameraFault::Hanging));
    drop(ends);
    let patience = Instant::now() + Duration::from_secs(20);
    while desk.open().is_err() {
        assert!(Instant::now() < patience, "none of them came back");
    }
}

#[test]
fn an_inspection_tells_at_once_of_a_fault_and_of_its_end() {
    let script = Script::new(
        vec![Turn::Fails(CameraFault::Busy)],
        vec![Turn::Scene, Turn::Fails(CameraFault::Unplugged)],
    );
    let (_go_on, stop) = channel();
    let mut told = Vec::new();
    inspect_at(Desk::new(move || script.clone()), &stop, |known| {
        told.push(known.fault.as_ref().map(CameraFault::id));
        assert_eq!(known.measure.is_some(), known.fault.is_none());
        if told.len() == 4 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!(told, [Some("busy"), None, Some("unplugged"), None]);
}

#[test]
fn an_inspection_ends_when_it_is_told_to() {
    let (until, stop) = channel();
    drop(until);
    let began = Instant::now();
    inspect_at(Desk::new(Script::default), &stop, |known| {
        assert!(known.pictures <= 1 && known.elapsed <= began.elapsed());
        ControlFlow::Continue(())
    });
}
