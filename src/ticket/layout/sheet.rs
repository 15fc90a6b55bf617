//! A template as a tree that can be written out again, and nothing in it that reaches outside.

use std::fmt::Write as _;

use resvg::usvg::roxmltree::{self, Document};

use crate::ticket::TicketError;

/// Namespace of every element that counts; an editor's own elements are dropped.
const SVG: &str = "http://www.w3.org/2000/svg";

/// What fetches, runs or restyles, with the way out. The layout reads attributes and `style`, and
/// shows no pictures.
const FORBIDDEN: [(&str, &str); 9] = [
    (
        "image",
        "a picture; trace it to shapes (Path > Trace Bitmap) and delete the picture",
    ),
    ("feImage", "a picture in a filter; remove the filter"),
    ("foreignObject", "HTML; write it as text"),
    ("script", "a script; delete it"),
    (
        "style",
        "a style sheet; set font and colour on the objects themselves",
    ),
    ("a", "a link; remove it, its text may stay"),
    (
        "flowRoot",
        "flowed text of an old Inkscape; choose Text > Convert to Text",
    ),
    ("textPath", "text on a path; choose Text > Remove from Path"),
    ("switch", "a choice by language; ungroup it"),
];

/// Says nothing that could be printed.
const SILENT: [&str; 3] = ["title", "desc", "metadata"];

/// An element with its attributes. What stands in its `style` is among them.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
}

/// What stands inside an element.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            attributes: Vec::new(),
            children: Vec::new(),
        }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(key, _)| key == name)?;
        Some(value)
    }

    /// A length in the drawing's own unit; `None` where it is absent or has another unit.
    pub(super) fn number(&self, name: &str) -> Option<f32> {
        let value = self.attribute(name)?.trim();
        let value = value.strip_suffix("px").unwrap_or(value);
        // A list, as editors write for the letters of a text, begins with the first.
        value.split([' ', ',']).next()?.parse().ok()
    }

    pub(super) fn set(&mut self, name: &str, value: String) {
        self.attributes.retain(|(key, _)| key != name);
        self.attributes.push((name.to_owned(), value));
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.attributes.retain(|(key, _)| key != name);
    }

    /// What `inner` says of itself goes before what this element says.
    pub(super) fn overlay(&mut self, inner: &Self) {
        for (key, value) in &inner.attributes {
            self.set(key, value.clone());
        }
    }

    /// The texts of the element and of all in it, in one.
    pub(super) fn all_text(&self) -> String {
        let mut all = String::new();
        for child in &self.children {
            match child {
                Node::Text(text) => all.push_str(text),
                Node::Element(inner) => all.push_str(&inner.all_text()),
            }
        }
        all
    }

    /// The same with every text replaced.
    pub(super) fn with_text(
        &self,
        change: &impl Fn(&str) -> Result<String, TicketError>,
    ) -> Result<Self, TicketError> {
        let mut changed = self.clone();
        for child in &mut changed.children {
            *child = match &*child {
                Node::Text(text) => Node::Text(change(text)?),
                Node::Element(inner) => Node::Element(inner.with_text(change)?),
            };
        }
        Ok(changed)
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first element with this id, this one included.
    pub(super) fn by_id(&self, id: &str) -> Option<&Self> {
        if self.attribute("id") == Some(id) {
            return Some(self);
        }
        self.elements().find_map(|inner| inner.by_id(id))
    }

    /// `<name a="b">`, without the layout's own `data-` attributes.
    pub(super) fn open(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        let kept = |key: &str| !key.starts_with("data-");
        for (key, value) in self.attributes.iter().filter(|(key, _)| kept(key)) {
            write!(out, " {key}=\"{}\"", escape(value)).expect("a String takes all");
        }
        out.push('>');
    }

    pub(super) fn close(&self, out: &mut String) {
        write!(out, "</{}>", self.name).expect("a String takes all");
    }

    /// The whole element.
    pub(super) fn write(&self, out: &mut String) {
        self.open(out);
        for child in &self.children {
            match child {
                Node::Text(text) => out.push_str(&escape(text)),
                Node::Element(inner) => inner.write(out),
            }
        }
        self.close(out);
    }
}

/// Text as XML; what XML cannot carry becomes a space.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            other if other.is_control() || matches!(other, '\u{FFFE}' | '\u{FFFF}') => {
                escaped.push(' ');
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// Reads a template.
pub(super) fn parse(svg: &str) -> Result<Element, TicketError> {
    // Without a document type there are no entities, so none that grow or read files.
    let document = Document::parse(svg).map_err(|error| {
        if matches!(error, roxmltree::Error::DtdDetected) {
            TicketError::Forbidden("a document type (<!DOCTYPE>); delete that line".into())
        } else {
            TicketError::NotSvg(error.to_string())
        }
    })?;
    if let Some(told) = document.root().children().find_map(|node| node.pi()) {
        let target = told.target;
        return Err(TicketError::Forbidden(format!("<?{target}?>; delete it")));
    }
    let root = document.root_element();
    if root.tag_name().name() != "svg" || root.tag_name().namespace() != Some(SVG) {
        return Err(TicketError::NotSvg("the root is not <svg>".into()));
    }
    element(root)
}

fn element(node: roxmltree::Node<'_, '_>) -> Result<Element, TicketError> {
    let name = node.tag_name().name();
    if let Some((_, what)) = FORBIDDEN.iter().find(|(forbidden, _)| *forbidden == name) {
        return Err(TicketError::Forbidden(format!("<{name}>, {what}")));
    }
    let mut found = Element {
        name: name.to_owned(),
        attributes: attributes(node)?,
        children: Vec::new(),
    };
    for child in node.children() {
        let name = child.tag_name().name();
        if child.is_element() && child.tag_name().namespace() == Some(SVG) {
            if !SILENT.contains(&name) {
                found.children.push(Node::Element(element(child)?));
            }
        } else if let (true, Some(text)) = (child.is_text(), child.text()) {
            found.children.push(Node::Text(text.to_owned()));
        }
    }
    Ok(found)
}

fn attributes(node: roxmltree::Node<'_, '_>) -> Result<Vec<(String, String)>, TicketError> {
    let mut kept = Vec::new();
    for attribute in node.attributes() {
        let (key, value) = (attribute.name(), attribute.value());
        let outside = (key == "href" && !value.starts_with('#'))
            || value
                .split("url(")
                .skip(1)
                .any(|rest| !rest.trim_start_matches(['"', '\'', ' ']).starts_with('#'));
        let runs = key.len() > 2 && key.starts_with("on");
        // Besides SVG's own attributes only the link is known; an editor's are dropped.
        let own = attribute.namespace().is_none() || key == "href";
        if own && (outside || runs) {
            let what = if runs {
                "a script"
            } else {
                "a file or address"
            };
            return Err(TicketError::Forbidden(format!(
                "{what}: {key}=\"{value}\" of <{}>; delete the attribute",
                node.tag_name().name()
            )));
        }
        if own && key != "style" {
            kept.push((key.to_owned(), value.to_owned()));
        }
    }
    for (key, value) in node.attribute("style").into_iter().flat_map(declarations) {
        kept.retain(|(known, _)| *known != key);
        kept.push((key, value));
    }
    Ok(kept)
}

/// `font-size:32px;fill:#000` as attributes; an editor's own properties (`-inkscape-…`) are dropped.
fn declarations(style: &str) -> impl Iterator<Item = (String, String)> {
    style.split(';').filter_map(|declaration| {
        let (key, value) = declaration.split_once(':')?;
        let (key, value) = (key.trim(), value.trim().trim_end_matches("!important"));
        let named = key.starts_with(|c: char| c.is_ascii_alphabetic())
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        named.then(|| (key.to_owned(), value.trim().to_owned()))
    })
}
