//! From a template and a face to a picture.
//!
//! A template is a drawing: an SVG file that shows a ticket as it looks with everything on it, and
//! that Inkscape opens, changes and saves. What is special about it:
//! - `{{field}}` in a text is replaced by the words of the face. A text all of whose fields are empty
//!   is left out. One that is too long shrinks to four fifths (never below 2.5 mm), then wraps; it
//!   never runs off the page, out of the rectangle around it, or into what stands beside it.
//! - `data-if="field"` (`data-if="!field"`) on an object or a group leaves it out where the field is
//!   empty (is not); `data-each="stop"` on a group repeats it for each further stop.
//! - `data-qr="code"` on a rectangle puts the code in it.
//! - `data-fit="N"` and `data-min="N"` on a text set another width, and another least size.
//!
//! What stands side by side makes a row. A row of which nothing is left takes no paper, one whose
//! words wrap pushes the rest down, and the page ends below the last.
//!
//! Invariant: a template that was accepted keeps every word inside the page, apart from the others
//! and at least 2.5 mm high, and reaches no file and no network.

mod check;
mod collected;
mod fields;
mod fit;
mod flow;
mod form;
mod qr;
mod sheet;
#[cfg(test)]
mod tests;

use std::path::Path;

use resvg::{tiny_skia, usvg};

pub(super) use self::fields::Fields;
use self::form::Form;
use super::{Face, Page, PageSize, Raster, TICKET_DPI, TicketError};
use crate::config::Ticket;

/// Darker than this is printed.
const BLACK_BELOW: u32 = 140;

/// A template's file is not larger.
const FILE_BYTES_MAX: u64 = 512 * 1024;

/// A ticket is not longer: 500 mm.
const HEIGHT_MM_MAX: f32 = 500.0;

/// Thermal paper, and every measure in dots: 203 dpi.
const DOTS_MM: f32 = 8.0;

/// Nothing on paper is smaller, in dots: 2.5 mm, the least that is read without fail.
const SIZE_MIN: f32 = 20.0;

/// White kept around everything, in dots.
const MARGIN: f32 = 8.0;

/// The templates that come with the program.
const BUILT_IN: [(&str, &str); 3] = [
    ("80mm", include_str!("../../../assets/ticket.svg")),
    ("58mm", include_str!("../../../assets/ticket-58.svg")),
    ("A6", include_str!("../../../assets/ticket-a6.svg")),
];

/// A checked form for tickets.
#[derive(Debug, Clone)]
pub struct Template {
    sheets: Vec<Sheet>,
}

/// The form for one paper.
#[derive(Debug, Clone)]
struct Sheet {
    paper: Paper,
    /// Dots at 203 dpi in one unit of the drawing.
    unit: f32,
    form: Form,
}

/// What a template is drawn for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Paper {
    /// A roll, printed this many dots wide: as long as what stands on it.
    Roll(u32),
    Page(PageSize),
}

impl Template {
    /// The built-in template: for paper of 80 mm (576 dots) and 58 mm (384 dots), and for pages.
    pub fn builtin() -> Self {
        let sheets = BUILT_IN
            .map(|(_, svg)| Sheet::read(svg).expect("the built-in templates are read by a test"));
        Self {
            sheets: sheets.into(),
        }
    }

    /// The template that a kiosk prints with: the hospital's, or the built-in one with the reason why
    /// the hospital's does not serve.
    pub fn of(ticket: &Ticket, width_dots: u32) -> (Self, Option<TicketError>) {
        let own = ticket.template.as_deref().map(Self::load);
        let serving = own.map(|own| {
            let own = own?;
            match ticket.page {
                Some(size) => own.page(size).map(|_| ())?,
                None => own.roll(width_dots).map(|_| ())?,
            }
            Ok(own)
        });
        match serving {
            None => (Self::builtin(), None),
            Some(Ok(own)) => (own, None),
            Some(Err(refused)) => (Self::builtin(), Some(refused)),
        }
    }

    /// The drawings of the built-in template, each with the name of its paper: to start one's own
    /// from.
    pub fn builtin_drawings() -> impl Iterator<Item = (&'static str, &'static str)> {
        BUILT_IN.into_iter()
    }

    /// The hospital's own template, for the one paper that its `width` names. It is tried with the
    /// longest words before it is accepted.
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

    /// The ticket for a roll of paper on which `width_dots` are printed, as long as what stands on
    /// it.
    ///
    /// # Errors
    /// [`TicketError::Width`] where the template is for another paper, [`TicketError::CodeTooLong`]
    /// where the visit code does not fit.
    pub fn render(&self, face: &Face, width_dots: u32) -> Result<Raster, TicketError> {
        let sheet = self.roll(width_dots)?;
        let filled = sheet.filled(&face.fields(), sheet.unit)?;
        let [_, top, _, bottom] = filled.ink();
        let first_dot = (top * sheet.unit - MARGIN).floor();
        let height = (bottom * sheet.unit + MARGIN).ceil() - first_dot;
        if height > HEIGHT_MM_MAX * DOTS_MM {
            return Err(TicketError::TooLong);
        }
        let top = first_dot / sheet.unit;
        Ok(draw(
            &filled.tree,
            sheet.unit,
            top,
            width_dots,
            height as u32,
        ))
    }

    /// The ticket for this page, or for a roll of so many dots across.
    ///
    /// # Errors
    /// As [`Self::render`] and [`Self::render_page`].
    pub fn picture(
        &self,
        face: &Face,
        page: Option<PageSize>,
        width_dots: u32,
    ) -> Result<Raster, TicketError> {
        match page {
            Some(size) => Ok(self.render_page(face, size, TICKET_DPI)?.raster),
            None => self.render(face, width_dots),
        }
    }

    /// The ticket as a page for an office printer, at `dpi` (203 to 1200): black and white, the
    /// whole page from edge to edge, its width filled up to whole bytes with white.
    ///
    /// # Errors
    /// [`TicketError::Width`] where the template is for a roll, [`TicketError::Outside`] where the
    /// words need more than the page.
    pub fn render_page(&self, face: &Face, size: PageSize, dpi: u32) -> Result<Page, TicketError> {
        let sheet = self.page(size)?;
        let dpi = dpi.clamp(TICKET_DPI, 1200);
        let [width, height] = size.dots(dpi);
        let scale = width as f32 / sheet.form.page[2];
        let filled = sheet.filled(&face.fields(), scale)?;
        filled.check_page()?;
        let raster = draw(&filled.tree, scale, 0.0, width.next_multiple_of(8), height);
        Ok(Page { raster, size, dpi })
    }

    /// The template as it comes out on its own paper, side by side with several words: for a look
    /// before it is used.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn proof(&self) -> Result<Raster, TicketError> {
        let mut pictures = Vec::new();
        for sheet in &self.sheets {
            for face in Face::examples().values() {
                pictures.push(match sheet.paper {
                    Paper::Roll(dots) => self.render(face, dots)?,
                    Paper::Page(size) => self.render_page(face, size, TICKET_DPI)?.raster,
                });
            }
        }
        Ok(Raster::beside(&pictures))
    }

    fn roll(&self, width_dots: u32) -> Result<&Sheet, TicketError> {
        let found = self
            .sheets
            .iter()
            .find(|sheet| sheet.paper == Paper::Roll(width_dots));
        found.ok_or_else(|| self.other_paper(format!("{width_dots} dots wide")))
    }

    /// A5 is A6 enlarged: one drawing serves both.
    fn page(&self, size: PageSize) -> Result<&Sheet, TicketError> {
        let found = self
            .sheets
            .iter()
            .find(|sheet| matches!(sheet.paper, Paper::Page(_)));
        found.ok_or_else(|| self.other_paper(size.to_string()))
    }

    fn other_paper(&self, want: String) -> TicketError {
        let have: Vec<String> = self
            .sheets
            .iter()
            .map(|sheet| sheet.paper.to_string())
            .collect();
        TicketError::Width {
            have: have.join(", "),
            want,
        }
    }
}

impl std::fmt::Display for Paper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Roll(dots) => write!(f, "a roll printed {dots} dots ({} mm) wide", dots / 8),
            Self::Page(size) => write!(f, "{size}"),
        }
    }
}

/// A filled page.
struct Filled<'a> {
    sheet: &'a Sheet,
    tree: usvg::Tree,
}

impl Sheet {
    fn read(svg: &str) -> Result<Self, TicketError> {
        let root = sheet::parse(svg)?;
        let (paper, width_dots) = Paper::of(root.attribute("width").unwrap_or_default())?;
        let page = drawn_page(&root, width_dots)?;
        let unit = width_dots / page[2];
        let form = Form::read(&root, page, SIZE_MIN / unit, MARGIN / unit)?;
        Ok(Self { paper, unit, form })
    }

    /// Filled in; `scale` dots are in one unit, so that the code is of whole dots.
    fn filled(&self, fields: &Fields, scale: f32) -> Result<Filled<'_>, TicketError> {
        let svg = flow::fill(&self.form, fields, scale)?;
        let tree = usvg::Tree::from_str(&svg, &fit::options())
            .map_err(|e| TicketError::NotSvg(e.to_string()))?;
        Ok(Filled { sheet: self, tree })
    }
}

impl Paper {
    /// What a document's width stands for, and the dots that it is wide at 203 dpi.
    fn of(width: &str) -> Result<(Self, f32), TicketError> {
        /// Pages are drawn from edge to edge.
        const OFF_MM: f32 = 0.6;
        let number = |unit: &str| width.trim().strip_suffix(unit)?.trim().parse::<f32>().ok();
        let dots = number("mm")
            .map(|mm| mm * DOTS_MM)
            .or(number("cm").map(|cm| cm * 10.0 * DOTS_MM))
            .or(number("in").map(|inches| inches * 25.4 * DOTS_MM))
            .or(number("px").or(number("")));
        let near = |dots: f32, mm: f32| (dots / DOTS_MM - mm).abs() < OFF_MM;
        match dots {
            Some(dots) if near(dots, 72.0) => Ok((Self::Roll(576), 576.0)),
            Some(dots) if near(dots, 48.0) => Ok((Self::Roll(384), 384.0)),
            Some(dots) if near(dots, 105.0) => Ok((Self::Page(PageSize::A6), 840.0)),
            Some(dots) if near(dots, 148.0) => Ok((Self::Page(PageSize::A5), 1184.0)),
            Some(_) | None => Err(TicketError::PaperUnknown(width.to_owned())),
        }
    }
}

/// Where the drawing's page is, in the drawing's own unit.
fn drawn_page(root: &sheet::Element, width_dots: f32) -> Result<[f32; 4], TicketError> {
    let Some(view_box) = root.attribute("viewBox") else {
        let height = root.number("height").unwrap_or(width_dots);
        return Ok([0.0, 0.0, width_dots, height.max(1.0)]);
    };
    let numbers: Vec<f32> = view_box
        .split([' ', ','])
        .filter_map(|number| number.parse().ok())
        .collect();
    match numbers[..] {
        [x, y, width, height] if width > 0.0 && height > 0.0 => Ok([x, y, width, height]),
        _ => Err(TicketError::NotSvg(format!(
            "viewBox=\"{view_box}\" is no page"
        ))),
    }
}

impl Filled<'_> {
    /// Left, top, right and bottom of all that is printed, in the drawing's unit.
    fn ink(&self) -> [f32; 4] {
        let mut ink = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        check::each(self.tree.root(), &mut |_, found| {
            ink[0] = ink[0].min(found.left());
            ink[1] = ink[1].min(found.top());
            ink[2] = ink[2].max(found.right());
            ink[3] = ink[3].max(found.bottom());
        });
        if ink[1] > ink[3] { [0.0; 4] } else { ink }
    }

    fn check_page(&self) -> Result<(), TicketError> {
        let [_, _, _, bottom] = self.ink();
        let below = (bottom - self.sheet.form.page[3]) * self.sheet.unit / DOTS_MM;
        if below > 0.1 {
            return Err(TicketError::PageFull { below_mm: below });
        }
        Ok(())
    }
}

/// Draws on white and keeps what is dark: no grey, no dithering, for a heating dot has neither.
fn draw(tree: &usvg::Tree, scale: f32, top: f32, width: u32, height: u32) -> Raster {
    let mut page = tiny_skia::Pixmap::new(width, height).expect("a page has a bounded size");
    page.fill(tiny_skia::Color::WHITE);
    let place = tiny_skia::Transform::from_translate(0.0, -top).post_scale(scale, scale);
    resvg::render(tree, place, &mut page.as_mut());
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
