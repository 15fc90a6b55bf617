//! A ticket as a document that the printer takes.

use image::{ExtendedColorType, ImageEncoder as _, codecs::jpeg::JpegEncoder};
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref};

use super::page::{self, Page};
use super::state::PrinterState;
use crate::ticket::{PageSize, PrinterFault, Raster, TICKET_DPI};
use crate::words::Cause;

/// Dots a millimetre of a ticket's picture.
pub(super) const DOTS_A_MM: f32 = 8.0;

/// Free at the upper edge of a sheet: printers reach no further.
const MARGIN_MM: f32 = 5.0;

/// ISO A5, for a printer that names no medium.
const A5_MM: (f32, f32) = (148.0, 210.0);

/// A document format, the best first: PDF keeps every dot whatever the printer's own are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Pdf,
    PwgRaster,
    Urf,
    Jpeg,
    Png,
}

impl Format {
    const ALL: [Self; 5] = [Self::Pdf, Self::PwgRaster, Self::Urf, Self::Jpeg, Self::Png];

    pub(super) fn mime(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::PwgRaster => "image/pwg-raster",
            Self::Urf => "image/urf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// What is sent.
pub(super) struct Document {
    pub(super) format: Format,
    pub(super) bytes: Vec<u8>,
    /// What it is to be printed on, where that is not what the printer takes by itself.
    pub(super) medium: Option<&'static str>,
}

/// The best format that the printer lists.
pub(super) fn format(state: &PrinterState) -> Option<Format> {
    let listed = |format: &Format| state.formats.iter().any(|name| name == format.mime());
    Format::ALL.into_iter().find(listed)
}

/// The ticket in the best format that the printer lists.
pub(super) fn of(raster: &Raster, state: &PrinterState) -> Result<Document, PrinterFault> {
    let Some(format) = format(state) else {
        let detail = format!("the printer takes only {}", state.formats.join(", "));
        return Err(PrinterFault::new(Cause::PrinterOther, detail));
    };
    let page = page_of(raster).map(PageSize::media);
    let page = page.filter(|page| state.media.iter().any(|medium| medium == page));
    let medium = page.or(state.medium.as_deref());
    let sheet = Sheet::of(raster, medium);
    let bytes = match format {
        Format::Pdf => pdf(raster, &sheet),
        Format::PwgRaster => {
            let dpi = page::nearest(state.resolutions.iter().copied());
            page::pwg(&Page::of(raster, &sheet, dpi), medium)
        }
        Format::Urf => {
            let listed = state.urf.iter().filter_map(|word| word.strip_prefix("RS"));
            let dpi = page::nearest(
                listed
                    .flat_map(|all| all.split('-'))
                    .filter_map(|n| n.parse().ok()),
            );
            page::urf(&Page::of(raster, &sheet, dpi))
        }
        Format::Jpeg => jpeg(raster)?,
        Format::Png => raster.to_png(),
    };
    Ok(Document {
        format,
        bytes,
        medium: page,
    })
}

/// The page that this picture is of, from edge to edge; none: a piece of a roll.
fn page_of(raster: &Raster) -> Option<PageSize> {
    let [wide, high] = [raster.width.next_multiple_of(8), raster.height];
    let is_of = |size: &PageSize| {
        let [width, height] = size.dots(TICKET_DPI);
        (width.next_multiple_of(8), height) == (wide, high)
    };
    PageSize::ALL.into_iter().find(is_of)
}

/// Where the ticket lies on the sheet, in millimetres.
#[derive(Debug, PartialEq)]
pub(super) struct Sheet {
    pub(super) width: f32,
    pub(super) height: f32,
    /// From the left edge.
    pub(super) x: f32,
    /// From the upper edge.
    pub(super) y: f32,
    /// Of the ticket: 1 is its own size.
    pub(super) scale: f32,
}

impl Sheet {
    fn of(raster: &Raster, medium: Option<&str>) -> Self {
        let (width, height) = medium.and_then(millimetres).unwrap_or(A5_MM);
        let (wide, high) = size_mm(raster);
        let same = |sheet: f32, ticket: f32| (sheet - ticket).abs() <= 1.0;
        if same(width, wide) && same(height, high) {
            return Self {
                width,
                height,
                x: 0.0,
                y: 0.0,
                scale: 1.0,
            };
        }
        // A ticket is never made larger; one that is too large for the sheet is made smaller.
        let room = |sheet: f32, ticket: f32| (sheet - 2.0 * MARGIN_MM).max(1.0) / ticket;
        let scale = room(width, wide).min(room(height, high)).min(1.0);
        Self {
            width,
            height,
            x: (width - wide * scale) / 2.0,
            y: MARGIN_MM,
            scale,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a ticket has some thousand dots"
)]
pub(super) fn size_mm(raster: &Raster) -> (f32, f32) {
    (
        raster.width as f32 / DOTS_A_MM,
        raster.height as f32 / DOTS_A_MM,
    )
}

/// The size in the name of a medium, "iso_a5_148x210mm" or "na_letter_8.5x11in" (PWG 5101.1).
fn millimetres(medium: &str) -> Option<(f32, f32)> {
    let size = medium.rsplit('_').next()?;
    let (size, unit) = if let Some(size) = size.strip_suffix("mm") {
        (size, 1.0)
    } else {
        (size.strip_suffix("in")?, 25.4)
    };
    let (width, height) = size.split_once('x')?;
    let read = |text: &str| {
        Some(text.parse::<f32>().ok()? * unit).filter(|mm| (20.0..2000.0).contains(mm))
    };
    Some((read(width)?, read(height)?))
}

fn pdf(raster: &Raster, sheet: &Sheet) -> Vec<u8> {
    const POINTS_A_MM: f32 = 72.0 / 25.4;
    let [catalog, pages, page, picture, content] = [1, 2, 3, 4, 5].map(Ref::new);
    let name = Name(b"T");
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let mut sheet_of_paper = pdf.page(page);
    let points = |mm: f32| mm * POINTS_A_MM;
    sheet_of_paper.media_box(Rect::new(
        0.0,
        0.0,
        points(sheet.width),
        points(sheet.height),
    ));
    sheet_of_paper.parent(pages);
    sheet_of_paper.contents(content);
    sheet_of_paper.resources().x_objects().pair(name, picture);
    sheet_of_paper.finish();

    let white_is_one: Vec<u8> = raster.bits.iter().map(|byte| !byte).collect();
    let mut image = pdf.image_xobject(picture, &white_is_one);
    image.width(raster.width.cast_signed());
    image.height(raster.height.cast_signed());
    image.color_space().device_gray();
    image.bits_per_component(1);
    image.finish();

    let (wide, high) = size_mm(raster);
    let (wide, high) = (wide * sheet.scale, high * sheet.scale);
    // PDF counts from the lower edge.
    let bottom = sheet.height - sheet.y - high;
    let mut drawing = Content::new();
    drawing.save_state();
    drawing.transform([
        points(wide),
        0.0,
        0.0,
        points(high),
        points(sheet.x),
        points(bottom),
    ]);
    drawing.x_object(name);
    drawing.restore_state();
    pdf.stream(content, &drawing.finish());
    pdf.finish()
}

fn jpeg(raster: &Raster) -> Result<Vec<u8>, PrinterFault> {
    let grey: Vec<u8> = (0..raster.height)
        .flat_map(|y| (0..raster.width).map(move |x| (x, y)))
        .map(|(x, y)| if raster.is_black(x, y) { 0 } else { 255 })
        .collect();
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    encoder.set_pixel_density(image::codecs::jpeg::PixelDensity::dpi(203));
    encoder
        .write_image(&grey, raster.width, raster.height, ExtendedColorType::L8)
        .map_err(|e| PrinterFault::new(Cause::PrinterOther, e.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Format, Sheet, format, millimetres, of};
    use crate::ticket::Raster;
    use crate::ticket::printers::ipp::state::PrinterState;

    fn raster(width: u32, height: u32) -> Raster {
        Raster {
            width,
            height,
            bits: vec![0x0F; (width / 8 * height) as usize],
        }
    }

    #[test]
    fn a_medium_says_its_size() {
        for (name, size) in [
            ("iso_a5_148x210mm", Some((148.0, 210.0))),
            ("na_letter_8.5x11in", Some((215.9, 279.4))),
            ("custom_roll_80x297mm", Some((80.0, 297.0))),
            ("a4", None),
            ("iso_a4_0x297mm", None),
        ] {
            assert_eq!(millimetres(name), size, "{name}");
        }
    }

    #[test]
    fn a_ticket_keeps_its_size_where_it_fits_and_stays_on_the_sheet_where_not() {
        let sheet = Sheet::of(&raster(576, 1000), Some("iso_a5_148x210mm"));
        assert_eq!((sheet.x, sheet.y, sheet.scale), (38.0, 5.0, 1.0));
        let sheet = Sheet::of(&raster(576, 2400), Some("iso_a6_105x148mm"));
        assert!((sheet.scale - 0.46).abs() < 1e-6, "{sheet:?}");
        assert!(sheet.x > 0.0);
    }

    #[test]
    fn a_page_is_printed_from_edge_to_edge_on_paper_of_its_size() {
        let page = raster(840, 1184);
        let sheet = Sheet::of(&page, Some("iso_a6_105x148mm"));
        assert_eq!((sheet.x, sheet.y, sheet.scale), (0.0, 0.0, 1.0));
        let mut state = PrinterState::with_formats(&["application/pdf"]);
        let asked = |picture, state: &PrinterState| of(picture, state).expect("a document").medium;
        assert_eq!(asked(&page, &state), None, "it has no such paper");
        state.media = ["iso_a4_210x297mm", "iso_a6_105x148mm"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(asked(&page, &state), Some("iso_a6_105x148mm"));
        assert_eq!(asked(&raster(576, 1184), &state), None, "a piece of a roll");
    }

    #[test]
    fn the_best_format_that_is_listed_is_sent() {
        let all = [
            "image/png",
            "image/jpeg",
            "image/urf",
            "image/pwg-raster",
            "application/pdf",
        ];
        let best = [
            Format::Png,
            Format::Jpeg,
            Format::Urf,
            Format::PwgRaster,
            Format::Pdf,
        ];
        let starts: [&[u8]; 5] = [
            b"\x89PNG",
            b"\xff\xd8",
            b"UNIRAST\0",
            b"RaS2PwgRaster\0",
            b"%PDF-1.",
        ];
        for n in 0..all.len() {
            let state = PrinterState::with_formats(&all[..=n]);
            assert_eq!(format(&state), Some(best[n]));
            let document = of(&raster(576, 300), &state).expect("a document");
            assert!(document.bytes.starts_with(starts[n]), "{}", all[n]);
        }
        assert!(
            of(
                &raster(576, 300),
                &PrinterState::with_formats(&["application/postscript"])
            )
            .is_err()
        );
    }
}
