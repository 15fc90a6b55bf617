mod camera;
mod looks;
mod touches;

use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eframe::egui::accesskit::Role;
use eframe::egui::{Rect, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::gallery::{Sample, samples};
use super::{App, Bell, Latest, Link, Window};
use crate::checkin::{Screen, Touch, View, Ways};
use crate::config;
use crate::scan::{Glance, Preview};
use crate::words::Language;

thread_local! {
    /// Texts that did not fit where they were laid.
    static MISFITS: RefCell<Vec<(String, Vec2)>> = const { RefCell::new(Vec::new()) };
}

/// Told by the canvas whenever a text is cut off.
pub(super) fn note_misfit(words: Vec<&str>, room: Vec2) {
    MISFITS.with_borrow_mut(|misfits| misfits.push((words.join(" / "), room)));
}

/// Pixels, and the width in millimetres, of panels that kiosks are built with.
const PANELS: [(f32, f32, f32); 5] = [
    (1280.0, 800.0, 217.0),
    (1024.0, 600.0, 223.0),
    (1920.0, 1080.0, 476.0),
    (1920.0, 1080.0, 344.0),
    (1080.0, 1920.0, 268.0),
];

/// The window without a display, a driver that only listens, and what it heard.
struct Kiosk {
    harness: Harness<'static, App>,
    preview: Preview,
    latest: Latest,
    heard: Arc<Mutex<Vec<Touch>>>,
    wake: Bell,
    size: Vec2,
    mm: f32,
}

fn kiosk(panel: (f32, f32, f32), trial: bool, view: View) -> Kiosk {
    let (width, height, width_mm) = panel;
    let latest: Latest = Arc::new(Mutex::new(Arc::new(view)));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let wake = Bell::default();
    let window = Window {
        trial,
        hospital: "Bệnh viện Đa khoa khu vực Ẫ Ộ Ể Ữ".to_owned(),
        settings: config::Screen { width_mm },
        windowed: false,
        mirror: true,
    };
    let hear = Arc::clone(&heard);
    let preview = Preview::default();
    let link = Link {
        preview: preview.clone(),
        view: Arc::clone(&latest),
        touch: Box::new(move |touch| hear.lock().unwrap().push(touch)),
        bell: wake.clone(),
    };
    let harness = Harness::builder()
        .with_size(vec2(width, height))
        .with_step_dt(0.1)
        .build_eframe(|creation| App::new(&creation.egui_ctx, window, link));
    Kiosk {
        harness,
        preview,
        latest,
        heard,
        wake,
        size: vec2(width, height),
        mm: width / width_mm,
    }
}

impl Kiosk {
    /// Shows `view` long enough for touches to count.
    fn show(&mut self, view: View) {
        *self.latest.lock().unwrap() = Arc::new(view);
        self.harness.run_steps(5);
    }

    /// The camera sees this, or is closed.
    fn see(&self, glance: Option<Glance>) {
        self.preview.open(glance.is_some());
        self.preview.put(glance);
    }

    fn press(&mut self, label: &str) -> Option<Touch> {
        self.harness
            .get_by_role_and_label(Role::Button, label)
            .click();
        self.harness.run_steps(3);
        self.heard.lock().unwrap().pop()
    }

    fn controls(&self) -> Vec<(String, Rect)> {
        self.harness
            .root()
            .children_recursive()
            .filter(|node| node.accesskit_node().role() == Role::Button)
            .map(|node| {
                (
                    node.accesskit_node().label().unwrap_or_default(),
                    node.rect(),
                )
            })
            .collect()
    }

    /// All that can be read or heard.
    fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for node in self.harness.root().children_recursive() {
            let node = node.accesskit_node();
            words.extend(node.label());
            words.extend(node.value());
        }
        words
    }

    /// As many passes as the window asks for by itself, and no more.
    fn rest(&mut self) {
        for _ in 0..10 {
            self.harness.step();
            if self.repaint_wanted() == Some(Duration::MAX) {
                return;
            }
        }
        panic!("the window never rests");
    }

    fn repaint_wanted(&self) -> Option<Duration> {
        let mut viewports = self.harness.output().viewport_output.values();
        viewports.next().map(|viewport| viewport.repaint_delay)
    }

    fn galleys(&self) -> usize {
        self.harness.ctx.fonts(|fonts| fonts.num_galleys_in_cache())
    }
}

fn welcome(conversation: u64) -> View {
    View {
        language: Language::Vi,
        conversation,
        screen: Screen::Welcome {
            ways: Ways {
                chip: true,
                code: true,
                typed: true,
                hospital_number: false,
            },
            notice: true,
        },
        staff_called: false,
        alert: None,
        leaving: false,
        card_present: false,
    }
}

fn sample(name: &str) -> View {
    let mut all = samples(Language::Vi).into_iter();
    all.find(|sample| sample.name == name).unwrap().view
}

/// Shows every sample in both languages on every panel.
fn everywhere(check: impl Fn(&Kiosk, &Sample)) {
    for panel in PANELS {
        let mut kiosk = kiosk(panel, true, welcome(0));
        for language in Language::ALL {
            for sample in samples(language) {
                kiosk.see(sample.glance.clone());
                kiosk.show(sample.view.clone());
                check(&kiosk, &sample);
            }
        }
    }
}
