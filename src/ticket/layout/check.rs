//! Whether a hospital's template keeps what a ticket promises, tried with the longest words.

use resvg::usvg::{self, Node, Rect};

use super::form::Body;
use super::{DOTS_MM, Filled, HEIGHT_MM_MAX, Paper, SIZE_MIN, Sheet, draw, fields, qr};
use crate::ticket::{Face, Raster, TicketError};

/// Without these a ticket is none: each must stand on the paper, or decide what does.
const NEEDED: [&str; 9] = [
    "hospital", "number", "service", "place", "priority", "time", "reprint", "trial", "desk",
];

/// Drawing is exact to a fraction of a dot.
const SLACK: f32 = 0.75;

/// Boxes of letters may touch this much, in dots, before the letters do.
const TOUCH: f32 = 3.0;

/// White that a code needs around itself, in dots.
const QUIET: f32 = 12.0;

/// Of a text's box at least one dot in so many is black, and one in so many white.
const SEEN: usize = 40;

/// Tries `sheet` with the longest words, with the fewest, and as a desk ticket.
pub(super) fn check(sheet: &Sheet) -> Result<(), TicketError> {
    let mut faults = named_fields(sheet);
    // A field that no ticket has is a fault of every face.
    if faults.is_empty() {
        for face in faces() {
            for fault in with_face(sheet, &face) {
                if !faults
                    .iter()
                    .any(|known| known.to_string() == fault.to_string())
                {
                    faults.push(fault);
                }
            }
        }
    }
    match faults.len() {
        0 => Ok(()),
        1 => Err(faults.remove(0)),
        _ => Err(TicketError::Several(faults)),
    }
}

/// The faces that a template is tried with.
pub(super) fn faces() -> Vec<Face> {
    let examples = Face::examples();
    let longest = examples.get("longest").cloned().unwrap_or_default();
    let desk = Face {
        desk: true,
        ..longest.clone()
    };
    let least = Face {
        number: longest.number.clone(),
        time: longest.time.clone(),
        ..Face::default()
    };
    let least_desk = Face {
        desk: true,
        ..least.clone()
    };
    let strange = [longest, desk, least, least_desk];
    examples.into_values().chain(strange).collect()
}

/// Fields that no ticket has, and fields that every ticket needs.
fn named_fields(sheet: &Sheet) -> Vec<TicketError> {
    let known = Face::default().fields();
    let (mut named, mut faults) = (Vec::new(), Vec::new());
    for leaf in &sheet.form.leaves {
        named.extend(
            leaf.conditions
                .iter()
                .map(|condition| condition.field.clone()),
        );
        let text = match &leaf.body {
            Body::Words(words) => words.lines.join(" "),
            Body::Shape(shape) => shape.all_text(),
            Body::Code { field, .. } => {
                named.push(field.clone());
                continue;
            }
        };
        match fields::names(&text) {
            Ok(names) => named.extend(names.into_iter().map(str::to_owned)),
            Err(fault) => faults.push(fault),
        }
    }
    named.sort();
    named.dedup();
    let unknown = named.iter().filter(|field| known.known(field).is_err());
    faults.extend(unknown.map(|field| TicketError::UnknownField(field.clone())));
    let missing = NEEDED
        .iter()
        .filter(|needed| !named.iter().any(|field| field == *needed));
    faults.extend(missing.map(|field| TicketError::MissingField(field)));
    faults
}

fn with_face(sheet: &Sheet, face: &Face) -> Vec<TicketError> {
    let filled = match sheet.filled(&face.fields(), sheet.unit) {
        Ok(filled) => filled,
        Err(fault) => return vec![fault],
    };
    let mut faults = Vec::new();
    let [left, top, right, bottom] = filled.ink();
    match sheet.paper {
        Paper::Page(_) => faults.extend(filled.check_page().err()),
        Paper::Roll(_) if (bottom - top) * sheet.unit > HEIGHT_MM_MAX * DOTS_MM => {
            return vec![TicketError::TooLong];
        }
        Paper::Roll(_) => {}
    }
    let sides = (left.min(0.0), right.max(sheet.form.page[2]));
    let mut found = Vec::new();
    each(filled.tree.root(), &mut |node, ink| {
        if let Node::Text(text) = node {
            faults.extend(too_small(text, sheet.unit));
        }
        if sides != (0.0, sheet.form.page[2]) {
            faults.extend(outside(node, ink, sheet));
        }
        if matches!(node, Node::Text(_)) || said(node) == qr::ID {
            found.push((said(node), ink, is_upright(node)));
        }
    });
    faults.extend(touching(&found, sheet.unit));
    faults.extend(unseen(&filled, &found, top));
    faults
}

/// Every text and path with the box that its ink fills.
pub(super) fn each<'a>(group: &'a usvg::Group, told: &mut impl FnMut(&'a Node, Rect)) {
    for node in group.children() {
        match node {
            Node::Group(inner) => each(inner, told),
            Node::Text(text) => told(node, text.flattened().abs_stroke_bounding_box()),
            Node::Path(path) if path.is_visible() => told(node, path.abs_stroke_bounding_box()),
            Node::Path(_) | Node::Image(_) => {}
        }
    }
}

fn outside(node: &Node, ink: Rect, sheet: &Sheet) -> Option<TicketError> {
    let slack = SLACK / sheet.unit;
    let beyond = (-ink.left()).max(ink.right() - sheet.form.page[2]);
    (beyond > slack).then(|| TicketError::Outside {
        what: said(node),
        by_mm: beyond * sheet.unit / DOTS_MM,
    })
}

fn too_small(text: &usvg::Text, unit: f32) -> Option<TicketError> {
    let (_, scale) = text.abs_transform().get_scale();
    let spans = text.chunks().iter().flat_map(usvg::TextChunk::spans);
    let sizes = spans.map(|span| span.font_size().get() * scale * unit);
    let smallest = sizes.fold(f32::MAX, f32::min);
    (smallest < SIZE_MIN - 0.1).then(|| TicketError::TooSmall {
        text: chunks(text),
        size: smallest,
    })
}

/// Texts that run into each other or into the code.
fn touching(found: &[(String, Rect, bool)], unit: f32) -> Vec<TicketError> {
    let apart = |a: &Rect, b: &Rect, room: f32| {
        a.right() + room <= b.left()
            || b.right() + room <= a.left()
            || a.bottom() + room <= b.top()
            || b.bottom() + room <= a.top()
    };
    let mut faults = Vec::new();
    let upright = found.iter().filter(|(_, _, upright)| *upright);
    let things: Vec<_> = upright.collect();
    for (at, (one, a, _)) in things.iter().enumerate() {
        for (other, b, _) in &things[at + 1..] {
            let code = one == qr::ID || other == qr::ID;
            let room = if code { QUIET } else { -TOUCH } / unit;
            if !apart(a, b, room) {
                faults.push(TicketError::Touching(one.clone(), other.clone()));
            }
        }
    }
    faults
}

/// Texts of which paper shows nothing: too pale, or hidden behind a shape.
fn unseen(filled: &Filled<'_>, found: &[(String, Rect, bool)], top: f32) -> Vec<TicketError> {
    let unit = filled.sheet.unit;
    let [_, _, width, _] = filled.sheet.form.page;
    let bottom = found
        .iter()
        .map(|(_, ink, _)| ink.bottom())
        .fold(top, f32::max);
    let width = ((width * unit) as u32).next_multiple_of(8);
    let height = (((bottom - top) * unit) as u32).clamp(1, (HEIGHT_MM_MAX * DOTS_MM) as u32);
    let drawn = draw(&filled.tree, unit, top, width, height);
    let texts = found.iter().filter(|(what, _, _)| what != qr::ID);
    texts
        .filter(|(_, ink, _)| {
            let box_ = [ink.left(), ink.top() - top, ink.right(), ink.bottom() - top];
            let [black, all] = black_dots(&drawn, box_.map(|at| (at * unit).max(0.0) as u32));
            black * SEEN < all || (all - black) * SEEN < all
        })
        .map(|(what, _, _)| TicketError::Unseen(what.clone()))
        .collect()
}

fn black_dots(drawn: &Raster, [left, top, right, bottom]: [u32; 4]) -> [usize; 2] {
    let dots = (top..=bottom).flat_map(|y| (left..=right).map(move |x| (x, y)));
    dots.fold([0, 0], |[black, all], (x, y)| {
        [black + usize::from(drawn.is_black(x, y)), all + 1]
    })
}

fn is_upright(node: &Node) -> bool {
    let turned = node.abs_transform();
    turned.kx.abs() < 0.001 && turned.ky.abs() < 0.001
}

/// What a text says, or which shape it is; empty for a shape without a name.
fn said(node: &Node) -> String {
    match node {
        Node::Text(text) => chunks(text),
        Node::Path(path) => path.id().to_owned(),
        Node::Group(_) | Node::Image(_) => String::new(),
    }
}

fn chunks(text: &usvg::Text) -> String {
    let all: Vec<&str> = text.chunks().iter().map(usvg::TextChunk::text).collect();
    all.join(" ")
}
