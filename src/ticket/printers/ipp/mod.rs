//! Office printers and CUPS by IPP (RFC 8011): a ticket is a job, and is watched to its end.
//!
//! No job of ours stays in a queue: it is created before its document is sent, so that its number is
//! known whatever happens, and one that is late is cancelled, again and again until it is gone.

mod client;
mod document;
mod job;
mod page;
mod state;

use std::time::{Duration, Instant};

use self::client::{Client, Refused};
use self::job::{Job, Progress};
use self::state::PrinterState;
use crate::queue::Paper;
use crate::ticket::{Printer, PrinterFault, Raster};
use crate::words::Cause;

/// A job's state is asked for this often.
const LOOK: Duration = Duration::from_millis(300);

/// Kept of the time for a ticket, to cancel what is late.
const CANCEL: Duration = Duration::from_secs(2);

/// A job that is not done by then is late: staff must know within ten seconds.
const JOB_MAX: Duration = Duration::from_secs(8);

/// An office printer, or a queue of CUPS.
pub(super) struct IppPrinter {
    client: Client,
    state: Option<PrinterState>,
    /// Jobs that were given up, and may be there still.
    old: Vec<i32>,
    /// Jobs of an earlier life of this kiosk were looked for.
    cleaned: bool,
}

impl IppPrinter {
    pub(super) fn new(uri: &str, user: &str) -> Self {
        Self {
            client: Client::new(uri, user),
            state: None,
            old: Vec::new(),
            cleaned: false,
        }
    }

    /// Asks how it is; a fault where it could not print.
    fn look(&mut self, deadline: Instant) -> Result<PrinterState, PrinterFault> {
        let state = PrinterState::ask(&self.client, deadline)?;
        self.state = Some(state.clone());
        state.fault().map_or(Ok(state), Err)
    }

    /// Cancels what was given up and may still be printed.
    fn cancel_old(&mut self, deadline: Instant) {
        let client = &self.client;
        self.old.retain(|&id| {
            let job = Job { client, id };
            match job.cancel(deadline) {
                Ok(()) => false,
                Err(fault) => {
                    tracing::warn!(%fault, "an old ticket may still be printed");
                    true
                }
            }
        });
    }

    /// A kiosk that was killed may have left a job.
    fn clean(&mut self, deadline: Instant) {
        if !self.cleaned {
            match job::unfinished(&self.client, deadline) {
                Ok(jobs) => {
                    self.old.extend(jobs);
                    self.cleaned = true;
                }
                Err(fault) => tracing::warn!(%fault, "old tickets cannot be looked for"),
            }
        }
        self.cancel_old(deadline);
    }

    fn follow(&mut self, id: i32, deadline: Instant) -> Result<Paper, PrinterFault> {
        loop {
            let job = Job {
                client: &self.client,
                id,
            };
            match job.progress(deadline)? {
                Progress::Completed => {
                    // A spooler has passed it on; a printer has it in the tray.
                    let spooler = self.state.as_ref().is_none_or(|state| state.is_spooler);
                    return match (spooler, self.look(deadline)) {
                        (false, _) => Ok(Paper::Confirmed),
                        (true, Ok(_)) => Ok(Paper::OkAfter),
                        (true, Err(fault)) => Err(fault),
                    };
                }
                Progress::Ended(why) => {
                    self.look(deadline)?;
                    let detail = format!("the printer ended the job: {why}");
                    return Err(PrinterFault::new(Cause::PrinterOther, detail));
                }
                Progress::Underway => {
                    self.look(deadline)?;
                }
            }
            if Instant::now() + LOOK >= deadline {
                let why = self.warning().filter(|why| why.cause != Cause::MediaLow);
                let detail = "the printer has not finished the job in time";
                let late = || PrinterFault::new(Cause::PrinterTimedOut, detail);
                return Err(why.unwrap_or_else(late));
            }
            std::thread::park_timeout(LOOK);
        }
    }
}

impl Printer for IppPrinter {
    fn print(
        &mut self,
        raster: &Raster,
        _id: [u8; 4],
        within: Duration,
    ) -> Result<Paper, PrinterFault> {
        let end = Instant::now() + within;
        let deadline = end
            .checked_sub(CANCEL)
            .unwrap_or(end)
            .min(Instant::now() + JOB_MAX);
        let state = self.look(deadline)?;
        self.clean(deadline);
        let document = document::of(raster, &state)?;
        let printed = match Job::create(&self.client, &state, &document, deadline) {
            Ok(id) => {
                self.old.push(id);
                let sent = if state.creates_jobs() {
                    Job {
                        client: &self.client,
                        id,
                    }
                    .send(&document, deadline)
                } else {
                    Ok(())
                };
                sent.and_then(|()| self.follow(id, deadline))
            }
            Err(fault) => Err(fault),
        };
        if printed.is_ok() {
            self.old.clear();
        } else {
            // The job whose answer was lost is ours, too.
            self.cleaned = false;
            self.clean(end);
        }
        printed
    }

    fn status(&mut self, within: Duration) -> Result<(), PrinterFault> {
        let deadline = Instant::now() + within;
        if !self.old.is_empty() {
            self.cancel_old(deadline);
        }
        self.look(deadline).map(|_| ())
    }

    fn warning(&self) -> Option<PrinterFault> {
        self.state.as_ref().and_then(PrinterState::warning)
    }

    fn about(&self) -> String {
        let Some(state) = &self.state else {
            return String::new();
        };
        let evidence = if state.is_spooler {
            "a queue: says when a ticket has left it"
        } else {
            "says when a ticket is done"
        };
        let format = document::format(state).map_or("no format of ours", |format| format.mime());
        [&*state.model, format, evidence].join(", ")
    }
}

/// The same words for every request.
fn refused(what: &str, refused: Refused) -> PrinterFault {
    match refused {
        Refused::Unreachable(why) => {
            PrinterFault::new(Cause::PrinterShutdown, format!("{what}: {why}"))
        }
        Refused::Late => {
            let detail = format!("{what}: no answer in time");
            PrinterFault::new(Cause::PrinterTimedOut, detail)
        }
        Refused::Status(status) => {
            PrinterFault::new(Cause::PrinterOther, format!("{what}: {status}"))
        }
    }
}
