use eframe::egui::{Rect, pos2, vec2};

use super::Window;
use super::canvas::{Canvas, line};
use super::cut::Cut;
use super::pictograms::{Icon, Inks};
use super::tokens::{Kind, colour};
use super::widgets::Look;
use crate::checkin::{Screen, Touch, View, Want};
use crate::words::{Language, Text, text};

/// Draws what is on every screen around `whole`, and gives the area that is left for the screen.
pub(super) fn around(canvas: &mut Canvas, mut whole: Rect, view: &View, window: &Window) -> Rect {
    let margin = canvas.tokens.space(10.0);
    let bar = canvas.tokens.small() + 2.0 * margin;
    let wide = whole.is_wide();
    let top = whole.cut_top(bar);
    header(canvas, top, view, window, window.trial && wide);
    if window.trial {
        let mut strip = whole.cut_top(canvas.tokens.space(40.0));
        canvas.ui.painter().rect_filled(strip, 0.0, colour::TRIAL);
        if !wide {
            let place = strip.cut_left(canvas.tokens.space(110.0));
            let word = canvas.say(Text::Trial);
            canvas.centred(place, &[line(Kind::Strong, colour::ON_TRIAL, word)]);
        }
        let note = canvas.say(Text::TrialNote);
        canvas.centred(strip, &[line(Kind::Small, colour::ON_TRIAL, note)]);
    }
    footer(canvas, &mut whole, view);
    whole
}

/// The area without its margins.
pub(super) fn inside(canvas: &Canvas, area: Rect) -> Rect {
    let space = |pixels| canvas.tokens.space(pixels);
    area.shrink2(vec2(space(28.0), space(20.0)))
}

fn header(canvas: &mut Canvas, bar: Rect, view: &View, window: &Window, badge: bool) {
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
    if badge {
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

/// The ways out of a screen: staff, the other way, leaving. In two rows where it is narrow.
fn footer(canvas: &mut Canvas, whole: &mut Rect, view: &View) {
    let (margin, gap) = (canvas.tokens.space(10.0), canvas.tokens.gap());
    let height = canvas.tokens.small();
    let other = other_way(&view.screen);
    let stacked = other.is_some() && !whole.is_wide();
    let rows = if stacked { 2.0 } else { 1.0 };
    let bar = whole.cut_bottom(rows * (height + margin) + margin);
    canvas.ui.painter().rect_filled(bar, 0.0, colour::SURFACE);
    let edge = Rect::from_min_max(
        bar.min,
        pos2(bar.max.x, bar.min.y + canvas.tokens.space(2.0)),
    );
    canvas.ui.painter().rect_filled(edge, 0.0, colour::LINE);
    let mut inner = bar.shrink2(vec2(2.0 * margin, margin));
    let upper = stacked.then(|| {
        let row = inner.cut_top(height);
        inner.cut_top(margin);
        row
    });
    if may_cancel(&view.screen) {
        let place = inner.cut_right(canvas.tokens.space(210.0));
        inner.cut_right(gap);
        let label = canvas.say(Text::Cancel);
        canvas.button(place, Look::Secondary, None, label, Touch::Cancel);
    }
    if let Some((label, touch)) = other {
        let place = upper.unwrap_or_else(|| {
            let place = inner.cut_right(canvas.tokens.space(500.0));
            inner.cut_right(gap);
            place
        });
        let label = canvas.say(label);
        canvas.button(place, Look::Secondary, Some(Icon::NoPapers), label, touch);
    }
    let emergency = matches!(view.screen, Screen::Welcome { .. });
    staff(canvas, inner, view.staff_called, emergency);
}

fn staff(canvas: &mut Canvas, mut area: Rect, called: bool, emergency: bool) {
    if called {
        let place = area.cut_left(canvas.tokens.space(820.0));
        canvas.plate(place, colour::GOOD, None);
        let mut words = place.shrink(canvas.tokens.space(6.0));
        let check = words.cut_left(words.height() * 0.7);
        canvas.icon(check, Icon::Check, Inks::of(colour::ON_GOOD));
        words.cut_left(canvas.tokens.space(10.0));
        let called = canvas.say(Text::StaffCalled);
        canvas.left(words, &[line(Kind::Strong, colour::ON_GOOD, called)]);
    } else {
        let place = area.cut_left(canvas.tokens.space(460.0));
        let label = canvas.say(Text::CallStaff);
        canvas.button(place, Look::Warm, Some(Icon::Hand), label, Touch::CallStaff);
        if emergency {
            area.cut_left(canvas.tokens.gap());
            let place = area.cut_left(canvas.tokens.space(210.0));
            let label = canvas.say(Text::Emergency);
            canvas.button(place, Look::Warm, None, label, Touch::Emergency);
        }
    }
}

/// The way on for somebody who has not got what the screen asks for.
fn other_way(screen: &Screen) -> Option<(Text, Touch)> {
    match screen {
        Screen::Welcome { .. } => Some((Text::NoPapers, Touch::NoPapers)),
        Screen::Gathering { want, .. } => match want {
            Want::CardOrCode | Want::Number | Want::HospitalNumber | Want::BirthYear => {
                Some((Text::NoPapers, Touch::NoPapers))
            }
            Want::Card => Some((Text::NoCard, Touch::NoCard)),
            Want::CodeOrCan | Want::HoldStill | Want::Wait => None,
        },
        Screen::Consent
        | Screen::Confirm { .. }
        | Screen::Choose { .. }
        | Screen::Issuing { .. }
        | Screen::Printing { .. }
        | Screen::Done { .. }
        | Screen::Help { .. } => None,
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

/// "Are you still there?", over the part of `area` that never holds a number: the right half, or
/// the lower one where it is narrow.
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
    let mut free = inside(canvas, area);
    let sheet = if area.is_wide() {
        free.cut_right(free.width() * 0.465)
    } else {
        free.cut_bottom(free.height() * 0.5)
    };
    canvas.plate(sheet, colour::SURFACE, Some(colour::TEAL));
    let mut inner = sheet.shrink(canvas.tokens.space(24.0));
    let place = inner.cut_bottom(canvas.tokens.big());
    inner.cut_bottom(canvas.tokens.gap());
    let lines = [
        line(Kind::Title, colour::INK, canvas.say(Text::StillThere)),
        line(Kind::Body, colour::QUIET, canvas.say(Text::StillThereText)),
    ];
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
