use eframe::egui::{Rect, pos2, vec2};

use super::Window;
use super::cut::Cut;
use super::pictograms::{Icon, Inks};
use super::tokens::{Kind, colour};
use super::widgets::{Canvas, Look, line};
use crate::checkin::{Screen, Touch, View};
use crate::words::{Language, Text, text};

/// Draws what is on every screen around `whole`, and gives the area that is left for the screen.
pub(super) fn around(canvas: &mut Canvas, mut whole: Rect, view: &View, window: &Window) -> Rect {
    let margin = canvas.tokens.space(10.0);
    let bar = canvas.tokens.small() + 2.0 * margin;
    let top = whole.cut_top(bar);
    header(canvas, top, view, window);
    if window.trial {
        let strip = whole.cut_top(canvas.tokens.space(40.0));
        canvas.ui.painter().rect_filled(strip, 0.0, colour::TRIAL);
        let note = canvas.say(Text::TrialNote);
        canvas.centred(strip, &[line(Kind::Small, colour::ON_TRIAL, note)]);
    }
    let bottom = whole.cut_bottom(bar);
    footer(canvas, bottom, view);
    whole
}

/// The area without its margins.
pub(super) fn inside(canvas: &Canvas, area: Rect) -> Rect {
    let space = |pixels| canvas.tokens.space(pixels);
    area.shrink2(vec2(space(28.0), space(20.0)))
}

fn header(canvas: &mut Canvas, bar: Rect, view: &View, window: &Window) {
    canvas.ui.painter().rect_filled(bar, 0.0, colour::TEAL);
    let margin = canvas.tokens.space(10.0);
    let gap = canvas.tokens.gap();
    let mut inner = bar.shrink(margin);
    inner.min.x += margin;
    let languages =
        inner.cut_right((34.0 * canvas.tokens.mm).max(canvas.tokens.space(180.0)) * 2.0);
    let places = languages.columns(Language::ALL.len(), canvas.tokens.space(6.0));
    for (language, place) in Language::ALL.into_iter().zip(places) {
        let name = text(language, Text::Language);
        let chosen = language == view.language;
        canvas.choice(place, name, chosen, Touch::Language(language));
    }
    inner.cut_right(gap);
    if window.trial {
        let badge = inner.cut_right(canvas.tokens.space(130.0));
        let badge = badge.middle(badge.size() * vec2(1.0, 0.78));
        canvas.plate(badge, colour::TRIAL, None);
        let word = canvas.say(Text::Trial);
        canvas.centred(badge, &[line(Kind::Strong, colour::ON_TRIAL, word)]);
        inner.cut_right(gap);
    }
    let mark = inner.cut_left(inner.height());
    let mark = mark.shrink(canvas.tokens.space(4.0));
    canvas.plate(mark, colour::SURFACE, None);
    canvas.icon(mark, Icon::Care, Inks::of(colour::TEAL));
    inner.cut_left(gap);
    canvas.left(
        inner,
        &[line(Kind::Strong, colour::ON_TEAL, &window.hospital)],
    );
}

fn footer(canvas: &mut Canvas, bar: Rect, view: &View) {
    let margin = canvas.tokens.space(10.0);
    let edge = Rect::from_min_max(
        bar.min,
        pos2(bar.max.x, bar.min.y + canvas.tokens.space(2.0)),
    );
    canvas.ui.painter().rect_filled(bar, 0.0, colour::SURFACE);
    canvas.ui.painter().rect_filled(edge, 0.0, colour::LINE);
    let mut inner = bar.shrink(margin);
    inner.min.x += margin;
    inner.max.x -= margin;
    let cancel = may_cancel(&view.screen).then(|| {
        let place = inner.cut_right(canvas.tokens.space(240.0).min(inner.width() * 0.35));
        inner.cut_right(canvas.tokens.gap());
        place
    });
    if view.staff_called {
        let place = inner.cut_left(canvas.tokens.space(820.0));
        canvas.plate(place, colour::GOOD, None);
        let mut words = place.shrink(canvas.tokens.space(12.0));
        let check = words.cut_left(words.height());
        canvas.icon(check, Icon::Check, Inks::of(colour::ON_GOOD));
        words.cut_left(margin);
        let called = canvas.say(Text::StaffCalled);
        canvas.left(words, &[line(Kind::Strong, colour::ON_GOOD, called)]);
    } else {
        let place = inner.cut_left(canvas.tokens.space(420.0));
        let label = canvas.say(Text::CallStaff);
        canvas.button(place, Look::Warm, Some(Icon::Hand), label, Touch::CallStaff);
    }
    if let Some(place) = cancel {
        let label = canvas.say(Text::Cancel);
        canvas.button(place, Look::Secondary, None, label, Touch::Cancel);
    }
}

/// Until a number is being taken, a patient may leave without one.
fn may_cancel(screen: &Screen) -> bool {
    match screen {
        Screen::Consent
        | Screen::Gathering { .. }
        | Screen::Confirm { .. }
        | Screen::Choose { .. } => true,
        // Help has a larger button for it.
        Screen::Welcome { .. }
        | Screen::Issuing { .. }
        | Screen::Printing { .. }
        | Screen::Done { .. }
        | Screen::Help { .. } => false,
    }
}

/// "Are you still there?", over the lower part of `area`, so that a number stays in sight.
pub(super) fn still_there(canvas: &mut Canvas, area: Rect) {
    canvas.ui.painter().rect_filled(area, 0.0, colour::SCRIM);
    // A finger anywhere on it says that somebody is there.
    let pressed = canvas.ui.input(|input| {
        input.pointer.any_click()
            && input
                .pointer
                .interact_pos()
                .is_some_and(|at| area.contains(at))
    });
    if pressed {
        canvas.touched(Touch::MoreTime);
    }
    let mut sheet = area.shrink(canvas.tokens.space(16.0));
    let pad = canvas.tokens.space(24.0);
    let question = canvas.say(Text::StillThere);
    let why = canvas.say(Text::StillThereText);
    let lines = [
        line(Kind::Title, colour::INK, question),
        line(Kind::Body, colour::QUIET, why),
    ];
    let words = canvas.height(sheet.width() - 2.0 * pad, &lines);
    let button = canvas.tokens.big();
    let mut inner = sheet.cut_bottom(words + button + 3.0 * pad);
    canvas.plate(inner, colour::SURFACE, None);
    inner = inner.shrink(pad);
    let place = inner.cut_bottom(button);
    let place = place.middle(vec2(canvas.tokens.space(760.0), button));
    inner.cut_bottom(pad);
    canvas.centred(inner, &lines);
    let label = canvas.say(Text::MoreTime);
    canvas.button(
        place,
        Look::Primary,
        Some(Icon::Hand),
        label,
        Touch::MoreTime,
    );
}
