mod drawings;

use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, vec2};

use super::tokens::colour;

/// A drawing that says a thing without words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Icon {
    /// An ID card on a reader, its chip visible.
    CardOnReader,
    /// An ID card that lies on a reader and is read.
    CardAtRest,
    /// A phone and a card with a QR code before a lens.
    CodeToCamera,
    /// A keypad.
    Keypad,
    /// A person.
    Person,
    /// A ticket with a number.
    Ticket,
    /// A printer with paper coming out.
    Printer,
    /// It went well.
    Check,
    /// A raised hand.
    Hand,
    /// No papers.
    NoPapers,
    /// Waiting.
    Hourglass,
    /// Back to the start.
    Back,
    /// Go on.
    Forward,
    /// A desk with somebody behind it.
    Desk,
    /// A card being taken away.
    TakeCard,
    /// No.
    Cross,
    /// The mark of a place of care.
    Care,
    /// Something to know.
    Note,
}

/// The colours of a drawing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inks {
    line: Color32,
    fill: Color32,
    light: Color32,
    accent: Color32,
}

impl Inks {
    /// On a light surface.
    pub const PLAIN: Self = Self {
        line: colour::TEAL,
        fill: colour::SURFACE,
        light: colour::TEAL_LIGHT,
        accent: colour::GOLD,
    };

    /// In one colour, as on a button.
    pub fn of(ink: Color32) -> Self {
        Self {
            line: ink,
            fill: Color32::TRANSPARENT,
            light: Color32::TRANSPARENT,
            accent: ink,
        }
    }
}

/// Draws `icon` into the largest square in the middle of `rect`.
pub(super) fn draw(painter: &Painter, rect: Rect, icon: Icon, inks: Inks) {
    let side = rect.width().min(rect.height());
    let pen = Pen {
        painter,
        origin: rect.center() - Vec2::splat(side / 2.0),
        unit: side / 100.0,
        inks,
    };
    match icon {
        Icon::CardOnReader => pen.card_on_reader(),
        Icon::CardAtRest => pen.card_at_rest(),
        Icon::CodeToCamera => pen.code_to_camera(),
        Icon::Keypad => pen.keypad(),
        Icon::Person => pen.person(50.0, 50.0, 1.0),
        Icon::Ticket => pen.ticket(),
        Icon::Printer => pen.printer(),
        Icon::Check => pen.path(&[(18.0, 52.0), (42.0, 76.0), (84.0, 26.0)], 12.0),
        Icon::Hand => pen.hand(),
        Icon::NoPapers => pen.no_papers(),
        Icon::Hourglass => pen.hourglass(),
        Icon::Back => pen.arrow(78.0, 22.0),
        Icon::Forward => pen.arrow(22.0, 78.0),
        Icon::Desk => pen.desk(),
        Icon::TakeCard => pen.take_card(),
        Icon::Cross => pen.cross(),
        Icon::Care => pen.care(),
        Icon::Note => pen.note(),
    }
}

/// Draws in a square of 100 by 100.
struct Pen<'p> {
    painter: &'p Painter,
    origin: Pos2,
    unit: f32,
    inks: Inks,
}

impl Pen<'_> {
    fn at(&self, x: f32, y: f32) -> Pos2 {
        self.origin + vec2(x, y) * self.unit
    }

    fn stroke(&self, width: f32) -> Stroke {
        Stroke::new(width * self.unit, self.inks.line)
    }

    fn block(&self, at: (f32, f32), size: (f32, f32), corner: f32, fill: Color32, edge: f32) {
        let rect = Rect::from_min_size(self.at(at.0, at.1), Vec2::from(size) * self.unit);
        self.painter.rect(
            rect,
            corner * self.unit,
            fill,
            self.stroke(edge),
            StrokeKind::Middle,
        );
    }

    /// A line with round ends and corners.
    fn path(&self, points: &[(f32, f32)], width: f32) {
        let points: Vec<Pos2> = points.iter().map(|(x, y)| self.at(*x, *y)).collect();
        for point in &points {
            self.painter
                .circle_filled(*point, width * self.unit / 2.0, self.inks.line);
        }
        self.painter.add(Shape::line(points, self.stroke(width)));
    }

    fn dot(&self, x: f32, y: f32, radius: f32, fill: Color32) {
        self.painter
            .circle_filled(self.at(x, y), radius * self.unit, fill);
    }

    fn ring(&self, x: f32, y: f32, radius: f32, fill: Color32, edge: f32) {
        self.painter
            .circle(self.at(x, y), radius * self.unit, fill, self.stroke(edge));
    }

    /// A part of a circle, from and to in turns clockwise from the right.
    fn arc(&self, (x, y): (f32, f32), radius: f32, from: f32, to: f32, width: f32) {
        let points: Vec<(f32, f32)> = (0..=24)
            .map(|i| {
                let turn = from + (to - from) * i as f32 / 24.0;
                let (sin, cos) = (turn * std::f32::consts::TAU).sin_cos();
                (x + radius * cos, y + radius * sin)
            })
            .collect();
        let points: Vec<Pos2> = points.iter().map(|(x, y)| self.at(*x, *y)).collect();
        self.painter.add(Shape::line(points, self.stroke(width)));
    }

    fn area(&self, points: &[(f32, f32)], fill: Color32) {
        let points = points.iter().map(|(x, y)| self.at(*x, *y)).collect();
        self.painter
            .add(Shape::convex_polygon(points, fill, Stroke::NONE));
    }
}
