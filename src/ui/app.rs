use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{
    self, Context, CursorIcon, FontData, FontDefinitions, FontFamily, Id, Pos2, ThemePreference,
    Vec2, ViewportCommand,
};

use super::canvas::Canvas;
use super::seen::{Held, Seen};
use super::tokens::{Tokens, bold, colour};
use super::{Link, Window, frame, screens};
use crate::checkin::{Screen, Touch, View};
use crate::words::fonts;

/// Touches count only this long after a screen has changed: nobody reads and presses sooner, but
/// the second tap of a double tap arrives within 0.3 s and would press what lies there by chance.
const SETTLE_SECONDS: f64 = 0.35;

/// egui forgets a text two passes after it was last shown; it must not sit there in an idle window.
const FORGET: Duration = Duration::from_millis(1);

/// The window's application.
pub struct App {
    window: Window,
    link: Link,
    stage: Option<Id>,
    stage_since: f64,
    conversation: Option<u64>,
    panel: Option<Vec2>,
    held: Held,
}

impl App {
    /// Dresses `ctx` and lets the driver wake it.
    pub fn new(ctx: &Context, window: Window, link: Link) -> Self {
        dress(ctx);
        // A delay, however small: an immediate request paints twice.
        let waken = ctx.clone();
        let wake = move || waken.request_repaint_after(Duration::from_millis(1));
        link.preview.on_change(wake.clone());
        link.bell.install(wake);
        Self {
            window,
            link,
            stage: None,
            stage_since: f64::NEG_INFINITY,
            conversation: None,
            panel: None,
            held: Held::default(),
        }
    }

    /// Whether the screen has stood long enough for a touch to be meant for it.
    fn settled(&mut self, stage: Id, now: f64) -> bool {
        if self.stage != Some(stage) {
            let first = self.stage.is_none();
            self.stage = Some(stage);
            self.stage_since = if first { f64::NEG_INFINITY } else { now };
        }
        now - self.stage_since >= SETTLE_SECONDS
    }

    /// Makes the window as large as the panel. Window managers do that when they are asked for a
    /// full screen; a kiosk often runs without one, and then nobody does.
    fn fill_panel(&mut self, ctx: &Context) {
        let (panel, window) = ctx.input(|input| {
            let seen = input.viewport();
            (seen.monitor_size, seen.inner_rect)
        });
        let (Some(panel), Some(window)) = (panel, window) else {
            return;
        };
        let differs = (panel - window.size()).abs().max_elem() > 1.0;
        if differs && self.panel != Some(panel) {
            self.panel = Some(panel);
            ctx.send_viewport_cmd(ViewportCommand::OuterPosition(Pos2::ZERO));
            ctx.send_viewport_cmd(ViewportCommand::InnerSize(panel));
        }
    }

    fn forget_last(&mut self, ctx: &Context, conversation: u64) {
        if self.conversation.replace(conversation) != Some(conversation) {
            ctx.memory_mut(|memory| memory.data.clear());
            ctx.request_repaint_after(FORGET);
        }
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        if self.link.bell.closes() {
            ui.ctx().send_viewport_cmd(ViewportCommand::Close);
        }
        let view: Arc<View> = self.link.view();
        self.forget_last(ui.ctx(), view.conversation);
        if !self.window.windowed {
            ui.ctx().set_cursor_icon(CursorIcon::None);
            self.fill_panel(ui.ctx());
        }
        let (preview, mirror) = (&self.link.preview, self.window.mirror);
        let seen = self.held.look(ui.ctx(), &view, preview, mirror);
        let touch = screen(ui, &view, &self.window, seen);
        let now = ui.input(|input| input.time);
        if self.settled(stage(&view), now)
            && let Some(touch) = touch
        {
            (self.link.touch)(touch);
        }
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        colour::GROUND.to_normalized_gamma_f32()
    }
}

/// Draws `view` and gives what was touched.
fn screen(ui: &mut egui::Ui, view: &View, window: &Window, seen: Option<Seen>) -> Option<Touch> {
    let whole = ui.max_rect();
    let tokens = Tokens::new(whole.size(), window.settings.width_mm);
    let mut canvas = Canvas::new(ui, tokens, view.language, stage(view));
    let area = frame::around(&mut canvas, whole, view, window);
    canvas.inert = view.leaving;
    canvas.seen = seen;
    let inside = frame::inside(&canvas, area);
    screens::draw(&mut canvas, inside, view);
    canvas.inert = false;
    if view.leaving {
        frame::still_there(&mut canvas, area);
    }
    canvas.into_touch()
}

/// What makes it another screen: not a digit more, not the other language.
fn stage(view: &View) -> Id {
    let part = match &view.screen {
        Screen::Welcome { .. } => "welcome",
        Screen::Consent => "consent",
        Screen::Gathering { .. } => "gathering",
        Screen::Confirm { .. } => "confirm",
        Screen::Choose { .. } => "choose",
        Screen::Issuing { .. } => "issuing",
        Screen::Printing { .. } => "printing",
        Screen::Done { .. } => "done",
        Screen::Help { .. } => "help",
    };
    let want = match &view.screen {
        Screen::Gathering { want, .. } => Some(*want as u8),
        Screen::Welcome { .. }
        | Screen::Consent
        | Screen::Confirm { .. }
        | Screen::Choose { .. }
        | Screen::Issuing { .. }
        | Screen::Printing { .. }
        | Screen::Done { .. }
        | Screen::Help { .. } => None,
    };
    let alert = view.alert.is_some();
    Id::unique((view.conversation, part, want, view.leaving, alert))
}

/// Our typefaces, one light theme, nothing that moves by itself.
fn dress(ctx: &Context) {
    let mut faces = FontDefinitions::empty();
    for (name, bytes, family) in [
        ("regular", fonts::REGULAR, FontFamily::Proportional),
        ("bold", fonts::BOLD, bold()),
    ] {
        let data = Arc::new(FontData::from_static(bytes));
        faces.font_data.insert(name.to_owned(), data);
        faces.families.insert(family, vec![name.to_owned()]);
    }
    faces
        .families
        .insert(FontFamily::Monospace, vec!["regular".to_owned()]);
    ctx.set_fonts(faces);
    ctx.options_mut(|options| {
        options.theme_preference = ThemePreference::Light;
        options.zoom_with_keyboard = false;
        options.quit_shortcuts.clear();
    });
    ctx.all_styles_mut(|style| {
        style.animation_time = 0.0;
        style.interaction.selectable_labels = false;
    });
}
