//! What a template draws, and where: read once, so that a ticket is only filled in.
//!
//! A drawing is a pile of *leaves* (texts, shapes, the code), each with the groups around it. Leaves
//! side by side make a *row*; rows are what moves up and down.

use resvg::usvg::{self, Node as Drawn, Rect, Transform};

use super::collected::Collected;
use super::fit;
use super::sheet::{Element, Node};
use crate::ticket::TicketError;

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
        let collected = Collected::of(root, size_min)?;
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
