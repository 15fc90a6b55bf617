//! The paper: template to raster, raster to printer, and what is known of it afterwards.
//!
//! A [`Face`] says what stands on a ticket, a [`Template`] how; [`Template::render`] makes the
//! [`Raster`] of a roll, [`Template::render_page`] the [`Page`] of an office printer, and a
//! [`Printer`] that [`open`] gives puts it onto paper.
//!
//! Invariant: a ticket is a picture (Vietnamese never goes through a code page), and no evidence
//! is claimed that the printer did not give.

mod conversation;
mod escpos;
mod face;
mod layout;
mod page;
mod printers;
mod raster;

use std::path::PathBuf;
use std::time::Duration;

use crate::queue::Paper;
use crate::words::Cause;

pub use crate::config::PageSize;
pub use face::{Face, Second, Stop, grade_mark};
pub use layout::Template;
pub use page::{Page, TICKET_DPI};
pub use printers::{Roll, open};
pub use raster::Raster;

/// Why there is no picture of a ticket.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TicketError {
    /// The template's file cannot be read.
    #[error("ticket template {path} cannot be read ({detail}); check the path and its permissions", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        detail: String,
    },
    /// It is not an SVG that can serve as a form.
    #[error(
        "ticket template is not usable: {0}; start again from `tiepdon config ticket --paper 80mm`"
    )]
    NotSvg(String),
    /// Its width is of no paper that tickets are printed on.
    #[error(
        "ticket template is \"{0}\" wide; set the document's width to 72 mm (what a printer prints on 80 mm paper), 48 mm (on 58 mm paper), 105 mm (A6) or 148 mm (A5)"
    )]
    PaperUnknown(String),
    /// It reaches for a file, the network, or holds what is no drawing.
    #[error("ticket template must not contain {0}")]
    Forbidden(String),
    /// It names a field that no ticket has.
    #[error("ticket template names the field \"{0}\", which no ticket has; correct the name")]
    UnknownField(String),
    /// It leaves out what every ticket must carry.
    #[error(
        "ticket template does not show the field \"{0}\", which every ticket needs; add a text with {{{{{0}}}}}, or an object with data-if=\"{0}\", that is not hidden"
    )]
    MissingField(&'static str),
    /// Something leaves the page when names are long.
    #[error(
        "ticket template lets \"{what}\" leave the page by {by_mm:.1} mm; move it in, or make it smaller"
    )]
    Outside {
        /// What the words say, or the object's id.
        what: String,
        /// How far, in millimetres.
        by_mm: f32,
    },
    /// A page is too small for the longest words.
    #[error(
        "ticket template needs {below_mm:.0} mm more than the page has when words are long; leave more room at its end"
    )]
    PageFull {
        /// What is missing, in millimetres.
        below_mm: f32,
    },
    /// A roll's ticket has no end.
    #[error("ticket template makes tickets longer than 500 mm; move its objects together")]
    TooLong,
    /// Two things are printed over each other when names are long.
    #[error("ticket template prints \"{0}\" and \"{1}\" over each other; move them apart")]
    Touching(String, String),
    /// Words are printed white on white, or black on black.
    #[error(
        "ticket template prints \"{0}\" so that paper does not show it; paper has no grey and no colours: use black on white or white on black, in front of all else"
    )]
    Unseen(String),
    /// Something is too small to be read.
    #[error("ticket template sets \"{text}\" in {size:.1} dots ({:.1} mm); 20 dots (2.5 mm) are the least that is read", .size / 8.0)]
    TooSmall {
        /// What the words say.
        text: String,
        /// Their size in dots at 203 dpi.
        size: f32,
    },
    /// More than one fault of a template.
    #[error("{}", one_by_one(.0))]
    Several(Vec<TicketError>),
    /// The template is for another paper.
    #[error(
        "ticket template is for {have}, the paper is {want}; set printer.width_dots or ticket.page, or the template's width"
    )]
    Width {
        /// Papers that the template is for.
        have: String,
        /// The paper.
        want: String,
    },
    /// The visit code is too long for a QR that thermal paper can carry.
    #[error("a visit code of {0} bytes does not fit the ticket; shorten it")]
    CodeTooLong(usize),
    /// A picture file is not one of ours.
    #[error("not a ticket's picture: {0}")]
    Picture(String),
}

impl TicketError {
    /// The faults one by one.
    pub fn each(&self) -> &[Self] {
        if let Self::Several(faults) = self {
            faults
        } else {
            std::slice::from_ref(self)
        }
    }
}

fn one_by_one(faults: &[TicketError]) -> String {
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    faults.join("; ")
}

/// Why nothing, or not all, was printed; or what will soon keep the printer from printing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", cause.code())]
pub struct PrinterFault {
    /// For patient and staff: one of the causes that are named as IPP names them.
    pub cause: Cause,
    /// For engineers.
    pub detail: String,
}

impl PrinterFault {
    fn new(cause: Cause, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { cause, detail }
    }
}

/// Something that puts a raster onto paper.
pub trait Printer: Send {
    /// Prints and cuts. Ends within `within`. `id` is what the printer echoes when the printing is
    /// complete, where it can. Never gives [`Paper::Failed`]: that is an error here.
    fn print(
        &mut self,
        raster: &Raster,
        id: [u8; 4],
        within: Duration,
    ) -> Result<Paper, PrinterFault>;

    /// Whether it could print now, as far as it says: a printer that takes the connection and says
    /// nothing may well print.
    fn status(&mut self, within: Duration) -> Result<(), PrinterFault>;

    /// What was found last that does not keep it from printing yet: [`Cause::MediaLow`].
    fn warning(&self) -> Option<PrinterFault> {
        None
    }

    /// What is known of it after a status or a ticket, in a few words for engineers: its model, and
    /// what it can say of itself.
    fn about(&self) -> String {
        String::new()
    }
}
