//! Finding the patient: by the personal number, else by numbers that it replaced, else by the
//! insurance number, else by the hospital's own. Who holds none of them but has the name and the birth date goes to staff.

use std::time::Instant;

use super::FhirServer;
use super::patient::{Identifier, Record, State, judge};
use super::search::{Found, search};
use crate::ehr::{EhrError, Match};
use crate::identity::{BirthDate, Person};

impl FhirServer {
    pub(super) fn find_patient(&self, person: &Person) -> Result<Match, EhrError> {
        let deadline = self.client.deadline();
        for asked in self.numbers(person) {
            let found = self.by_number(person, &asked, deadline)?;
            if found != Match::Unknown {
                return Ok(found);
            }
        }
        self.by_birth_date(person, deadline)
    }

    /// The identifiers to ask for, one search after the other.
    fn numbers(&self, person: &Person) -> Vec<Vec<Identifier>> {
        let pairs = |systems: &[String], value: &str| -> Vec<Identifier> {
            let pair = |system: &String| (system.clone(), value.to_owned());
            systems.iter().map(pair).collect()
        };
        let personal = &self.settings.personal_number_systems;
        let insurance = &self.settings.insurance_number_systems;
        let mut searches: Vec<Vec<Identifier>> = Vec::new();
        searches.extend(
            person
                .personal_number
                .as_ref()
                .map(|number| pairs(personal, number.expose())),
        );
        let cancelled = person.cancelled_numbers.iter();
        searches.push(
            cancelled
                .flat_map(|n| pairs(personal, n.expose()))
                .collect(),
        );
        searches.extend(person.insurance_number.as_ref().map(|number| {
            let mut asked = pairs(insurance, number.expose());
            if number.bhxh_number() != number.expose() {
                asked.extend(pairs(insurance, number.bhxh_number()));
            }
            asked
        }));
        let hospital = self.settings.hospital_numbers.as_ref();
        searches.extend(
            hospital
                .zip(person.hospital_number.as_ref())
                .map(|(numbers, number)| {
                    vec![(numbers.system.clone(), number.expose().to_owned())]
                }),
        );
        searches.retain(|asked| !asked.is_empty());
        searches
    }

    fn by_number(
        &self,
        person: &Person,
        asked: &[Identifier],
        deadline: Instant,
    ) -> Result<Match, EhrError> {
        let tokens: Vec<String> = asked
            .iter()
            .map(|(system, value)| format!("{system}|{value}"))
            .collect();
        let parameters = [("identifier", tokens.join(","))];
        let parameters = parameters.each_ref().map(|(name, value)| (*name, &**value));
        let matches = match search(&self.client, "Patient", &parameters, deadline)? {
            Found::All(matches) => matches,
            Found::TooMany => return Ok(Match::Several),
            Found::Unsupported(why) => {
                return Err(EhrError::Down(format!(
                    "it cannot search patients by identifier: {why}"
                )));
            }
        };
        let records: Result<Vec<Record>, String> = matches.iter().map(Record::read).collect();
        let records = records.map_err(EhrError::Down)?;
        let found = records.len();
        let mut holders: Vec<Record> = records
            .into_iter()
            .filter(|record| record.holds_one_of(asked))
            .collect();
        if holders.is_empty() && found > 0 {
            return Err(EhrError::Down(
                "it answers a search by identifier with patients who do not hold it".to_owned(),
            ));
        }
        self.replace(&mut holders, deadline)?;
        let systems = &self.settings.personal_number_systems;
        Ok(judge(person, &holders, systems))
    }

    /// Puts in the place of each replaced record the one that replaces it; once, for a chain of
    /// replacements is a case for staff.
    fn replace(&self, records: &mut [Record], deadline: Instant) -> Result<(), EhrError> {
        /// Records that are followed. More duplicates of one number are a case for staff.
        const REPLACED_MAX: usize = 3;
        let known: Vec<Record> = records.to_vec();
        for record in records.iter_mut().take(REPLACED_MAX) {
            let State::Inactive {
                replaced_by: Some(id),
            } = &record.state
            else {
                continue;
            };
            *record = match known.iter().find(|other| other.id == *id) {
                Some(other) => other.clone(),
                None => {
                    let answer = self.client.get(&format!("Patient/{id}"), deadline)?;
                    let other = Record::read(&answer.resource("Patient")?);
                    let other = other.map_err(EhrError::Down)?;
                    if other.id != *id {
                        return Err(EhrError::Down(
                            "it answers with another record than was read".to_owned(),
                        ));
                    }
                    other
                }
            };
        }
        Ok(())
    }

    /// Nobody holds a number. Somebody without one, of this name and birth date, may be the person
    /// all the same: never taken for them, but shown to staff before a second record is made.
    fn by_birth_date(&self, person: &Person, deadline: Instant) -> Result<Match, EhrError> {
        let Some(BirthDate::Day(day)) = person.birth_date else {
            return Ok(Match::Unknown);
        };
        let day = day.to_string();
        let parameters = [("birthdate", day.as_str()), ("_count", "100")];
        let matches = match search(&self.client, "Patient", &parameters, deadline)? {
            Found::All(matches) => matches,
            // The numbers have decided.
            Found::TooMany | Found::Unsupported(_) => return Ok(Match::Unknown),
        };
        let systems = &self.settings.personal_number_systems;
        let like_them = |patient| {
            // A stranger's record may be as odd as it likes.
            let Ok(record) = Record::read(patient) else {
                return false;
            };
            record.state == State::Active
                && record.agrees_by_name(person) == Some(true)
                && !record.contradicts(person, systems)
        };
        Ok(if matches.iter().any(like_them) {
            Match::Several
        } else {
            Match::Unknown
        })
    }
}
