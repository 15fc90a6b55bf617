use super::{
    Canvas, Cut, Icon, Kind, Look, Rect, Text, Touch, body, colour, heading, line, offer,
    offers_below, title,
};
use crate::checkin::Ways;

/// One sentence that says what the machine does, pictures of the ways in, and where to press.
pub(super) fn draw(canvas: &mut Canvas, mut area: Rect, ways: Ways, notice: bool) {
    let lines = [
        title(canvas.say(Text::WelcomeTitle)),
        body(canvas.say(Text::WelcomeText)),
    ];
    heading(canvas, &mut area, &lines);
    if notice {
        privacy(canvas, &mut area);
    }
    let mut offers = Vec::new();
    if ways.chip || ways.code {
        let label = canvas.say(Text::Start);
        offers.push(offer(Look::Primary, Icon::Forward, label, Touch::Start));
    }
    if ways.typed {
        let label = canvas.say(Text::TypeNumber);
        offers.push(offer(
            Look::Secondary,
            Icon::Keypad,
            label,
            Touch::TypeNumber,
        ));
    }
    offers_below(canvas, &mut area, offers);
    pictures(canvas, area, ways, Some(Touch::Start));
}

/// The ways in as pictures side by side. `touch`: what pressing one of them means.
pub(super) fn pictures(canvas: &mut Canvas, area: Rect, ways: Ways, touch: Option<Touch>) {
    let mut shown = Vec::new();
    if ways.chip {
        shown.push((Icon::CardOnReader, Text::WayChip, touch.clone()));
    }
    if ways.code {
        shown.push((Icon::CodeToCamera, Text::WayCode, touch));
    }
    if shown.is_empty() && ways.typed {
        shown.push((Icon::Keypad, Text::WayTyped, Some(Touch::TypeNumber)));
    }
    if shown.is_empty() {
        shown.push((Icon::Desk, Text::WelcomeDesk, Some(Touch::NoPapers)));
    }
    let gap = canvas.tokens.gap();
    let places = if area.is_wide() {
        area.columns(shown.len(), gap)
    } else {
        area.rows(shown.len(), gap)
    };
    for (place, (icon, caption, touch)) in places.into_iter().zip(shown) {
        let caption = canvas.say(caption);
        canvas.picture(place, icon, caption, touch);
    }
}

fn privacy(canvas: &mut Canvas, area: &mut Rect) {
    let lines = [line(Kind::Small, colour::QUIET, canvas.say(Text::Notice))];
    let wanted = canvas.height(area.width(), &lines);
    let place = area.cut_bottom(wanted);
    area.cut_bottom(canvas.tokens.gap() * 0.7);
    canvas.centred(place, &lines);
}
