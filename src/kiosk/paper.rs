use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::Inlet;
use super::parts::{OpenPrinter, Parts};
use super::shared::Shared;
use crate::checkin::Shown;
use crate::config::{Config, Link, Service, TicketName};
use crate::identity::{VisitKey, shown_name};
use crate::queue::{Issued, Paper, VisitKind, WaitRange, estimate};
use crate::store::Store;
use crate::ticket::{Face, Printer, PrinterFault, Template};
use crate::words::{Cause, Language};

/// An idle printer is asked how it is this often, so that staff know of a fault before a patient
/// does.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// For the answer; with [`LOOK_EVERY`], less than the ten seconds in which a fault must be known.
const LOOK_WITHIN: Duration = Duration::from_secs(3);

/// Calls by which a wait is estimated.
const PACE_MAX: u32 = 50;

/// Makes a ticket of a number and puts it onto paper.
pub(super) struct Press {
    config: Arc<Config>,
    template: Arc<Template>,
    visit_key: VisitKey,
    store: Arc<dyn Store>,
    open: OpenPrinter,
    /// The printer with what was learnt of it; another one is opened after a fault of ours.
    printer: Mutex<Place>,
    returned: Condvar,
    within: Duration,
}

/// Only one may speak to a printer at a time.
enum Place {
    Free(Option<Box<dyn Printer>>),
    Taken,
}

impl Press {
    pub(super) fn new(config: &Arc<Config>, parts: &Parts) -> Self {
        Self {
            config: Arc::clone(config),
            template: Arc::clone(&parts.template),
            visit_key: parts.visit_key.clone(),
            store: Arc::clone(&parts.store),
            open: Arc::clone(&parts.printer),
            printer: Mutex::new(Place::Free(None)),
            returned: Condvar::new(),
            // The machine's own bound comes last, so that the cause is the printer's.
            within: config
                .policy
                .waits
                .printer
                .saturating_sub(Duration::from_secs(1))
                .max(Duration::from_secs(1)),
        }
    }

    /// Prints; with what will soon keep the printer from it.
    pub(super) fn print(
        &self,
        issued: &Issued,
        who: Option<&Shown>,
        desk: Option<Cause>,
        language: Language,
    ) -> (Result<Paper, PrinterFault>, Option<PrinterFault>) {
        let services = self.config.services.iter();
        let service = services
            .clone()
            .find(|s| s.code == issued.service)
            .unwrap_or(&self.config.desk);
        let ticket = &self.config.ticket;
        let mut face = Face::of(issued, &self.config.site, service, &self.config.kiosk.id)
            .beside(ticket.second.beside(language), issued, service)
            .on_its_way(issued, services)
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
        face.wait = self.wait(issued, service);
        face.trial = self.config.trial;
        let rendered = self
            .template
            .picture(&face, ticket.page, self.config.printer.width_dots);
        let raster = match rendered {
            Ok(raster) => raster,
            // The template was tried at start with the longest words: this is a fault of ours.
            Err(error) => {
                let fault = PrinterFault {
                    cause: Cause::PrinterOther,
                    detail: error.to_string(),
                };
                return (Err(fault), None);
            }
        };
        let echo = *issued
            .visit
            .simple()
            .to_string()
            .as_bytes()
            .last_chunk::<4>()
            .unwrap_or(b"0000");
        self.with(|printer| {
            let printed = printer.print(&raster, echo, self.within);
            (printed, printer.warning())
        })
    }

    /// How long the wait may be. A desk's is nobody's guess, and a ticket never waits for one.
    fn wait(&self, issued: &Issued, service: &Service) -> Option<WaitRange> {
        if issued.kind == VisitKind::Desk {
            return None;
        }
        let paced = self.store.pace(&issued.service, issued.day, PACE_MAX);
        let intervals = paced.unwrap_or_default();
        let now = self.config.site.time_zone.to_datetime(Timestamp::now());
        estimate(issued.ahead, &intervals, service.interval_seconds)?.wait(&service.timetable, now)
    }

    /// How the printer is: the fault that keeps it from printing, or will soon. None while somebody
    /// prints, whose own outcome says it better.
    fn look(&self) -> Option<Result<(), PrinterFault>> {
        if matches!(*self.place(), Place::Taken) {
            return None;
        }
        Some(self.with(|printer| {
            printer.status(LOOK_WITHIN)?;
            printer.warning().map_or(Ok(()), Err)
        }))
    }

    /// With the printer, alone. Whoever holds it longer than it may is not waited for.
    fn with<T>(&self, act: impl FnOnce(&mut dyn Printer) -> T) -> T {
        let taken = |place: &mut Place| matches!(place, Place::Taken);
        let (mut place, _) = self
            .returned
            .wait_timeout_while(self.place(), LOOK_WITHIN, taken)
            .unwrap_or_else(PoisonError::into_inner);
        let kept = match std::mem::replace(&mut *place, Place::Taken) {
            Place::Free(kept) => kept,
            Place::Taken => None,
        };
        drop(place);
        let mut held = Held {
            press: self,
            printer: None,
        };
        let printer = held.printer.insert(kept.unwrap_or_else(|| (self.open)()));
        act(printer.as_mut())
    }

    fn place(&self) -> std::sync::MutexGuard<'_, Place> {
        self.printer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the printer back. One that panicked is not used again.
struct Held<'a> {
    press: &'a Press,
    printer: Option<Box<dyn Printer>>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let sane = self.printer.take().filter(|_| !std::thread::panicking());
        *self.press.place() = Place::Free(sane);
        self.press.returned.notify_one();
    }
}

/// Watches the idle printer.
pub(super) fn watch(
    config: &Config,
    press: Arc<Press>,
    shared: Arc<Shared>,
    inlet: Inlet,
) -> impl FnOnce() + Send + 'static {
    let is_printer = !matches!(config.printer.link, Link::Folder(_));
    let turn = move || {
        if let Some(health) = press.look() {
            inlet.health("printer", health.map_err(|fault| fault.to_string()));
        }
        shared.wait_closed(LOOK_EVERY)
    };
    move || {
        if is_printer {
            super::turns("printer-watch", turn);
        }
    }
}
