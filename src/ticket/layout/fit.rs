//! How wide words are, and how they are made to fit: smaller, then on several lines, then narrower.

use std::sync::{Arc, OnceLock};

use resvg::usvg::{self, fontdb};

use super::sheet::escape;
use crate::words::fonts;

/// From line to line, in font sizes: capitals with two marks and letters with a tail need it.
pub(super) const LINE_HEIGHT: f32 = 1.32;

/// Font size at which words are measured; widths grow in proportion.
const MEASURED_AT: f32 = 100.0;

/// Words as they will stand.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    /// Font size.
    pub(super) size: f32,
    /// The lines; `true`: this one is still too wide and must be narrowed.
    pub(super) lines: Vec<(String, bool)>,
}

/// Fits `lines` into `width`: at `size` if possible, else smaller down to `size_min`, else wrapped
/// there. A single word that is too wide even so is marked to be narrowed.
pub(super) fn fit(lines: &[String], weight: &str, size: f32, size_min: f32, width: f32) -> Fitted {
    let texts: Vec<&str> = lines.iter().map(String::as_str).collect();
    let widest = widths_at_one(&texts, weight)
        .into_iter()
        .fold(0.0, f32::max);
    if widest * size_min <= width {
        let size = if widest * size > width {
            width / widest
        } else {
            size
        };
        let whole = lines.iter().map(|line| (line.clone(), false));
        return Fitted {
            size: size.max(size_min),
            lines: whole.collect(),
        };
    }
    let limit = width / size_min;
    let wrapped = texts.iter().flat_map(|line| {
        let (words, space) = words_at_one(line, weight);
        balanced(&words, space, limit)
    });
    Fitted {
        size: size_min,
        lines: wrapped.map(|(line, used)| (line, used > limit)).collect(),
    }
}

/// As few lines as `widest` allows: broken after commas where that needs no more of them, else about
/// equally long, so that no word stands alone below.
fn balanced(words: &[(&str, f32)], space: f32, widest: f32) -> Vec<(String, f32)> {
    const STEP: f32 = 0.97;
    let mut best = wrap(words, space, widest);
    let phrases = phrases(words, space);
    let phrases: Vec<_> = phrases
        .iter()
        .map(|(text, width)| (&**text, *width))
        .collect();
    let by_phrase = wrap(&phrases, space, widest);
    if by_phrase.len() == best.len() && by_phrase.iter().all(|(_, used)| *used <= widest) {
        return by_phrase;
    }
    let mut narrower = widest * STEP;
    while narrower > widest / 2.0 {
        let lines = wrap(words, space, narrower);
        if lines.len() > best.len() {
            break;
        }
        best = lines;
        narrower *= STEP;
    }
    best
}

/// What ends with a comma, as one word each.
fn phrases(words: &[(&str, f32)], space: f32) -> Vec<(String, f32)> {
    let ends = |(word, _): &(&str, f32)| word.ends_with(',');
    let phrase = |words: &[(&str, f32)]| {
        let texts: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let widths: f32 = words.iter().map(|(_, width)| width + space).sum();
        (texts.join(" "), widths - space)
    };
    words.split_inclusive(ends).map(phrase).collect()
}

/// Lines with their widths; only a single word may be wider than `widest`.
fn wrap(words: &[(&str, f32)], space: f32, widest: f32) -> Vec<(String, f32)> {
    let mut lines: Vec<(String, f32)> = Vec::new();
    for &(word, width) in words {
        match lines.last_mut() {
            Some((line, used)) if *used + space + width <= widest => {
                line.push(' ');
                line.push_str(word);
                *used += space + width;
            }
            Some(_) | None => lines.push((word.to_owned(), width)),
        }
    }
    lines
}

/// The words of `line` with their widths, and the width of a space, at font size 1.
fn words_at_one<'a>(line: &'a str, weight: &str) -> (Vec<(&'a str, f32)>, f32) {
    let words: Vec<&str> = line.split_whitespace().collect();
    // One text is shaped in a fraction of the time of many.
    if let Some((widths, space)) = placed_words(&words, weight) {
        return (words.into_iter().zip(widths).collect(), space);
    }
    let mut measured = words.clone();
    measured.extend(["n n", "nn"]);
    let mut widths = widths_at_one(&measured, weight);
    let (without, with) = (widths.pop(), widths.pop());
    let space = with.unwrap_or(0.0) - without.unwrap_or(0.0);
    (words.into_iter().zip(widths).collect(), space)
}

/// The same by where the letters stand in the whole line; `None` where its words cannot be told
/// apart there, as in scripts that join or turn them.
fn placed_words(words: &[&str], weight: &str) -> Option<(Vec<f32>, f32)> {
    let line = format!("{} n", words.join(" "));
    let svg = measured(&[&line], weight);
    let tree = usvg::Tree::from_str(&svg, &options()).ok()?;
    let usvg::Node::Group(group) = tree.node_by_id("0")? else {
        return None;
    };
    let Some(usvg::Node::Text(text)) = group.children().first() else {
        return None;
    };
    let glyphs = text
        .layouted()
        .iter()
        .flat_map(|span| &span.positioned_glyphs);
    let places = glyphs.map(|glyph| (glyph.text == " ", glyph.transform().tx / MEASURED_AT));
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    let mut after_space = true;
    for (is_space, x) in places {
        match (is_space, after_space) {
            (true, _) => ends.push(x),
            (false, true) => starts.push(x),
            (false, false) => {}
        }
        after_space = is_space;
    }
    let told_apart = starts.len() == words.len() + 1 && ends.len() == words.len();
    let space = starts.last()? - ends.last()?;
    let widths: Vec<f32> = starts
        .iter()
        .zip(&ends)
        .map(|(start, end)| end - start)
        .collect();
    (told_apart && space > 0.0 && widths.iter().all(|width| *width > 0.0))
        .then_some((widths, space))
}

/// The widths of `texts` at font size 1.
fn widths_at_one(texts: &[&str], weight: &str) -> Vec<f32> {
    let tree = usvg::Tree::from_str(&measured(texts, weight), &options());
    let width = |at: usize| {
        let node = tree.as_ref().ok()?.node_by_id(&at.to_string())?;
        Some(node.bounding_box().width() / MEASURED_AT)
    };
    (0..texts.len())
        .map(|at| width(at).unwrap_or(0.0))
        .collect()
}

/// A drawing of `texts`, each in a group whose id is its place in the list.
fn measured(texts: &[&str], weight: &str) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\" font-size=\"{MEASURED_AT}\" font-weight=\"{}\">",
        escape(weight)
    );
    for (at, text) in texts.iter().enumerate() {
        svg.push_str(&format!("<g id=\"{at}\"><text>{}</text></g>", escape(text)));
    }
    svg.push_str("</svg>");
    svg
}

/// How our SVG is read: our two faces for every family, no other fonts, no pictures.
pub(super) fn options() -> usvg::Options<'static> {
    usvg::Options {
        font_family: fonts::FAMILY.to_owned(),
        fontdb: faces(),
        image_href_resolver: usvg::ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..usvg::Options::default()
    }
}

fn faces() -> Arc<fontdb::Database> {
    static FACES: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    Arc::clone(FACES.get_or_init(|| {
        let mut faces = fontdb::Database::new();
        for face in [fonts::REGULAR, fonts::BOLD] {
            faces.load_font_source(fontdb::Source::Binary(Arc::new(face)));
        }
        faces.set_serif_family(fonts::FAMILY);
        faces.set_sans_serif_family(fonts::FAMILY);
        faces.set_monospace_family(fonts::FAMILY);
        Arc::new(faces)
    }))
}

#[cfg(test)]
mod tests {
    use super::{Fitted, fit, placed_words, widths_at_one};

    fn check(text: &str, width: f32, expected_lines: usize) -> Fitted {
        let fitted = fit(&[text.to_owned()], "400", 40.0, 24.0, width);
        assert_eq!(fitted.lines.len(), expected_lines, "{fitted:?}");
        for (line, narrowed) in &fitted.lines {
            let used = widths_at_one(&[line], "400")[0] * fitted.size;
            assert_eq!(*narrowed, used > width + 0.1, "{line}: {used}");
        }
        fitted
    }

    #[test]
    fn words_shrink_first_then_wrap_and_only_a_single_word_is_narrowed() {
        let long = "Khám Phục hồi chức năng và Vật lý trị liệu";
        assert_eq!(check("Nội", 300.0, 1).size, 40.0);
        let shrunk = check(long, 600.0, 1).size;
        assert!((24.0..40.0).contains(&shrunk), "{shrunk}");
        assert_eq!(check(long, 300.0, 2).size, 24.0);
        assert_eq!(
            check("Nghiêng", 30.0, 1).lines,
            [("Nghiêng".to_owned(), true)]
        );
        check("", 30.0, 1);
    }

    #[test]
    fn a_line_breaks_after_a_comma_where_that_needs_no_more_lines() {
        let fitted = check("Phòng khám số 12, tầng 3", 260.0, 2);
        let lines: Vec<_> = fitted.lines.iter().map(|(line, _)| &**line).collect();
        assert_eq!(lines, ["Phòng khám số 12,", "tầng 3"]);
        check("Phòng, khám số mười hai, tầng 3", 200.0, 2);
    }

    #[test]
    fn words_are_as_wide_in_their_line_as_alone() {
        let line = "Phòng khám số 1234, tầng trệt, Khu nhà B12 (đối diện)";
        let words: Vec<&str> = line.split_whitespace().collect();
        let (widths, space) = placed_words(&words, "700").expect("told apart");
        assert!((0.2..0.35).contains(&space), "{space}");
        for (alone, placed) in widths_at_one(&words, "700").iter().zip(&widths) {
            // A word's last letter may stand closer to what follows.
            assert!((alone - placed).abs() < 0.05, "{alone} {placed}");
        }
    }

    #[test]
    fn every_vietnamese_letter_has_a_shape_and_figures_are_equally_wide() {
        let figures: Vec<String> = ('0'..='9').map(String::from).collect();
        let figures: Vec<&str> = figures.iter().map(String::as_str).collect();
        let widths = widths_at_one(&figures, "700");
        assert!(
            widths.iter().all(|w| (w - widths[0]).abs() < 0.001),
            "{widths:?}"
        );
        for letter in "ĂÂĐÊÔƠƯẶẴẪỘỢỮỶỸăâđêôơưặẵẫộợữỷỹ–·₫№".chars()
        {
            let width = widths_at_one(&[&letter.to_string()], "400")[0];
            assert!(width > 0.2, "{letter}: {width}");
        }
    }
}
