use std::time::Instant;

use ipp::attribute::IppAttributeName;
use ipp::model::{DelimiterTag, Operation};
use ipp::value::IppValue;

use super::client::Client;
use super::refused;
use crate::ticket::PrinterFault;
use crate::words::Cause;

/// `printer-state` 5: stopped.
const STOPPED: i32 = 5;

/// What a printer says of itself.
#[derive(Debug, Clone, Default)]
pub(super) struct PrinterState {
    state: i32,
    reasons: Vec<String>,
    accepts: bool,
    pub(super) model: String,
    /// A queue before the printer: what it calls completed has left the queue.
    pub(super) is_spooler: bool,
    pub(super) formats: Vec<String>,
    operations: Vec<i32>,
    /// Dots an inch, of PWG raster.
    pub(super) resolutions: Vec<u32>,
    /// `urf-supported`: what it takes of URF.
    pub(super) urf: Vec<String>,
    /// The medium that it takes unless told otherwise, by its name ("iso_a5_148x210mm").
    pub(super) medium: Option<String>,
    /// All media that it may be told to take.
    pub(super) media: Vec<String>,
}

impl PrinterState {
    /// Get-Printer-Attributes.
    pub(super) fn ask(client: &Client, deadline: Instant) -> Result<Self, PrinterFault> {
        const WANTED: [&str; 12] = [
            "printer-state",
            "printer-state-reasons",
            "printer-is-accepting-jobs",
            "printer-make-and-model",
            "cups-version",
            "document-format-supported",
            "operations-supported",
            "pwg-raster-document-resolution-supported",
            "urf-supported",
            "media-ready",
            "media-default",
            "media-supported",
        ];
        let wanted = WANTED
            .iter()
            .filter_map(|name| IppValue::new_keyword(*name).ok());
        let wanted = IppValue::Array(wanted.collect());
        let wanted = (
            DelimiterTag::OperationAttributes,
            wanted.named(IppAttributeName::REQUESTED_ATTRIBUTES),
        );
        let answer = client
            .ask(Operation::GetPrinterAttributes, vec![wanted], &[], deadline)
            .map_err(|why| refused("the printer's state", why))?;
        let Some(printer) = answer.groups(DelimiterTag::PrinterAttributes).next() else {
            let detail = "the printer says nothing of itself";
            return Err(PrinterFault::new(Cause::PrinterOther, detail));
        };
        let inch = |value: &&IppValue| {
            let IppValue::Resolution { feed, units: 3, .. } = value else {
                return None;
            };
            u32::try_from(*feed).ok()
        };
        let resolutions = printer.values("pwg-raster-document-resolution-supported");
        let media = printer.words("media-ready").into_iter();
        Ok(Self {
            state: printer.number("printer-state").unwrap_or_default(),
            reasons: printer.words("printer-state-reasons"),
            accepts: printer.words("printer-is-accepting-jobs") != ["false"],
            model: printer.words("printer-make-and-model").join(" "),
            is_spooler: !printer.words("cups-version").is_empty(),
            formats: printer.words("document-format-supported"),
            operations: printer.numbers("operations-supported"),
            resolutions: resolutions.iter().filter_map(inch).collect(),
            urf: printer.words("urf-supported"),
            medium: media.chain(printer.words("media-default")).next(),
            media: printer.words("media-supported"),
        })
    }

    /// Why it cannot print.
    pub(super) fn fault(&self) -> Option<PrinterFault> {
        let told = format!("printer-state-reasons {}", self.reasons.join(","));
        let reasons = || self.reasons.iter().map(|reason| read(reason));
        let stops = |reason: &Reason| reason.stops || self.state == STOPPED;
        let telling = |cause: &Cause| *cause != Cause::PrinterPaused;
        let causes = || {
            reasons()
                .filter(stops)
                .filter_map(|reason| reason.cause)
                .filter(|cause| *cause != Cause::MediaLow)
        };
        // A queue is stopped because of something: that says more.
        let cause = causes().find(telling).or_else(|| causes().next());
        let idle = (self.state == STOPPED || !self.accepts).then_some(Cause::PrinterPaused);
        Some(PrinterFault::new(cause.or(idle)?, told))
    }

    /// What it says is amiss and does not keep it from printing: paper that is low, or a tray of
    /// several that is empty. Where a job is late, it is why.
    pub(super) fn warning(&self) -> Option<PrinterFault> {
        let quiet = |cause: &Cause| *cause != Cause::PrinterPaused;
        let told = |reason: &String| Some((read(reason).cause.filter(quiet)?, reason.clone()));
        let (cause, reason) = self.reasons.iter().find_map(told)?;
        let detail = format!("printer-state-reasons {reason}");
        Some(PrinterFault::new(cause, detail))
    }

    /// Create-Job and Send-Document: the job has a number before its document is on its way.
    pub(super) fn creates_jobs(&self) -> bool {
        [Operation::CreateJob, Operation::SendDocument]
            .iter()
            .all(|operation| self.operations.contains(&(*operation as i32)))
    }

    #[cfg(test)]
    pub(super) fn with_formats(formats: &[&str]) -> Self {
        Self {
            formats: formats.iter().map(ToString::to_string).collect(),
            ..Self::default()
        }
    }

    #[cfg(test)]
    fn with_reasons(state: i32, reasons: &[&str]) -> Self {
        Self {
            state,
            reasons: reasons.iter().map(ToString::to_string).collect(),
            accepts: true,
            ..Self::default()
        }
    }
}

/// A keyword of `printer-state-reasons` (RFC 8011 §5.4.12).
struct Reason {
    cause: Option<Cause>,
    /// By its ending; without one, it is as bad as its name.
    stops: bool,
}

fn read(keyword: &str) -> Reason {
    let endings = [("-error", true), ("-warning", false), ("-report", false)];
    let ending = endings
        .iter()
        .find_map(|(end, stops)| Some((keyword.strip_suffix(end)?, *stops)));
    let (name, stops) = ending.unwrap_or((keyword, true));
    let cause = match name {
        "media-empty" | "media-needed" | "input-tray-missing" => Some(Cause::MediaEmpty),
        "media-low" => Some(Cause::MediaLow),
        "media-jam" => Some(Cause::MediaJam),
        "cover-open" | "door-open" | "interlock-open" => Some(Cause::CoverOpen),
        "marker-supply-empty" | "toner-empty" => Some(Cause::MarkerSupplyEmpty),
        "shutdown" | "offline" => Some(Cause::PrinterShutdown),
        "timed-out" => Some(Cause::PrinterTimedOut),
        "paused" | "moving-to-paused" => Some(Cause::PrinterPaused),
        name if name.starts_with("separation-cutter-") => Some(Cause::CutterJam),
        // A spooler that opens its printer says so at each job.
        "none" | "connecting-to-device" => None,
        _ if ending.is_some_and(|(_, stops)| stops) => Some(Cause::PrinterOther),
        _ => None,
    };
    Reason { cause, stops }
}

#[cfg(test)]
mod tests {
    use super::PrinterState;
    use crate::words::Cause;

    #[test]
    fn the_printers_words_are_ours() {
        let table: [(i32, &[&str], Option<Cause>, bool); 12] = [
            (3, &["none"], None, false),
            (3, &["media-low-report"], None, true),
            (3, &["media-low-warning", "toner-low-report"], None, true),
            (3, &["media-empty-error"], Some(Cause::MediaEmpty), false),
            (3, &["media-empty"], Some(Cause::MediaEmpty), false),
            (3, &["media-empty-warning"], None, true),
            (5, &["media-empty-report"], Some(Cause::MediaEmpty), false),
            (
                5,
                &["paused", "cover-open-error"],
                Some(Cause::CoverOpen),
                false,
            ),
            (5, &["none"], Some(Cause::PrinterPaused), false),
            (4, &["connecting-to-device"], None, false),
            (
                4,
                &["fuser-over-temp-error"],
                Some(Cause::PrinterOther),
                false,
            ),
            (3, &["separation-cutter-jam"], Some(Cause::CutterJam), false),
        ];
        for (state, reasons, fault, warned) in table {
            let printer = PrinterState::with_reasons(state, reasons);
            let found = printer.fault().map(|fault| fault.cause);
            assert_eq!(found, fault, "{state} {reasons:?}");
            let warning = found.is_none() && printer.warning().is_some();
            assert_eq!(warning, warned, "{state} {reasons:?}");
        }
    }
}
