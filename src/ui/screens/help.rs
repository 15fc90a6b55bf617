use super::{
    Canvas, Icon, Kind, Look, Rect, Text, Touch, body, colour, line, offer, offers_below, tableau,
    title,
};
use crate::words::Cause;

/// Staff will help.
pub(super) fn draw(canvas: &mut Canvas, mut area: Rect, cause: Cause) {
    let back = offer(
        Look::Secondary,
        Icon::Back,
        canvas.say(Text::Back),
        Touch::Cancel,
    );
    offers_below(canvas, &mut area, vec![back]);
    let lines = [
        title(canvas.say(Text::HelpTitle)),
        line(Kind::Strong, colour::INK, cause.patient(canvas.language)),
        body(cause.next(canvas.language)),
    ];
    tableau(canvas, area, Icon::Desk, &lines);
}
