//! The paper: template to raster, raster to printer, and what is known of it afterwards.
//!
//! A [`Face`] says what stands on a ticket, a [`Template`] how; [`Template::render`] makes the
//! [`Raster`], and a [`Printer`] that [`open`] gives puts it onto paper.
//!
//! Invariant: a ticket is a picture (Vietnamese never goes through a code page), and no evidence
//! is claimed that the printer did not give.

mod conversation;
mod escpos;
mod face;
mod layout;
mod printers;
mod raster;

use std::path::PathBuf;
use std::time::Duration;

use crate::queue::Paper;
use crate::words::Cause;

pub use face::{Face, grade_mark};
pub use layout::Template;
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
    #[error("ticket template is not usable: {0}; start again from assets/ticket.svg")]
    NotSvg(String),
    /// It reaches for a file, the network, or holds what is no drawing.
    #[error("ticket template must not contain {0}; draw it with shapes and text instead")]
    Forbidden(String),
    /// It names a field that no ticket has.
    #[error("ticket template names the field \"{0}\", which no ticket has; correct the name")]
    UnknownField(String),
    /// It leaves out what every ticket must carry.
    #[error("ticket template does not show the field \"{0}\"; every ticket needs it")]
    MissingField(&'static str),
    /// Something leaves the page when names are long.
    #[error("ticket template lets \"{0}\" leave the page; give it data-fit or more room")]
    Outside(String),
    /// Something is too small to be read.
    #[error("ticket template sets \"{text}\" in {size} dots; 20 is the smallest that is read")]
    TooSmall {
        /// What the words say.
        text: String,
        /// Their size in dots.
        size: f32,
    },
    /// The template is for another paper.
    #[error(
        "ticket template is {have:?} dots wide, the paper {want}; set printer.width_dots or the template's width"
    )]
    Width {
        /// Widths that the template is for.
        have: Vec<u32>,
        /// The paper's.
        want: u32,
    },
    /// The visit code is too long for a QR that thermal paper can carry.
    #[error("a visit code of {0} bytes does not fit the ticket; shorten it")]
    CodeTooLong(usize),
    /// A picture file is not one of ours.
    #[error("not a ticket's picture: {0}")]
    Picture(String),
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
