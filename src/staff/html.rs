//! HTML that cannot be injected into: there is no way to turn a string into markup. Names of tags
//! and attributes are literals of the code; everything else is text, and escaped.
//!
//! What is written is both HTML and well-formed XML, so that tests can read it with a real parser.

/// An element under construction.
pub(super) struct Element {
    name: &'static str,
    attributes: String,
    content: String,
}

/// A new, empty element.
pub(super) fn tag(name: &'static str) -> Element {
    Element {
        name,
        attributes: String::new(),
        content: String::new(),
    }
}

/// Elements that HTML knows without content: they end where they begin.
const VOID: [&str; 4] = ["br", "input", "link", "meta"];

impl Element {
    /// Adds an attribute.
    pub fn attr(mut self, name: &'static str, value: &str) -> Self {
        self.attributes.push(' ');
        self.attributes.push_str(name);
        self.attributes.push_str("=\"");
        escape_into(&mut self.attributes, value);
        self.attributes.push('"');
        self
    }

    /// Adds the attribute `class`.
    pub fn class(self, value: &str) -> Self {
        self.attr("class", value)
    }

    /// Adds text.
    pub fn text(mut self, text: &str) -> Self {
        escape_into(&mut self.content, text);
        self
    }

    /// Adds an element.
    pub fn child(mut self, child: Self) -> Self {
        child.write_into(&mut self.content);
        self
    }

    /// Adds elements: a list, or an `Option`.
    pub fn children(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::child)
    }

    /// The markup of this element.
    pub fn markup(self) -> String {
        let mut out = String::new();
        self.write_into(&mut out);
        out
    }

    /// A whole document with this root element.
    pub fn document(self) -> String {
        format!("<!DOCTYPE html>\n{}\n", self.markup())
    }

    fn write_into(self, out: &mut String) {
        out.push('<');
        out.push_str(self.name);
        out.push_str(&self.attributes);
        if VOID.contains(&self.name) {
            debug_assert!(self.content.is_empty(), "{} holds nothing", self.name);
            out.push_str("/>");
            return;
        }
        out.push('>');
        out.push_str(&self.content);
        out.push_str("</");
        out.push_str(self.name);
        out.push('>');
    }
}

fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // A control character is no legal character of a document, and the feed ends its
            // lines with some of them.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn text_and_attributes_are_escaped_and_come_back_unchanged() {
        let nasty = r#"</p><script>alert('1')</script>&amp;"ễ"#;
        let markup = tag("p").attr("title", nasty).text(nasty).markup();
        assert!(!markup.contains("<script"));
        let parsed = resvg::usvg::roxmltree::Document::parse(&markup).unwrap();
        assert_eq!(parsed.root_element().attribute("title"), Some(nasty));
        assert_eq!(parsed.root_element().text(), Some(nasty));
    }

    #[test]
    fn control_characters_become_spaces_and_void_elements_end_at_once() {
        let markup = tag("p")
            .text("a\r\n\u{0}b")
            .child(tag("input").attr("name", "x"))
            .markup();
        assert_eq!(markup, r#"<p>a   b<input name="x"/></p>"#);
    }
}
