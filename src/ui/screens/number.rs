use eframe::egui::vec2;

use super::{
    Canvas, Cut, Icon, Inks, Kind, Line, Look, Rect, Shown, Text, Touch, body, colour, line, offer,
    offers_below, tableau, title, who,
};
use crate::checkin::{PaperShown, PriorityShown};
use crate::identity::Grade;
use crate::queue::QueueNumber;
use crate::words::Cause;

/// A number that is durable.
pub(super) struct Stands<'v> {
    pub number: &'v QueueNumber,
    pub service: &'v str,
    pub place: &'v str,
    pub who: Option<&'v Shown>,
}

/// How it came out.
pub(super) struct End {
    pub desk: Option<Cause>,
    pub paper: PaperShown,
    pub grade: Option<Grade>,
    pub priority: PriorityShown,
    pub card_present: bool,
}

/// The number is being taken.
pub(super) fn issuing(canvas: &mut Canvas, mut area: Rect, shown: Option<&Shown>) {
    who(canvas, &mut area, shown);
    let lines = [
        title(canvas.say(Text::IssuingTitle)),
        body(canvas.say(Text::WaitTitle)),
    ];
    tableau(canvas, area, Icon::Hourglass, &lines);
}

/// The number stands, the ticket is being printed.
pub(super) fn printing(canvas: &mut Canvas, area: Rect, stands: &Stands) {
    let rest = number_card(canvas, area, stands, None);
    let lines = [
        title(canvas.say(Text::PrintingTitle)),
        body(canvas.say(Text::PrintingText)),
    ];
    beside(canvas, rest, Icon::Printer, &lines);
}

/// All done: the number, where to go with it, and what to take along.
pub(super) fn done(canvas: &mut Canvas, mut area: Rect, stands: &Stands, end: &End) {
    if end.card_present {
        card_reminder(canvas, &mut area);
    }
    let mut rest = number_card(canvas, area, stands, end.grade);
    let finish = offer(
        Look::Primary,
        Icon::Check,
        canvas.say(Text::Finish),
        Touch::Finish,
    );
    let first = (end.priority == PriorityShown::Offered).then(|| {
        offer(
            Look::Secondary,
            Icon::Person,
            canvas.say(Text::AskPriority),
            Touch::AskPriority,
        )
    });
    let offers = first.into_iter().chain([finish]).collect();
    offers_below(canvas, &mut rest, offers);
    let language = canvas.language;
    let (icon, mut lines) = match (end.paper, end.desk) {
        (PaperShown::Missing(cause), desk) => {
            let first = desk.unwrap_or(cause);
            let why = line(Kind::Strong, colour::ON_NOTE, first.patient(language));
            (
                Icon::Note,
                vec![
                    line(
                        Kind::Title,
                        colour::ON_NOTE,
                        canvas.say(Text::RememberTitle),
                    ),
                    why,
                    line(Kind::Body, colour::ON_NOTE, cause.next(language)),
                ],
            )
        }
        (PaperShown::Printed, Some(cause)) => {
            let why = line(Kind::Strong, colour::INK, cause.patient(language));
            (
                Icon::Desk,
                vec![
                    title(canvas.say(Text::DeskTitle)),
                    why,
                    body(canvas.say(Text::DeskText)),
                ],
            )
        }
        (PaperShown::Printed, None) => (
            Icon::Ticket,
            vec![
                title(canvas.say(Text::DoneTitle)),
                body(canvas.say(Text::DoneText)),
            ],
        ),
    };
    if end.priority == PriorityShown::Asked {
        lines.push(body(canvas.say(Text::PriorityAsked)));
    }
    if let PaperShown::Missing(_) = end.paper {
        canvas.plate(rest, colour::NOTE, None);
        rest = rest.shrink(canvas.tokens.space(14.0));
    }
    beside(canvas, rest, icon, &lines);
}

/// Draws the number as large as its part of `area` allows, and gives the other part.
fn number_card(canvas: &mut Canvas, mut area: Rect, stands: &Stands, grade: Option<Grade>) -> Rect {
    let gap = canvas.tokens.gap();
    let plate = if area.is_wide() {
        let plate = area.cut_left(area.width() * 0.52);
        area.cut_left(1.5 * gap);
        plate
    } else {
        let plate = area.cut_top(area.height() * 0.46);
        area.cut_top(gap);
        plate
    };
    canvas.plate(plate, colour::SURFACE, Some(colour::TEAL));
    let mut inner = plate.shrink(canvas.tokens.space(20.0));
    let known = known(canvas, stands.who, grade);
    let mut head = vec![line(
        Kind::Strong,
        colour::QUIET,
        canvas.say(Text::YourNumber),
    )];
    head.extend(
        known
            .iter()
            .map(|words| line(Kind::Small, colour::QUIET, words)),
    );
    let place = inner.cut_top(canvas.height(inner.width(), &head));
    canvas.centred(place, &head);
    let tail = [
        line(Kind::Body, colour::QUIET, canvas.say(Text::GoTo)),
        line(Kind::Title, colour::TEAL, stands.place),
        line(Kind::Strong, colour::INK, stands.service),
    ];
    let wanted = canvas.height(inner.width(), &tail);
    let place = inner.cut_bottom(wanted.min(inner.height() * 0.55));
    canvas.centred(place, &tail);
    canvas.as_large_as_fits(
        inner,
        &line(Kind::Number, colour::TEAL, stands.number.as_str()),
    );
    area
}

/// A drawing over what it says, in the part beside the number.
fn beside(canvas: &mut Canvas, mut area: Rect, icon: Icon, lines: &[Line]) {
    let wanted = canvas.height(area.width(), lines);
    let gap = canvas.tokens.gap();
    let room = area.height() - wanted - gap;
    let side = room.min(canvas.tokens.space(300.0));
    // Words first: a drawing that would be a speck is left out.
    if side >= canvas.tokens.space(70.0) {
        area = area.middle(vec2(area.width(), side + wanted + gap));
        let drawing = area.cut_top(side);
        area.cut_top(gap);
        canvas.icon(drawing, icon, Inks::PLAIN);
    }
    canvas.centred(area, lines);
}

fn card_reminder(canvas: &mut Canvas, area: &mut Rect) {
    let mut strip = area.cut_top(canvas.tokens.space(72.0));
    area.cut_top(canvas.tokens.gap());
    canvas.plate(strip, colour::NOTE, None);
    strip = strip.shrink(canvas.tokens.space(8.0));
    let words = canvas.say(Text::TakeCard);
    strip.cut_left(canvas.tokens.gap());
    let drawing = strip.cut_left(strip.height());
    canvas.icon(drawing, Icon::TakeCard, Inks::PLAIN);
    strip.cut_left(canvas.tokens.gap());
    canvas.left(strip, &[line(Kind::Strong, colour::ON_NOTE, words)]);
}

/// Whose number it is, and the grade as the small mark on the ticket has it.
fn known(canvas: &Canvas, shown: Option<&Shown>, grade: Option<Grade>) -> Option<String> {
    let name = shown.and_then(|shown| shown.name.clone());
    let mark = grade.map(|grade| {
        let words = match grade {
            Grade::Proven => Text::GradeProven,
            Grade::Signed => Text::GradeSigned,
            Grade::Read => Text::GradeRead,
            Grade::Claimed => Text::GradeClaimed,
        };
        canvas.say(words).to_owned()
    });
    let parts: Vec<String> = [name, mark].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("  ·  "))
}
