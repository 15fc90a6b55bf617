//! What is said to a printer, and what may be believed afterwards: pure, no bytes are moved here.
//!
//! ```text
//! ask 1-4 ─▶ ticket ─▶ echo? ── yes ─▶ Confirmed
//!    │                   └─ no ─▶ ask 1-4 ─▶ all well: OkAfter · silent from the start: Unverified
//!    └─ cannot print: fault               └─▶ fault, and the printer forgets what it holds
//! ```
//! A question that gets no answer ends the asking: a late answer would be taken for that of the
//! next question, for the answers do not say what they answer.

use std::time::Duration;

use super::escpos::{self, Finding, Query};
use super::{PrinterFault, Raster};
use crate::queue::Paper;
use crate::words::Cause;

/// For the answer to one question. Real-time answers take milliseconds, a serial line some more.
const ANSWER: Duration = Duration::from_millis(500);

/// For the echo: a ticket of 130 mm is printed and cut in 2 s, a cold or slow printer needs more.
const ECHO: Duration = Duration::from_secs(5);

/// Before the status is asked of a printer that never echoes: by then a ticket is printed.
const SETTLE: Duration = Duration::from_secs(2);

/// What happened on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard<'a> {
    /// All bytes were taken.
    Wrote,
    /// These came.
    Bytes(&'a [u8]),
    /// The wait ended and nothing (more) came.
    Silence,
    /// The line is broken, for this reason.
    Closed(&'a str),
    /// The whole conversation's time is over.
    OutOfTime,
}

/// What to do on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Forget what came so far, then send these.
    Send(Vec<u8>),
    /// Listen, at most so long.
    Wait(Duration),
    /// Listen on, until the present wait ends.
    GoOn,
    /// Over: this is known of the paper.
    Done(Paper),
    /// Over: not, or not wholly, printed.
    Fault(PrinterFault),
}

#[derive(Debug)]
enum State {
    /// A question is out. `after`: the ticket was sent before.
    Asking { at: usize, after: bool },
    /// The ticket is being taken.
    Sending,
    /// The ticket was taken; `tail` are the last bytes that came.
    AwaitingEcho { tail: Vec<u8> },
    /// The printer is told to forget the rest.
    Clearing(PrinterFault),
}

/// One conversation: a ticket, or only the questions.
#[derive(Debug)]
pub(super) struct Conversation {
    state: State,
    ticket: Option<Vec<u8>>,
    echo: Option<[u8; 7]>,
    fault: Option<(Query, u8, Cause)>,
    /// All questions were answered before the ticket was sent.
    answered_before: bool,
    near_end: bool,
}

impl Conversation {
    /// Prints `raster`. With `echoes` the printer is asked to say when it is done.
    pub(super) fn print(raster: &Raster, id: [u8; 4], band_rows: u32, echoes: bool) -> Self {
        let process_id = Some(escpos::process_id(id)).filter(|_| echoes);
        Self {
            ticket: Some(escpos::ticket(raster, band_rows, process_id)),
            echo: process_id.map(escpos::echo),
            ..Self::ask()
        }
    }

    /// Only asks: [`Paper::OkAfter`] says that it could print, [`Paper::Unverified`] that it said
    /// nothing.
    pub(super) fn ask() -> Self {
        Self {
            state: State::Asking {
                at: 0,
                after: false,
            },
            ticket: None,
            echo: None,
            fault: None,
            answered_before: false,
            near_end: false,
        }
    }

    /// Whether the printer said that the roll ends soon.
    pub(super) fn near_end(&self) -> bool {
        self.near_end
    }

    /// The first thing to do.
    pub(super) fn start(&mut self) -> Next {
        self.ask_from(0, false)
    }

    /// What to do now that this was heard.
    pub(super) fn step(&mut self, heard: Heard<'_>) -> Next {
        if let (Heard::Closed(why), false) = (heard, matches!(self.state, State::Clearing(_))) {
            return Next::Fault(fault(Cause::PrinterOffline, why));
        }
        match &mut self.state {
            State::Asking { at, after } => {
                let (at, after) = (*at, *after);
                self.asking(at, after, heard)
            }
            State::Sending => self.sending(heard),
            State::AwaitingEcho { .. } => self.awaiting_echo(heard),
            State::Clearing(fault) => Next::Fault(fault.clone()),
        }
    }

    fn asking(&mut self, at: usize, after: bool, heard: Heard<'_>) -> Next {
        let query = Query::ALL[at];
        match heard {
            Heard::Wrote => Next::Wait(ANSWER),
            Heard::Bytes(bytes) => {
                let answer = bytes
                    .iter()
                    .find_map(|&byte| Some((byte, query.read(byte)?)));
                match answer {
                    None => Next::GoOn,
                    Some((byte, finding)) => {
                        self.note(query, byte, finding);
                        self.ask_from(at + 1, after)
                    }
                }
            }
            Heard::OutOfTime if !after && self.ticket.is_some() => {
                Next::Fault(fault(Cause::PrinterSilent, "no time was left to print"))
            }
            Heard::Silence | Heard::OutOfTime | Heard::Closed(_) => self.judge(after, false),
        }
    }

    fn note(&mut self, query: Query, byte: u8, finding: Finding) {
        match finding {
            Finding::Well => {}
            Finding::NearEnd => self.near_end = true,
            // Off line is the least that can be said; any other answer says why.
            Finding::Fault(cause) => match self.fault {
                Some((_, _, known)) if known != Cause::PrinterOffline => {}
                Some(_) | None => self.fault = Some((query, byte, cause)),
            },
        }
    }

    fn ask_from(&mut self, at: usize, after: bool) -> Next {
        match Query::ALL.get(at) {
            Some(query) => {
                self.state = State::Asking { at, after };
                Next::Send(query.bytes().to_vec())
            }
            None => self.judge(after, true),
        }
    }

    /// The asking has ended; `answered`: every question was.
    fn judge(&mut self, after: bool, answered: bool) -> Next {
        if let Some((query, byte, cause)) = self.fault {
            let detail = format!("the printer answered {byte:#04x} when asked for {query:?}");
            return self.give_up(fault(cause, &detail), after);
        }
        match (after, self.ticket.take()) {
            (false, Some(ticket)) => {
                self.answered_before = answered;
                self.state = State::Sending;
                Next::Send(ticket)
            }
            (_, _) if answered => Next::Done(Paper::OkAfter),
            (_, _) => self.nothing_heard(),
        }
    }

    /// Whoever answered before and is silent now has stopped; who never answers may be well.
    fn nothing_heard(&mut self) -> Next {
        if self.answered_before {
            let detail = "the printer answered before the ticket and is silent after it";
            Next::Fault(fault(Cause::PrinterSilent, detail))
        } else {
            Next::Done(Paper::Unverified)
        }
    }

    fn give_up(&mut self, fault: PrinterFault, after: bool) -> Next {
        if after {
            self.state = State::Clearing(fault);
            Next::Send(escpos::CLEAR.to_vec())
        } else {
            Next::Fault(fault)
        }
    }

    fn sending(&mut self, heard: Heard<'_>) -> Next {
        match heard {
            Heard::Wrote => {
                self.state = State::AwaitingEcho { tail: Vec::new() };
                Next::Wait(if self.echo.is_some() { ECHO } else { SETTLE })
            }
            Heard::Bytes(_) | Heard::Silence => Next::GoOn,
            Heard::OutOfTime | Heard::Closed(_) => {
                let detail = "the printer did not take the whole ticket in time";
                Next::Fault(fault(Cause::PrinterSilent, detail))
            }
        }
    }

    fn awaiting_echo(&mut self, heard: Heard<'_>) -> Next {
        let State::AwaitingEcho { tail } = &mut self.state else {
            return Next::GoOn;
        };
        match heard {
            Heard::Bytes(bytes) => {
                tail.extend(bytes);
                let Some(echo) = self.echo else {
                    tail.clear();
                    return Next::GoOn;
                };
                if tail.windows(echo.len()).any(|window| window == echo) {
                    return Next::Done(Paper::Confirmed);
                }
                let old = tail.len().saturating_sub(echo.len());
                tail.drain(..old);
                Next::GoOn
            }
            Heard::Silence => self.ask_from(0, true),
            Heard::OutOfTime => self.nothing_heard(),
            Heard::Wrote | Heard::Closed(_) => Next::GoOn,
        }
    }
}

fn fault(cause: Cause, detail: &str) -> PrinterFault {
    PrinterFault {
        cause,
        detail: detail.to_owned(),
    }
}

#[cfg(test)]
mod tests;
