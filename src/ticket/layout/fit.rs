//! How wide words are, and how they are made to fit: smaller, then on several lines, then narrower.

use std::sync::{Arc, OnceLock};

use resvg::usvg::{self, fontdb};

use super::sheet::escape;
use crate::words::fonts;

/// Nothing on paper is smaller: 20 dots are 2.5 mm at 203 dpi, the least that is read without fail.
pub(super) const SIZE_MIN: f32 = 20.0;

/// From line to line, in font sizes: capitals with two marks and letters with a tail need it.
const LINE_HEIGHT: f32 = 1.32;

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

impl Fitted {
    /// From baseline to baseline.
    pub(super) fn line_height(&self) -> f32 {
        (self.size * LINE_HEIGHT).round()
    }

    /// What the lines after the first add to the height.
    pub(super) fn extra_height(&self) -> f32 {
        self.line_height() * self.lines.len().saturating_sub(1) as f32
    }
}

/// Fits `text` into `width`: at `size` if possible, else smaller down to `size_min`, else wrapped
/// there. A single word that is too wide even so is marked to be narrowed.
pub(super) fn fit(text: &str, weight: &str, size: f32, size_min: f32, width: f32) -> Fitted {
    let whole = width_at_one(text, weight);
    if whole * size_min <= width {
        let size = if whole * size > width {
            width / whole
        } else {
            size
        };
        return Fitted {
            size: size.max(size_min),
            lines: vec![(text.to_owned(), false)],
        };
    }
    let words: Vec<(&str, f32)> = text
        .split_whitespace()
        .map(|word| (word, width_at_one(word, weight)))
        .collect();
    let space = width_at_one("n n", weight) - width_at_one("nn", weight);
    let widest = width / size_min;
    let lines = balanced(&words, space, widest);
    Fitted {
        size: size_min,
        lines: lines
            .into_iter()
            .map(|(line, used)| (line, used > widest))
            .collect(),
    }
}

/// As few lines as `widest` allows, and those about equally long: no word stands alone below.
fn balanced(words: &[(&str, f32)], space: f32, widest: f32) -> Vec<(String, f32)> {
    const STEP: f32 = 0.97;
    let mut best = wrap(words, space, widest);
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

/// The width of `text` at font size 1.
fn width_at_one(text: &str, weight: &str) -> f32 {
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><text font-size=\"{MEASURED_AT}\" font-weight=\"{}\">{}</text></svg>",
        escape(weight),
        escape(text),
    );
    let width = usvg::Tree::from_str(&svg, &options()).map_or(0.0, |tree| {
        tree.root()
            .children()
            .first()
            .map_or(0.0, |node| node.bounding_box().width())
    });
    width / MEASURED_AT
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
    use super::{Fitted, fit, width_at_one};

    fn check(text: &str, width: f32, expected_lines: usize) -> Fitted {
        let fitted = fit(text, "400", 40.0, 24.0, width);
        assert_eq!(fitted.lines.len(), expected_lines, "{fitted:?}");
        for (line, narrowed) in &fitted.lines {
            let used = width_at_one(line, "400") * fitted.size;
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
    fn every_vietnamese_letter_has_a_shape_and_figures_are_equally_wide() {
        let figures: Vec<f32> = ('0'..='9')
            .map(|f| width_at_one(&f.to_string(), "700"))
            .collect();
        assert!(
            figures.iter().all(|w| (w - figures[0]).abs() < 0.001),
            "{figures:?}"
        );
        for letter in "ĂÂĐÊÔƠƯẶẴẪỘỢỮỶỸăâđêôơưặẵẫộợữỷỹ–·₫№".chars()
        {
            let width = width_at_one(&letter.to_string(), "400");
            assert!(width > 0.2, "{letter}: {width}");
        }
    }
}
