//! Whether a hospital's template keeps what a ticket promises, tried with the longest words.

use resvg::usvg::{self, Node};

use super::Sheet;
use super::fit::SIZE_MIN;
use super::sheet::{self, Element};
use crate::ticket::{Face, TicketError};

/// Without these a ticket is none: each must stand on the paper, or decide what does.
const NEEDED: [&str; 9] = [
    "hospital", "number", "service", "place", "priority", "time", "reprint", "trial", "desk",
];

/// Drawing is exact to a fraction of a dot.
const SLACK: f32 = 0.75;

/// Tries `sheet` with the longest words, with the fewest, and as a desk ticket.
pub(super) fn check(sheet: &Sheet) -> Result<(), TicketError> {
    for field in NEEDED {
        if !mentions(&sheet.root, field) {
            return Err(TicketError::MissingField(field));
        }
    }
    for face in faces() {
        let (tree, height) = sheet.tree(&face.fields())?;
        walk(tree.root(), sheet.width as f32, height as f32)?;
    }
    Ok(())
}

/// The faces that a template is tried with.
pub(super) fn faces() -> Vec<Face> {
    let longest = Face::longest();
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
    vec![longest, desk, least, least_desk]
}

fn mentions(element: &Element, field: &str) -> bool {
    let decides = |value: &str| value.trim_start_matches('!') == field;
    let shows = |text: &str| {
        text.split("{{").skip(1).any(|rest| {
            rest.split("}}")
                .next()
                .is_some_and(|name| name.trim() == field)
        })
    };
    element.attribute("data-if").is_some_and(decides)
        || element.children.iter().any(|child| match child {
            sheet::Node::Text(text) => shows(text),
            sheet::Node::Element(inner) => mentions(inner, field),
        })
}

fn walk(group: &usvg::Group, width: f32, height: f32) -> Result<(), TicketError> {
    for node in group.children() {
        match node {
            Node::Group(inner) => walk(inner, width, height)?,
            Node::Text(text) => {
                legible(text)?;
                inside(node, width, height, &said(text))?;
            }
            Node::Path(path) => inside(node, width, height, path.id())?,
            Node::Image(_) => return Err(TicketError::Forbidden("<image>".into())),
        }
    }
    Ok(())
}

fn inside(node: &Node, width: f32, height: f32, what: &str) -> Result<(), TicketError> {
    let ink = match node {
        Node::Text(text) => text.flattened().abs_stroke_bounding_box(),
        Node::Path(_) | Node::Image(_) | Node::Group(_) => node.abs_stroke_bounding_box(),
    };
    let within = ink.left() >= -SLACK
        && ink.top() >= -SLACK
        && ink.right() <= width + SLACK
        && ink.bottom() <= height + SLACK;
    if within {
        Ok(())
    } else {
        Err(TicketError::Outside(what.to_owned()))
    }
}

fn legible(text: &usvg::Text) -> Result<(), TicketError> {
    let (_, scale) = text.abs_transform().get_scale();
    let spans = text.chunks().iter().flat_map(usvg::TextChunk::spans);
    for span in spans {
        let size = span.font_size().get() * scale;
        if size < SIZE_MIN - 0.01 {
            return Err(TicketError::TooSmall {
                text: said(text),
                size,
            });
        }
    }
    Ok(())
}

fn said(text: &usvg::Text) -> String {
    text.chunks().iter().map(usvg::TextChunk::text).collect()
}
