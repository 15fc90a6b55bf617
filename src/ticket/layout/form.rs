//! What a template draws, and where: read once, so that a ticket is only filled in.
//!
//! A drawing is a pile of *leaves* (texts, shapes, the code), each with the groups around it. Leaves
//! side by side make a *row*; rows are what moves up and down.

use resvg::usvg::{self, Node as Drawn, Rect, Transform};

use super::fields;
use super::fit::{self, LINE_HEIGHT};
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

/// Height of capitals in Noto Sans, in font sizes.
const CAPITALS: f32 = 0.714;

/// Two leaves are side by side when they share this part of the lower one's height.
const SHARED: f32 = 0.3;

/// A rectangle higher than this part of the page is a frame around all of it.
const BACKGROUND: f32 = 0.5;

/// A template in the drawing's own unit.
#[derive(Debug, Clone)]
pub(super) struct Form {
    /// The outermost element, without what stands in it.
    pub(super) root: Element,
    /// Upper left corner, width and height of the page as drawn.
    pub(super) page: [f32; 4],
    pub(super) definitions: String,
    /// In the order of drawing.
    pub(super) leaves: Vec<Leaf>,
    /// From the top.
    pub(super) rows: Vec<Row>,
}

/// Something drawn that holds together.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// Tags of the groups around it.
    pub(super) open: String,
    pub(super) close: String,
    /// All must hold.
    pub(super) conditions: Vec<Condition>,
    /// Once for each further stop.
    pub(super) each: bool,
    pub(super) body: Body,
    /// On the page, of a text from the baseline to the height of capitals.
    pub(super) core: Rect,
    pub(super) transform: Transform,
}

/// `data-if="field"`, or `data-if="!field"`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    pub(super) field: String,
    pub(super) filled: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    /// A text of one style that names a field.
    Words(Box<Words>),
    /// The visit code, in a square.
    Code {
        field: String,
        x: f32,
        y: f32,
        side: f32,
    },
    /// Anything else.
    Shape(Element),
}

/// A text that is made to fit.
#[derive(Debug, Clone)]
pub(super) struct Words {
    /// The text's attributes but its place and size.
    pub(super) frame: Element,
    pub(super) lines: Vec<String>,
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) size_min: f32,
    pub(super) weight: String,
    /// From baseline to baseline, in font sizes.
    pub(super) line_height: f32,
    /// Room to the left and to the right of `x`; of a centred text both are used equally.
    pub(super) room: (f32, f32),
    /// As the template says it itself.
    pub(super) own_width: Option<f32>,
}

impl Words {
    pub(super) fn width(&self) -> f32 {
        self.own_width.unwrap_or(match self.anchor() {
            "middle" => 2.0 * self.room.0.min(self.room.1),
            "end" => self.room.0,
            _ => self.room.1,
        })
    }

    fn anchor(&self) -> &str {
        self.frame.attribute("text-anchor").unwrap_or("start")
    }
}

/// Leaves side by side.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) top: f32,
    pub(super) bottom: f32,
    pub(super) leaves: Vec<usize>,
    pub(super) each: bool,
}

impl Form {
    /// Reads a template; `size_min` is the least size of letters in its unit.
    pub(super) fn read(
        root: &Element,
        page: [f32; 4],
        size_min: f32,
        margin: f32,
    ) -> Result<Self, TicketError> {
        let mut collected = Collected {
            root,
            size_min,
            definitions: String::new(),
            leaves: Vec::new(),
        };
        collected.inside(root, &Around::of(root)?)?;
        let mut bare = root.clone();
        bare.children.clear();
        let mut form = Self {
            root: bare,
            page,
            definitions: collected.definitions,
            leaves: Vec::new(),
            rows: Vec::new(),
        };
        form.place(collected.leaves)?;
        form.stack();
        form.find_room(margin);
        Ok(form)
    }

    /// The page around `inner`.
    pub(super) fn document(&self, inner: &str) -> String {
        let [x, y, width, height] = self.page;
        let mut root = self.root.clone();
        root.set("xmlns", "http://www.w3.org/2000/svg".into());
        root.set("width", width.to_string());
        root.set("height", height.to_string());
        root.set("viewBox", format!("0 0 {width} {height}"));
        let mut svg = String::new();
        root.open(&mut svg);
        svg.push_str(&self.definitions);
        svg.push_str(&format!("<g transform=\"translate({} {})\">", -x, -y));
        svg.push_str(inner);
        svg.push_str("</g></svg>");
        svg
    }

    /// Finds where the leaves are; what is hidden is left out.
    fn place(&mut self, leaves: Vec<Leaf>) -> Result<(), TicketError> {
        let mut inner = String::new();
        for (at, leaf) in leaves.iter().enumerate() {
            let mut drawn = String::new();
            leaf.sample().write(&mut drawn);
            let (open, close) = (&leaf.open, &leaf.close);
            inner.push_str(&format!("<g id=\"leaf {at}\">{open}{drawn}{close}</g>"));
        }
        let tree = usvg::Tree::from_str(&self.document(&inner), &fit::options())
            .map_err(|error| TicketError::NotSvg(error.to_string()))?;
        for (at, mut leaf) in leaves.into_iter().enumerate() {
            let Some(Drawn::Group(group)) = tree.node_by_id(&format!("leaf {at}")) else {
                continue;
            };
            if let Some((core, transform)) = drawn_core(group) {
                (leaf.core, leaf.transform) = (core, transform);
                self.leaves.push(leaf);
            }
        }
        Ok(())
    }

    /// Gathers the leaves in rows. A frame around the page belongs to none.
    fn stack(&mut self) {
        let high = self.page[3] * BACKGROUND;
        let mut order: Vec<usize> = (0..self.leaves.len())
            .filter(|&leaf| self.leaves[leaf].core.height() < high)
            .collect();
        let top = |leaf: usize| self.leaves[leaf].core.top();
        order.sort_by(|&a, &b| top(a).total_cmp(&top(b)));
        for leaf in order {
            let (core, each) = (self.leaves[leaf].core, self.leaves[leaf].each);
            let beside = self.rows.last_mut().filter(|row| {
                let lower = core.height().min(row.bottom - row.top);
                row.each == each && row.bottom.min(core.bottom()) - core.top() > SHARED * lower
            });
            match beside {
                Some(row) => {
                    row.bottom = row.bottom.max(core.bottom());
                    row.leaves.push(leaf);
                }
                None => self.rows.push(Row {
                    top: core.top(),
                    bottom: core.bottom(),
                    leaves: vec![leaf],
                    each,
                }),
            }
        }
        for row in &mut self.rows {
            row.leaves.sort_unstable();
        }
    }

    /// Words may go as far as the margin, the frame around them, or what stands beside them.
    fn find_room(&mut self, margin: f32) {
        for row in &self.rows {
            for &at in &row.leaves {
                let leaf = &self.leaves[at];
                let Body::Words(words) = &leaf.body else {
                    continue;
                };
                let mut anchor = usvg::tiny_skia_path::Point::from_xy(words.x, words.y);
                leaf.transform.map_point(&mut anchor);
                let (mut left, mut right) = (margin, self.page[2] - margin);
                for &other in row.leaves.iter().filter(|&&other| other != at) {
                    let other = &self.leaves[other];
                    let level = other.core.top() < leaf.core.bottom()
                        && leaf.core.top() < other.core.bottom();
                    if !level || leaf.excludes(other) {
                        continue;
                    }
                    if other.surrounds(leaf, anchor.x) {
                        left = left.max(other.core.left() + margin);
                        right = right.min(other.core.right() - margin);
                    } else if other.core.right() <= anchor.x {
                        left = left.max(other.core.right() + margin);
                    } else if other.core.left() >= anchor.x {
                        right = right.min(other.core.left() - margin);
                    }
                }
                let (scale, _) = leaf.transform.get_scale();
                let room = ((anchor.x - left) / scale, (right - anchor.x) / scale);
                if let Body::Words(words) = &mut self.leaves[at].body {
                    words.room = (room.0.max(1.0), room.1.max(1.0));
                }
            }
        }
    }
}

impl Leaf {
    /// Never on one ticket with `other`.
    fn excludes(&self, other: &Self) -> bool {
        self.conditions.iter().any(|mine| {
            let mut theirs = other.conditions.iter();
            theirs.any(|theirs| mine.field == theirs.field && mine.filled != theirs.filled)
        })
    }

    /// Whether it is a rectangle around the words of `leaf`, which stand at `x`.
    pub(super) fn surrounds(&self, leaf: &Self, x: f32) -> bool {
        matches!(&self.body, Body::Shape(shape) if shape.name == "rect")
            && (self.core.left()..=self.core.right()).contains(&x)
            && self.core.top() <= leaf.core.top()
            && leaf.core.bottom() <= self.core.bottom()
    }

    /// The leaf with letters of one height, and as wide as far as that is known.
    fn sample(&self) -> Element {
        match &self.body {
            Body::Words(words) => {
                words.drawn(words.size, &vec![("H".into(), false); words.lines.len()])
            }
            Body::Code { x, y, side, .. } => {
                let mut square = Element::new("rect");
                square.set("fill", "#000".into());
                for (key, value) in [("x", x), ("y", y), ("width", side), ("height", side)] {
                    square.set(key, value.to_string());
                }
                square
            }
            Body::Shape(shape) => shape.clone(),
        }
    }
}

impl Words {
    /// The text with these lines; `true`: narrowed to the width there is.
    pub(super) fn drawn(&self, size: f32, lines: &[(String, bool)]) -> Element {
        let mut text = self.frame.clone();
        text.set("font-size", size.to_string());
        // One line that got smaller stays in the middle of where it was.
        let up = match lines {
            [_] => (self.size - size) * CAPITALS / 2.0,
            _ => 0.0,
        };
        for (at, (line, narrowed)) in lines.iter().enumerate() {
            let mut span = Element::new("tspan");
            span.set("x", self.x.to_string());
            span.set(
                "y",
                (self.y - up + at as f32 * self.line_height * size).to_string(),
            );
            if *narrowed {
                span.set("textLength", self.width().to_string());
                span.set("lengthAdjust", "spacingAndGlyphs".into());
            }
            span.children.push(Node::Text(line.clone()));
            text.children.push(Node::Element(span));
        }
        text
    }
}

/// Where a group's ink is: of texts without what rises above capitals and falls below the line.
fn drawn_core(group: &usvg::Group) -> Option<(Rect, Transform)> {
    let mut found: Option<(Rect, Transform)> = None;
    for node in group.children() {
        let inner = match node {
            Drawn::Group(inner) => drawn_core(inner),
            Drawn::Text(text) => Some((text_core(text), text.abs_transform())),
            Drawn::Path(path) if path.is_visible() => {
                Some((path.abs_stroke_bounding_box(), path.abs_transform()))
            }
            Drawn::Path(_) | Drawn::Image(_) => None,
        };
        found = match (found, inner) {
            (Some((a, transform)), Some((b, _))) => Some((union(a, b), transform)),
            (a, b) => a.or(b),
        };
    }
    found
}

fn union(a: Rect, b: Rect) -> Rect {
    Rect::from_ltrb(
        a.left().min(b.left()),
        a.top().min(b.top()),
        a.right().max(b.right()),
        a.bottom().max(b.bottom()),
    )
    .unwrap_or(a)
}

/// From the first line's height of capitals to the last line's baseline.
fn text_core(text: &usvg::Text) -> Rect {
    let ink = text.flattened().abs_bounding_box();
    let (_, scale) = text.abs_transform().get_scale();
    let (mut top, mut bottom) = (f32::MAX, f32::MIN);
    for chunk in text.chunks() {
        let size = chunk
            .spans()
            .iter()
            .map(|span| span.font_size().get())
            .fold(0.0, f32::max);
        // Lines that are only said to be below others.
        let Some(y) = chunk.y() else { return ink };
        let mut at = usvg::tiny_skia_path::Point::from_xy(0.0, y);
        text.abs_transform().map_point(&mut at);
        top = top.min(at.y - CAPITALS * size * scale);
        bottom = bottom.max(at.y);
    }
    Rect::from_ltrb(ink.left(), top, ink.right(), bottom).unwrap_or(ink)
}

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

struct Collected<'a> {
    root: &'a Element,
    size_min: f32,
    definitions: String,
    leaves: Vec<Leaf>,
}

impl Collected<'_> {
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
