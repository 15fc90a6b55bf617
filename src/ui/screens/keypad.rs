use eframe::egui::vec2;

use super::{Canvas, Cut, Kind, Look, Rect, Text, Touch, colour, line};
use crate::checkin::{Key, Keypad};

/// A place for each digit, filled from the left, long numbers in groups of three.
pub(super) fn digits(canvas: &mut Canvas, area: Rect, keypad: &Keypad) {
    let typed = keypad.typed.expose();
    let count = usize::from(keypad.length).max(1);
    let (gap, group) = (canvas.tokens.space(5.0), canvas.tokens.space(14.0));
    // A year is one group.
    let in_group = if count > 4 { 3 } else { count };
    let groups = (count - 1) / in_group;
    let free = area.width() - gap * (count - 1) as f32 - group * groups as f32;
    let side = (free / count as f32).min(canvas.tokens.space(84.0));
    let whole = side * count as f32 + gap * (count - 1) as f32 + group * groups as f32;
    let height = (side * 1.35).min(area.height());
    let mut row = area.middle(vec2(whole, height));
    canvas.name(row, &format!("{}: {typed}", canvas.say(Text::Typed)));
    let mut figures = typed.chars();
    for index in 0..count {
        if index > 0 {
            row.cut_left(if index % in_group == 0 {
                gap + group
            } else {
                gap
            });
        }
        let place = row.cut_left(side);
        let figure = figures.next();
        let edge = if figure.is_some() {
            colour::TEAL
        } else {
            colour::LINE
        };
        canvas.plate(place, colour::SURFACE, Some(edge));
        if let Some(figure) = figure {
            let figure = figure.to_string();
            canvas.figure(place, &line(Kind::Title, colour::INK, &figure));
        }
    }
}

/// The keys, as on a telephone: 1 to 9, then erase, 0 and clear.
pub(super) fn keys(canvas: &mut Canvas, area: Rect) {
    let gap = canvas.tokens.space(12.0);
    let most = vec2(canvas.tokens.space(640.0), canvas.tokens.space(560.0));
    let area = area.middle(most.max(vec2(3.0, 4.0) * canvas.tokens.big()));
    let erase = canvas.say(Text::Erase);
    let clear = canvas.say(Text::Clear);
    let rows = area.rows(4, gap);
    for (row, place) in rows.into_iter().enumerate() {
        for (column, place) in place.columns(3, gap).into_iter().enumerate() {
            let digit = (row * 3 + column + 1) as u8;
            let (look, label, key) = match (row, column) {
                (3, 0) => (Look::Secondary, erase.to_owned(), Key::Erase),
                (3, 1) => (Look::Key, "0".to_owned(), Key::Digit(0)),
                (3, _) => (Look::Secondary, clear.to_owned(), Key::Clear),
                _ => (Look::Key, digit.to_string(), Key::Digit(digit)),
            };
            canvas.button(place, look, None, &label, Touch::Key(key));
        }
    }
}
