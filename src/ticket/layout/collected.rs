//! A template's leaves, each with what stands around it: groups, conditions, inherited looks.

use resvg::usvg::{Rect, Transform};

use super::fields;
use super::fit::LINE_HEIGHT;
use super::form::{Body, Condition, Leaf, Words};
use super::sheet::{Element, Node};
use crate::ticket::TicketError;

/// These draw nothing by themselves.
const DEFINITIONS: [&str; 9] = [
    "defs",
    "clipPath",
    "mask",
    "linearGradient",
    "radialGradient",
    "pattern",
    "marker",
    "symbol",
    "filter",
];

/// A text shrinks to this part of its size before it wraps.
const SHRINKS_TO: f32 = 0.8;

/// What stands around a leaf.
#[derive(Clone)]
struct Around {
    open: String,
    close: String,
    conditions: Vec<Condition>,
    each: bool,
    /// Attributes as inherited.
    style: Element,
}

impl Around {
    fn of(root: &Element) -> Result<Self, TicketError> {
        let mut style = root.clone();
        style.children.clear();
        Self {
            open: String::new(),
            close: String::new(),
            conditions: Vec::new(),
            each: false,
            style,
        }
        .told(root)
    }

    /// With what `element` says of when it is printed.
    fn told(mut self, element: &Element) -> Result<Self, TicketError> {
        if let Some(condition) = element.attribute("data-if") {
            let field = condition.trim_start_matches('!').trim();
            self.conditions.push(Condition {
                field: field.to_owned(),
                filled: !condition.trim().starts_with('!'),
            });
        }
        if let Some(each) = element.attribute("data-each") {
            if each != "stop" {
                return Err(TicketError::UnknownField(format!(
                    "{each} (data-each takes stop)"
                )));
            }
            self.each = true;
        }
        Ok(self)
    }

    fn within(&self, group: &Element) -> Result<Self, TicketError> {
        let mut inner = self.clone().told(group)?;
        group.open(&mut inner.open);
        let mut close = String::new();
        group.close(&mut close);
        inner.close = close + &inner.close;
        inner.style.overlay(group);
        Ok(inner)
    }
}

/// A drawing taken apart.
pub(super) struct Collected<'a> {
    root: &'a Element,
    size_min: f32,
    pub(super) definitions: String,
    pub(super) leaves: Vec<Leaf>,
}

impl<'a> Collected<'a> {
    /// Takes a template apart; `size_min` is the least size of letters in its unit.
    pub(super) fn of(root: &'a Element, size_min: f32) -> Result<Self, TicketError> {
        let mut collected = Self {
            root,
            size_min,
            definitions: String::new(),
            leaves: Vec::new(),
        };
        collected.inside(root, &Around::of(root)?)?;
        Ok(collected)
    }

    fn inside(&mut self, parent: &Element, around: &Around) -> Result<(), TicketError> {
        for child in parent.elements() {
            if DEFINITIONS.contains(&child.name.as_str()) {
                child.write(&mut self.definitions);
            } else if child.name == "g" && child.attribute("data-qr").is_none() {
                self.inside(child, &around.within(child)?)?;
            } else {
                let around = around.clone().told(child)?;
                let body = self.body(child, &around)?;
                self.leaves.push(Leaf {
                    open: around.open,
                    close: around.close,
                    conditions: around.conditions,
                    each: around.each,
                    body,
                    core: Rect::from_xywh(0.0, 0.0, 0.0, 0.0).expect("an empty rectangle is one"),
                    transform: Transform::identity(),
                });
            }
        }
        Ok(())
    }

    fn body(&self, element: &Element, around: &Around) -> Result<Body, TicketError> {
        if let Some(field) = element.attribute("data-qr") {
            let number = |name: &str| element.number(name);
            let (Some(width), Some(height)) = (number("width"), number("height")) else {
                return Err(TicketError::NotSvg("data-qr belongs on a rectangle".into()));
            };
            return Ok(Body::Code {
                field: field.to_owned(),
                x: number("x").unwrap_or(0.0),
                y: number("y").unwrap_or(0.0),
                side: width.min(height),
            });
        }
        let has_fields = element.name == "text" && !fields::names(&element.all_text())?.is_empty();
        let words = has_fields.then(|| self.words(element, around)).flatten();
        Ok(words.map_or_else(
            || Body::Shape(element.clone()),
            |words| Body::Words(Box::new(words)),
        ))
    }

    /// The text as lines of one style; `None` where it has several styles.
    fn words(&self, element: &Element, around: &Around) -> Option<Words> {
        let mut style = around.style.clone();
        style.overlay(element);
        let lines = lines(element)?;
        let (_, first) = lines.first()?;
        style.overlay(first);
        let mut frame = element.clone();
        frame.children.clear();
        frame.overlay(first);
        let size = style.number("font-size")?;
        let inside = self.text_box(&style);
        let (x, y) = match &inside {
            Some([x, y, width]) => {
                let centred = style.attribute("text-align") == Some("center");
                let ended = style.attribute("text-align") == Some("end");
                let (anchor, across) = match (centred, ended) {
                    (true, _) => ("middle", 0.5),
                    (_, true) => ("end", 1.0),
                    _ => ("start", 0.0),
                };
                frame.set("text-anchor", anchor.into());
                (x + across * width, first.number("y").unwrap_or(y + size))
            }
            None => {
                // Inherited, too.
                let anchor = style.attribute("text-anchor").unwrap_or("start").to_owned();
                frame.set("text-anchor", anchor);
                (
                    style.number("x").unwrap_or(0.0),
                    style.number("y").unwrap_or(0.0),
                )
            }
        };
        let down = |(_, line): &(String, Element)| {
            let own = line.number("y").map(|at| at - y);
            own.or(line.number("dy")).map(|down| down / size)
        };
        let line_height = lines.get(1).and_then(down).filter(|height| *height > 0.5);
        for gone in [
            "x",
            "y",
            "dy",
            "dx",
            "font-size",
            "data-fit",
            "data-min",
            "id",
        ] {
            frame.remove(gone);
        }
        let min = element.number("data-min").unwrap_or(size * SHRINKS_TO);
        Some(Words {
            frame,
            lines: lines.into_iter().map(|(words, _)| words).collect(),
            x,
            y,
            size,
            size_min: min.clamp(self.size_min.min(size), size),
            weight: style.attribute("font-weight").unwrap_or("400").to_owned(),
            line_height: line_height.unwrap_or(LINE_HEIGHT),
            room: (1.0, 1.0),
            own_width: element
                .number("data-fit")
                .or(inside.map(|[_, _, width]| width)),
        })
    }

    /// Left, top and width of the box that an editor flows a text in.
    fn text_box(&self, style: &Element) -> Option<[f32; 3]> {
        let inside = style.attribute("shape-inside")?;
        let id = inside.trim().strip_prefix("url(#")?.strip_suffix(')')?;
        let shape = self.root.by_id(id)?;
        Some([
            shape.number("x")?,
            shape.number("y")?,
            shape.number("width")?,
        ])
    }
}

/// The lines of a text, each with its attributes; `None` where they differ in how they look, or
/// where a line is of several parts.
fn lines(element: &Element) -> Option<Vec<(String, Element)>> {
    const LOOKS: [&str; 6] = [
        "font-size",
        "font-weight",
        "font-style",
        "fill",
        "stroke",
        "letter-spacing",
    ];
    let mut own = element.clone();
    own.children.clear();
    let blank = |node: &&Node| matches!(node, Node::Text(text) if text.trim().is_empty());
    let parts: Vec<&Node> = element
        .children
        .iter()
        .filter(|node| !blank(node))
        .collect();
    if parts.iter().all(|part| matches!(part, Node::Text(_))) {
        let words = element
            .all_text()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        return (!words.is_empty()).then(|| vec![(words, own)]);
    }
    let mut all: Vec<(String, Element)> = Vec::new();
    for part in parts {
        let Node::Element(span) = part else {
            return None;
        };
        let below = ["x", "y", "dy"]
            .iter()
            .any(|place| span.attribute(place).is_some());
        if !all.is_empty() && !below {
            return None;
        }
        // An empty line that an editor left behind.
        let Some(inner) = lines(span) else {
            if span.all_text().trim().is_empty() {
                continue;
            }
            return None;
        };
        for (words, inner) in inner {
            let mut line = own.clone();
            line.overlay(&inner);
            all.push((words, line));
        }
    }
    let (_, first) = all.first()?;
    let same = |(_, line): &(String, Element)| {
        LOOKS
            .iter()
            .all(|look| line.attribute(look) == first.attribute(look))
    };
    all.iter().all(same).then(|| all.clone())
}
