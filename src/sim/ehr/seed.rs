use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Value, json};

use super::insurance::Insured;
use super::server::Seed;
use crate::identity::Sex;
use crate::sim::{SimPerson, persons};

/// Under this system the trial's patients have their personal number.
const PERSONAL_NUMBER: &str = "http://fhir.hl7.org.vn/core/sid/cccd";

/// Under this one, what the trial's hospital prints on its papers.
const HOSPITAL_NUMBER: &str = "https://tiepdon.example/sid/trial-patient";

impl Seed {
    /// Today in Viet Nam.
    pub fn today() -> Date {
        Timestamp::now()
            .to_zoned_datetime(TimeZone::fixed(Offset::constant(7)))
            .date()
    }

    /// The invented persons as patients: all but the last, who comes for the first time. The first
    /// has an appointment on `today`, at the department NOI. All are insured.
    pub fn trial(today: Date) -> Self {
        let known = &persons()[..persons().len().saturating_sub(1)];
        let mut resources: Vec<Value> = known.iter().enumerate().map(patient).collect();
        resources.push(json!({
            "resourceType": "Appointment",
            "id": "a1",
            "status": "booked",
            "serviceType": [{ "coding": [{ "code": "NOI" }] }],
            "start": format!("{today}T08:00:00+07:00"),
            "end": format!("{today}T08:15:00+07:00"),
            "participant": [{ "actor": { "reference": "Patient/p1" }, "status": "accepted" }],
        }));
        let insured = persons().iter().map(|person| Insured {
            number: person.number.expose().to_owned(),
            name: person.name.clone(),
            birth_date: String::from(person.birth_date),
            code: "000".to_owned(),
        });
        Self {
            resources,
            insured: insured.collect(),
        }
    }
}

fn patient((index, person): (usize, &SimPerson)) -> Value {
    let (family, given) = person
        .name
        .split_once(' ')
        .unwrap_or((person.name.as_str(), ""));
    json!({
        "resourceType": "Patient",
        "id": format!("p{}", index + 1),
        "active": true,
        "identifier": [
            { "system": PERSONAL_NUMBER, "value": person.number.expose() },
            { "system": HOSPITAL_NUMBER, "value": format!("BN{:08}", index + 1) },
        ],
        "name": [{ "text": person.name, "family": family, "given": given.split(' ').collect::<Vec<_>>() }],
        "gender": match person.sex { Sex::Male => "male", Sex::Female => "female" },
        "birthDate": String::from(person.birth_date),
    })
}
