use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::parts::{OpenPrinter, Parts};
use crate::checkin::Shown;
use crate::config::{Config, TicketName};
use crate::identity::{VisitKey, shown_name};
use crate::queue::{Issued, Paper};
use crate::ticket::{Face, Printer, PrinterFault, Template};
use crate::words::{Cause, Language};

/// Makes a ticket of a number and puts it onto paper.
pub(super) struct Press {
    config: Arc<Config>,
    template: Arc<Template>,
    visit_key: VisitKey,
    open: OpenPrinter,
    /// The printer with what was learnt of it; another one is opened after a fault of ours.
    printer: Mutex<Option<Box<dyn Printer>>>,
    within: Duration,
}

impl Press {
    pub(super) fn new(config: &Arc<Config>, parts: &Parts) -> Self {
        Self {
            config: Arc::clone(config),
            template: Arc::clone(&parts.template),
            visit_key: parts.visit_key.clone(),
            open: Arc::clone(&parts.printer),
            printer: Mutex::default(),
            // The machine's own bound comes last, so that the cause is the printer's.
            within: config
                .policy
                .waits
                .printer
                .saturating_sub(Duration::from_secs(1))
                .max(Duration::from_secs(1)),
        }
    }

    pub(super) fn print(
        &self,
        issued: &Issued,
        who: Option<&Shown>,
        desk: Option<Cause>,
        language: Language,
    ) -> Result<Paper, PrinterFault> {
        let services = self.config.services.iter();
        let service = services
            .clone()
            .find(|s| s.code == issued.service)
            .unwrap_or(&self.config.desk);
        let ticket = &self.config.ticket;
        let mut face = Face::of(issued, &self.config.site, service, &self.config.kiosk.id)
            .beside(ticket.second.beside(language), issued, service)
            .signed(issued.visit, &self.visit_key);
        // A desk number says nothing of why: it may be read by the next in line.
        face.name = who
            .and_then(|who| who.name.as_deref())
            .filter(|_| desk.is_none())
            .and_then(|name| match ticket.name {
                TicketName::Short => Some(shown_name(name, false)),
                TicketName::Initials => Some(shown_name(name, true)),
                TicketName::Absent => None,
            });
        face.trial = self.config.trial;
        let raster = match ticket.page {
            Some(size) => self
                .template
                .render_page(&face, size, 203)
                .map(|page| page.raster),
            None => self.template.render(&face, self.config.printer.width_dots),
        };
        let raster = raster.map_err(|error| {
            // The template was tried at start with the longest words: this is a fault of ours.
            PrinterFault {
                cause: Cause::PrinterOffline,
                detail: error.to_string(),
            }
        })?;
        let echo = *issued
            .visit
            .simple()
            .to_string()
            .as_bytes()
            .last_chunk::<4>()
            .unwrap_or(b"0000");
        let kept = self.place().take();
        let mut printer = kept.unwrap_or_else(|| (self.open)());
        let printed = printer.print(&raster, echo, self.within);
        *self.place() = Some(printer);
        printed
    }

    fn place(&self) -> MutexGuard<'_, Option<Box<dyn Printer>>> {
        self.printer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
