//! A kiosk to stand before: a display of its own, the real program on it, a finger, an eye.
//!
//! The finger finds a button by its label: the test draws the screen that the kiosk published once
//! more, without a display, and asks where the button came to lie.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{Pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tiepdon::checkin::{Screen, View};
use tiepdon::config;
use tiepdon::scan::Preview;
use tiepdon::store::{Fleet, Sqlite};
use tiepdon::ui::gallery::samples;
use tiepdon::ui::{App, Bell, Link, Window};
use tiepdon::words::{Language, Text, text};

/// Larger than the window is by itself, so that it has to fill the panel: there is no window manager.
const PANEL: (u16, u16) = (1440, 900);
/// The trial is a window on a desktop.
const TRIAL: (u16, u16) = (1280, 800);
/// What has not happened by then does not happen.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// A press that has done nothing by then was not felt, and is made once more.
const FELT: Duration = Duration::from_secs(6);
/// Nobody reads a screen and presses sooner, and the window does not listen sooner.
const READS: Duration = Duration::from_millis(700);
const LOOK: Duration = Duration::from_millis(20);

/// The program, its display, and its store seen from outside.
pub struct Booth {
    pub folder: TempDir,
    pub store: Sqlite,
    display: Display,
    program: Program,
    width_mm: f32,
    trial: bool,
}

impl Booth {
    /// Starts `tiepdon run` with `arguments` in `folder`. `None`, with a line that says so, where
    /// something is missing.
    pub fn open(
        test: &str,
        folder: TempDir,
        arguments: &[&str],
        services: &[config::Service],
    ) -> Option<Self> {
        let display = Display::open(test, PANEL)?;
        let program = Program::start(&display, folder.path(), arguments);
        // It is told when the store is open.
        program.told("staff page");
        let settings = config::Store {
            path: folder.path().join("store.sqlite"),
            key_file: folder.path().join("store.key"),
        };
        let trial = arguments.contains(&"--demo");
        Some(Self {
            store: Sqlite::open(&settings, services).expect("the kiosk's store"),
            folder,
            display,
            program,
            // As in `demo.toml`, and in our own configuration.
            width_mm: if trial { 344.0 } else { 217.0 },
            trial,
        })
    }

    /// What the kiosk publishes of its screen; null before it has.
    fn view(&self) -> Value {
        let kiosks = self.store.kiosks().expect("the store can be read");
        let line = kiosks.into_iter().next();
        line.map_or(Value::Null, |line| line.status["view"].clone())
    }

    /// For a test that fails: where the kiosk is, and what it said.
    fn state(&self) -> String {
        let said: Vec<_> = self.program.lines.try_iter().collect();
        let kiosks = self.store.kiosks();
        format!("{kiosks:?}, and it said {said:#?}")
    }

    /// Waits for a view that is as wanted.
    pub fn until(&self, what: &str, ready: impl Fn(&Value) -> bool) -> Value {
        self.within(PATIENCE, &ready)
            .unwrap_or_else(|| panic!("{what} never came: {}", self.state()))
    }

    pub fn until_screen(&self, name: &str) -> Value {
        self.until(name, |view| view["screen"]["name"] == name)
    }

    fn within(&self, patience: Duration, ready: &impl Fn(&Value) -> bool) -> Option<Value> {
        let mut found = None;
        until(patience, || {
            found = Some(self.view()).filter(ready);
            found.is_some()
        });
        found
    }

    /// Reads the screen, presses a button on it, and waits for what should come of it.
    pub fn press(&self, label: &str, ready: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..3 {
            self.click(label, 1);
            if let Some(view) = self.within(FELT, &ready) {
                return view;
            }
        }
        panic!("pressed {label} in vain: {}", self.state());
    }

    pub fn press_for_screen(&self, label: Text, name: &str) -> Value {
        self.press(text(Language::Vi, label), |view| {
            view["screen"]["name"] == name
        })
    }

    /// Presses a button as often and as quickly as an impatient finger does.
    pub fn click(&self, label: &str, times: u8) {
        let mut seen = (Value::Null, Instant::now());
        let stood = until(PATIENCE, || {
            let view = self.view();
            if view != seen.0 {
                seen = (view, Instant::now());
            }
            seen.0 != Value::Null && seen.1.elapsed() >= READS
        });
        let view = seen.0;
        assert!(stood, "no screen stands still: {view}");
        let place = self.place(&view, label);
        let click = format!(
            "mousemove {:.0} {:.0} click --repeat {times} --delay 90 1",
            place.x, place.y
        );
        assert!(self.display.finger(&click), "xdotool {click}");
    }

    /// Where the button lies on the screen that shows `published`.
    fn place(&self, published: &Value, label: &str) -> Pos2 {
        let window = Window {
            trial: self.trial,
            hospital: "Trạm".to_owned(),
            settings: config::Screen {
                width_mm: self.width_mm,
            },
            windowed: true,
            mirror: true,
        };
        let link = Link {
            view: Arc::new(Mutex::new(Arc::new(likeness(published)))),
            preview: Preview::default(),
            touch: Box::new(|_| ()),
            bell: Bell::default(),
        };
        let (width, height) = if self.trial { TRIAL } else { PANEL };
        let mut harness = Harness::builder()
            .with_size(vec2(f32::from(width), f32::from(height)))
            .build_eframe(|creation| App::new(&creation.egui_ctx, window, link));
        harness.run_steps(2);
        let button = harness.get_by_role_and_label(Role::Button, label);
        button.rect().center()
    }

    /// The picture on the display.
    pub fn picture(&self) -> Vec<u8> {
        let mut import = Command::new("import");
        import.args(["-window", "root", "-depth", "8", "rgb:-"]);
        let output = self.display.on(&mut import).output().expect("imagemagick");
        assert!(output.status.success(), "{output:?}");
        output.stdout
    }

    /// Stops the kiosk as systemd does, and gives how it ended.
    pub fn stop(mut self) -> ExitStatus {
        self.program.ask(Signal::TERM);
        self.program.ended()
    }
}

/// Looks again and again, at most for `patience`.
pub fn until(patience: Duration, mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + patience;
    while !done() {
        if Instant::now() > end {
            return false;
        }
        park_timeout(LOOK);
    }
    true
}

/// A view that lays its buttons out as the published one does: the published one is masked, so that
/// the texts come from the gallery.
fn likeness(published: &Value) -> View {
    let screen = &published["screen"];
    let leaving = published["leaving"] == true;
    let name = match (screen["name"].as_str(), screen["want"].as_str()) {
        (_, Some("number")) if leaving => "number-leaving",
        (_, Some("number")) => "number",
        (_, Some("card_or_code")) => "card-or-code",
        (Some(name @ ("welcome" | "done" | "help")), _) => name,
        other => panic!("no test presses anything on {other:?}"),
    };
    let language = serde_json::from_value(published["language"].clone()).expect("a language");
    let mut samples = samples(language).into_iter();
    let mut view = samples.find(|s| s.name == name).expect("a sample").view;
    if let Screen::Welcome { ways, notice } = &mut view.screen {
        *notice = screen["notice"] == true;
        ways.chip = screen["ways"]["chip"] == true;
        ways.code = screen["ways"]["code"] == true;
        ways.typed = screen["ways"]["typed"] == true;
    }
    view
}

/// An X server of our own, without a window manager: as on a kiosk.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn open(test: &str, (width, height): (u16, u16)) -> Option<Self> {
        for tool in ["Xvfb", "xdotool", "import"] {
            let path = std::env::var_os("PATH").unwrap_or_default();
            if !std::env::split_paths(&path).any(|folder| folder.join(tool).exists()) {
                super::skipped(test, &format!("no {tool}"));
                return None;
            }
        }
        let mut server = Command::new("Xvfb")
            // It finds a free number by itself, and says which when it is ready.
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut number = String::new();
        let out = server.stdout.take().expect("it is piped");
        BufReader::new(out)
            .read_line(&mut number)
            .expect("Xvfb says its number");
        let name = format!(":{}", number.trim());
        Some(Self { server, name })
    }

    fn on<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env("DISPLAY", &self.name)
            .env_remove("WAYLAND_DISPLAY")
    }

    fn finger(&self, act: &str) -> bool {
        let mut finger = Command::new("xdotool");
        let status = self.on(finger.args(act.split(' '))).status();
        status.expect("xdotool").success()
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // The program on it has ended before: fields are dropped in their order.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The real program.
struct Program {
    child: Child,
    lines: Receiver<String>,
}

impl Program {
    fn start(display: &Display, folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_tiepdon")));
        command
            .arg("run")
            .args(arguments)
            .current_dir(folder)
            .env("TIEPDON_DEMO_FOLDER", folder)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = display.on(&mut command).spawn().expect("tiepdon starts");
        let (tell, lines) = channel();
        let words = BufReader::new(child.stderr.take().expect("it is piped"));
        std::thread::spawn(move || {
            for line in words.lines().map_while(Result::ok) {
                // What is said after the test's end interests nobody.
                let _ = tell.send(line);
            }
        });
        Self { child, lines }
    }

    /// Waits for a line with `word` on standard error.
    fn told(&self, word: &str) {
        let mut heard = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            if line.to_lowercase().contains(word) {
                return;
            }
            heard.push(line);
        }
        panic!("no word of the {word}: {heard:#?}");
    }

    fn ask(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(id.expect("a process id"), signal).expect("it can be asked");
    }

    fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        until(PATIENCE, || {
            status = self.child.try_wait().expect("it can be asked");
            status.is_some()
        });
        status.expect("the program ends when it is asked to")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Where a test has failed before it stopped the kiosk.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
