use super::{
    Canvas, Cut, Icon, Inks, Kind, Line, Look, Rect, Shown, Text, Touch, colour, ends_in, heading,
    line, offer, offers_below, title, who,
};

/// Is this the patient? In one line where something else needs the room.
pub(super) fn draw(canvas: &mut Canvas, mut area: Rect, shown: &Shown, in_one_line: bool) {
    heading(canvas, &mut area, &[title(canvas.say(Text::ConfirmTitle))]);
    let no = offer(
        Look::Secondary,
        Icon::Cross,
        canvas.say(Text::ConfirmNo),
        Touch::Confirm(false),
    );
    let yes = offer(
        Look::Primary,
        Icon::Check,
        canvas.say(Text::ConfirmYes),
        Touch::Confirm(true),
    );
    offers_below(canvas, &mut area, vec![no, yes]);
    if in_one_line {
        return who(canvas, &mut area, Some(shown));
    }
    let year = shown
        .birth_year
        .map(|year| format!("{} {year}", canvas.say(Text::BirthYear)));
    let number = shown
        .number
        .as_deref()
        .map(|number| ends_in(canvas, number));
    let mut lines: Vec<Line> = Vec::new();
    if let Some(name) = &shown.name {
        lines.push(title(name));
    }
    for more in [&year, &number].into_iter().flatten() {
        lines.push(line(Kind::Strong, colour::QUIET, more));
    }
    identity_card(canvas, area, &lines);
}

fn identity_card(canvas: &mut Canvas, area: Rect, lines: &[Line]) {
    let pad = canvas.tokens.space(30.0);
    let size = eframe::egui::vec2(canvas.tokens.space(900.0), canvas.tokens.space(340.0));
    let plate = area.middle(size);
    canvas.plate(plate, colour::SURFACE, Some(colour::LINE));
    let mut inner = plate.shrink(pad);
    let portrait = inner.cut_left(inner.height().min(inner.width() * 0.3));
    canvas.icon(portrait, Icon::Person, Inks::PLAIN);
    inner.cut_left(pad);
    canvas.left(inner, lines);
}
