//! A hospital without any API: the site's own register knows the patients, and the clerk takes
//! each visit over from the console.

use jiff::civil::Date;

use super::{Appointment, EhrError, Handed, HospitalSystem, Match};
use crate::identity::{Grade, Person};
use crate::queue::{PatientRef, VisitRecord};

/// The people that the site knows by itself.
pub trait LocalRegister: Send + Sync {
    /// The patient who holds the person's number.
    ///
    /// # Errors
    /// The register cannot be read; the text says why, without personal data.
    fn find(&self, person: &Person) -> Result<Option<(PatientRef, Person)>, String>;

    /// Adds or renews a person.
    ///
    /// # Errors
    /// The register cannot be written; the text says why, without personal data.
    fn remember(&self, person: &Person) -> Result<PatientRef, String>;
}

/// The local register as the hospital's system.
pub struct Handover<R> {
    register: R,
}

impl<R: LocalRegister> Handover<R> {
    /// Serves from this register.
    pub fn new(register: R) -> Self {
        Self { register }
    }
}

impl<R: LocalRegister> HospitalSystem for Handover<R> {
    fn find(&self, person: &Person) -> Result<Match, EhrError> {
        Ok(match self.register.find(person).map_err(EhrError::Down)? {
            None => Match::Unknown,
            Some((_, known)) if contradicts(person, &known) => Match::Contradicted,
            Some((patient, _)) => Match::Known(patient),
        })
    }

    fn appointments(&self, _: &PatientRef, _: Date) -> Result<Vec<Appointment>, EhrError> {
        Ok(Vec::new())
    }

    /// Nothing is sent anywhere.
    fn render(&self, _: &VisitRecord) -> Result<Vec<u8>, EhrError> {
        Ok(Vec::new())
    }

    fn hand_over(&self, record: &VisitRecord, _: &[u8], _: bool) -> Result<Handed, EhrError> {
        let draft = &record.draft;
        let may_register = draft.may_register && !draft.rejected;
        if let Some(person) = draft.person.as_ref().filter(|_| may_register) {
            // Somebody else's entry is never overwritten: the clerk looks who is who. The person's
            // own is renewed only by what an issuer signed.
            let remembers = match self.find(person)? {
                Match::Unknown => true,
                Match::Known(_) => draft.grade >= Some(Grade::Signed),
                Match::Several | Match::Contradicted => false,
            };
            if remembers {
                self.register.remember(person).map_err(EhrError::Down)?;
            }
        }
        Ok(Handed::Local)
    }

    fn probe(&self) -> Result<String, EhrError> {
        Ok("no system: the local register serves, the clerk takes visits over".to_owned())
    }
}

/// Whether an entry cannot be the person's: another birth date, another name, another number.
fn contradicts(person: &Person, known: &Person) -> bool {
    let births = person.birth_date.zip(known.birth_date);
    let name = known.name.as_ref().or(known.name_latin.as_ref());
    // An entry may know the name as an MRZ cut it, and the person in full, or the reverse.
    let names = name.and_then(|name| person.name_agrees(name.expose()));
    let names_back = person
        .name
        .as_ref()
        .and_then(|name| known.name_agrees(name.expose()));
    let name_differs = names == Some(false) && names_back != Some(true);
    let numbers = person
        .personal_number
        .as_ref()
        .zip(known.personal_number.as_ref());
    births.is_some_and(|(here, there)| !here.agrees_with(there))
        || name_differs
        || numbers
            .is_some_and(|(here, there)| here != there && !person.cancelled_numbers.contains(there))
}

#[cfg(test)]
mod tests;
