//! A template as a tree that can be written out again, and nothing in it that reaches outside.

use std::fmt::Write as _;

use resvg::usvg::roxmltree::{self, Document};

use crate::ticket::TicketError;

/// Namespace of every element that counts; an editor's own elements are dropped.
const SVG: &str = "http://www.w3.org/2000/svg";

/// Elements that fetch, run or restyle: the layout reads attributes only, and shows no pictures.
const FORBIDDEN: [&str; 6] = ["image", "feImage", "foreignObject", "script", "style", "a"];

/// An element with its attributes, as the template has them.
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
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(key, _)| key == name)?;
        Some(value)
    }

    /// A length without a unit; `None` where it is absent or something else.
    pub(super) fn number(&self, name: &str) -> Option<f32> {
        self.attribute(name)?.trim().parse().ok()
    }

    /// The text inside, where there is nothing but text.
    pub(super) fn plain_text(&self) -> Option<String> {
        let mut all = String::new();
        for child in &self.children {
            match child {
                Node::Text(text) => all.push_str(text),
                Node::Element(_) => return None,
            }
        }
        Some(all.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// `<name a="b"`, without the layout's own `data-` attributes and without its end; `changed`
    /// stands in for attributes of the same name.
    pub(super) fn open(&self, out: &mut String, changed: &[(&str, String)]) {
        out.push('<');
        out.push_str(&self.name);
        let kept = self.attributes.iter().filter(|(key, _)| {
            !key.starts_with("data-") && changed.iter().all(|(changed, _)| changed != key)
        });
        for (key, value) in kept {
            attribute(out, key, value);
        }
        for (key, value) in changed {
            attribute(out, key, value);
        }
    }
}

fn attribute(out: &mut String, key: &str, value: &str) {
    write!(out, " {key}=\"{}\"", escape(value)).expect("a String takes all");
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
    let document = Document::parse(svg).map_err(|e| TicketError::NotSvg(e.to_string()))?;
    let root = document.root_element();
    if root.tag_name().name() != "svg" || root.tag_name().namespace() != Some(SVG) {
        return Err(TicketError::NotSvg("the root is not <svg>".into()));
    }
    element(root)
}

fn element(node: roxmltree::Node<'_, '_>) -> Result<Element, TicketError> {
    let name = node.tag_name().name();
    if FORBIDDEN.contains(&name) {
        return Err(TicketError::Forbidden(format!("<{name}>")));
    }
    let mut attributes = Vec::new();
    if node.parent().is_some_and(|parent| parent.is_root()) {
        attributes.push(("xmlns".to_owned(), SVG.to_owned()));
    }
    for attribute in node.attributes() {
        let (key, value) = (attribute.name(), attribute.value());
        let leaves = (key == "href" && !value.starts_with('#'))
            || value
                .split("url(")
                .skip(1)
                .any(|rest| !rest.trim_start_matches(['"', '\'', ' ']).starts_with('#'));
        if leaves {
            return Err(TicketError::Forbidden(format!("{key}=\"{value}\"")));
        }
        // Besides SVG's own attributes only the link is known; an editor's are dropped.
        if attribute.namespace().is_none() || key == "href" {
            attributes.push((key.to_owned(), value.to_owned()));
        }
    }
    let mut children = Vec::new();
    for child in node.children() {
        if child.is_element() && child.tag_name().namespace() == Some(SVG) {
            children.push(Node::Element(element(child)?));
        } else if let (true, Some(text)) = (child.is_text(), child.text()) {
            children.push(Node::Text(text.to_owned()));
        }
    }
    Ok(Element {
        name: name.to_owned(),
        attributes,
        children,
    })
}
