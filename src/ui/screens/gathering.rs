use eframe::egui::vec2;

use super::{
    Canvas, Cut, Icon, Line, Look, Rect, Shown, Text, Touch, body, camera, code_read, heading,
    keypad, offer, offers_below, problem, tableau, title, welcome, who,
};
use crate::checkin::{Keypad, Reading, Want, Ways};
use crate::words::Cause;

/// What the patient is asked for, and what is known so far.
pub(super) struct Asked<'v> {
    pub want: Want,
    pub reading: Option<Reading>,
    pub problem: Option<Cause>,
    pub keypad: Option<&'v Keypad>,
    pub who: Option<&'v Shown>,
    pub code_read: bool,
    pub ways: Ways,
}

/// Finding out who it is.
pub(super) fn draw(canvas: &mut Canvas, mut area: Rect, asked: &Asked) {
    match asked.want {
        Want::CardOrCode => card_or_code(canvas, area, asked),
        Want::CodeOrCan => {
            let mut lines = vec![
                title(canvas.say(Text::CanTitle)),
                body(canvas.say(Text::CanText)),
            ];
            if asked.ways.code {
                lines.push(body(canvas.say(Text::OrCode)));
            }
            type_it(canvas, area, asked, &lines);
        }
        Want::Number => {
            let lines = [
                title(canvas.say(Text::NumberTitle)),
                body(canvas.say(Text::NumberText)),
            ];
            type_it(canvas, area, asked, &lines);
        }
        Want::Card => {
            known(canvas, &mut area, asked);
            let lines = [
                title(canvas.say(Text::PlaceCard)),
                body(canvas.say(Text::PlaceCardText)),
            ];
            tableau(canvas, area, Icon::CardOnReader, &lines);
        }
        Want::HoldStill => {
            known(canvas, &mut area, asked);
            progress(
                canvas,
                &mut area,
                asked.reading.unwrap_or(Reading { percent: 0 }),
            );
            let lines = [
                title(canvas.say(Text::HoldTitle)),
                body(canvas.say(Text::HoldText)),
            ];
            tableau(canvas, area, Icon::CardAtRest, &lines);
        }
        Want::Wait => {
            known(canvas, &mut area, asked);
            if let Some(reading) = asked.reading {
                progress(canvas, &mut area, reading);
            }
            let lines = [
                title(canvas.say(Text::WaitTitle)),
                body(canvas.say(Text::WaitText)),
            ];
            tableau(canvas, area, Icon::Hourglass, &lines);
        }
    }
}

fn known(canvas: &mut Canvas, area: &mut Rect, asked: &Asked) {
    if asked.code_read {
        code_read(canvas, area, asked.who);
    } else {
        who(canvas, area, asked.who);
    }
    problem(canvas, area, asked.problem);
}

fn card_or_code(canvas: &mut Canvas, mut area: Rect, asked: &Asked) {
    known(canvas, &mut area, asked);
    let mut offers = Vec::new();
    if asked.ways.typed {
        let label = canvas.say(Text::TypeNumber);
        offers.push(offer(
            Look::Secondary,
            Icon::Keypad,
            label,
            Touch::TypeNumber,
        ));
    }
    offers_below(canvas, &mut area, offers);
    let seen = canvas.seen.take();
    // A picture needs its room, and a problem has said what to show.
    if seen.is_none() || asked.problem.is_none() {
        heading(canvas, &mut area, &[title(canvas.say(Text::ShowPapers))]);
    }
    let Some(seen) = seen else {
        return welcome::pictures(canvas, area, asked.ways, None);
    };
    if asked.ways.chip {
        let gap = canvas.tokens.gap();
        // The picture is wide itself.
        let place = if area.width() > area.height() * 1.5 {
            let place = area.cut_left((area.width() - gap) * 0.4);
            area.cut_left(gap);
            place
        } else {
            let place = area.cut_top((area.height() - gap) * 0.3);
            area.cut_top(gap);
            place
        };
        let caption = canvas.say(Text::WayChip);
        canvas.picture(place, Icon::CardOnReader, caption, None);
    }
    camera::draw(canvas, area, &seen);
}

/// Digits on the keypad.
fn type_it(canvas: &mut Canvas, mut area: Rect, asked: &Asked, lines: &[Line]) {
    let gap = canvas.tokens.gap();
    let mut keys = if area.is_wide() {
        let keys = area.cut_right(area.width() * 0.46);
        area.cut_right(2.0 * gap);
        Some(keys)
    } else {
        None
    };
    known(canvas, &mut area, asked);
    if keys.is_none() {
        keys = Some(area.cut_bottom(area.height() * 0.55));
        area.cut_bottom(gap);
    }
    if let Some(keypad) = asked.keypad {
        let row = area.cut_bottom((canvas.tokens.space(110.0)).min(area.height() * 0.45));
        area.cut_bottom(gap);
        keypad::digits(canvas, row, keypad);
    }
    if let (Some(place), Some(_)) = (keys, asked.keypad) {
        keypad::keys(canvas, place);
    }
    canvas.centred(area, lines);
}

fn progress(canvas: &mut Canvas, area: &mut Rect, reading: Reading) {
    let strip = area.cut_bottom(canvas.tokens.space(64.0));
    area.cut_bottom(canvas.tokens.gap());
    let width = canvas.tokens.space(1000.0);
    let label = canvas.say(Text::Reading);
    canvas.progress(
        strip.middle(vec2(width, strip.height())),
        label,
        reading.percent,
    );
}
