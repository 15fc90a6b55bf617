use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::is_end;
use crate::checkin::{Device, PaperShown, Screen, View, Want};
use crate::config::Service;
use crate::identity::Grade;
use crate::queue::{Draft, Issued, Paper, ServiceCode};
use crate::words::{Cause, Language, Text, text};

/// What the report is made of.
pub(super) enum Step {
    View(Arc<View>),
    Asked(Box<Draft>),
    Issued(Box<Issued>),
    Paper(Paper),
    Device(Device),
    Cancelled,
}

/// What a check-in came to.
pub(super) struct Report {
    names: BTreeMap<ServiceCode, Service>,
    begun: bool,
    end: Option<Arc<View>>,
    gone: bool,
    cancelled: bool,
    draft: Option<Box<Draft>>,
    issued: Option<Box<Issued>>,
    paper: Option<Paper>,
    pub visit: Option<Uuid>,
    pub ehr: Option<String>,
    pub ticket_file: Option<PathBuf>,
    pub millis: Duration,
}

impl Report {
    pub(super) fn new(names: BTreeMap<ServiceCode, Service>) -> Self {
        Self {
            names,
            begun: false,
            end: None,
            gone: false,
            cancelled: false,
            draft: None,
            issued: None,
            paper: None,
            visit: None,
            ehr: None,
            ticket_file: None,
            millis: Duration::ZERO,
        }
    }

    pub(super) fn take(&mut self, step: Step) {
        match step {
            Step::Cancelled => self.cancelled = true,
            Step::Device(_) => {}
            Step::View(view) => {
                let welcome = matches!(view.screen, Screen::Welcome { .. });
                self.gone = self.begun && welcome;
                self.begun |= !welcome;
                if is_end(&view.screen) {
                    self.end = Some(view);
                }
            }
            Step::Asked(draft) => self.draft = Some(draft),
            Step::Issued(issued) => {
                self.visit = Some(issued.visit);
                self.issued = Some(issued);
            }
            Step::Paper(paper) => self.paper = Some(paper),
        }
    }

    pub(super) fn ended(&self) -> bool {
        self.end.is_some() || self.gone
    }

    pub(super) fn issued(&self) -> bool {
        self.outcome().0 == "issued"
    }

    /// `outcome` and `reason`.
    fn outcome(&self) -> (&'static str, Option<&'static str>) {
        match self.end.as_ref().map(|view| &view.screen) {
            Some(Screen::Done {
                desk: None, paper, ..
            }) => (
                "issued",
                if let PaperShown::Missing(cause) = paper {
                    Some(cause.code())
                } else {
                    None
                },
            ),
            Some(Screen::Done {
                desk: Some(Cause::CardRejected),
                ..
            }) => ("rejected", Some(Cause::CardRejected.code())),
            Some(
                Screen::Done {
                    desk: Some(cause), ..
                }
                | Screen::Help { cause },
            ) => ("desk", Some(cause.code())),
            Some(_) | None if self.cancelled => ("cancelled", None),
            Some(_) | None => ("timeout", None),
        }
    }

    /// The object of `--json`. Its fields are documented and stable.
    pub(super) fn json(&self) -> String {
        let (outcome, reason) = self.outcome();
        let draft = self.draft.as_deref();
        let rejected = draft.is_some_and(|draft| draft.rejected);
        let grade = draft.and_then(|draft| draft.grade).map(Grade::code);
        let patient = draft.and_then(|draft| draft.patient.clone());
        let printed = self.paper.map_or(json!(null), |paper| json!(paper));
        json!({
            "outcome": outcome,
            "reason": reason,
            "visit": self.visit,
            "number": self.issued.as_ref().map(|issued| issued.number.as_str()),
            "service": self.issued.as_ref().map(|issued| &issued.service),
            "grade": if rejected { Some("rejected") } else { grade },
            "patient": { "known": patient.is_some(), "id": patient },
            "insurance": { "status": draft.map(|draft| draft.insurance) },
            "ticket": { "printed": printed, "file": self.ticket_file },
            "ehr": self.ehr,
            "millis": u64::try_from(self.millis.as_millis()).unwrap_or(u64::MAX),
        })
        .to_string()
    }

    /// The end, for a human: number, grade, ticket.
    pub(super) fn lines(&self, language: Language) -> Vec<String> {
        let say = |key| text(language, key);
        let mut lines = Vec::new();
        if let Some(issued) = &self.issued {
            let service = self.names.get(&issued.service);
            let name = service.map_or(issued.service.0.as_str(), |service| service.name(language));
            let place = service.map_or("", |service| service.place.as_str());
            lines.push(format!(
                "{}: {} · {name} · {place}",
                say(Text::TerminalNumber),
                issued.number
            ));
        }
        if let Some(grade) = self.draft.as_ref().and_then(|draft| draft.grade) {
            lines.push(format!("{}: {}", say(Text::TerminalGrade), grade.code()));
        }
        match self.outcome().0 {
            "timeout" => lines.push(say(Text::TerminalTimeout).to_owned()),
            "cancelled" => lines.push(say(Text::TerminalCancelled).to_owned()),
            _ => {}
        }
        if let (_, Some(reason)) = self.outcome() {
            let cause = Cause::ALL.iter().find(|cause| cause.code() == reason);
            lines.extend(
                cause.map(|cause| format!("{} {}", cause.patient(language), cause.next(language))),
            );
        }
        if let Some(ehr) = &self.ehr {
            lines.push(format!("{}: {ehr}", say(Text::TerminalEhr)));
        }
        if let Some(file) = &self.ticket_file {
            lines.push(format!("{}: {}", say(Text::TerminalTicket), file.display()));
        }
        lines.push(format!(
            "{}: {} ms",
            say(Text::TerminalTook),
            self.millis.as_millis()
        ));
        lines
    }
}

/// What a step looks like at the terminal. Progress of the reading is not told twice.
pub(super) fn told(view: &View, language: Language) -> Option<String> {
    let say = |key| text(language, key).to_owned();
    let with = |key, detail: &str| Some(format!("· {}: {detail}", text(language, key)));
    match &view.screen {
        Screen::Welcome { .. } => None,
        Screen::Consent => Some(format!("· {}", say(Text::TerminalConsent))),
        Screen::Gathering {
            problem: Some(problem),
            ..
        } => Some(format!(
            "! {} {}",
            problem.patient(language),
            problem.next(language)
        )),
        Screen::Gathering {
            want: Want::HoldStill,
            reading: Some(reading),
            ..
        } if reading.percent > 0 => None,
        Screen::Gathering { want, who, .. } => {
            let key = match want {
                Want::CardOrCode => Text::TerminalCardOrCode,
                Want::CodeOrCan => Text::TerminalCodeOrCan,
                Want::Card => Text::TerminalCard,
                Want::HoldStill => Text::TerminalReading,
                Want::Number => Text::TerminalTyping,
                Want::HospitalNumber => Text::HospitalTitle,
                Want::BirthYear => Text::YearTitle,
                Want::Wait => Text::TerminalLookingUp,
            };
            let name = who.as_ref().and_then(|who| who.name.clone());
            Some(name.map_or_else(
                || format!("· {}", say(key)),
                |name| format!("· {} ({name})", say(key)),
            ))
        }
        Screen::Confirm { who } => with(Text::TerminalConfirm, who.name.as_deref().unwrap_or("?")),
        Screen::Choose { .. } => Some(format!("· {}", say(Text::TerminalChoose))),
        Screen::Issuing { .. } => Some(format!("· {}", say(Text::TerminalIssuing))),
        Screen::Printing { number, .. } => with(Text::TerminalPrinting, number.as_str()),
        Screen::Done {
            paper: PaperShown::Printed,
            ..
        } => Some(format!("· {}", say(Text::TerminalPrinted))),
        Screen::Done {
            paper: PaperShown::Missing(cause),
            ..
        }
        | Screen::Help { cause } => Some(format!("! {}", cause.patient(language))),
    }
}
