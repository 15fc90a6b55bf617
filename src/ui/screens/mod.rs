//! One file for each kind of screen. A screen is given its area and what to show, and knows
//! nothing else.

mod camera;
mod choose;
mod confirm;
mod consent;
mod gathering;
mod help;
mod keypad;
mod number;
mod welcome;

use eframe::egui::{Color32, Rect, vec2};

use super::canvas::{Canvas, Line, line};
use super::cut::Cut;
use super::pictograms::{Icon, Inks};
use super::tokens::{Kind, colour};
use super::widgets::Look;
use crate::checkin::{Screen, Shown, Touch, View};
use crate::words::{Cause, Text};

/// Between what stands in one line.
const BETWEEN: &str = "  ·  ";

/// Draws the screen of `view` into `area`.
pub(super) fn draw(canvas: &mut Canvas, mut area: Rect, view: &View) {
    match &view.screen {
        Screen::Welcome { ways, notice } => welcome::draw(canvas, area, *ways, *notice),
        Screen::Consent => consent::draw(canvas, area),
        Screen::Gathering {
            want,
            reading,
            problem,
            keypad,
            who,
            code_read,
            ways,
        } => {
            let asked = gathering::Asked {
                want: *want,
                reading: *reading,
                problem: *problem,
                keypad: keypad.as_ref(),
                who: who.as_ref(),
                code_read: *code_read,
                ways: *ways,
            };
            gathering::draw(canvas, area, &asked);
        }
        Screen::Confirm { who } => {
            problem(canvas, &mut area, view.alert);
            confirm::draw(canvas, area, who, view.alert.is_some());
        }
        Screen::Choose {
            services,
            full,
            who,
        } => {
            problem(canvas, &mut area, view.alert);
            choose::draw(canvas, area, services, full.as_deref(), who.as_ref());
        }
        Screen::Issuing { who } => number::issuing(canvas, area, who.as_ref()),
        Screen::Printing {
            number,
            service,
            place,
            who,
        } => {
            let stands = number::Stands {
                number,
                service,
                place,
                who: who.as_ref(),
            };
            number::printing(canvas, area, &stands);
        }
        Screen::Done {
            number,
            service,
            place,
            desk,
            paper,
            who,
            grade,
            priority,
        } => {
            let stands = number::Stands {
                number,
                service,
                place,
                who: who.as_ref(),
            };
            let end = number::End {
                desk: *desk,
                paper: *paper,
                grade: *grade,
                priority: *priority,
                card_present: view.card_present,
            };
            number::done(canvas, area, &stands, &end);
        }
        Screen::Help { cause } => help::draw(canvas, area, *cause),
    }
}

/// A button still to be placed.
struct Offer<'t> {
    look: Look,
    icon: Option<Icon>,
    label: &'t str,
    touch: Touch,
}

fn offer(look: Look, icon: Icon, label: &str, touch: Touch) -> Offer<'_> {
    Offer {
        look,
        icon: Some(icon),
        label,
        touch,
    }
}

/// Takes the height that `offers` need off the bottom of `area` and places them: side by side, or
/// below each other where it is narrow.
fn offers_below(canvas: &mut Canvas, area: &mut Rect, offers: Vec<Offer>) {
    if offers.is_empty() {
        return;
    }
    let (big, gap) = (canvas.tokens.big(), canvas.tokens.gap());
    let places = if area.is_wide() {
        area.cut_bottom(big).columns(offers.len(), gap)
    } else {
        let height = big * offers.len() as f32 + gap * (offers.len() - 1) as f32;
        area.cut_bottom(height).rows(offers.len(), gap)
    };
    area.cut_bottom(gap);
    for (place, it) in places.into_iter().zip(offers) {
        canvas.button(place, it.look, it.icon, it.label, it.touch);
    }
}

/// Takes the height that `lines` want off the top of `area` and writes them there.
fn heading(canvas: &mut Canvas, area: &mut Rect, lines: &[Line]) {
    let wanted = canvas.height(area.width(), lines);
    let place = area.cut_top(wanted.min(area.height() * 0.5));
    area.cut_top(canvas.tokens.gap());
    canvas.centred(place, lines);
}

fn title<'t>(text: &'t str) -> Line<'t> {
    line(Kind::Title, colour::INK, text)
}

fn body<'t>(text: &'t str) -> Line<'t> {
    line(Kind::Body, colour::QUIET, text)
}

/// What went otherwise than hoped, and the next way, on a strip off the top of `area`.
fn problem(canvas: &mut Canvas, area: &mut Rect, cause: Option<Cause>) {
    let Some(cause) = cause else { return };
    let lines = [
        line(
            Kind::Strong,
            colour::ON_NOTE,
            cause.patient(canvas.language),
        ),
        line(Kind::Body, colour::ON_NOTE, cause.next(canvas.language)),
    ];
    let (pad, mark) = (canvas.tokens.space(14.0), canvas.tokens.space(60.0));
    let width = area.width() - mark - 4.0 * pad;
    let wanted = canvas.height(width, &lines) + 2.0 * pad;
    let mut strip = area.cut_top(wanted.min(area.height() * 0.45));
    area.cut_top(canvas.tokens.gap());
    canvas.plate(strip, colour::NOTE, None);
    strip = strip.shrink(pad);
    let place = strip.cut_left(mark);
    canvas.icon(place, Icon::Note, Inks::of(colour::ON_NOTE));
    strip.cut_left(pad);
    canvas.left(strip, &lines);
}

/// Who it is so far, on a strip off the top of `area`.
fn who(canvas: &mut Canvas, area: &mut Rect, shown: Option<&Shown>) {
    if let Some(words) = shown.and_then(|shown| in_one_line(canvas, shown)) {
        let look = (colour::TEAL_LIGHT, colour::TEAL, Icon::Person);
        strip_of_words(canvas, area, &words, look);
    }
}

/// A code was read, and whose it is, on a strip off the top of `area`.
fn code_read(canvas: &mut Canvas, area: &mut Rect, shown: Option<&Shown>) {
    let read = canvas.say(Text::CodeRead).to_owned();
    let person = shown.and_then(|shown| in_one_line(canvas, shown));
    let words = [Some(read), person].into_iter().flatten();
    let words = words.collect::<Vec<_>>().join(BETWEEN);
    let look = (colour::GOOD, colour::ON_GOOD, Icon::Check);
    strip_of_words(canvas, area, &words, look);
}

fn strip_of_words(
    canvas: &mut Canvas,
    area: &mut Rect,
    words: &str,
    (fill, ink, icon): (Color32, Color32, Icon),
) {
    let lines = [line(Kind::Strong, ink, words)];
    let pad = canvas.tokens.space(8.0);
    let mark = canvas.tokens.space(44.0);
    // One row: a long name becomes smaller, not two.
    let text = canvas.height(f32::INFINITY, &lines);
    let strip = area.cut_top(text.max(mark) + 2.0 * pad);
    area.cut_top(canvas.tokens.gap());
    canvas.plate(strip, fill, None);
    let mut inner = strip.shrink2(vec2(2.0 * pad, pad));
    let place = inner.cut_left(mark);
    canvas.icon(place, icon, Inks::of(ink));
    inner.cut_left(pad);
    canvas.left(inner, &lines);
}

fn in_one_line(canvas: &Canvas, shown: &Shown) -> Option<String> {
    let year = shown.birth_year.map(|year| year.to_string());
    let number = shown
        .number
        .as_deref()
        .map(|number| ends_in(canvas, number));
    let parts: Vec<String> = [shown.name.clone(), year, number]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join(BETWEEN))
}

fn ends_in(canvas: &Canvas, last_digits: &str) -> String {
    format!("{} …{last_digits}", canvas.say(Text::NumberEnds))
}

/// A drawing and what it says, in the middle of `area`; beside each other where there is room.
fn tableau(canvas: &mut Canvas, mut area: Rect, icon: Icon, lines: &[Line]) {
    let gap = canvas.tokens.gap();
    let wide = area.is_wide();
    let drawing = if wide {
        let drawing = area.cut_left(area.width() * 0.38);
        area.cut_left(2.0 * gap);
        drawing.middle(vec2(canvas.tokens.space(420.0), canvas.tokens.space(420.0)))
    } else {
        let words = canvas.height(area.width(), lines).min(area.height() * 0.6);
        let side = canvas
            .tokens
            .space(560.0)
            .min(area.height() - words - 2.0 * gap);
        area = area.middle(vec2(area.width(), side + words + 2.0 * gap));
        let drawing = area.cut_top(side);
        area.cut_top(2.0 * gap);
        drawing
    };
    canvas.icon(drawing, icon, Inks::PLAIN);
    if wide {
        canvas.left(area, lines);
    } else {
        canvas.centred(area, lines);
    }
}
