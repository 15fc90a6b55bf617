use uuid::Uuid;

use super::context::{Context, Rules};
use super::event::Now;
use super::view::Shown;
use crate::config::Service;
use crate::identity::{
    Grade, HospitalNumber, Person, PersonalNumber, Proofs, Way, priority_by_age, shown_name,
};
use crate::queue::{Draft, InsuranceStatus, PatientRef, ServiceCode, VisitKind};
use crate::words::Cause;

/// Who it is, with the evidence, and what was found about them. Moves from state to state, and is
/// gone with the last of them.
#[derive(Debug)]
pub(super) struct Identified {
    pub(super) visit: Uuid,
    pub(super) person: Option<Person>,
    pub(super) grade: Option<Grade>,
    pub(super) way: Way,
    pub(super) proofs: Option<Proofs>,
    pub(super) rejected: bool,
    pub(super) patient: Option<PatientRef>,
    pub(super) may_register: bool,
    pub(super) insurance: InsuranceStatus,
    pub(super) appointment: Option<String>,
    pub(super) service: Option<ServiceCode>,
    /// Services that were wanted, and have given all their numbers.
    pub(super) full: Vec<ServiceCode>,
}

impl Identified {
    /// Somebody of whom nothing is known.
    pub(super) fn nobody(visit: Uuid) -> Self {
        Self {
            visit,
            person: None,
            grade: None,
            way: Way::None,
            proofs: None,
            rejected: false,
            patient: None,
            may_register: false,
            insurance: InsuranceStatus::NotAsked,
            appointment: None,
            service: None,
            full: Vec::new(),
        }
    }

    /// The person as this evidence allows to show them: the full short name from the chip, initials
    /// from a code, nothing for a typed number (anybody could type it).
    pub(super) fn shown(&self) -> Option<Shown> {
        let person = self.person.as_ref()?;
        let named = !self.rejected && self.way > Way::Typed;
        let name = person
            .name
            .as_ref()
            .or(person.name_latin.as_ref())
            .filter(|_| named);
        Some(Shown {
            name: name.map(|name| shown_name(name.expose(), self.way != Way::Chip)),
            birth_year: person
                .birth_date
                .filter(|_| named)
                .map(crate::identity::BirthDate::year),
            number: person
                .personal_number
                .as_ref()
                .map(PersonalNumber::last_four)
                .or(person
                    .hospital_number
                    .as_ref()
                    .map(HospitalNumber::last_four))
                .map(str::to_owned),
        })
    }

    /// What the store is asked to make durable: a number of `service`, or of the desk with a cause.
    pub(super) fn draft(&self, goal: &Goal, ctx: &mut Context<'_>) -> Draft {
        let day = ctx.day();
        let (kind, (service, stops), reason) = match goal {
            Goal::Service(code) => (VisitKind::Service, ctx.rules.route(code), None),
            Goal::Desk(cause) => (
                VisitKind::Desk,
                (ctx.rules.desk.code.clone(), Vec::new()),
                Some(cause.code().to_owned()),
            ),
        };
        // Of the service that was wanted where its first stop keeps no hours of its own now.
        let wanted = match goal {
            Goal::Service(code) => ctx.rules.session(code, ctx.now),
            Goal::Desk(_) => None,
        };
        let session = ctx.rules.session(&service, ctx.now).or(wanted);
        let birth = self.person.as_ref().and_then(|person| person.birth_date);
        Draft {
            visit: self.visit,
            provenance: ctx.new_id(),
            session: session.unwrap_or_default(),
            stops,
            kiosk: ctx.rules.kiosk.clone(),
            kind,
            service,
            day,
            at: ctx.now.wall,
            person: self.person.clone(),
            grade: self.grade,
            way: self.way,
            proofs: self.proofs.clone(),
            rejected: self.rejected,
            patient: self.patient.clone(),
            may_register: self.may_register && kind == VisitKind::Service,
            priority: birth.and_then(|birth| priority_by_age(birth, day)),
            insurance: self.insurance,
            appointment: self.appointment.clone(),
            companion: None,
            reason,
        }
    }

    /// The services that may be chosen now, but for those that are full.
    pub(super) fn open<'a>(&self, rules: &'a Rules, now: Now) -> Vec<&'a Service> {
        let mut open = rules.open(now);
        open.retain(|service| !self.full.contains(&service.code));
        open
    }

    /// The service that needs no asking: of the appointment, or the only one that is offered.
    pub(super) fn obvious_service(&self, rules: &Rules, now: Now) -> Option<ServiceCode> {
        let open = self.open(rules, now);
        let is_open = |code: &ServiceCode| open.iter().any(|service| service.code == *code);
        let only = match rules.queue.offered(&rules.services).as_slice() {
            [one] => Some(one.code.clone()),
            [] | [_, _, ..] => None,
        };
        self.service.clone().or(only).filter(is_open)
    }
}

/// What number is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Goal {
    /// A number of a service.
    Service(ServiceCode),
    /// A desk number, because of this.
    Desk(Cause),
}
