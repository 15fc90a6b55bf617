use std::sync::Arc;

use eframe::egui::epaint::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    Align, Color32, FontId, Galley, Id, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2,
};

use super::seen::Seen;
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
    /// What the camera sees, where the screen shows it.
    pub seen: Option<Seen>,
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
            seen: None,
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
        self.lines(rect, Align::Center, lines, true);
    }

    /// Lines below each other from the left, centred in the height of `rect`.
    pub fn left(&mut self, rect: Rect, lines: &[Line]) {
        self.lines(rect, Align::Min, lines, true);
    }

    /// The height that `lines` want at their full size.
    pub fn height(&self, width: f32, lines: &[Line]) -> f32 {
        let galleys = self.set(lines, Align::Min, width, 1.0);
        self.total(&galleys, 1.0)
    }

    /// The width that `lines` take once they fit into `room`.
    pub fn width_in(&self, room: Vec2, lines: &[Line]) -> f32 {
        let (galleys, _) = self.fitting(room, Align::Min, lines);
        galleys.iter().map(|g| g.size().x).fold(0.0, f32::max)
    }

    /// Paints `lines`; named, where no control around them says the same.
    pub fn lines(&mut self, rect: Rect, align: Align, lines: &[Line], named: bool) {
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
            if named {
                self.name(area, line.text);
            }
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
                self.balanced(line.text, &font, align, galley)
            })
            .collect()
    }

    /// The same rows, of about one length: a text with one word left over looks broken.
    fn balanced(
        &self,
        text: &str,
        font: &FontId,
        align: Align,
        galley: Arc<Galley>,
    ) -> Arc<Galley> {
        let mut best = galley;
        if best.rows.len() < 2 {
            return best;
        }
        for _ in 0..8 {
            let narrower = self.galley(text, font, align, best.size().x * 0.93);
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

    /// Names something that is drawn, for those who do not see it.
    pub fn name(&mut self, area: Rect, words: &str) {
        let id = self.stage.with(("text", self.texts));
        self.texts += 1;
        let response = self.ui.interact(area, id, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
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
        self.name(area, it.text);
    }

    /// One sign in its box; the row of boxes has the name.
    pub fn figure(&mut self, rect: Rect, it: &Line) {
        let mut font = self.tokens.font(it.kind);
        font.size = font.size.min(rect.height() * 0.72).min(rect.width() * 1.2);
        let galley = self.galley(it.text, &font, Align::Center, f32::INFINITY);
        let at = pos2(rect.center().x, rect.center().y - galley.size().y / 2.0);
        self.ui.painter().galley(at, galley, it.colour);
    }

    /// The screen this is; state of its own hangs on it.
    pub fn stage(&self) -> Id {
        self.stage
    }
}
