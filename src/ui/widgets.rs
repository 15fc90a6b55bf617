use std::sync::Arc;

use eframe::egui::epaint::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    Align, Color32, FontId, Galley, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};

use super::cut::Cut;
use super::pictograms::{self, Icon, Inks};
use super::tokens::{Kind, Tokens, colour};
use crate::checkin::Touch;
use crate::words::{Language, Text, text};

/// Where all screens draw: it lays text into rectangles so that nothing is cut off, names every
/// control, and keeps the touch of this pass.
pub(super) struct Canvas<'a> {
    pub ui: &'a mut Ui,
    pub tokens: Tokens,
    pub language: Language,
    /// Seen, but not to be pressed: a question lies over it.
    pub inert: bool,
    stage: Id,
    texts: usize,
    touch: Option<Touch>,
}

/// A text with its looks.
pub(super) struct Line<'t> {
    pub kind: Kind,
    pub colour: Color32,
    pub text: &'t str,
}

/// How a button looks, and how much it asks to be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// The next step.
    Primary,
    /// Another way.
    Secondary,
    /// Calling staff.
    Warm,
    /// A key of the keypad.
    Key,
}

/// The smallest share of its size that a text may shrink to before it counts as cut off.
const LEAST_SCALE: f32 = 0.6;

pub(super) fn line(kind: Kind, colour: Color32, text: &str) -> Line<'_> {
    Line { kind, colour, text }
}

impl<'a> Canvas<'a> {
    /// `stage` is another for each screen, so that a press which began on one screen is no click
    /// on the next.
    pub fn new(ui: &'a mut Ui, tokens: Tokens, language: Language, stage: Id) -> Self {
        Self {
            ui,
            tokens,
            language,
            inert: false,
            stage,
            texts: 0,
            touch: None,
        }
    }

    /// What was touched.
    pub fn into_touch(self) -> Option<Touch> {
        self.touch
    }

    /// Tells that `touch` was made by something that is not a button of this canvas.
    pub fn touched(&mut self, touch: Touch) {
        self.touch.get_or_insert(touch);
    }

    /// The words of `key` in the screen's language.
    pub fn say(&self, key: Text) -> &'static str {
        text(self.language, key)
    }

    /// Lines below each other, centred in `rect`; they shrink together until they fit.
    pub fn centred(&mut self, rect: Rect, lines: &[Line]) {
        self.lines(rect, Align::Center, lines);
    }

    /// Lines below each other from the left, centred in the height of `rect`.
    pub fn left(&mut self, rect: Rect, lines: &[Line]) {
        self.lines(rect, Align::Min, lines);
    }

    /// The height that `lines` want at their full size.
    pub fn height(&self, width: f32, lines: &[Line]) -> f32 {
        let galleys = self.set(lines, Align::Min, width, 1.0);
        self.total(&galleys, 1.0)
    }

    fn lines(&mut self, rect: Rect, align: Align, lines: &[Line]) {
        let (galleys, scale) = self.fitting(rect.size(), align, lines);
        let mut y = rect.center().y - self.total(&galleys, scale) / 2.0;
        for (galley, line) in galleys.into_iter().zip(lines) {
            let x = if align == Align::Center {
                rect.center().x
            } else {
                rect.left()
            };
            let at = pos2(x, y);
            let area = galley.rect.translate(at.to_vec2());
            y += galley.size().y + self.between(scale);
            self.ui.painter().galley(at, galley, line.colour);
            self.label(area, line.text);
        }
    }

    fn fitting(&self, size: Vec2, align: Align, lines: &[Line]) -> (Vec<Arc<Galley>>, f32) {
        let mut scale: f32 = 1.0;
        loop {
            let galleys = self.set(lines, align, size.x, scale);
            let wide = galleys.iter().any(|g| g.size().x > size.x + 0.5);
            let fits = !wide && self.total(&galleys, scale) <= size.y + 0.5;
            if fits || scale <= LEAST_SCALE {
                #[cfg(test)]
                if !fits {
                    super::tests::note_misfit(lines.iter().map(|l| l.text).collect(), size);
                }
                return (galleys, scale);
            }
            scale -= 0.04;
        }
    }

    fn set(&self, lines: &[Line], align: Align, width: f32, scale: f32) -> Vec<Arc<Galley>> {
        lines
            .iter()
            .map(|line| {
                let mut font = self.tokens.font(line.kind);
                font.size *= scale;
                let galley = self.galley(line.text, &font, align, width);
                if align == Align::Center {
                    self.balanced(line.text, &font, galley)
                } else {
                    galley
                }
            })
            .collect()
    }

    /// The same rows, of about one length: a centred text with one word left over looks broken.
    fn balanced(&self, text: &str, font: &FontId, galley: Arc<Galley>) -> Arc<Galley> {
        let mut best = galley;
        if best.rows.len() < 2 {
            return best;
        }
        for _ in 0..8 {
            let narrower = self.galley(text, font, Align::Center, best.size().x * 0.93);
            if narrower.rows.len() != best.rows.len() || narrower.size().x >= best.size().x {
                break;
            }
            best = narrower;
        }
        best
    }

    fn galley(&self, text: &str, font: &FontId, align: Align, width: f32) -> Arc<Galley> {
        let mut job = LayoutJob::simple(text.to_owned(), font.clone(), colour::INK, width);
        job.wrap = TextWrapping::wrap_at_width(width);
        job.halign = align;
        // The colour comes with the painting, so that all colours share one layout.
        for section in &mut job.sections {
            section.format.color = Color32::PLACEHOLDER;
        }
        self.ui.painter().layout_job(job)
    }

    fn between(&self, scale: f32) -> f32 {
        self.tokens.space(8.0) * scale
    }

    fn total(&self, galleys: &[Arc<Galley>], scale: f32) -> f32 {
        let gaps = galleys.len().saturating_sub(1) as f32 * self.between(scale);
        galleys.iter().map(|g| g.size().y).sum::<f32>() + gaps
    }

    /// Makes `words` at `area` readable for those who do not see them.
    fn label(&mut self, area: Rect, words: &str) {
        let id = self.stage.with(("text", self.texts));
        self.texts += 1;
        let response = self.ui.interact(area, id, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    }

    /// A button that sends `touch`.
    pub fn button(
        &mut self,
        rect: Rect,
        look: Look,
        icon: Option<Icon>,
        label: &str,
        touch: Touch,
    ) {
        let response = self.control(rect, label, None);
        let (fill, edge, ink) = self.looks(look, &response);
        self.plate(rect, fill, edge);
        self.focus_ring(rect, &response);
        self.face(rect, look, icon, label, ink);
        if response.clicked() {
            self.touched(touch);
        }
    }

    /// One of several, of which one is chosen.
    pub fn choice(&mut self, rect: Rect, label: &str, chosen: bool, touch: Touch) {
        let response = self.control(rect, label, Some(chosen));
        let (fill, ink) = if chosen {
            (colour::SURFACE, colour::TEAL)
        } else {
            (colour::TEAL_DEEP, colour::ON_TEAL)
        };
        self.plate(rect, fill, Some(colour::TEAL_LIGHT));
        self.focus_ring(rect, &response);
        self.face(rect, Look::Secondary, None, label, ink);
        if response.clicked() {
            self.touched(touch);
        }
    }

    /// A picture with the sentence that belongs to it; pressed, it sends `touch`.
    pub fn picture(&mut self, rect: Rect, icon: Icon, caption: &str, touch: Option<Touch>) {
        let mut fill = colour::SURFACE;
        if let Some(touch) = touch {
            let response = self.control(rect, caption, None);
            if response.is_pointer_button_down_on() {
                fill = colour::TEAL_LIGHT;
            }
            self.plate(rect, fill, Some(colour::LINE));
            self.focus_ring(rect, &response);
            if response.clicked() {
                self.touched(touch);
            }
            self.texts += 1;
            self.captioned(rect, icon, caption, false);
        } else {
            self.plate(rect, fill, Some(colour::LINE));
            self.captioned(rect, icon, caption, true);
        }
    }

    fn captioned(&mut self, rect: Rect, icon: Icon, caption: &str, named: bool) {
        let pad = self.tokens.space(18.0);
        let mut inner = rect.shrink(pad);
        let flat = inner.width() > inner.height() * 1.7;
        let (drawing, words) = if flat {
            let drawing = inner.cut_left(inner.height().min(inner.width() * 0.42));
            inner.cut_left(pad);
            (drawing, inner)
        } else {
            let wanted = self.height(inner.width(), &[line(Kind::Strong, colour::INK, caption)]);
            let words = inner.cut_bottom(wanted.min(inner.height() * 0.45));
            inner.cut_bottom(pad * 0.5);
            (inner, words)
        };
        self.icon(drawing, icon, Inks::PLAIN);
        let align = if flat { Align::Min } else { Align::Center };
        let lines = [line(Kind::Strong, colour::INK, caption)];
        if named {
            self.lines(words, align, &lines);
        } else {
            self.paint_only(words, align, &lines);
        }
    }

    /// Text that a control around it names already.
    fn paint_only(&mut self, rect: Rect, align: Align, lines: &[Line]) {
        let (galleys, scale) = self.fitting(rect.size(), align, lines);
        let mut y = rect.center().y - self.total(&galleys, scale) / 2.0;
        for (galley, line) in galleys.into_iter().zip(lines) {
            let x = if align == Align::Center {
                rect.center().x
            } else {
                rect.left()
            };
            let height = galley.size().y + self.between(scale);
            self.ui.painter().galley(pos2(x, y), galley, line.colour);
            y += height;
        }
    }

    fn control(&mut self, rect: Rect, label: &str, chosen: Option<bool>) -> Response {
        let id = self.stage.with(("control", label));
        let sense = if self.inert {
            Sense::hover()
        } else {
            Sense::click()
        };
        let response = self.ui.interact(rect, id, sense);
        let enabled = !self.inert;
        response.widget_info(|| match chosen {
            Some(chosen) => WidgetInfo::selected(Role::Button, enabled, chosen, label),
            None => WidgetInfo::labeled(Role::Button, enabled, label),
        });
        response
    }

    fn looks(&self, look: Look, response: &Response) -> (Color32, Option<Color32>, Color32) {
        let pressed = response.is_pointer_button_down_on();
        let pick = |up, down| if pressed { down } else { up };
        match look {
            Look::Primary => (pick(colour::TEAL, colour::TEAL_DEEP), None, colour::ON_TEAL),
            Look::Secondary | Look::Key => (
                pick(colour::SURFACE, colour::TEAL_LIGHT),
                Some(colour::TEAL),
                colour::TEAL,
            ),
            Look::Warm => (
                pick(colour::WARM, colour::WARM_DEEP),
                Some(colour::ON_WARM),
                colour::ON_WARM,
            ),
        }
    }

    /// Icon and label side by side, in the middle of a button.
    fn face(&mut self, rect: Rect, look: Look, icon: Option<Icon>, label: &str, ink: Color32) {
        let pad = self.tokens.space(14.0).min(rect.width() * 0.06);
        let mut inner = rect.shrink2(vec2(pad, pad * 0.4));
        let kind = if look == Look::Key {
            Kind::Title
        } else {
            Kind::Strong
        };
        let words = [line(kind, ink, label)];
        if let Some(icon) = icon {
            let side = (rect.height() * 0.56).min(self.tokens.space(68.0));
            let room = vec2(inner.width() - side - pad, inner.height());
            let (galleys, _) = self.fitting(room, Align::Center, &words);
            let wide: f32 = galleys.iter().map(|g| g.size().x).fold(0.0, f32::max);
            let slack = (inner.width() - side - pad - wide).max(0.0) / 2.0;
            inner.cut_left(slack);
            let drawing = inner.cut_left(side);
            self.icon(drawing, icon, Inks::of(ink));
            inner.cut_left(pad);
            inner.cut_right(slack);
            // Rounding must not make a text wrap that has just fitted.
            inner.max.x += 1.0;
        }
        self.paint_only(inner, Align::Center, &words);
    }

    /// A button about the screen itself, of which nobody but the screen hears.
    pub fn own_button(&mut self, rect: Rect, icon: Option<Icon>, label: &str) -> bool {
        let response = self.control(rect, label, None);
        let (fill, edge, ink) = self.looks(Look::Secondary, &response);
        self.plate(rect, fill, edge);
        self.focus_ring(rect, &response);
        self.face(rect, Look::Secondary, icon, label, ink);
        response.clicked()
    }

    /// A text as large as `rect` allows.
    pub fn as_large_as_fits(&mut self, rect: Rect, it: &Line) {
        let mut font = self.tokens.font(it.kind);
        let full = self
            .galley(it.text, &font, Align::Center, f32::INFINITY)
            .size();
        font.size *= (rect.width() / full.x).min(rect.height() / full.y).min(1.0);
        let galley = self.galley(it.text, &font, Align::Center, f32::INFINITY);
        let at = pos2(rect.center().x, rect.center().y - galley.size().y / 2.0);
        let area = galley.rect.translate(at.to_vec2());
        self.ui.painter().galley(at, galley, it.colour);
        self.label(area, it.text);
    }

    /// One sign in its box; the row of boxes has the name.
    pub fn figure(&mut self, rect: Rect, it: &Line) {
        let mut font = self.tokens.font(it.kind);
        font.size = font.size.min(rect.height() * 0.72).min(rect.width() * 1.2);
        let galley = self.galley(it.text, &font, Align::Center, f32::INFINITY);
        let at = pos2(rect.center().x, rect.center().y - galley.size().y / 2.0);
        self.ui.painter().galley(at, galley, it.colour);
    }

    /// Names something that is drawn, for those who do not see it.
    pub fn name(&mut self, area: Rect, words: &str) {
        self.label(area, words);
    }

    /// The screen this is; state of its own hangs on it.
    pub fn stage(&self) -> Id {
        self.stage
    }

    /// A pictogram, as large as `rect` allows.
    pub fn icon(&mut self, rect: Rect, icon: Icon, inks: Inks) {
        pictograms::draw(self.ui.painter(), rect, icon, inks);
    }

    /// A rounded surface.
    pub fn plate(&mut self, rect: Rect, fill: Color32, edge: Option<Color32>) {
        let stroke = edge.map_or(Stroke::NONE, |edge| {
            Stroke::new(self.tokens.space(2.5), edge)
        });
        let corner = self.tokens.corner();
        self.ui
            .painter()
            .rect(rect, corner, fill, stroke, StrokeKind::Inside);
    }

    fn focus_ring(&mut self, rect: Rect, response: &Response) {
        if response.has_focus() {
            let stroke = Stroke::new(self.tokens.space(5.0), colour::ON_WARM);
            let corner = self.tokens.corner();
            self.ui
                .painter()
                .rect_stroke(rect, corner, stroke, StrokeKind::Inside);
        }
    }

    /// How far something has come.
    pub fn progress(&mut self, rect: Rect, label: &str, percent: u8) {
        let percent = percent.min(100);
        let id = self.stage.with("progress");
        let response = self.ui.interact(rect, id, Sense::hover());
        response.widget_info(|| WidgetInfo {
            value: Some(f64::from(percent)),
            ..WidgetInfo::labeled(Role::ProgressIndicator, true, label)
        });
        self.plate(rect, colour::TEAL_LIGHT, Some(colour::TEAL));
        let mut done = rect.shrink(self.tokens.space(6.0));
        let done = done.cut_left(done.width() * f32::from(percent) / 100.0);
        if done.width() >= 1.0 {
            let corner = self.tokens.space(12.0).min(done.width() / 2.0);
            self.ui.painter().rect_filled(done, corner, colour::TEAL);
        }
    }
}
