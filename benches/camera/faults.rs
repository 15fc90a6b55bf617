//! Inside the virtual machine: does to the webcam what the world does to it, and times until the
//! camera's thread tells.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tiepdon::config::Camera;
use tiepdon::scan::{Mode, ScanEvent, SourceHandle, start_camera};

use crate::common::{Table, Times};
use crate::{one_measure, pause, percent};

/// Pictures that the host put there.
pub const WHOLE: &str = "/whole.jpg";
pub const CUT: &str = "/cut.jpg";
/// The webcam's switches.
const WEBCAM: &str = "/run/webcam";
/// Part of the webcam's name.
const NAME: &str = "Lab";
const NOTICED_WITHIN: Duration = Duration::from_secs(2);
const RUNS: u32 = 4;
/// Whatever takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A camera's thread that tells us.
struct Kiosk {
    handle: SourceHandle,
    told: Receiver<(Instant, Result<(), String>)>,
}

impl Kiosk {
    fn at(device: &str, format: Option<[u8; 4]>, mode: Mode) -> Self {
        // Who was before it lets go of the camera when its thread ends.
        soon(|| in_use() == 0);
        let (sink, told) = channel();
        let settings = Camera {
            format,
            ..Camera::named(device)
        };
        let handle = start_camera(settings, move |event| {
            if let ScanEvent::Health(health) = event {
                // The measurement may be over.
                let _ = sink.send((Instant::now(), health));
            }
        });
        handle.watch(mode);
        let kiosk = Self { handle, told };
        kiosk.until(None);
        if mode != Mode::Closed {
            soon(|| in_use() > 0);
        }
        kiosk
    }

    /// When a fault is told whose words have `cause` in them; without one, when all is well.
    fn until(&self, cause: Option<&str>) -> Instant {
        loop {
            let (at, health) = self.told.recv_timeout(PATIENCE).expect("it is told");
            match (cause, health) {
                (None, Ok(())) => return at,
                (Some(cause), Err(told)) if told.contains(cause) => return at,
                (None, Err(_)) => {}
                (Some(cause), other) => say(&format!("  awaiting \"{cause}\": {other:?}")),
            }
        }
    }
}

/// How many device files of cameras this process holds.
fn in_use() -> usize {
    let held = fs::read_dir("/proc/self/fd").into_iter().flatten();
    held.filter_map(|file| fs::read_link(file.ok()?.path()).ok())
        .filter(|file| file.starts_with("/dev") && file.to_string_lossy().contains("/video"))
        .count()
}

/// Something that happens to the webcam and ends.
struct Scene {
    what: &'static str,
    told: &'static str,
    format: Option<[u8; 4]>,
    /// Begins it (true) or ends it.
    does: Box<dyn FnMut(bool)>,
}

fn scenes() -> Vec<Scene> {
    let scene = |what, told, format, does| Scene {
        what,
        told,
        format,
        does,
    };
    // The number of a node is taken for as long as its file is held.
    let held = Cell::new(None);
    vec![
        scene(
            "unplugged",
            "went away",
            None,
            Box::new(|on| switch("unplugged", on)),
        ),
        scene(
            "unplugged, back under another number",
            "went away",
            None,
            Box::new(move |on| {
                if on {
                    held.set(nodes().first().and_then(|node| fs::File::open(node).ok()));
                }
                switch("unplugged", on);
                if !on {
                    soon(|| !nodes().is_empty());
                    held.set(None);
                }
            }),
        ),
        scene(
            "stalled",
            "gives no pictures",
            None,
            Box::new(|on| switch("stalled", on)),
        ),
        scene(
            "stalled, MJPG",
            "gives no pictures",
            Some(*b"MJPG"),
            Box::new(|on| switch("stalled", on)),
        ),
        scene(
            "covered",
            "sees nothing",
            None,
            Box::new(|on| {
                if on {
                    fs::remove_file(format!("{WEBCAM}/picture.jpg")).expect("it was there");
                } else {
                    show(WEBCAM, WHOLE);
                }
            }),
        ),
        scene(
            "each picture cut in its middle, MJPG",
            "arrive broken",
            Some(*b"MJPG"),
            Box::new(|on| show(WEBCAM, if on { CUT } else { WHOLE })),
        ),
    ]
}

/// Measures, and prints the tables.
pub fn measure_inside(measure_outside: Duration) {
    let slower = one_measure().as_secs_f64() / measure_outside.as_secs_f64();
    let mut table = Table::new(&format!(
        "A webcam's faults, told by the camera's thread; emulated, {slower:.1} times slower"
    ));
    for (name, mode) in [("watching", Mode::Watching), ("searching", Mode::Searching)] {
        for mut scene in scenes() {
            let kiosk = Kiosk::at(NAME, scene.format, mode);
            let (told, good) = (0..RUNS)
                .map(|run| happens(&kiosk, &mut scene, run))
                .unzip();
            rows(&mut table, &format!("{name}: {}", scene.what), told, good);
        }
        let (told, good) = (0..RUNS).map(|run| busy(mode, run)).unzip();
        rows(&mut table, &format!("{name}: in use elsewhere"), told, good);
    }
    replaced(&mut table);
    table.print();

    let mut table = Table::new("The same thread on the webcam, of one CPU, emulated");
    for (what, mode) in [("closed", Mode::Closed), ("watching, YUYV", Mode::Watching)] {
        let kiosk = Kiosk::at(NAME, None, mode);
        let figure = percent(&kiosk.handle, mode);
        let scaled = format!("{figure:.2} % ({:.2} % at our speed)", figure / slower);
        table.figure(what, &scaled, None);
    }
    table.print();
}

fn rows(table: &mut Table, what: &str, told: Vec<Duration>, good: Vec<Duration>) {
    // The table comes at the end, and an emulated processor takes its time.
    say(&format!("{what}: {told:.2?}, over: {good:.2?}"));
    table.times(
        what,
        &told.into_iter().collect::<Times>(),
        Some(NOTICED_WITHIN),
    );
    table.times(
        "  over, to the first good picture",
        &good.into_iter().collect::<Times>(),
        None,
    );
}

/// How long until it is told, and from its end until all is well.
fn happens(kiosk: &Kiosk, scene: &mut Scene, run: u32) -> (Duration, Duration) {
    // At another moment of each look.
    pause(Duration::from_millis(700) + Duration::from_millis(37) * run);
    let began = Instant::now();
    (scene.does)(true);
    let told = kiosk.until(Some(scene.told)) - began;
    pause(Duration::from_millis(500) + Duration::from_millis(237) * run);
    let ended = Instant::now();
    (scene.does)(false);
    (told, kiosk.until(None).saturating_duration_since(ended))
}

/// From the moment at which the camera is wanted.
fn busy(mode: Mode, run: u32) -> (Duration, Duration) {
    let kiosk = Kiosk::at(NAME, None, Mode::Closed);
    let other = Kiosk::at(NAME, None, Mode::Searching);
    pause(Duration::from_secs(1));
    let began = Instant::now();
    kiosk.handle.watch(mode);
    let told = kiosk.until(Some("another program")) - began;
    pause(Duration::from_millis(500) + Duration::from_millis(237) * run);
    let ended = Instant::now();
    other.handle.watch(Mode::Closed);
    (told, kiosk.until(None).saturating_duration_since(ended))
}

/// The camera at a device file goes, and another one is plugged in there.
fn replaced(table: &mut Table) {
    let (mut told, mut taken) = (Vec::new(), Vec::new());
    let first = nodes().first().cloned().expect("the webcam");
    for _ in 0..RUNS {
        let kiosk = Kiosk::at(&first.display().to_string(), None, Mode::Watching);
        pause(Duration::from_millis(700));
        let began = Instant::now();
        switch("unplugged", true);
        told.push(kiosk.until(Some("went away")) - began);
        soon(|| nodes().is_empty());
        let began = Instant::now();
        let other = Other::plug_in();
        taken.push(kiosk.until(None) - began);
        drop((kiosk, other));
        soon(|| nodes().is_empty());
        switch("unplugged", false);
        soon(|| nodes().len() == 1);
    }
    table.times(
        "watching: replaced by another camera",
        &told.into_iter().collect::<Times>(),
        Some(NOTICED_WITHIN),
    );
    table.times(
        "  to the other's first good picture",
        &taken.into_iter().collect::<Times>(),
        None,
    );
}

/// A second webcam.
struct Other(Child);

impl Other {
    fn plug_in() -> Self {
        const FOLDER: &str = "/run/other";
        fs::create_dir_all(FOLDER).expect("made");
        show(FOLDER, WHOLE);
        Self(
            Command::new("webcam")
                .args([FOLDER, "1"])
                .spawn()
                .expect("webcam"),
        )
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The webcams' device files that give pictures.
fn nodes() -> Vec<PathBuf> {
    let devices = fs::read_dir("/sys/class/video4linux").into_iter().flatten();
    let read = |folder: &Path, name| fs::read_to_string(folder.join(name)).unwrap_or_default();
    let mut nodes: Vec<PathBuf> = devices
        .filter_map(|device| Some(device.ok()?.path()))
        .filter(|folder| read(folder, "name").contains(NAME) && read(folder, "index").trim() == "0")
        .filter_map(|folder| Some(Path::new("/dev").join(folder.file_name()?)))
        .collect();
    nodes.sort();
    nodes
}

fn switch(name: &str, on: bool) {
    let path = format!("{WEBCAM}/{name}");
    if on {
        fs::write(path, "").expect("written");
    } else {
        fs::remove_file(path).expect("it was there");
    }
}

fn show(folder: &str, picture: &str) {
    let next = format!("{folder}/next.jpg");
    fs::copy(picture, &next).expect("copied");
    fs::rename(next, format!("{folder}/picture.jpg")).expect("shown");
}

fn soon(is: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < end, "it does not come about");
        pause(Duration::from_millis(20));
    }
}

#[expect(clippy::print_stdout, reason = "a bench is there to print")]
fn say(line: &str) {
    println!("{line}");
}
