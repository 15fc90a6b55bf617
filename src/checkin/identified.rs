use uuid::Uuid;

use super::context::{Context, Rules};
use super::view::Shown;
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
        let (kind, service, reason) = match goal {
            Goal::Service(code) => (VisitKind::Service, code.clone(), None),
            Goal::Desk(cause) => (
                VisitKind::Desk,
                ctx.rules.desk.code.clone(),
                Some(cause.code().to_owned()),
            ),
        };
        let birth = self.person.as_ref().and_then(|person| person.birth_date);
        Draft {
            visit: self.visit,
            provenance: ctx.new_id(),
            session: Default::default(),
            stops: Vec::new(),
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

    /// The service that needs no asking: of the appointment, or the only one.
    pub(super) fn obvious_service(&self, rules: &Rules) -> Option<ServiceCode> {
        let only = match rules.services.as_slice() {
            [one] => Some(one.code.clone()),
            [] | [_, _, ..] => None,
        };
        self.service
            .clone()
            .filter(|code| rules.services.iter().any(|s| s.code == *code))
            .or(only)
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
