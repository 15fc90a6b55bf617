//! Fills a template and stacks its blocks: a page as high as what stands on it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::fit::{Fitted, SIZE_MIN, fit};
use super::qr;
use super::sheet::{Element, Node, escape};
use crate::ticket::TicketError;

/// The words of a ticket by field name: every field there is, empty where it is not for this ticket.
pub(in crate::ticket) type Fields = BTreeMap<&'static str, String>;

/// Room that a QR takes below itself, for its quiet zone.
const BELOW_CODE: f32 = 24.0;

const WRITES: &str = "a String takes all that is written to it";

/// What a text inherits, as far as its width depends on it.
#[derive(Clone, Copy)]
struct Style<'a> {
    weight: &'a str,
    size: Option<f32>,
}

impl<'a> Style<'a> {
    fn within(self, element: &'a Element) -> Self {
        Self {
            weight: element.attribute("font-weight").unwrap_or(self.weight),
            size: element.number("font-size").or(self.size),
        }
    }
}

/// An element written out, and the height that it takes in the stack of its parent.
struct Placed {
    markup: String,
    height: f32,
}

/// The filled SVG, and the height of its page.
pub(super) fn fill(root: &Element, fields: &Fields) -> Result<(String, u32), TicketError> {
    let style = Style {
        weight: "400",
        size: None,
    };
    let inside = inside(root, fields, style.within(root))?;
    let height = inside.height.ceil().max(1.0);
    let width = root.attribute("width").unwrap_or_default();
    let page = [
        ("height", height.to_string()),
        ("viewBox", format!("0 0 {width} {height}")),
    ];
    let mut svg = String::new();
    root.open(&mut svg, &page);
    write!(svg, ">{}</svg>", inside.markup).expect(WRITES);
    Ok((svg, height as u32))
}

/// What stands inside `parent`: its blocks stacked, the rest where the template has it.
fn inside(parent: &Element, fields: &Fields, style: Style<'_>) -> Result<Placed, TicketError> {
    let extra = extra_height(parent, fields, style)?;
    let mut markup = String::new();
    let mut stacked = 0.0_f32;
    let mut tallest = parent.number("data-height").unwrap_or(0.0) + extra;
    for child in &parent.children {
        let child = match child {
            Node::Text(text) => {
                markup.push_str(&escape(&filled(text, fields)?));
                continue;
            }
            Node::Element(child) if is_shown(child, fields)? => child,
            Node::Element(_) => continue,
        };
        let placed = element(child, fields, style, extra)?;
        if child.attribute("data-height").is_some() {
            let block = format!(
                "<g transform=\"translate(0 {stacked})\">{}</g>",
                placed.markup
            );
            markup.push_str(&block);
            stacked += placed.height;
        } else {
            markup.push_str(&placed.markup);
            tallest = tallest.max(placed.height);
        }
    }
    Ok(Placed {
        markup,
        height: stacked.max(tallest),
    })
}

fn element(
    element: &Element,
    fields: &Fields,
    outer: Style<'_>,
    extra: f32,
) -> Result<Placed, TicketError> {
    let style = outer.within(element);
    if let Some(width) = element.number("data-fit") {
        return text(element, &fit_text(element, fields, style, width)?, width);
    }
    if let Some(field) = element.attribute("data-qr") {
        return code(element, known(field, fields)?);
    }
    let inside = inside(element, fields, style)?;
    let grown = match element.number("height") {
        Some(height) if element.attribute("data-grow").is_some() => {
            vec![("height", (height + extra).to_string())]
        }
        Some(_) | None => Vec::new(),
    };
    let mut markup = String::new();
    element.open(&mut markup, &grown);
    write!(markup, ">{}</{}>", inside.markup, element.name).expect(WRITES);
    Ok(Placed {
        markup,
        height: inside.height,
    })
}

/// The most that a wrapped text directly inside `block` adds to its height.
fn extra_height(block: &Element, fields: &Fields, style: Style<'_>) -> Result<f32, TicketError> {
    let mut extra = 0.0_f32;
    for child in block.elements() {
        if let Some(width) = child.number("data-fit")
            && is_shown(child, fields)?
        {
            let fitted = fit_text(child, fields, style.within(child), width)?;
            extra = extra.max(fitted.extra_height());
        }
    }
    Ok(extra)
}

fn fit_text(
    element: &Element,
    fields: &Fields,
    style: Style<'_>,
    width: f32,
) -> Result<Fitted, TicketError> {
    let needs = |what: &str| TicketError::NotSvg(format!("data-fit needs {what}"));
    let words = element
        .plain_text()
        .ok_or_else(|| needs("a <text> with nothing but text in it"))?;
    let size = style
        .size
        .ok_or_else(|| needs("a font-size attribute without a unit"))?
        .max(SIZE_MIN);
    let size_min = element.number("data-min").unwrap_or(SIZE_MIN);
    Ok(fit(
        &filled(&words, fields)?,
        style.weight,
        size,
        size_min.clamp(SIZE_MIN, size),
        width,
    ))
}

fn text(element: &Element, fitted: &Fitted, width: f32) -> Result<Placed, TicketError> {
    let mut markup = String::new();
    element.open(&mut markup, &[("font-size", fitted.size.to_string())]);
    markup.push('>');
    let x = element.attribute("x").unwrap_or("0");
    for (row, (line, narrowed)) in fitted.lines.iter().enumerate() {
        let down = if row == 0 { 0.0 } else { fitted.line_height() };
        let squeeze = if *narrowed {
            format!(" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\"")
        } else {
            String::new()
        };
        let line = escape(line);
        write!(
            markup,
            "<tspan x=\"{x}\" dy=\"{down}\"{squeeze}>{line}</tspan>"
        )
        .expect(WRITES);
    }
    markup.push_str("</text>");
    Ok(Placed {
        markup,
        height: 0.0,
    })
}

fn code(element: &Element, text: &str) -> Result<Placed, TicketError> {
    let dots = element.number("data-dots").unwrap_or(6.0);
    let side = element.number("data-side").unwrap_or(0.0);
    let (path, side) = qr::path(text, dots as u32, side as u32)?;
    let mut markup = String::new();
    element.open(&mut markup, &[]);
    write!(markup, ">{path}</{}>", element.name).expect(WRITES);
    Ok(Placed {
        markup,
        height: side as f32 + BELOW_CODE,
    })
}

/// `data-if="field"`: only where the field has words; `data-if="!field"`: only where it has none.
fn is_shown(element: &Element, fields: &Fields) -> Result<bool, TicketError> {
    let Some(condition) = element.attribute("data-if") else {
        return Ok(true);
    };
    Ok(match condition.strip_prefix('!') {
        Some(field) => known(field, fields)?.is_empty(),
        None => !known(condition, fields)?.is_empty(),
    })
}

/// `text` with its `{{field}}` filled in.
fn filled(text: &str, fields: &Fields) -> Result<String, TicketError> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (field, after) = after
            .split_once("}}")
            .ok_or_else(|| TicketError::UnknownField(after.to_owned()))?;
        whole.push_str(before);
        whole.push_str(known(field.trim(), fields)?);
        rest = after;
    }
    whole.push_str(rest);
    Ok(whole)
}

fn known<'a>(field: &str, fields: &'a Fields) -> Result<&'a str, TicketError> {
    let words = fields.get(field).map(String::as_str);
    words.ok_or_else(|| TicketError::UnknownField(field.to_owned()))
}
