use super::{
    Canvas, Icon, Kind, Look, Rect, Text, Touch, body, colour, line, offer, offers_below, tableau,
    title,
};

/// May the chip be read? What is read and what for; a "no" is as easy as a "yes".
pub(super) fn draw(canvas: &mut Canvas, mut area: Rect) {
    let no = offer(
        Look::Secondary,
        Icon::Desk,
        canvas.say(Text::ConsentNo),
        Touch::Consent(false),
    );
    let yes = offer(
        Look::Primary,
        Icon::Check,
        canvas.say(Text::ConsentYes),
        Touch::Consent(true),
    );
    offers_below(canvas, &mut area, vec![no, yes]);
    let lines = [
        title(canvas.say(Text::ConsentTitle)),
        line(Kind::Body, colour::INK, canvas.say(Text::ConsentText)),
        body(canvas.say(Text::ConsentElse)),
    ];
    tableau(canvas, area, Icon::CardOnReader, &lines);
}
