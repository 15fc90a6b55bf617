use eframe::egui::{Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, epaint::RectShape, pos2, vec2};

use super::{Canvas, Cut, Icon, Inks, Kind, Text, colour, line};
use crate::scan::Hint;
use crate::ui::seen::Seen;

/// Side of the frame that shows where to hold a code, as a share of the picture's height: there a
/// card's code is large enough to be read with ease, and has room to move.
const FRAME: f32 = 0.62;

/// What the camera sees, where to hold the code in it, and what would help.
pub(super) fn draw(canvas: &mut Canvas, rect: Rect, seen: &Seen) {
    let read = seen.glance.read;
    let (fill, edge, ink) = if read {
        (colour::GOOD, colour::ON_GOOD, colour::ON_GOOD)
    } else {
        (colour::SURFACE, colour::LINE, colour::INK)
    };
    canvas.plate(rect, fill, Some(edge));
    let mut inner = rect.shrink(canvas.tokens.space(14.0));
    let lines = [line(Kind::Strong, ink, canvas.say(caption(seen)))];
    let gap = canvas.tokens.gap();
    let shape = seen.glance.width as f32 / seen.glance.height as f32;
    // The words' room is the same whatever is said: the picture must not jump.
    let flat = inner.width() > inner.height() * shape * 1.2;
    let picture = if flat {
        inner = inner.middle(vec2(inner.height() * shape * 2.0, inner.height()));
        let picture = inner.cut_left((inner.height() * shape).min(inner.width() * 0.62));
        inner.cut_left(gap);
        canvas.left(inner, &lines);
        picture
    } else {
        let row = canvas.height(f32::INFINITY, &lines);
        let strip = inner.cut_bottom((2.2 * row).min(inner.height() * 0.4));
        inner.cut_bottom(gap * 0.5);
        canvas.centred(strip, &lines);
        inner
    };
    let width = picture.width().min(picture.height() * shape);
    let picture = picture.middle(vec2(width, width / shape));
    paint(canvas, picture, seen);
    if read {
        let side = picture.height() * 0.5;
        let mark = picture.middle(Vec2::splat(side));
        canvas.plate(mark, colour::GOOD, Some(colour::ON_GOOD));
        let mark = mark.shrink(side * 0.15);
        canvas.icon(mark, Icon::Check, Inks::of(colour::ON_GOOD));
    } else {
        frame(canvas, picture);
    }
}

fn caption(seen: &Seen) -> Text {
    match seen.glance.hint {
        _ if seen.glance.read => Text::CodeRead,
        None => Text::HoldCode,
        Some(Hint::Nearer) => Text::HintNearer,
        Some(Hint::Farther) => Text::HintFarther,
        Some(Hint::TiltLess) => Text::HintTiltLess,
        Some(Hint::Glare) => Text::HintGlare,
        Some(Hint::HoldStill) => Text::HintHoldStill,
        Some(Hint::TooDark) => Text::HintTooDark,
        Some(Hint::Brighter) => Text::HintBrighter,
    }
}

/// The picture, and around the code in it a line.
fn paint(canvas: &Canvas, picture: Rect, seen: &Seen) {
    let (left, right) = if seen.mirror { (1.0, 0.0) } else { (0.0, 1.0) };
    let whole = Rect::from_min_max(pos2(left, 0.0), pos2(right, 1.0));
    let corner = canvas.tokens.space(10.0);
    let shape = RectShape::filled(picture, corner, colour::SURFACE);
    let painter = canvas.ui.painter().with_clip_rect(picture);
    painter.add(shape.with_texture(seen.picture, whole));
    if let Some(corners) = seen.glance.code {
        let at = |(x, y): (f32, f32)| {
            let x = if seen.mirror { 1.0 - x } else { x };
            picture.min + vec2(x, y) * picture.size()
        };
        let around: Vec<Pos2> = corners.into_iter().map(at).collect();
        let found = Stroke::new(picture.height() * 0.016, colour::GOLD);
        painter.add(Shape::closed_line(around, found));
    }
}

/// Four corners in the middle: here.
fn frame(canvas: &Canvas, picture: Rect) {
    let side = picture.height() * FRAME;
    let square = picture.middle(Vec2::splat(side));
    let arm = side * 0.2;
    for (corner, x, y) in [
        (square.left_top(), 1.0, 1.0),
        (square.right_top(), -1.0, 1.0),
        (square.right_bottom(), -1.0, -1.0),
        (square.left_bottom(), 1.0, -1.0),
    ] {
        let bend = vec![
            corner + vec2(0.0, y * arm),
            corner,
            corner + vec2(x * arm, 0.0),
        ];
        // Light on dark: it is seen before any picture.
        for (width, ink) in [(9.0, colour::TEAL_DEEP), (4.0, colour::SURFACE)] {
            let stroke = Stroke::new(canvas.tokens.space(width), ink);
            canvas.ui.painter().add(Shape::line(bend.clone(), stroke));
        }
    }
    let edge = Stroke::new(canvas.tokens.space(2.0), colour::LINE);
    let corner = canvas.tokens.space(10.0);
    canvas
        .ui
        .painter()
        .rect_stroke(picture, corner, edge, StrokeKind::Outside);
}
