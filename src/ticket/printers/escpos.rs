use std::time::{Duration, Instant};

use super::exchange::exchange;
use super::line::Line;
use crate::config::{self, Link};
use crate::queue::Paper;
use crate::ticket::conversation::{Conversation, Knowledge};
use crate::ticket::{Printer, PrinterFault, Raster};
use crate::words::Cause;

/// ESC/POS over TCP (port 9100 as a rule), to `/dev/usb/lp0`, or over a serial line.
#[derive(Debug)]
pub(super) struct EscPosPrinter {
    settings: config::Printer,
    knowledge: Knowledge,
    warning: Option<PrinterFault>,
    /// What the line itself says of the printer.
    device: Option<String>,
}

impl EscPosPrinter {
    pub(super) fn new(settings: &config::Printer) -> Self {
        Self {
            settings: settings.clone(),
            knowledge: Knowledge::default(),
            warning: None,
            device: None,
        }
    }

    fn line(&mut self, deadline: Instant) -> Result<Line, PrinterFault> {
        let line = match &self.settings.link {
            Link::Device(path) => Line::device(path, &self.settings, deadline),
            Link::Tcp(address) => Line::tcp(*address, deadline),
            Link::Ipp { .. } | Link::Folder(_) => unreachable!("no line leads there"),
        };
        if line
            .as_ref()
            .is_err_and(|f| f.cause == Cause::PrinterShutdown)
        {
            self.knowledge.new_line();
        }
        let line = line?;
        self.device = line.about();
        Ok(line)
    }

    fn converse(
        &mut self,
        deadline: Instant,
        begin: impl FnOnce(u32, u32, Knowledge) -> Conversation,
    ) -> Result<Paper, PrinterFault> {
        let mut line = self.line(deadline)?;
        let (width, rows) = (self.settings.width_dots, self.settings.band_rows);
        let mut conversation = begin(width, rows, std::mem::take(&mut self.knowledge));
        let result = exchange(&mut line, &mut conversation, deadline);
        (self.knowledge, self.warning) = conversation.end();
        result
    }
}

impl Printer for EscPosPrinter {
    fn print(
        &mut self,
        raster: &Raster,
        id: [u8; 4],
        within: Duration,
    ) -> Result<Paper, PrinterFault> {
        self.converse(Instant::now() + within, |_, rows, knowledge| {
            Conversation::print(raster, id, rows, knowledge)
        })
    }

    fn status(&mut self, within: Duration) -> Result<(), PrinterFault> {
        self.converse(Instant::now() + within, Conversation::ask)
            .map(|_| ())
    }

    fn warning(&self) -> Option<PrinterFault> {
        self.warning.clone()
    }

    fn about(&self) -> String {
        let Knowledge {
            answers,
            echoes,
            automatic,
            ..
        } = self.knowledge;
        let evidence = match (echoes, answers) {
            (Some(true), _) => "says when a ticket is done",
            (_, true) => "says how it is, not when a ticket is done",
            (_, false) => "says nothing: no ticket can be verified",
        };
        let unasked = (automatic == Some(true)).then_some("reports faults by itself");
        let names = [self.device.as_deref(), self.knowledge.model.as_deref()];
        let words = names.into_iter().flatten().chain([evidence]).chain(unasked);
        words.collect::<Vec<_>>().join(", ")
    }
}
