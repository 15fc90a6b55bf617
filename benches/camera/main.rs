//! The camera's thread, as the kiosk runs it: what it takes of a processor while the camera is
//! closed, while the welcome screen is watched and while a code is searched for, and how soon it
//! names what is wrong with a camera.
//!
//! What it takes is measured here, before a film in the place of a device: most machines that
//! build have no camera, and a driver's own work is not ours. How soon it names a fault is measured
//! on a webcam that the kernel's own driver serves, in the laboratory's virtual machine: its
//! processor is emulated and slower, so the times are upper bounds.

#[path = "../common/mod.rs"]
mod common;
mod faults;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use common::Table;
use common::spent::Spent;
use image::ExtendedColorType::Rgb8;
use image::codecs::jpeg::JpegEncoder;
use tiepdon::scan::{Film, Luma, Mode, SourceHandle, measure, start_film};
use tiepdon::sim::eye::{self, HEIGHT, Shot, WIDTH};

/// The welcome screen is watched all day on one slow processor.
const WATCHING_PERCENT: f64 = 5.0;
/// What is shown as 0.0 %.
const CLOSED_PERCENT: f64 = 0.05;
const MEASURED_FOR: Duration = Duration::from_secs(20);
/// What was saved up for when somebody comes is used up by then.
const SETTLED_AFTER: Duration = Duration::from_secs(15);
/// Frames of a film: enough for the noise not to be known by heart.
const FRAMES: u64 = 8;
/// Tells this program that it runs inside the virtual machine, and how long a measure of a picture
/// takes outside.
const INSIDE: &str = "TIEPDON_BENCH_CAMERA";

fn main() {
    if let Ok(outside) = std::env::var(INSIDE) {
        let nanos = outside.parse().expect("nanoseconds");
        return faults::measure_inside(Duration::from_nanos(nanos));
    }
    if !common::wanted() {
        return;
    }
    costs();
    if let Err(reason) = faults_on_a_device() {
        common::skipped("the camera's faults", &reason);
    }
}

/// What the thread takes of one processor.
fn costs() {
    let hall = eye::empty(5);
    let mut table = Table::new("The camera's thread before a film of 1280x720, of one CPU");
    let still = |seed| Shot {
        seed,
        ..hall.clone()
    };
    let crowd = eye::empty;
    let watched = Some(WATCHING_PERCENT);
    for (what, mode, film, bar) in [
        ("closed", Mode::Closed, jpeg(still), Some(CLOSED_PERCENT)),
        (
            "watching, YUYV 10 a second",
            Mode::Watching,
            yuyv(still),
            watched,
        ),
        (
            "watching, MJPG 30 a second",
            Mode::Watching,
            jpeg(still),
            watched,
        ),
        (
            "the same, all in motion",
            Mode::Watching,
            jpeg(crowd),
            watched,
        ),
        (
            "searching, YUYV 10 a second",
            Mode::Searching,
            yuyv(still),
            None,
        ),
        (
            "searching, MJPG 30 a second",
            Mode::Searching,
            jpeg(still),
            None,
        ),
    ] {
        let camera = start_film(film, |_| ());
        let figure = percent(&camera, mode);
        let bar_text = bar.map(|bar| format!("{bar} %"));
        let bar = bar_text.as_deref().zip(bar.map(|bar| figure <= bar));
        table.figure(what, &format!("{figure:.2} %"), bar);
    }
    table.print();
}

/// Percent of one processor that this process takes while `camera` is in `mode`.
fn percent(camera: &SourceHandle, mode: Mode) -> f64 {
    camera.watch(mode);
    pause(SETTLED_AFTER);
    let before = Spent::of(std::process::id());
    pause(MEASURED_FOR);
    Spent::of(std::process::id()).percent_since(&before)
}

fn pause(time: Duration) {
    let (_keep, never) = channel::<()>();
    let _ = never.recv_timeout(time);
}

fn film(format: [u8; 4], rate: f32, frames: impl Iterator<Item = Vec<u8>>) -> Film {
    Film {
        format,
        size: (WIDTH as u32, HEIGHT as u32),
        rate,
        frames: frames.collect(),
    }
}

fn yuyv(shot: impl Fn(u64) -> Shot) -> Film {
    let frame = |seed| {
        let grey = shot(seed).expose();
        grey.into_iter().flat_map(|grey| [grey, 128]).collect()
    };
    film(*b"YUYV", 10.0, (0..FRAMES).map(frame))
}

fn jpeg(shot: impl Fn(u64) -> Shot) -> Film {
    film(
        *b"MJPG",
        30.0,
        (0..FRAMES).map(|seed| coloured(&shot(seed))),
    )
}

/// In colour, as cameras send it, and without the tables that they leave out.
fn coloured(shot: &Shot) -> Vec<u8> {
    let grey = shot.expose();
    let warm = |grey: &u8| [*grey, *grey, (f32::from(*grey) * 0.85) as u8];
    let pixels: Vec<u8> = grey.iter().flat_map(warm).collect();
    let mut file = Vec::new();
    let encoded = JpegEncoder::new_with_quality(&mut file, 80).encode(
        &pixels,
        WIDTH as u32,
        HEIGHT as u32,
        Rgb8,
    );
    encoded.expect("a picture of this size");
    eye::without_tables(&file)
}

/// How long one measure of a picture takes: by it processors are compared.
fn one_measure() -> Duration {
    const TIMES: u32 = 100;
    let pixels: Vec<u8> = (0..WIDTH * HEIGHT).map(|at| (at * 7 % 251) as u8).collect();
    let picture = Luma::new(WIDTH as u32, HEIGHT as u32, &pixels).expect("a picture");
    let began = Instant::now();
    for _ in 0..TIMES {
        std::hint::black_box(measure(std::hint::black_box(picture)));
    }
    began.elapsed() / TIMES
}

/// Runs this program in the virtual machine of the laboratory; it prints there.
fn faults_on_a_device() -> Result<(), String> {
    let shared = std::env::var("TIEPDON_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let run = Path::new(&shared).join("lab/device-vm/run.sh");
    let run = run
        .canonicalize()
        .map_err(|error| format!("{}: {error}", run.display()))?;
    let emulator = Command::new("qemu-system-x86_64").arg("--version").output();
    emulator.map_err(|error| format!("qemu-system-x86_64: {error}"))?;

    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let picture = |name: &str, bytes: &[u8]| -> Result<PathBuf, String> {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
        Ok(path)
    };
    let whole = coloured(&eye::still(0, 7).1);
    let cut = picture("cut", &whole[..whole.len() / 2])?;
    let whole = picture("whole", &whole)?;
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let status = Command::new(run)
        .arg(format!("{} --bench", own.display()))
        .env("DEVICES", "webcam")
        .env("PICTURE", &whole)
        .env(
            "FILES",
            format!(
                "{}:{} {}:{}",
                whole.display(),
                faults::WHOLE,
                cut.display(),
                faults::CUT
            ),
        )
        .env("SET", format!("{INSIDE}={}", one_measure().as_nanos()))
        .env("T", "1800")
        .status()
        .map_err(|error| error.to_string())?;
    status
        .success()
        .then_some(())
        .ok_or_else(|| format!("run.sh: {status}"))
}
