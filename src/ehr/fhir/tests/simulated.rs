use std::time::Duration;

use serde_json::{Value, json};

use super::{
    BHYT, CCCD, LONG, NUMBER, OLD_CCCD, SHORT, VISIT, number, person, server_at, server_with,
    settings_at, visit,
};
use crate::config::{Fhir, HospitalNumbers};
use crate::ehr::{EhrError, FhirServer, Handed, HospitalSystem, Match};
use crate::identity::{
    BirthDate, HospitalNumber, HospitalPattern, InsuranceNumber, Person, Private, Sex,
};
use crate::queue::{PatientRef, ServiceCode, VisitKind};
use crate::sim::ehr::{Fault, Seed, Server};

fn patient(id: &str, system: &str, value: &str, name: &str, birth: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "active": true,
        "identifier": [{"system": system, "value": value}],
        "name": [{"text": name}], "birthDate": birth})
}

fn ours() -> Value {
    patient("p1", CCCD, NUMBER, "Nguyễn Văn A", "1990-02-28")
}

fn stranger() -> Value {
    patient("p9", CCCD, "099200000042", "Trần Thị B", "1961-01-01")
}

fn start(resources: Vec<Value>) -> (Server, FhirServer) {
    let seed = Seed {
        resources,
        ..Seed::default()
    };
    let sim = Server::start(0, seed).expect("a free port");
    let client = server_at(&sim.base_url(), LONG);
    (sim, client)
}

fn known(id: &str) -> Result<Match, EhrError> {
    Ok(Match::Known(PatientRef(id.into())))
}

#[test]
fn a_patient_is_found_by_each_number_in_its_turn() {
    let card = InsuranceNumber::parse("DN4010123456789").expect("card code");
    let insured = Person {
        insurance_number: Some(card.clone()),
        ..person()
    };
    let renumbered = Person {
        cancelled_numbers: vec![number("099200000001")],
        ..person()
    };
    let name = "Nguyễn Văn A";
    let birth = "1990-02-28";
    for (there, who) in [
        (ours(), person()),
        (patient("p1", OLD_CCCD, NUMBER, name, birth), person()),
        (
            patient("p1", BHYT, card.expose(), name, birth),
            insured.clone(),
        ),
        (patient("p1", BHYT, "0123456789", name, birth), insured),
        (patient("p1", CCCD, "099200000001", name, birth), renumbered),
    ] {
        let (_sim, client) = start(vec![stranger(), there.clone()]);
        assert_eq!(client.find(&who), known("p1"), "{there}");
    }
}

#[test]
fn a_number_on_the_hospitals_paper_finds_whoever_was_born_in_that_year() {
    const MRN: &str = "urn:hospital:patient";
    let asked = |value: &str, year: Option<&str>| Person {
        hospital_number: HospitalNumber::parse(value),
        birth_date: year.and_then(BirthDate::parse),
        ..Person::default()
    };
    let born = |birth: &str| patient("p1", MRN, "BN00123456", "Nguyễn Văn A", birth);
    let mut no_birth = born("");
    no_birth["birthDate"] = Value::Null;
    for (there, who, expected) in [
        (
            born("1990-02-28"),
            asked("BN00123456", Some("1990")),
            known("p1"),
        ),
        (
            born("1990-02"),
            asked("BN00123456", Some("1990")),
            known("p1"),
        ),
        (born("1990"), asked("BN00123456", Some("1990")), known("p1")),
        (
            born("1990"),
            asked("BN00123456", Some("1991")),
            Ok(Match::Contradicted),
        ),
        (
            born("1990"),
            asked("BN00123456", None),
            Ok(Match::Contradicted),
        ),
        (
            no_birth,
            asked("BN00123456", Some("1990")),
            Ok(Match::Contradicted),
        ),
        (
            born("1990"),
            asked("BN00123457", Some("1990")),
            Ok(Match::Unknown),
        ),
        // The same value under another system is another number.
        (
            patient("p1", CCCD, "BN00123456", "Nguyễn Văn A", "1990"),
            asked("BN00123456", Some("1990")),
            Ok(Match::Unknown),
        ),
    ] {
        let seed = Seed {
            resources: vec![stranger(), there.clone()],
            ..Seed::default()
        };
        let sim = Server::start(0, seed).expect("a free port");
        let numbers = HospitalNumbers {
            pattern: HospitalPattern::parse("BN########").expect("a pattern"),
            system: MRN.to_owned(),
        };
        let settings = Fhir {
            hospital_numbers: Some(numbers),
            ..settings_at(&sim.base_url(), LONG)
        };
        assert_eq!(server_with(settings).find(&who), expected, "{there}");
        // Without the system's name such a number is never asked for.
        assert_eq!(
            server_at(&sim.base_url(), LONG).find(&who),
            Ok(Match::Unknown)
        );
    }
}

#[test]
fn nobody_is_unknown_and_a_namesake_without_number_is_for_staff() {
    let (sim, client) = start(vec![stranger()]);
    assert_eq!(client.find(&person()), Ok(Match::Unknown));
    assert_eq!(client.find(&Person::default()), Ok(Match::Unknown));
    sim.put(patient("p2", "urn:mrn", "1", "NGUYEN VAN A", "1990-02-28"));
    assert_eq!(client.find(&person()), Ok(Match::Several));
    let typed = Person::typed(number(NUMBER));
    assert_eq!(client.find(&typed), Ok(Match::Unknown));
}

#[test]
fn the_insurance_number_of_somebody_with_another_personal_number_is_for_staff() {
    let mut other = patient("p1", BHYT, "0123456789", "Nguyễn Văn A", "1990-02-28");
    other["identifier"] = json!([
        {"system": BHYT, "value": "0123456789"},
        {"system": CCCD, "value": "099200000042"},
    ]);
    let (_sim, client) = start(vec![other]);
    let insured = Person {
        insurance_number: InsuranceNumber::parse("0123456789"),
        ..person()
    };
    assert_eq!(client.find(&insured), Ok(Match::Contradicted));
}

#[test]
fn a_merged_record_leads_to_the_one_that_replaces_it() {
    let link = |id: &str| json!([{"type": "replaced-by", "other": {"reference": id}}]);
    let mut old = ours();
    old["id"] = json!("old");
    old["active"] = json!(false);
    old["link"] = link("Patient/new");
    let mut new = patient("new", "urn:mrn", "1", "Nguyễn Văn A", "1990-02-28");
    let (sim, client) = start(vec![old, new.clone()]);
    assert_eq!(client.find(&person()), known("new"));
    new["link"] = link("Patient/newer");
    sim.put(new);
    assert_eq!(client.find(&person()), Ok(Match::Several), "followed once");
}

#[test]
fn no_fault_of_the_server_checks_in_a_stranger_or_makes_a_patient_unknown() {
    let (sim, client) = start(vec![stranger(), ours()]);
    let impatient = server_at(&sim.base_url(), SHORT);
    let nobody = Person::typed(number("099200000077"));
    let status = |code, retry_after: Option<&str>| Fault::Status {
        code,
        retry_after: retry_after.map(str::to_owned),
    };
    for fault in [
        status(500, None),
        status(404, None),
        status(400, None),
        status(401, None),
        status(204, None),
        Fault::Html,
        Fault::Redirect,
        Fault::CutBody,
        Fault::HugeBundle,
    ] {
        sim.set(fault.clone());
        for who in [person(), nobody.clone()] {
            let found = client.find(&who);
            assert!(
                matches!(found, Err(EhrError::Down(_))),
                "{fault:?} {found:?}"
            );
        }
    }
    for fault in [Fault::Silent, Fault::Slow(LONG)] {
        sim.set(fault.clone());
        let found = impatient.find(&person());
        assert!(
            matches!(found, Err(EhrError::Down(_))),
            "{fault:?} {found:?}"
        );
    }
    for (retry_after, seconds) in [("7", 7), ("86400", 300)] {
        sim.set(status(503, Some(retry_after)));
        assert_eq!(client.find(&person()), Err(EhrError::Busy(seconds)));
    }
    for fault in [Fault::WrongPatient, Fault::Everybody] {
        sim.set(fault.clone());
        assert_eq!(client.find(&person()), known("p1"), "{fault:?}");
        let found = client.find(&nobody);
        assert!(
            matches!(found, Err(EhrError::Down(_))),
            "{fault:?} {found:?}"
        );
    }
    sim.set(Fault::Duplicates);
    assert_eq!(client.find(&person()), Ok(Match::Several));
    sim.set(Fault::Slow(Duration::from_millis(20)));
    assert_eq!(client.find(&person()), known("p1"));
    let url = sim.base_url();
    drop(sim);
    let found = server_at(&url, LONG).find(&person());
    assert!(matches!(found, Err(EhrError::Down(_))), "{found:?}");
}

#[test]
fn appointments_are_of_the_patient_and_of_the_hospitals_day() {
    let appointment = |id: &str, who: &str, start: &str, code: &str, status: &str| {
        json!({"resourceType": "Appointment", "id": id, "status": status, "start": start,
            "serviceType": [{"coding": [{"code": code}]}],
            "participant": [{"actor": {"reference": format!("Patient/{who}")}}]})
    };
    let (sim, client) = start(vec![
        appointment("late", "p1", "2026-11-23T23:59:00+07:00", "NOI", "booked"),
        appointment("first", "p1", "2026-11-22T17:30:00Z", "X", "arrived"),
        appointment("next-day", "p1", "2026-11-23T17:00:00Z", "NOI", "booked"),
        appointment(
            "cancelled",
            "p1",
            "2026-11-23T09:00:00+07:00",
            "NOI",
            "cancelled",
        ),
        appointment("other", "p2", "2026-11-23T09:00:00+07:00", "NOI", "booked"),
    ]);
    let patient = PatientRef("p1".into());
    let day = jiff::civil::date(2026, 11, 23);
    for fault in [Fault::None, Fault::Everybody] {
        sim.set(fault);
        let found = client.appointments(&patient, day).expect("an answer");
        let found: Vec<_> = found
            .iter()
            .map(|one| (one.id.as_str(), one.service.clone()))
            .collect();
        let expected = [("first", None), ("late", Some(ServiceCode("NOI".into())))];
        assert_eq!(found, expected);
    }
    sim.set(Fault::Status {
        code: 404,
        retry_after: None,
    });
    assert_eq!(client.appointments(&patient, day), Ok(Vec::new()));
    sim.set(Fault::Html);
    assert!(client.appointments(&patient, day).is_err());
}

#[test]
fn a_visit_of_a_new_patient_is_one_patient_and_one_encounter_however_often_it_is_sent() {
    let (sim, client) = start(vec![stranger()]);
    let record = visit(1);
    let frozen = client.render(&record).expect("rendered");
    assert_eq!(client.render(&record), Ok(frozen.clone()), "byte-stable");
    let first = client.hand_over(&record, &frozen, false);
    assert!(matches!(first, Ok(Handed::Sent { .. })), "{first:?}");
    assert_eq!(client.hand_over(&record, &frozen, false), first);
    assert_eq!(client.hand_over(&record, &frozen, true), first);
    let (encounters, patients) = (sim.encounters(), sim.patients());
    assert_eq!((encounters.len(), patients.len()), (1, 2));
    let (encounter, new) = (&encounters[0], &patients[1]);
    let id = new["id"].as_str().expect("an id");
    assert_eq!(encounter["subject"]["reference"], format!("Patient/{id}"));
    assert_eq!(encounter["period"]["start"], "2026-11-23T07:01:02+07:00");
    let visit_id = record.draft.visit.to_string();
    assert_eq!(
        encounter["identifier"],
        json!([{"system": VISIT, "value": visit_id},
            {"system": "https://hospital.example/sid/queue/2026-11-23/NOI", "value": "A042"}])
    );
    let parts = encounter["extension"][0]["extension"].to_string();
    for part in [
        r#""grade","valueCode":"proven""#,
        r#""method","valueCode":"chip""#,
    ] {
        assert!(parts.contains(part), "{parts}");
    }
    assert_eq!(new["name"][0]["family"], "Nguyễn");
    assert_eq!(new["name"][0]["given"], json!(["Văn", "A"]));
    assert_eq!(
        (&new["birthDate"], &new["gender"]),
        (&json!("1990-02-28"), &json!("male"))
    );
    let provenance = &sim.all("Provenance")[0];
    let target = format!("Encounter/{}", encounter["id"].as_str().expect("an id"));
    assert_eq!(provenance["target"][0]["reference"], target);
}

#[test]
fn what_in_the_papers_is_worth_a_look_reaches_the_system_with_the_visit_alone() {
    let (sim, client) = start(vec![stranger()]);
    let mut odd = visit(1);
    let person = odd.draft.person.as_mut().expect("a person");
    (person.sex, person.birth_date) = (Some(Sex::Female), BirthDate::parse("1980-02-28"));
    person.personal_number = Some(number("001090345678"));
    person.card_expiry = Some(odd.draft.day.yesterday().expect("a day"));
    let mut fitting = visit(2);
    let person = fitting.draft.person.as_mut().expect("a person");
    person.personal_number = Some(number("001090345679"));
    for record in [&odd, &fitting] {
        let frozen = client.render(record).expect("rendered");
        let handed = client.hand_over(record, &frozen, false);
        assert!(matches!(handed, Ok(Handed::Sent { .. })), "{handed:?}");
    }
    let said = |encounter: &Value| {
        let parts = encounter["extension"][0]["extension"].as_array();
        let hints = parts.expect("parts").iter().filter(|p| p["url"] == "hint");
        hints
            .map(|hint| hint["valueCode"].clone())
            .collect::<Vec<_>>()
    };
    let encounters = sim.encounters();
    assert_eq!(
        said(&encounters[0]),
        ["sex_differs", "birth_year_differs", "card_expired"]
    );
    assert_eq!(said(&encounters[1]), [""; 0]);
    for patient in sim.patients() {
        assert!(!patient.to_string().contains("differs"), "{patient}");
    }
}

#[test]
fn a_lost_answer_does_not_double_the_visit() {
    let (sim, client) = start(vec![ours()]);
    let record = visit(2);
    let frozen = client.render(&record).expect("rendered");
    sim.set(Fault::CommitThenDrop);
    let lost = client.hand_over(&record, &frozen, false);
    assert!(matches!(lost, Err(EhrError::Down(_))), "{lost:?}");
    assert_eq!(sim.encounters().len(), 1, "it was committed");
    sim.set(Fault::None);
    // The hospital goes on with the visit meanwhile.
    let mut seen = sim.encounters()[0].clone();
    seen["status"] = json!("in-progress");
    sim.put(seen);
    for repeat in [true, false] {
        let again = client.hand_over(&record, &frozen, repeat);
        assert!(matches!(again, Ok(Handed::Sent { .. })), "{again:?}");
        assert_eq!(sim.encounters().len(), 1);
        assert_eq!(sim.encounters()[0]["status"], "in-progress");
    }
    assert_eq!(sim.encounters()[0]["subject"]["reference"], "Patient/p1");
}

#[test]
fn what_an_answer_to_a_visit_means_follows_from_its_status() {
    let (sim, client) = start(vec![ours()]);
    let record = visit(3);
    let frozen = client.render(&record).expect("rendered");
    for (code, retry_after, kind) in [
        (400, None, "refused"),
        (404, None, "refused"),
        (405, None, "refused"),
        (412, None, "refused"),
        (415, None, "refused"),
        (422, None, "refused"),
        (501, None, "refused"),
        (401, None, "down"),
        (403, None, "down"),
        (408, None, "down"),
        (409, None, "down"),
        (500, None, "down"),
        (502, None, "down"),
        (429, None, "busy 5"),
        (429, Some("9"), "busy 9"),
        (503, Some("Sun, 06 Nov 1994 08:49:37 GMT"), "busy 0"),
        (204, None, "down"),
    ] {
        sim.set(Fault::Status {
            code,
            retry_after: retry_after.map(str::to_owned),
        });
        let met = match client.hand_over(&record, &frozen, false) {
            Ok(handed) => format!("{handed:?}"),
            Err(EhrError::Down(_)) => "down".to_owned(),
            Err(EhrError::Refused(_)) => "refused".to_owned(),
            Err(EhrError::Busy(seconds)) => format!("busy {seconds}"),
        };
        assert_eq!(met, kind, "{code}");
    }
    for fault in [Fault::Html, Fault::Redirect, Fault::CutBody] {
        sim.set(fault.clone());
        let met = client.hand_over(&record, &frozen, false);
        assert!(matches!(met, Err(EhrError::Down(_))), "{fault:?} {met:?}");
    }
    sim.set(Fault::None);
    let repeated = client.hand_over(&record, &frozen, true);
    assert!(matches!(repeated, Ok(Handed::Sent { .. })), "{repeated:?}");
    assert_eq!(sim.encounters().len(), 1);
}

#[test]
fn who_may_not_be_registered_is_named_by_number_alone() {
    let (sim, client) = start(vec![stranger()]);
    let mut record = visit(4);
    record.draft.may_register = false;
    let frozen = client.render(&record).expect("rendered");
    client.hand_over(&record, &frozen, false).expect("sent");
    assert_eq!(sim.patients().len(), 1, "nobody new");
    let subject = &sim.encounters()[0]["subject"];
    let expected = json!({"type": "Patient", "identifier": {"system": CCCD, "value": NUMBER}});
    assert_eq!(*subject, expected);
}

#[test]
fn the_desk_has_what_the_system_cannot_take() {
    let (sim, client) = start(vec![stranger()]);
    let mut anonymous = visit(5);
    anonymous.draft.person = None;
    let mut rejected = visit(6);
    rejected.draft.rejected = true;
    let mut desk = visit(7);
    desk.draft.kind = VisitKind::Desk;
    for record in [anonymous, rejected, desk.clone()] {
        let frozen = client.render(&record).expect("rendered");
        assert_eq!(client.hand_over(&record, &frozen, false), Ok(Handed::Local));
    }
    assert!(sim.encounters().is_empty());
    sim.put(ours());
    let frozen = client.render(&desk).expect("rendered");
    let handed = client.hand_over(&desk, &frozen, false);
    assert!(matches!(handed, Ok(Handed::Sent { .. })), "known now");
}

#[test]
fn a_visit_of_somebody_unclear_is_for_staff() {
    let (sim, client) = start(vec![ours()]);
    let mut record = visit(8);
    record.draft.person = Some(Person {
        name: Some(Private::from("Trần Văn C")),
        ..person()
    });
    let refused = client.render(&record);
    assert!(matches!(refused, Err(EhrError::Refused(_))), "{refused:?}");
    sim.set(Fault::Duplicates);
    let refused = client.render(&visit(9));
    assert!(matches!(refused, Err(EhrError::Refused(_))), "{refused:?}");
}

#[test]
fn a_probe_names_the_server_and_what_it_can() {
    let (sim, client) = start(Vec::new());
    let line = client.probe().expect("an answer");
    assert!(line.starts_with("tiepdon sim ehr "), "{line}");
    assert!(
        line.contains("FHIR 4.0.1: visits in transactions, with Provenance"),
        "{line}"
    );
    sim.set(Fault::Html);
    assert!(matches!(client.probe(), Err(EhrError::Down(_))));
}
