//! What is said to a printer, and what may be believed afterwards: pure, no bytes are moved here.
//!
//! ```text
//! ask 1-4 ─▶ tidy up ─▶ probe, once ─▶ ticket ─▶ done? ── said so ─▶ Confirmed
//!    │      what the last                │        └─ not yet: ask 1-4, and again
//!    │      one left                     │              └─▶ all well, and it never says so: OkAfter
//!    └─ cannot print: fault              │                  never a word: Unverified
//!                                        └─ cannot go on: forget what you hold ─▶ fault
//! ```
//! A question that gets no answer ends the asking: a late answer would be taken for that of the
//! next question, for the answers do not say what they answer.
//!
//! **No old ticket comes out late.** A printer that is given up in the middle of a ticket is told to
//! forget it. What was on the paper already, or comes out all the same when the printer goes on (many
//! do not forget), is crossed out and cut off by the next conversation that finds it well, be it only
//! a question: see [`escpos::void`].

mod knowledge;

use std::time::Duration;

use super::escpos::{self, Finding, Manner, Query, Replies, Reply};
use super::{PrinterFault, Raster};
use crate::queue::Paper;
use crate::words::Cause;

pub(super) use knowledge::{Knowledge, Leftover};

/// For the answer to one question. Real-time answers take milliseconds, a serial line some more.
const ANSWER: Duration = Duration::from_millis(500);

/// For the answer of a printer that has answered before.
const ANSWER_OF_KNOWN: Duration = Duration::from_secs(2);

/// For the word that the ticket is done, before the status is asked: a ticket of 130 mm is printed
/// and cut in two of these.
const ROUND: Duration = Duration::from_secs(1);

/// Rounds after which a printer that is well and never says so has printed.
const ROUNDS: u8 = 2;

/// Rounds after which one is given up that would say so, or was not silent before.
const ROUNDS_MAX: u8 = 5;

/// For the word that everything is forgotten.
const CLEARED: Duration = Duration::from_millis(300);

/// The name by which a printer is asked, with nothing to print, whether it says when it is done.
const PROBE: [u8; 4] = *b"test";

/// What happened on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard<'a> {
    /// All bytes were taken.
    Wrote,
    /// These came.
    Bytes(&'a [u8]),
    /// These had come before the last bytes were sent: no answer to them.
    Old(&'a [u8]),
    /// The port's own status is this.
    Port(u8),
    /// The wait ended and nothing (more) came.
    Silence,
    /// The printer takes no more bytes.
    Stuck,
    /// The line is broken, for this reason.
    Closed(&'a str),
    /// The whole conversation's time is over.
    OutOfTime,
}

/// What to do on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Tell what came so far, then send these.
    Send(Vec<u8>),
    /// Listen, at most so long.
    Wait(Duration),
    /// Go on with what was last asked for.
    GoOn,
    /// Over: this is known of the paper.
    Done(Paper),
    /// Over: not, or not wholly, printed.
    Fault(PrinterFault),
}

/// What is to be printed.
#[derive(Debug)]
struct Job {
    raster: Raster,
    process_id: [u8; 4],
}

#[derive(Debug)]
enum State {
    /// A question is out. `after`: the ticket was sent before.
    Asking { at: usize, after: bool },
    /// What the last ticket may have left is being made good.
    Tidying,
    /// The printer is asked what it can.
    Probing(Probe),
    /// The ticket is being taken.
    Sending,
    /// The ticket was taken.
    Awaiting,
    /// The printer is told to forget the rest.
    Clearing(PrinterFault),
}

#[derive(Debug, Clone, Copy)]
enum Probe {
    Model,
    Echo,
    Automatic,
    /// Modes and a line that a simple printer took the probes for are dropped.
    End,
}

/// One conversation: a ticket, or only the questions.
#[derive(Debug)]
pub(super) struct Conversation {
    state: State,
    job: Option<Job>,
    width: u32,
    band_rows: u32,
    knowledge: Knowledge,
    replies: Replies,
    /// What it said of itself so far that keeps it from printing.
    fault: Option<PrinterFault>,
    offline: Option<PrinterFault>,
    low: Option<PrinterFault>,
    /// All questions were answered before the ticket was sent.
    answered: bool,
    round: u8,
}

impl Conversation {
    /// Prints `raster`, named `id`.
    pub(super) fn print(
        raster: &Raster,
        id: [u8; 4],
        band_rows: u32,
        knowledge: Knowledge,
    ) -> Self {
        let job = Job {
            raster: raster.clone(),
            process_id: escpos::process_id(id),
        };
        Self {
            job: Some(job),
            ..Self::ask(raster.width, band_rows, knowledge)
        }
    }

    /// Only asks: [`Paper::OkAfter`] says that it could print, [`Paper::Unverified`] that it said
    /// nothing.
    pub(super) fn ask(width: u32, band_rows: u32, knowledge: Knowledge) -> Self {
        Self {
            state: State::Asking {
                at: 0,
                after: false,
            },
            job: None,
            width,
            band_rows,
            knowledge,
            replies: Replies::default(),
            fault: None,
            offline: None,
            low: None,
            answered: false,
            round: 0,
        }
    }

    /// What is known of the printer now, and that its roll ends soon, where it said so.
    pub(super) fn end(self) -> (Knowledge, Option<PrinterFault>) {
        (self.knowledge, self.low)
    }

    /// The first thing to do.
    pub(super) fn start(&mut self) -> Next {
        self.ask_from(0, false)
    }

    /// What to do now that this was heard.
    pub(super) fn step(&mut self, heard: Heard<'_>) -> Next {
        match heard {
            Heard::Bytes(bytes) => self.bytes(bytes),
            Heard::Old(bytes) => self.old(bytes),
            Heard::Port(byte) => self.port(byte),
            Heard::Closed(why) => self.closed(why),
            Heard::Wrote => self.wrote(),
            Heard::Silence => self.silence(),
            Heard::Stuck => self.stuck(),
            Heard::OutOfTime => self.out_of_time(),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Next {
        for &byte in bytes {
            if let Some(reply) = self.replies.take(byte) {
                let next = self.reply(reply);
                if next != Next::GoOn {
                    return next;
                }
            }
        }
        Next::GoOn
    }

    /// A word that the ticket is done, or that something is wrong, may have come meanwhile.
    fn old(&mut self, bytes: &[u8]) -> Next {
        for &byte in bytes {
            if let Some(reply @ (Reply::Done(_) | Reply::Automatic(_))) = self.replies.take(byte) {
                let next = self.reply(reply);
                if next != Next::GoOn {
                    return next;
                }
            }
        }
        Next::GoOn
    }

    fn reply(&mut self, reply: Reply) -> Next {
        match (reply, &self.state) {
            (Reply::Status(byte), &State::Asking { at, after }) => {
                let query = Query::ALL[at];
                let told = format!("the printer answered {byte:#04x} when asked for {query:?}");
                self.note(query.read(byte), &told);
                self.ask_from(at + 1, after)
            }
            (Reply::Automatic(status), State::Probing(Probe::Automatic)) => {
                self.knowledge.automatic = Some(true);
                self.told_unasked(status)
                    .unwrap_or_else(|| self.probe(Probe::End))
            }
            (Reply::Automatic(status), _) => self.told_unasked(status).unwrap_or(Next::GoOn),
            (Reply::Done(id), State::Probing(Probe::Echo)) if id == PROBE => {
                self.knowledge.echoes = Some(true);
                self.probe(Probe::Automatic)
            }
            (Reply::Done(id), State::Awaiting | State::Asking { after: true, .. })
                if self.job.as_ref().is_some_and(|job| job.process_id == id) =>
            {
                self.done(Paper::Confirmed)
            }
            (Reply::About(model), State::Probing(Probe::Model)) => {
                let next = if self.knowledge.recognise(model) {
                    Probe::End
                } else {
                    Probe::Echo
                };
                self.probe(next)
            }
            // What is on the paper already is still to be voided.
            (Reply::Cleared, State::Clearing(fault)) => Next::Fault(fault.clone()),
            (
                Reply::Status(_) | Reply::Done(_) | Reply::About(_) | Reply::Cleared,
                State::Asking { .. }
                | State::Tidying
                | State::Probing(_)
                | State::Sending
                | State::Awaiting
                | State::Clearing(_),
            ) => Next::GoOn,
        }
    }

    fn note(&mut self, finding: Finding, told: &str) {
        match finding {
            Finding::Well => {}
            Finding::Low => self.low = Some(PrinterFault::new(Cause::MediaLow, told)),
            // Off line is the least that can be said; any other answer says why.
            Finding::Offline => {
                self.offline = Some(PrinterFault::new(Cause::PrinterShutdown, told));
            }
            Finding::Fault(cause) if self.fault.is_none() => {
                self.fault = Some(PrinterFault::new(cause, told));
            }
            Finding::Fault(_) => {}
        }
    }

    fn told_unasked(&mut self, status: [u8; 4]) -> Option<Next> {
        if matches!(self.state, State::Clearing(_)) {
            return None;
        }
        self.note(
            escpos::automatic(status),
            &format!("the printer said {status:02x?} by itself"),
        );
        // Off line without a reason is also a printer that is about to say why.
        let fault = self.fault.take()?;
        Some(self.stop(fault))
    }

    fn port(&mut self, byte: u8) -> Next {
        if matches!(self.state, State::Clearing(_)) {
            return Next::GoOn;
        }
        self.note(
            escpos::port(byte),
            &format!("the printer port's status is {byte:#04x}"),
        );
        match self.fault.take().or_else(|| self.offline.take()) {
            Some(fault) => self.stop(fault),
            None => Next::GoOn,
        }
    }

    fn ask_from(&mut self, at: usize, after: bool) -> Next {
        let Some(query) = Query::ALL.get(at) else {
            return self.judge(after, true);
        };
        if !after {
            self.replies.forget();
        }
        self.state = State::Asking { at, after };
        Next::Send(query.bytes().to_vec())
    }

    /// The asking has ended; `answered`: every question was.
    fn judge(&mut self, after: bool, answered: bool) -> Next {
        if let Some(fault) = self.fault.take().or_else(|| self.offline.take()) {
            return self.stop(fault);
        }
        if after {
            return self.next_round(answered);
        }
        self.answered = answered;
        if !answered && self.knowledge.answers {
            let detail = "the printer has answered before, and does not any more";
            return self.stop(PrinterFault::new(Cause::PrinterTimedOut, detail));
        }
        self.knowledge.answers |= answered;
        if self.job.is_none() && !answered {
            return Next::Done(Paper::Unverified);
        }
        self.tidy()
    }

    fn tidy(&mut self) -> Next {
        let bytes = match self.knowledge.leftover {
            Leftover::None => return self.after_tidying(),
            Leftover::Unknown => escpos::filling(self.width, self.band_rows),
            Leftover::Half => escpos::void(self.width, self.band_rows),
        };
        self.state = State::Tidying;
        Next::Send(bytes)
    }

    fn after_tidying(&mut self) -> Next {
        self.knowledge.leftover = Leftover::None;
        if self.answered && !self.knowledge.probed {
            self.probe(Probe::Model)
        } else {
            self.send_ticket()
        }
    }

    fn probe(&mut self, probe: Probe) -> Next {
        self.replies.forget();
        self.state = State::Probing(probe);
        Next::Send(match probe {
            Probe::Model => escpos::ABOUT_MODEL.to_vec(),
            Probe::Echo => escpos::say_when_done(PROBE).to_vec(),
            Probe::Automatic => escpos::AUTOMATIC_ON.to_vec(),
            Probe::End => {
                self.knowledge.remember();
                let quiet = if self.knowledge.automatic == Some(true) {
                    &escpos::AUTOMATIC_OFF[..]
                } else {
                    &[]
                };
                [quiet, &escpos::INITIALISE].concat()
            }
        })
    }

    /// The probe was not answered.
    fn lacks(&mut self, probe: Probe) -> Next {
        match probe {
            Probe::Model => self.probe(Probe::Echo),
            Probe::Echo => {
                self.knowledge.echoes = Some(false);
                self.probe(Probe::Automatic)
            }
            Probe::Automatic => {
                self.knowledge.automatic = Some(false);
                self.probe(Probe::End)
            }
            Probe::End => self.send_ticket(),
        }
    }

    fn send_ticket(&mut self) -> Next {
        let Some(job) = &self.job else {
            return Next::Done(Paper::OkAfter);
        };
        let manner = Manner {
            band_rows: self.band_rows,
            process_id: Some(job.process_id).filter(|_| self.knowledge.echoes != Some(false)),
            automatic: self.knowledge.automatic == Some(true),
        };
        let bytes = escpos::ticket(&job.raster, manner);
        self.replies.forget();
        self.knowledge.leftover = Leftover::Half;
        self.state = State::Sending;
        Next::Send(bytes)
    }

    /// The printer was asked once more, and said nothing bad.
    fn next_round(&mut self, answered: bool) -> Next {
        self.round += 1;
        let echoes = self.knowledge.echoes == Some(true);
        let rounds = if echoes || (self.answered && !answered) {
            ROUNDS_MAX
        } else {
            ROUNDS
        };
        if self.round < rounds {
            self.state = State::Awaiting;
            return Next::Wait(ROUND);
        }
        self.nothing_heard(answered)
    }

    /// The word that the ticket is done has not come.
    fn nothing_heard(&mut self, answered: bool) -> Next {
        let detail = match (self.knowledge.echoes == Some(true), answered) {
            (true, _) => "the printer says when a ticket is done, and has not said so",
            (false, true) => return self.done(Paper::OkAfter),
            (false, false) if self.answered => "the printer answered before the ticket, not after",
            (false, false) => return self.done(Paper::Unverified),
        };
        self.stop(PrinterFault::new(Cause::PrinterTimedOut, detail))
    }

    fn done(&mut self, paper: Paper) -> Next {
        self.knowledge.leftover = Leftover::None;
        Next::Done(paper)
    }

    /// It cannot go on. What was sent of a ticket must not come out later.
    fn stop(&mut self, fault: PrinterFault) -> Next {
        match self.state {
            State::Sending | State::Awaiting | State::Asking { after: true, .. } => {
                self.replies.forget();
                self.state = State::Clearing(fault);
                Next::Send(escpos::CLEAR.to_vec())
            }
            State::Asking { after: false, .. }
            | State::Tidying
            | State::Probing(_)
            | State::Clearing(_) => Next::Fault(fault),
        }
    }

    fn wrote(&mut self) -> Next {
        match self.state {
            State::Asking { after: false, .. } if self.knowledge.answers => {
                Next::Wait(ANSWER_OF_KNOWN)
            }
            State::Asking { .. } => Next::Wait(ANSWER),
            State::Tidying => self.after_tidying(),
            State::Probing(Probe::End) => self.send_ticket(),
            // What was sent to tidy up is still on its way over a slow line.
            State::Probing(Probe::Model) => Next::Wait(ANSWER_OF_KNOWN),
            State::Probing(_) => Next::Wait(ANSWER),
            State::Sending => {
                self.state = State::Awaiting;
                Next::Wait(ROUND)
            }
            State::Awaiting => Next::GoOn,
            State::Clearing(_) => Next::Wait(CLEARED),
        }
    }

    fn silence(&mut self) -> Next {
        match &self.state {
            &State::Asking { after, .. } => self.judge(after, false),
            &State::Probing(probe) => self.lacks(probe),
            State::Awaiting => self.ask_from(0, true),
            State::Clearing(fault) => Next::Fault(fault.clone()),
            State::Tidying | State::Sending => Next::GoOn,
        }
    }

    /// More bytes would not be taken either, so nothing can be cleared.
    fn stuck(&mut self) -> Next {
        match &self.state {
            State::Clearing(fault) => Next::Fault(fault.clone()),
            State::Asking { .. }
            | State::Tidying
            | State::Probing(_)
            | State::Sending
            | State::Awaiting => Next::Fault(PrinterFault::new(
                Cause::PrinterTimedOut,
                "the printer takes no more bytes",
            )),
        }
    }

    fn closed(&mut self, why: &str) -> Next {
        if let State::Clearing(fault) = &self.state {
            return Next::Fault(fault.clone());
        }
        // Another printer may be plugged in next.
        self.knowledge.new_line();
        Next::Fault(PrinterFault::new(Cause::PrinterShutdown, why))
    }

    fn out_of_time(&mut self) -> Next {
        let detail = match &self.state {
            State::Clearing(fault) => return Next::Fault(fault.clone()),
            State::Awaiting | State::Asking { after: true, .. }
                if !self.answered && self.knowledge.echoes != Some(true) =>
            {
                return self.done(Paper::Unverified);
            }
            State::Asking { after: false, .. } if self.job.is_none() => {
                return Next::Done(Paper::Unverified);
            }
            State::Awaiting | State::Asking { after: true, .. } => {
                "the printer has not said in time that the ticket is done"
            }
            State::Sending => "the printer did not take the whole ticket in time",
            State::Asking { .. } | State::Tidying | State::Probing(_) => {
                "no time was left to print"
            }
        };
        Next::Fault(PrinterFault::new(Cause::PrinterTimedOut, detail))
    }
}

#[cfg(test)]
mod tests;
