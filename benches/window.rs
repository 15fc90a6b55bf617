//! The kiosk's window under Xvfb: how soon it shows, and what it costs while nobody is there, and
//! while a patient sees what the camera sees. Beside it a bare eframe window, in the same run, for
//! what is not ours.
//!
//! The first frame is seen from outside: Xvfb keeps the screen in a file, and the frame is there when
//! most of its dots are no longer black.

mod common;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::pcscd::Service;
use common::spent::{Spent, number_after, read};
use common::{Table, Times};
use eframe::egui;
use tempfile::TempDir;
use tiepdon::config;
use tiepdon::scan::Preview;
use tiepdon::ui::gallery::samples;
use tiepdon::ui::{self, App, Bell, Link, Window};
use tiepdon::words::Language;

const RUNS: usize = 5;
const FIRST_FRAME: Duration = Duration::from_millis(500);
/// Nothing moves on the welcome screen, so nothing is computed: what is shown as 0.0 %.
const IDLE_PERCENT: f64 = 0.05;
const IDLE_FOR: Duration = Duration::from_secs(10);
/// Caches are filled and start-up is over after it.
const SETTLED_AFTER: Duration = Duration::from_secs(3);
const MEMORY_MB: f64 = 150.0;
/// The window shows within this, or never.
const PATIENCE: Duration = Duration::from_secs(30);
/// A program that was asked to end does so within this, or is killed.
const END_WITHIN: Duration = Duration::from_secs(5);
/// How exactly the first frame is seen.
const LOOK: Duration = Duration::from_millis(2);
const SIZE: (u64, u64) = (1280, 800);
/// Tells this program to be the bare window, or the kiosk's with a camera's pictures.
const BE: &str = "TIEPDON_BENCH_WINDOW";
/// Between two pictures of a camera.
const PICTURE_EVERY: Duration = Duration::from_millis(66);
/// What the camera's pictures may cost: a slow processor has two cores, and one decodes.
const PREVIEW_PERCENT: f64 = 60.0;

fn main() {
    match std::env::var(BE).as_deref() {
        Ok("bare") => return bare_window(),
        Ok("preview") => return preview_window(),
        _ => {}
    }
    if !common::wanted() {
        return;
    }
    let screen = match Screen::start() {
        Ok(screen) => screen,
        Err(reason) => return common::skipped("window", &reason),
    };
    // The trial finds a service that runs and need not start one. Without any it has no reader, and
    // its window is the same.
    let _service = Service::get();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(measure(&screen, kiosk, false));
        theirs.push(measure(&screen, bare, false));
    }
    let (idle, idle_bare) = (measure(&screen, kiosk, true), measure(&screen, bare, true));

    let preview = measure(&screen, preview, true);

    let mut table = Table::new("The window under Xvfb, software OpenGL, 1280x800");
    let first = |seen: &[Seen]| seen.iter().map(|seen| seen.first_frame).collect::<Times>();
    table.times(
        "kiosk: start to first frame",
        &first(&ours),
        Some(FIRST_FRAME),
    );
    table.times("bare eframe: start to first frame", &first(&theirs), None);
    for (who, seen, held) in [("kiosk", idle, true), ("bare eframe", idle_bare, false)] {
        let cost = seen.cost.expect("measured");
        let bar = |text, kept| held.then_some((text, kept));
        let cpu = cost.cpu_percent;
        table.figure(
            &format!("{who}: CPU idle on Welcome, 10 s"),
            &format!("{cpu:.3} %"),
            bar("0.0 %", cpu < IDLE_PERCENT),
        );
        table.figure(
            &format!("{who}: wake-ups a second, idle"),
            &format!("{:.1}", cost.wakes),
            None,
        );
        for (what, megabytes) in [("RSS", cost.rss), ("PSS", cost.pss)] {
            table.figure(
                &format!("{who}: {what}"),
                &format!("{megabytes:.1} MB"),
                bar("150 MB", megabytes <= MEMORY_MB),
            );
        }
    }
    let cpu = preview.cost.expect("measured").cpu_percent;
    table.figure(
        "kiosk: CPU with a camera's picture, 15 a second",
        &format!("{cpu:.1} %"),
        Some(("60 %", cpu < PREVIEW_PERCENT)),
    );
    table.print();
}

fn kiosk(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tiepdon"));
    command
        .args(["run", "--demo", "--windowed"])
        .env("TIEPDON_DEMO_FOLDER", folder);
    command
}

fn bare(_: &Path) -> Command {
    ourselves("bare")
}

fn preview(_: &Path) -> Command {
    ourselves("preview")
}

fn ourselves(what: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.env(BE, what);
    command
}

fn window() -> Window {
    Window {
        trial: true,
        hospital: "bare".to_owned(),
        settings: config::Screen { width_mm: 344.0 },
        windowed: true,
        mirror: true,
    }
}

/// The kiosk's own window, and a camera that sees something new fifteen times a second.
fn preview_window() {
    let samples = samples(Language::Vi).into_iter();
    let mut shown = samples.filter(|sample| sample.name.starts_with("camera"));
    let (first, second) = (shown.next(), shown.next());
    let (first, second) = first.zip(second).expect("the gallery has them");
    let preview = Preview::default();
    let link = Link {
        view: Arc::new(Mutex::new(Arc::new(first.view))),
        preview: preview.clone(),
        touch: Box::new(|_| ()),
        bell: Bell::default(),
    };
    preview.open(true);
    std::thread::spawn(move || {
        for glance in [first.glance, second.glance].iter().cycle() {
            preview.put(glance.clone());
            pause(PICTURE_EVERY);
        }
    });
    let (window, options) = (window(), ui::options(&window()));
    let app = Box::new(|creation: &eframe::CreationContext<'_>| {
        let app: Box<dyn eframe::App> = Box::new(App::new(&creation.egui_ctx, window, link));
        Ok(app)
    });
    eframe::run_native("preview", options, app).expect("a window");
}

/// The least that eframe can do, with the kiosk's own options.
fn bare_window() {
    struct Bare;
    impl eframe::App for Bare {
        fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
            let whole = ui.max_rect();
            ui.painter().rect_filled(whole, 0.0, egui::Color32::WHITE);
            ui.label("bare");
        }
    }
    let options = ui::options(&window());
    eframe::run_native("bare", options, Box::new(|_| Ok(Box::new(Bare)))).expect("a window");
}

struct Seen {
    first_frame: Duration,
    cost: Option<Cost>,
}

fn measure(screen: &Screen, make: fn(&Path) -> Command, idle: bool) -> Seen {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("folder");
    screen.wait_until(Screen::is_dark);
    let begun = Instant::now();
    let program = make(folder.path())
        .env("DISPLAY", &screen.display)
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let program = Running(program.expect("it starts"));
    screen.wait_until(Screen::is_lit);
    let first_frame = begun.elapsed();
    let cost = idle.then(|| Cost::of(program.0.id()));
    Seen { first_frame, cost }
}

/// What a process costs while nothing happens.
struct Cost {
    cpu_percent: f64,
    wakes: f64,
    rss: f64,
    pss: f64,
}

impl Cost {
    fn of(pid: u32) -> Self {
        pause(SETTLED_AFTER);
        let before = Spent::of(pid);
        pause(IDLE_FOR);
        let after = Spent::of(pid);
        let kilobytes = |file: &str, name: &str| {
            number_after(&read(&format!("/proc/{pid}/{file}")), name) / 1024.0
        };
        Self {
            cpu_percent: after.percent_since(&before),
            wakes: after.wakes_since(&before),
            rss: kilobytes("status", "VmRSS:"),
            pss: kilobytes("smaps_rollup", "Pss:"),
        }
    }
}

fn pause(time: Duration) {
    let (_keep, never) = channel::<()>();
    let _ = never.recv_timeout(time);
}

/// A process that ends with us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        common::ask_to_end(&self.0);
        let end = Instant::now() + END_WITHIN;
        while matches!(self.0.try_wait(), Ok(None)) && Instant::now() < end {
            pause(LOOK);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An X server of our own, whose screen can be looked at.
struct Screen {
    display: String,
    dots: File,
    /// Where the dots begin in the file, and how many bytes a row has.
    begin: u64,
    row: u64,
    _server: Running,
    _folder: TempDir,
}

impl Screen {
    fn start() -> Result<Self, String> {
        let program = PathBuf::from("/usr/bin/Xvfb");
        if !program.exists() {
            return Err("no Xvfb".to_owned());
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut server = Command::new(program)
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24"])
            .args(["-br", "-noreset", "-nolisten", "tcp", "-fbdir"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map(Running)
            .map_err(|error| format!("Xvfb: {error}"))?;
        let mut number = String::new();
        let mut told = BufReader::new(server.0.stdout.take().expect("piped"));
        told.read_line(&mut number)
            .map_err(|error| format!("Xvfb: {error}"))?;
        if number.trim().is_empty() {
            return Err("Xvfb does not start".to_owned());
        }
        let dots = File::open(folder.path().join("Xvfb_screen0"))
            .map_err(|error| format!("Xvfb keeps no screen: {error}"))?;
        // XWDFileHeader: 32-bit numbers, the highest byte first.
        let field = |index: u64| {
            let mut bytes = [0; 4];
            dots.read_exact_at(&mut bytes, index * 4)
                .map(|()| u64::from(u32::from_be_bytes(bytes)))
                .map_err(|error| format!("Xvfb keeps no screen: {error}"))
        };
        let (header, row, colours) = (field(0)?, field(12)?, field(19)?);
        Ok(Self {
            display: format!(":{}", number.trim()),
            dots,
            begin: header + colours * 12,
            row,
            _server: server,
            _folder: folder,
        })
    }

    /// How many of sixteen dots all over the screen are not black.
    fn lit(&self) -> usize {
        let places = (0..4).flat_map(|y| (0..4).map(move |x| (2 * x + 1, 2 * y + 1)));
        let lit = |(x, y): (u64, u64)| {
            let (x, y) = (SIZE.0 * x / 8, SIZE.1 * y / 8);
            let mut dot = [0; 4];
            let at = self.begin + y * self.row + x * 4;
            self.dots.read_exact_at(&mut dot, at).expect("a dot");
            // The fourth byte means nothing.
            dot[..3].iter().any(|&part| part > 0)
        };
        places.filter(|&place| lit(place)).count()
    }

    fn is_dark(&self) -> bool {
        self.lit() == 0
    }

    fn is_lit(&self) -> bool {
        self.lit() > 8
    }

    fn wait_until(&self, so: fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !so(self) {
            assert!(Instant::now() < end, "the screen does not change");
            pause(LOOK);
        }
    }
}
