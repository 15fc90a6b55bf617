use eframe::egui::{
    Align, Color32, Rect, Response, Role, Sense, Stroke, StrokeKind, WidgetInfo, vec2,
};

use super::canvas::{Canvas, line};
use super::cut::Cut;
use super::pictograms::{self, Icon, Inks};
use super::tokens::{Kind, colour};
use crate::checkin::Touch;

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

impl Canvas<'_> {
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
            let drawing = inner.height().min(inner.width() * 0.42);
            let room = inner.width() - drawing - 2.0 * pad;
            let lines = [line(Kind::Strong, colour::INK, caption)];
            let wide = self.width_in(vec2(room, inner.height()), &lines);
            inner.cut_left((room - wide).max(0.0) / 2.0);
            let drawing = inner.cut_left(drawing);
            inner.cut_left(2.0 * pad);
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
        self.lines(words, align, &lines, named);
    }

    fn control(&mut self, rect: Rect, label: &str, chosen: Option<bool>) -> Response {
        let id = self.stage().with(("control", label));
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
            let side = (rect.height() * 0.62).min(self.tokens.space(72.0));
            let room = vec2(inner.width() - side - pad, inner.height());
            let wide = self.width_in(room, &words);
            let slack = (inner.width() - side - pad - wide).max(0.0) / 2.0;
            inner.cut_left(slack);
            let drawing = inner.cut_left(side);
            self.icon(drawing, icon, Inks::of(ink));
            inner.cut_left(pad);
            inner.cut_right(slack);
            // Rounding must not make a text wrap that has just fitted.
            inner.max.x += 1.0;
        }
        self.lines(inner, Align::Center, &words, false);
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

    /// A pictogram, as large as `rect` allows.
    pub fn icon(&mut self, rect: Rect, icon: Icon, inks: Inks) {
        pictograms::draw(self.ui.painter(), rect, icon, inks);
    }

    /// A rounded surface.
    pub fn plate(&mut self, rect: Rect, fill: Color32, edge: Option<Color32>) {
        let stroke = edge.map_or(Stroke::NONE, |edge| {
            Stroke::new(self.tokens.space(2.5), edge)
        });
        let corner = self.corner(rect);
        self.ui
            .painter()
            .rect(rect, corner, fill, stroke, StrokeKind::Inside);
    }

    fn corner(&self, rect: Rect) -> f32 {
        self.tokens.corner().min(rect.size().min_elem() * 0.2)
    }

    fn focus_ring(&mut self, rect: Rect, response: &Response) {
        if response.has_focus() {
            let stroke = Stroke::new(self.tokens.space(5.0), colour::ON_WARM);
            let corner = self.corner(rect);
            self.ui
                .painter()
                .rect_stroke(rect, corner, stroke, StrokeKind::Inside);
        }
    }

    /// How far something has come.
    pub fn progress(&mut self, rect: Rect, label: &str, percent: u8) {
        let percent = percent.min(100);
        let id = self.stage().with("progress");
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
