//! A visit as a transaction: the Encounter, conditional on our visit id; the Patient, conditional
//! on the personal number, where a new one may be made; the Provenance under its own id. Sent
//! twice it is one visit, and what the hospital changed meanwhile stays.

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::appointment::MOMENT;
use super::http::query;
use crate::config::Fhir;
use crate::identity::{Person, Private, Proofs, Sex};
use crate::queue::{Draft, InsuranceStatus, PatientRef, VisitRecord};

/// Our extensions of Encounter live below this address. It names, it need not resolve.
const EXTENSIONS: &str = "https://tiepdon.example/fhir";

/// Whom an Encounter is of.
pub(super) enum Subject {
    /// A patient of the hospital.
    Known(PatientRef),
    /// A new one, made with the visit.
    New,
    /// Somebody who is only named by a number: the desk makes or links the record.
    ByNumber,
}

/// Renders visits of one site.
pub(super) struct Renderer<'a> {
    pub settings: &'a Fhir,
    pub zone: &'a TimeZone,
    /// The server takes a Provenance.
    pub provenance: bool,
}

impl Renderer<'_> {
    /// The bundle; the same visit and subject give the same bytes.
    pub fn bundle(&self, record: &VisitRecord, subject: &Subject) -> Value {
        let draft = &record.draft;
        let patient = match (subject, &draft.person) {
            (Subject::New, Some(person)) => self.patient(draft, person),
            _ => None,
        };
        let encounter = self.encounter(record, subject, patient.is_some());
        let provenance = self.provenance.then(|| self.provenance(draft));
        let entries: Vec<Value> = patient
            .into_iter()
            .chain([encounter])
            .chain(provenance)
            .collect();
        json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    }

    fn encounter(&self, record: &VisitRecord, subject: &Subject, new: bool) -> Value {
        let draft = &record.draft;
        let visit = draft.visit.to_string();
        let mut encounter = object(json!({
            "resourceType": "Encounter",
            "status": "arrived",
            "class": {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                "code": "AMB",
            },
            "extension": self.extensions(draft),
            "identifier": [
                {"system": self.settings.visit_system, "value": visit},
                {"system": self.queue_system(draft), "value": record.number.as_str()},
            ],
            "serviceType": {"coding": [{"code": draft.service.0}]},
            "period": {"start": self.moment(draft)},
        }));
        let reference = match subject {
            Subject::Known(patient) => Some(json!({"reference": format!("Patient/{}", patient.0)})),
            Subject::New if new => Some(json!({"reference": urn(new_patient(draft))})),
            Subject::New | Subject::ByNumber => self.logical(draft.person.as_ref()),
        };
        encounter.extend(reference.map(|subject| ("subject".to_owned(), subject)));
        if let Some(id) = &draft.appointment {
            let reference = json!([{"reference": format!("Appointment/{id}")}]);
            encounter.insert("appointment".to_owned(), reference);
        }
        json!({
            "fullUrl": urn(draft.visit),
            "request": {
                "method": "POST",
                "url": "Encounter",
                "ifNoneExist": criteria(&self.settings.visit_system, &visit),
            },
            "resource": encounter,
        })
    }

    /// What was proved at this visit, what in the papers is worth a look of whoever receives the
    /// patient, and what they say of order and insurance. R4 has no element for the first two;
    /// `Encounter.priority` is for clinical urgency alone.
    fn extensions(&self, draft: &Draft) -> Vec<Value> {
        let code = |url: &str, code: &str| json!({"url": url, "valueCode": code});
        let mut parts = vec![code("method", draft.way.code())];
        parts.extend(draft.grade.map(|grade| code("grade", grade.code())));
        parts.extend(draft.proofs.iter().flat_map(checks));
        let hints = draft.hints().into_iter();
        parts.extend(hints.map(|hint| json!({"url": "hint", "valueCode": hint})));
        parts.push(json!({"url": "kiosk", "valueString": draft.kiosk}));
        parts.push(json!({"url": "at", "valueDateTime": self.moment(draft)}));
        let identification = format!("{EXTENSIONS}/identification");
        let mut all = vec![json!({"url": identification, "extension": parts})];
        if let Some(reason) = draft.priority {
            all.push(json!({"url": format!("{EXTENSIONS}/priority"), "valueCode": reason}));
        }
        if draft.insurance != InsuranceStatus::NotAsked {
            let url = format!("{EXTENSIONS}/insurance");
            all.push(json!({"url": url, "valueCode": draft.insurance}));
        }
        let person = draft.person.as_ref();
        if let Some(ethnicity) = person.and_then(|person| person.ethnicity.as_ref()) {
            all.push(json!({"url": format!("{EXTENSIONS}/ethnicity"), "valueString": ethnicity}));
        }
        if let Some(reason) = &draft.reason {
            all.push(code(&format!("{EXTENSIONS}/desk-reason"), reason));
        }
        all
    }

    /// A patient whom the server does not know. Only with a personal number: without one, nothing
    /// keeps a second record from being made.
    fn patient(&self, draft: &Draft, person: &Person) -> Option<Value> {
        let number = person.personal_number.as_ref()?;
        let system = self.settings.personal_number_systems.first()?;
        let identifiers: Vec<Value> = self
            .identifiers(person)
            .into_iter()
            .map(|(system, value)| json!({"use": "official", "system": system, "value": value}))
            .collect();
        let mut patient = object(json!({
            "resourceType": "Patient",
            "active": true,
            "identifier": identifiers,
        }));
        let name = person.name.as_ref().or(person.name_latin.as_ref());
        patient.extend(name.map(|name| ("name".to_owned(), json!([human_name(name)]))));
        let birth = person.birth_date.map(String::from);
        patient.extend(birth.map(|date| ("birthDate".to_owned(), json!(date))));
        patient.extend(
            person
                .sex
                .map(|sex| ("gender".to_owned(), json!(gender(sex)))),
        );
        Some(json!({
            "fullUrl": urn(new_patient(draft)),
            "request": {
                "method": "POST",
                "url": "Patient",
                "ifNoneExist": criteria(system, number.expose()),
            },
            "resource": patient,
        }))
    }

    fn provenance(&self, draft: &Draft) -> Value {
        let id = draft.provenance.to_string();
        json!({
            "fullUrl": urn(draft.provenance),
            "request": {"method": "PUT", "url": format!("Provenance/{id}")},
            "resource": {
                "resourceType": "Provenance",
                "id": id,
                "target": [{"reference": urn(draft.visit)}],
                "recorded": self.moment(draft),
                "agent": [{"who": {"display": draft.kiosk}}],
                "entity": [{"role": "source", "what": {"display": draft.way.code()}}],
            },
        })
    }

    /// A reference by number, without a name: it says who, and links to nobody.
    fn logical(&self, person: Option<&Person>) -> Option<Value> {
        let (system, value) = self.identifiers(person?).into_iter().next()?;
        Some(json!({"type": "Patient", "identifier": {"system": system, "value": value}}))
    }

    fn identifiers(&self, person: &Person) -> Vec<(String, String)> {
        let personal = self.settings.personal_number_systems.first().cloned();
        let insurance = self.settings.insurance_number_systems.first().cloned();
        let personal_number = person.personal_number.as_ref();
        let insurance_number = person.insurance_number.as_ref();
        personal
            .zip(personal_number.map(|number| number.expose().to_owned()))
            .into_iter()
            .chain(insurance.zip(insurance_number.map(|number| number.expose().to_owned())))
            .collect()
    }

    fn queue_system(&self, draft: &Draft) -> String {
        let (system, day) = (&self.settings.queue_system, draft.day);
        format!("{system}/{day}/{}", draft.service.0)
    }

    fn moment(&self, draft: &Draft) -> String {
        let local = draft.at.to_zoned_datetime(self.zone.clone());
        local.strftime(MOMENT).to_string()
    }
}

/// The id under which a new Patient is named within its bundle: of the visit, but another one.
/// A UUID of version 8 (RFC 9562 §5.8), cut from a hash.
fn new_patient(draft: &Draft) -> Uuid {
    let hash = Sha256::new()
        .chain_update(draft.visit.as_bytes())
        .chain_update(b"patient")
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn checks(proofs: &Proofs) -> [Value; 3] {
    [
        ("passive", &proofs.passive),
        ("chip", &proofs.chip),
        ("active", &proofs.active),
    ]
    .map(|(url, check)| json!({"url": url, "valueCode": check.result}))
}

/// `text` as on the card; family name first, as Vietnamese names have it.
fn human_name(name: &Private<String>) -> Value {
    let name = name.expose();
    let mut words = name.split_whitespace();
    let family = words.next();
    let given: Vec<&str> = words.collect();
    let mut human = object(json!({"use": "official", "text": name}));
    human.extend(family.map(|family| ("family".to_owned(), json!(family))));
    if !given.is_empty() {
        human.insert("given".to_owned(), json!(given));
    }
    Value::Object(human)
}

fn gender(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "male",
        Sex::Female => "female",
    }
}

fn criteria(system: &str, value: &str) -> String {
    query(&[("identifier", &format!("{system}|{value}"))])
}

fn urn(id: Uuid) -> String {
    format!("urn:uuid:{id}")
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(fields) = value {
        return fields;
    }
    Map::new()
}
