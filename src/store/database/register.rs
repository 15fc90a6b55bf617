use jiff::Timestamp;
use uuid::Uuid;

use super::{Database, Engine, Fault, Sql, values};
use crate::identity::Person;
use crate::queue::PatientRef;
use crate::store::seal::{Column, Digest};
use crate::store::{Register, StoreError};

const PATIENT: Column = Column("patient");

impl<E: Engine> Register for Database<E> {
    fn look_up(&self, person: &Person) -> Result<Option<(PatientRef, Person)>, StoreError> {
        let found = self.read(|sql| self.patient(sql, person))?;
        Ok(found.map(|(id, known)| (reference(id), known)))
    }

    fn remember(&self, person: &Person, at: Timestamp) -> Result<PatientRef, StoreError> {
        self.write(|tx| {
            let found = self.patient(tx, person)?;
            let is_new = found.is_none();
            let (id, told) = match found {
                Some((id, known)) => (id, renewed(known, person)),
                None => (Uuid::new_v4(), person.clone()),
            };
            let sealed = self.seal.close_json(PATIENT, id.as_bytes(), &told)?;
            tx.execute(
                "INSERT INTO patients (id, at, record) VALUES ($1, $2, $3)
                 ON CONFLICT (id) DO UPDATE SET at = excluded.at, record = excluded.record",
                values![id, at, sealed],
            )?;
            if let Some(number) = self.insurance_of(&told) {
                lead(tx, &number, id)?;
            }
            for number in self.personal_of(&told) {
                let leads = lead(tx, &number, id)?;
                if is_new && !leads {
                    return Err(Fault::Taken("another kiosk registered this person".into()));
                }
            }
            Ok(reference(id))
        })
    }
}

impl<E: Engine> Database<E> {
    /// A personal number is one person's for ever. An insurance number alone is believed only of a
    /// patient whose own numbers do not contradict.
    fn patient(&self, sql: &mut dyn Sql, person: &Person) -> Result<Option<(Uuid, Person)>, Fault> {
        for number in self.personal_of(person) {
            if let Some(found) = self.patient_by(sql, &number)? {
                return Ok(Some(found));
            }
        }
        let Some(number) = self.insurance_of(person) else {
            return Ok(None);
        };
        let found = self.patient_by(sql, &number)?;
        Ok(found.filter(|(_, known)| known.same_as(person)))
    }

    fn patient_by(
        &self,
        sql: &mut dyn Sql,
        number: &Digest,
    ) -> Result<Option<(Uuid, Person)>, Fault> {
        let found = sql.first(
            "SELECT id, record FROM patient_numbers JOIN patients ON id = patient
             WHERE number = $1",
            values![number],
        )?;
        let Some(row) = found else {
            return Ok(None);
        };
        let (id, sealed): (Uuid, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let known = self.seal.open_json(PATIENT, id.as_bytes(), &sealed)?;
        Ok(Some((id, known)))
    }

    /// The present personal number first, then those it replaced.
    fn personal_of(&self, person: &Person) -> Vec<Digest> {
        let present = person.personal_number.iter();
        present
            .chain(&person.cancelled_numbers)
            .map(|number| self.seal.personal(number.expose()))
            .collect()
    }

    fn insurance_of(&self, person: &Person) -> Option<Digest> {
        let number = person.insurance_number.as_ref()?;
        Some(self.seal.insurance(number.bhxh_number()))
    }
}

/// A number leads to the patient whom it led to first; whether that is this one.
fn lead(tx: &mut dyn Sql, number: &Digest, patient: Uuid) -> Result<bool, Fault> {
    tx.execute(
        "INSERT INTO patient_numbers (number, patient) VALUES ($1, $2)
         ON CONFLICT (number) DO NOTHING",
        values![number, patient],
    )?;
    let leads = tx.first(
        "SELECT patient FROM patient_numbers WHERE number = $1",
        values![number],
    )?;
    let to: Option<Uuid> = leads.map(|row| row.get(0)).transpose()?;
    Ok(to == Some(patient))
}

/// What is told now, and for the rest what was told before.
fn renewed(before: Person, now: &Person) -> Person {
    let now = now.clone();
    let mut cancelled = now.cancelled_numbers;
    for number in before.cancelled_numbers {
        if !cancelled.contains(&number) {
            cancelled.push(number);
        }
    }
    Person {
        personal_number: now.personal_number.or(before.personal_number),
        insurance_number: now.insurance_number.or(before.insurance_number),
        hospital_number: now.hospital_number.or(before.hospital_number),
        name: now.name.or(before.name),
        name_latin: now.name_latin.or(before.name_latin),
        birth_date: now.birth_date.or(before.birth_date),
        sex: now.sex.or(before.sex),
        nationality: now.nationality.or(before.nationality),
        residence: now.residence.or(before.residence),
        // It goes to the hospital's system or nowhere.
        ethnicity: None,
        old_id: now.old_id.or(before.old_id),
        cancelled_numbers: cancelled,
        // Of the card that was shown, not of the person.
        card_expiry: None,
    }
}

fn reference(id: Uuid) -> PatientRef {
    PatientRef(format!("local-{id}"))
}
