//! The window: draws a [`View`], sends [`Touch`]es. No decisions.
//!
//! Invariant: what is on the screen is the last [`View`] and nothing else. The window holds no
//! state of a check-in, paints only when the driver or a finger wakes it, and lets go of every
//! text of a conversation when the next one begins. (What a graphics driver keeps of a painted
//! picture is outside of our reach.)

mod app;
mod canvas;
mod cut;
mod frame;
pub mod gallery;
mod pictograms;
mod screens;
mod seen;
#[cfg(test)]
mod tests;
mod tokens;
mod widgets;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use eframe::egui::{ViewportBuilder, vec2};

pub use app::App;

use crate::checkin::{Touch, View};
use crate::config;
use crate::scan::Preview;

/// What a window is told once.
#[derive(Debug, Clone)]
pub struct Window {
    /// Simulators run: every screen says so.
    pub trial: bool,
    /// Name of the hospital or station.
    pub hospital: String,
    /// The panel.
    pub settings: config::Screen,
    /// A window on a desktop instead of the whole panel.
    pub windowed: bool,
    /// What the camera sees is shown as in a mirror.
    pub mirror: bool,
}

/// What the window shows: the driver puts the newest [`View`] there.
pub type Latest = Arc<Mutex<Arc<View>>>;

/// Between the driver and the window.
pub struct Link {
    /// The newest view.
    pub view: Latest,
    /// What the camera sees; nothing, where there is none.
    pub preview: Preview,
    /// Called with each touch; must return at once.
    pub touch: Box<dyn Fn(Touch) + Send>,
    /// The driver wakes the window through it, and whoever stops the kiosk closes it.
    pub bell: Bell,
}

impl Link {
    /// The newest view; the lock is held for the copy of a pointer.
    fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Rings at the window from any thread: the view has changed, or it is time to close. A window that
/// is not open yet needs no waking: its first pass sees the newest view, and that it is to close.
#[derive(Clone, Default)]
pub struct Bell(Arc<Rope>);

#[derive(Default)]
struct Rope {
    repaint: OnceLock<Box<dyn Fn() + Send + Sync>>,
    closing: AtomicBool,
}

impl Bell {
    /// The view has changed.
    pub fn wake(&self) {
        if let Some(repaint) = self.0.repaint.get() {
            repaint();
        }
    }

    /// The window is to close, and [`run`] to return.
    pub fn close(&self) {
        self.0.closing.store(true, Ordering::SeqCst);
        self.wake();
    }

    fn closes(&self) -> bool {
        self.0.closing.load(Ordering::SeqCst)
    }

    fn install(&self, repaint: impl Fn() + Send + Sync + 'static) {
        // A second window on the same link is not woken; there is one window a kiosk.
        let _ = self.0.repaint.set(Box::new(repaint));
    }
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum UiError {
    /// The window system or OpenGL refused.
    #[error(
        "no window could be opened: {0}. Check that DISPLAY or WAYLAND_DISPLAY names a running \
         display and that OpenGL is installed (libgl1, libegl1, libxkbcommon-x11-0)"
    )]
    Open(String),
}

/// Shows the window until it is closed. Must be called on the main thread.
///
/// # Errors
/// [`UiError::Open`] where there is no display or no OpenGL.
pub fn run(window: Window, link: Link) -> Result<(), UiError> {
    let options = options(&window);
    let open = eframe::run_native(
        "tiepdon",
        options,
        Box::new(|creation| Ok(Box::new(App::new(&creation.egui_ctx, window, link)))),
    );
    open.map_err(|error| {
        tracing::debug!(%error, "no window");
        // The window system nests its errors, with lines of its source; the last part says why.
        let all = error.to_string();
        let why = all.rsplit(": ").next().unwrap_or(&all);
        UiError::Open(why.trim_end_matches('.').to_owned())
    })
}

/// How the window is opened: the whole panel unless `windowed`.
pub fn options(window: &Window) -> eframe::NativeOptions {
    let viewport = ViewportBuilder::default()
        .with_app_id("tiepdon")
        .with_title(&window.hospital)
        .with_inner_size(vec2(1280.0, 800.0));
    let viewport = if window.windowed {
        viewport
    } else {
        viewport.with_fullscreen(true).with_decorations(false)
    };
    eframe::NativeOptions {
        viewport,
        // Software OpenGL pays for every sample, and our edges are feathered by egui.
        multisampling: 0,
        // And for every dot's own noise, which only gradients need.
        dithering: false,
        // The same picture on every machine.
        system_font_fallback: false,
        ..eframe::NativeOptions::default()
    }
}
