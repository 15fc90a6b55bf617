//! A Patient resource as far as it decides who somebody is, and the decision itself. Pure.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "JSON has six kinds of values: all but the one expected are the same oddity"
)]

use serde_json::Value;

use super::is_id;
use crate::ehr::Match;
use crate::identity::{BirthDate, Person};
use crate::queue::PatientRef;

/// An identifier: system and value.
pub(super) type Identifier = (String, String);

/// What a Patient says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub id: String,
    pub identifiers: Vec<Identifier>,
    /// In use, and its person alive.
    pub state: State,
    birth: Option<String>,
    names: Vec<String>,
}

/// Whether a record can be somebody who stands before us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Active,
    /// Out of use; perhaps replaced by the record with this id.
    Inactive {
        replaced_by: Option<String>,
    },
    Deceased,
}

impl Record {
    /// Reads a Patient; the error says what is odd about it. Null counts as absent.
    pub fn read(patient: &Value) -> Result<Self, String> {
        if patient["resourceType"] != "Patient" {
            return Err("a patient is no Patient".to_owned());
        }
        let id = patient["id"].as_str().filter(|id| is_id(id));
        Ok(Self {
            id: id.ok_or("a Patient has no right id")?.to_owned(),
            identifiers: identifiers(patient)?,
            state: state(patient)?,
            birth: text(&patient["birthDate"], "birthDate")?,
            names: names(patient)?,
        })
    }

    pub fn holds_one_of(&self, asked: &[Identifier]) -> bool {
        asked.iter().any(|one| self.identifiers.contains(one))
    }

    /// Whether name, birth date or personal number say that this is somebody else.
    /// `systems` are those of the personal number.
    pub fn contradicts(&self, person: &Person, systems: &[String]) -> bool {
        let name_differs = self.agrees_by_name(person) == Some(false);
        let birth_differs = match (&self.birth, person.birth_date) {
            (Some(there), Some(here)) => !birth_fits(there, here),
            _ => false,
        };
        name_differs || birth_differs || self.holds_other_number(person, systems)
    }

    /// Whether one of its names is the person's; `None` where nothing can be compared.
    pub fn agrees_by_name(&self, person: &Person) -> Option<bool> {
        let verdicts = self
            .names
            .iter()
            .filter_map(|name| person.name_agrees(name));
        verdicts.reduce(|any, one| any || one)
    }

    /// Whether it holds personal numbers, and none of them is or was the person's.
    pub fn holds_other_number(&self, person: &Person, systems: &[String]) -> bool {
        let Some(current) = &person.personal_number else {
            return false;
        };
        let mut own = std::iter::once(current).chain(&person.cancelled_numbers);
        let theirs: Vec<&str> = self
            .identifiers
            .iter()
            .filter(|(system, _)| systems.contains(system))
            .map(|(_, value)| value.as_str())
            .collect();
        !theirs.is_empty() && !own.any(|number| theirs.contains(&number.expose()))
    }
}

/// Who the records that hold a number say that the person is. Records out of use count only
/// where there is no other.
pub(super) fn judge(person: &Person, records: &[Record], systems: &[String]) -> Match {
    let mut active: Vec<&Record> = Vec::new();
    for record in records {
        match record.state {
            State::Deceased => return Match::Several,
            State::Inactive { .. } => {}
            State::Active if active.iter().any(|known| known.id == record.id) => {}
            State::Active => active.push(record),
        }
    }
    match active[..] {
        [] if records.is_empty() => Match::Unknown,
        [one] if one.contradicts(person, systems) => Match::Contradicted,
        // Papers lie about: without the birth that was told, their number is nobody's.
        [one] if known_by_papers(person) && one.birth.as_ref().zip(person.birth_date).is_none() => {
            Match::Contradicted
        }
        [one] => Match::Known(PatientRef(one.id.clone())),
        _ => Match::Several,
    }
}

/// Whether nothing but the number on the hospital's papers is known.
fn known_by_papers(person: &Person) -> bool {
    person.personal_number.is_none() && person.insurance_number.is_none()
}

/// Whether a FHIR date, which may lack day or month, can be this birth. What cannot be read fits
/// nothing: staff look at the record.
fn birth_fits(there: &str, here: BirthDate) -> bool {
    const YEAR_AND_MONTH: usize = "1990-02".len();
    let there = there.split('T').next().unwrap_or_default();
    if there.len() == YEAR_AND_MONTH {
        let first = BirthDate::parse(&format!("{there}-01"));
        return match (first, here) {
            (Some(BirthDate::Day(there)), BirthDate::Day(here)) => {
                (there.year(), there.month()) == (here.year(), here.month())
            }
            (Some(there), BirthDate::Year(year)) => there.year() == year,
            (Some(BirthDate::Year(_)), BirthDate::Day(_)) | (None, _) => false,
        };
    }
    BirthDate::parse(there).is_some_and(|there| there.agrees_with(here))
}

fn identifiers(patient: &Value) -> Result<Vec<Identifier>, String> {
    let mut found = Vec::new();
    for identifier in list(&patient["identifier"], "identifier")? {
        let system = text(&identifier["system"], "identifier.system")?;
        let value = text(&identifier["value"], "identifier.value")?;
        found.extend(system.zip(value));
    }
    Ok(found)
}

fn state(patient: &Value) -> Result<State, String> {
    let deceased = match &patient["deceasedBoolean"] {
        Value::Null => text(&patient["deceasedDateTime"], "deceasedDateTime")?.is_some(),
        Value::Bool(deceased) => *deceased,
        _ => return Err("a Patient's deceasedBoolean is no boolean".to_owned()),
    };
    if deceased {
        return Ok(State::Deceased);
    }
    let replaced_by = replaced_by(patient)?;
    match &patient["active"] {
        Value::Null | Value::Bool(true) if replaced_by.is_none() => Ok(State::Active),
        Value::Null | Value::Bool(_) => Ok(State::Inactive { replaced_by }),
        _ => Err("a Patient's active is no boolean".to_owned()),
    }
}

fn replaced_by(patient: &Value) -> Result<Option<String>, String> {
    for link in list(&patient["link"], "link")? {
        if link["type"] == "replaced-by" {
            let reference = link["other"]["reference"].as_str().unwrap_or_default();
            let id = super::id_of(reference, "Patient");
            return Ok(Some(id.ok_or("a Patient's link leads nowhere")?.to_owned()));
        }
    }
    Ok(None)
}

/// Every way to write each of the names: as a text, and as family name first.
fn names(patient: &Value) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for name in list(&patient["name"], "name")? {
        names.extend(text(&name["text"], "name.text")?);
        let mut parts: Vec<String> = text(&name["family"], "name.family")?.into_iter().collect();
        for given in list(&name["given"], "name.given")? {
            parts.extend(text(given, "name.given")?);
        }
        if parts.len() > 1 {
            names.push(parts.join(" "));
        }
    }
    Ok(names)
}

fn list<'a>(value: &'a Value, what: &str) -> Result<&'a [Value], String> {
    match value {
        Value::Null => Ok(&[]),
        Value::Array(items) => Ok(items),
        _ => Err(format!("a Patient's {what} is no list")),
    }
}

fn text(value: &Value, what: &str) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(format!("a Patient's {what} is no text")),
    }
}
