//! From a template and a face to a picture.
//!
//! A template is an SVG file that any editor opens. Five attributes make it a form:
//! - `{{field}}` in a text is replaced by the words of the face;
//! - `data-if="field"` (`data-if="!field"`) leaves an element out where the field is empty (is not);
//! - `data-height="N"` makes a child a block: the blocks of a parent are stacked in their order, so
//!   that the page is as high as its content. N includes the space below;
//! - `data-fit="N"` on a text keeps it within N dots: the font shrinks to `data-min` (never below
//!   20), then the words wrap and the block grows, and `data-grow` lets a frame grow with it;
//! - `data-qr="field"` on a group draws the field as QR, `data-dots` a module, at most `data-side`
//!   wide; the block around it is high enough for it.
//!
//! Invariant: a template that was accepted keeps every word inside the page and at least
//! 2.5 mm high, and reaches no file and no network.

mod check;
mod fit;
mod flow;
mod qr;
mod sheet;
#[cfg(test)]
mod tests;

use std::path::Path;

use resvg::{tiny_skia, usvg};

pub(super) use self::flow::Fields;
use self::sheet::Element;
use super::{Face, Raster, TicketError};

/// Darker than this is printed.
const BLACK_BELOW: u32 = 140;

/// A template's file is not larger.
const FILE_BYTES_MAX: u64 = 512 * 1024;

/// A ticket is not longer: 500 mm at 203 dpi.
const HEIGHT_MAX: u32 = 4_000;

/// Papers are between these, in dots.
const WIDTHS: std::ops::RangeInclusive<u32> = 200..=832;

/// A checked form for tickets.
#[derive(Debug, Clone)]
pub struct Template {
    sheets: Vec<Sheet>,
}

/// The form for one width of paper.
#[derive(Debug, Clone)]
struct Sheet {
    width: u32,
    root: Element,
}

impl Template {
    /// The built-in template: for paper of 80 mm (576 dots) and of 58 mm (384 dots).
    pub fn builtin() -> Self {
        const WIDE: &str = include_str!("../../../assets/ticket.svg");
        const NARROW: &str = include_str!("../../../assets/ticket-58.svg");
        let sheets = [WIDE, NARROW]
            .map(|svg| Sheet::read(svg).expect("the built-in templates are read by a test"));
        Self {
            sheets: sheets.into(),
        }
    }

    /// The hospital's own template, for the one width of paper that its `width` names. It is tried
    /// with the longest words before it is accepted.
    ///
    /// # Errors
    /// Any [`TicketError`] of a template; the caller goes on with [`Template::builtin`].
    pub fn load(path: &Path) -> Result<Self, TicketError> {
        let unreadable = |detail: String| TicketError::Unreadable {
            path: path.to_owned(),
            detail,
        };
        let size = std::fs::metadata(path)
            .map_err(|e| unreadable(e.to_string()))?
            .len();
        if size > FILE_BYTES_MAX {
            return Err(unreadable(format!(
                "{size} bytes are more than {FILE_BYTES_MAX}"
            )));
        }
        let svg = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
        Self::parse(&svg)
    }

    /// A template from its text, checked like one from a file.
    ///
    /// # Errors
    /// As [`Template::load`].
    pub fn parse(svg: &str) -> Result<Self, TicketError> {
        let sheet = Sheet::read(svg)?;
        check::check(&sheet)?;
        Ok(Self {
            sheets: vec![sheet],
        })
    }

    /// The ticket as a picture of `width_dots`.
    ///
    /// # Errors
    /// [`TicketError::Width`] where the template is for another paper, [`TicketError::CodeTooLong`]
    /// where the visit code does not fit.
    pub fn render(&self, face: &Face, width_dots: u32) -> Result<Raster, TicketError> {
        let sheet = self
            .sheets
            .iter()
            .find(|sheet| sheet.width == width_dots)
            .ok_or_else(|| TicketError::Width {
                have: self.sheets.iter().map(|sheet| sheet.width).collect(),
                want: width_dots,
            })?;
        let (tree, height) = sheet.tree(&face.fields())?;
        Ok(draw(&tree, width_dots, height))
    }
}

impl Sheet {
    fn read(svg: &str) -> Result<Self, TicketError> {
        let root = sheet::parse(svg)?;
        let width = root.number("width").unwrap_or(0.0) as u32;
        if !WIDTHS.contains(&width) || !width.is_multiple_of(8) {
            return Err(TicketError::NotSvg(format!(
                "width must be the paper's width in dots, a multiple of 8 from {} to {}",
                WIDTHS.start(),
                WIDTHS.end()
            )));
        }
        Ok(Self { width, root })
    }

    /// The filled page and its height in dots.
    fn tree(&self, fields: &Fields) -> Result<(usvg::Tree, u32), TicketError> {
        let (svg, height) = flow::fill(&self.root, fields)?;
        if height > HEIGHT_MAX {
            return Err(TicketError::Outside(format!(
                "the page is {height} dots high"
            )));
        }
        let tree = usvg::Tree::from_str(&svg, &fit::options())
            .map_err(|e| TicketError::NotSvg(e.to_string()))?;
        Ok((tree, height))
    }
}

/// Draws on white and keeps what is dark: no grey, no dithering, for a heating dot has neither.
fn draw(tree: &usvg::Tree, width: u32, height: u32) -> Raster {
    let mut page = tiny_skia::Pixmap::new(width, height).expect("a page has a bounded size");
    page.fill(tiny_skia::Color::WHITE);
    resvg::render(tree, tiny_skia::Transform::identity(), &mut page.as_mut());
    let mut bits = vec![0_u8; (width / 8 * height) as usize];
    for (dot, pixel) in page.pixels().iter().enumerate() {
        let (red, green, blue) = (pixel.red(), pixel.green(), pixel.blue());
        // Rec. 601 luma, in thousandths.
        let luma = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
        if luma < BLACK_BELOW * 1000 {
            bits[dot / 8] |= 0x80 >> (dot % 8);
        }
    }
    Raster {
        width,
        height,
        bits,
    }
}
