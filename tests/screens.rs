//! Takes a picture of every screen in a real window: `TIEPDON_SCREENS=DIR cargo test --test screens`
//! with a display (Xvfb will do). Without `TIEPDON_SCREENS` it is skipped.
#![allow(clippy::print_stdout, reason = "it is its own test harness")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eframe::egui::{self, ColorImage, ScreenshotCallback, ViewportCommand, vec2};
use tiepdon::config;
use tiepdon::scan::Preview;
use tiepdon::ui::gallery::{Sample, samples};
use tiepdon::ui::{self, App, Bell, Latest, Link, Window};
use tiepdon::words::Language;

/// Pixels, and the width in millimetres, of panels that kiosks are built with.
const PANELS: [(u16, u16, u16); 4] = [
    (1280, 800, 217),
    (1024, 600, 223),
    (1920, 1080, 476),
    (1080, 1920, 268),
];

/// A picture that has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<(), Box<dyn Error>> {
    let Some(folder) = std::env::var_os("TIEPDON_SCREENS").map(PathBuf::from) else {
        println!("skipped: screens (TIEPDON_SCREENS names no folder for the pictures)");
        return Ok(());
    };
    // One event loop a process: each panel is photographed by a child of this program.
    if let Ok(panel) = std::env::var("TIEPDON_SCREENS_PANEL") {
        let panel = PANELS[panel.parse::<usize>()?];
        return photograph(&folder, panel);
    }
    for (index, panel) in PANELS.into_iter().enumerate() {
        let status = Command::new(std::env::current_exe()?)
            .env("TIEPDON_SCREENS_PANEL", index.to_string())
            .status()?;
        if !status.success() {
            return Err(format!("panel {panel:?}: {status}").into());
        }
    }
    Ok(())
}

fn photograph(
    folder: &Path,
    (width, height, millimetres): (u16, u16, u16),
) -> Result<(), Box<dyn Error>> {
    let folder = folder.join(format!("{width}x{height}"));
    std::fs::create_dir_all(&folder)?;
    let sitters: Vec<(PathBuf, Sample)> = Language::ALL
        .into_iter()
        .flat_map(|language| {
            samples(language)
                .into_iter()
                .map(move |sample| (language, sample))
        })
        .map(|(language, sample)| {
            let name = format!("{}-{}.png", sample.name, language.code());
            (folder.join(name), sample)
        })
        .collect();
    let window = Window {
        trial: true,
        hospital: "Trung tâm Y tế huyện Cao Lộc".to_owned(),
        settings: config::Screen {
            width_mm: f32::from(millimetres),
        },
        windowed: true,
        mirror: true,
    };
    let mut options = ui::options(&window);
    options.viewport = options
        .viewport
        .with_inner_size(vec2(f32::from(width), f32::from(height)))
        .with_decorations(false);
    let count = sitters.len();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&taken);
    eframe::run_native(
        "tiepdon",
        options,
        Box::new(move |creation| {
            Ok(Box::new(Photographer::new(
                &creation.egui_ctx,
                window,
                sitters,
                kept,
            )))
        }),
    )
    .map_err(|error| error.to_string())?;
    let taken = taken.lock().map_err(|_| "the photographer fell")?;
    if taken.len() != count {
        return Err(format!("{} of {count} pictures were taken", taken.len()).into());
    }
    for (path, picture) in taken.iter() {
        save(path, picture)?;
    }
    println!("{count} pictures in {}", folder.display());
    Ok(())
}

fn save(path: &Path, picture: &ColorImage) -> Result<(), Box<dyn Error>> {
    let [width, height] = picture.size;
    let bytes: Vec<u8> = picture
        .pixels
        .iter()
        .flat_map(|pixel| pixel.to_array())
        .collect();
    image::save_buffer(
        path,
        &bytes,
        width as u32,
        height as u32,
        image::ColorType::Rgba8,
    )?;
    Ok(())
}

type Taken = Arc<Mutex<Vec<(PathBuf, Arc<ColorImage>)>>>;

/// The real application, and somebody who changes its view and presses the shutter.
struct Photographer {
    app: App,
    preview: Preview,
    latest: Latest,
    sitters: Vec<(PathBuf, Sample)>,
    next: usize,
    taken: Taken,
    since: Instant,
}

impl Photographer {
    fn new(
        ctx: &egui::Context,
        window: Window,
        sitters: Vec<(PathBuf, Sample)>,
        taken: Taken,
    ) -> Self {
        let latest: Latest = Arc::new(Mutex::new(Arc::new(sitters[0].1.view.clone())));
        let preview = Preview::default();
        let link = Link {
            preview: preview.clone(),
            view: Arc::clone(&latest),
            touch: Box::new(|_| ()),
            bell: Bell::default(),
        };
        let app = App::new(ctx, window, link);
        Self {
            app,
            preview,
            latest,
            sitters,
            next: 0,
            taken,
            since: Instant::now(),
        }
    }

    fn have(&self) -> usize {
        self.taken.lock().map_or(0, |taken| taken.len())
    }
}

impl eframe::App for Photographer {
    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        let have = self.have();
        if have == self.sitters.len() || self.since.elapsed() > PATIENCE {
            ui.ctx().send_viewport_cmd(ViewportCommand::Close);
        } else if have == self.next {
            let (path, sample) = &self.sitters[self.next];
            let (path, taken) = (path.clone(), Arc::clone(&self.taken));
            if let Ok(mut latest) = self.latest.lock() {
                *latest = Arc::new(sample.view.clone());
            }
            self.preview.open(sample.glance.is_some());
            self.preview.put(sample.glance.clone());
            self.next += 1;
            self.since = Instant::now();
            let shutter = ScreenshotCallback::new(move |picture| {
                if let Ok(mut taken) = taken.lock() {
                    taken.push((path, picture));
                }
            });
            ui.ctx()
                .send_viewport_cmd(ViewportCommand::Screenshot(shutter));
        }
        self.app.ui(ui, frame);
        ui.ctx().request_repaint();
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        self.app.clear_color(visuals)
    }
}
