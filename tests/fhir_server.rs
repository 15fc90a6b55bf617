//! The FHIR client against a real server (HFS, validation enforced): what is found, what is
//! written, and that a visit is one visit however it is sent. Skipped by name where the server is
//! not installed.

#[path = "common/hfs.rs"]
mod hfs;

use std::sync::Barrier;
use std::time::Duration;

use hfs::{Hfs, Proxy, Spoil, shared};
use jiff::civil::date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tiepdon::config::{EhrAuth, Fhir};
use tiepdon::ehr::{EhrError, FhirServer, Handed, HospitalSystem, Match};
use tiepdon::identity::{
    BirthDate, Check, CheckResult, Grade, InsuranceNumber, Person, PersonalNumber, PriorityReason,
    Private, Proofs, Sex, Way,
};
use tiepdon::queue::{
    Draft, InsuranceStatus, PatientRef, Series, ServiceCode, Session, VisitKind, VisitRecord,
};
use uuid::Uuid;

const CCCD: &str = "http://fhir.hl7.org.vn/core/sid/cccd";
const BHYT: &str = "http://fhir.hl7.org.vn/core/sid/bhyt";
const VISIT: &str = "https://hospital.example/sid/visit";
const NUMBER: &str = "099012345678";
/// Eight kiosks, or eight retries that overtake each other.
const SENDERS: usize = 8;
const WAIT: Duration = Duration::from_secs(30);

/// The client in a tenant of its own.
fn client(base_url: &str, tenant: &str) -> FhirServer {
    let settings = Fhir {
        base_url: base_url.to_owned(),
        auth: EhrAuth::None,
        headers: vec![("X-Tenant-ID".to_owned(), tenant.into())],
        ca_file: None,
        personal_number_systems: vec![CCCD.to_owned()],
        hospital_numbers: None,
        insurance_number_systems: vec![BHYT.to_owned()],
        visit_system: VISIT.to_owned(),
        queue_system: "https://hospital.example/sid/queue".to_owned(),
        connect: WAIT,
        request: WAIT,
    };
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").expect("bundled");
    FhirServer::new(settings, zone, vec![ServiceCode("NOI".into())]).expect("settings")
}

/// The hospital's own hand on the server.
fn exchange(server: &Hfs, tenant: &str, method: &str, path: &str, body: &Value) -> Value {
    let url = format!("{}/{path}", server.base_url());
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("x-tenant-id", tenant)
        .header("content-type", "application/fhir+json")
        .body(body.to_string())
        .expect("a request");
    let mut answer = ureq::run(request).expect("the server takes it");
    answer.body_mut().read_json().expect("JSON")
}

fn create(server: &Hfs, tenant: &str, resource: &Value) -> String {
    let kind = resource["resourceType"].as_str().expect("a type");
    let made = exchange(server, tenant, "POST", kind, resource);
    made["id"].as_str().expect("an id").to_owned()
}

fn all(server: &Hfs, tenant: &str, kind: &str) -> Vec<Value> {
    let url = format!("{}/{kind}?_count=1000", server.base_url());
    let mut answer = ureq::get(url)
        .header("x-tenant-id", tenant)
        .call()
        .expect("an answer");
    let bundle: Value = answer.body_mut().read_json().expect("JSON");
    let entries = bundle["entry"].as_array().into_iter().flatten();
    entries.map(|entry| entry["resource"].clone()).collect()
}

fn patient(system: &str, value: &str, name: &str, birth: &str) -> Value {
    json!({"resourceType": "Patient", "active": true, "birthDate": birth,
        "identifier": [{"system": system, "value": value}], "name": [{"text": name}]})
}

fn ours() -> Value {
    patient(CCCD, NUMBER, "Nguyễn Văn A", "1990-02-28")
}

fn stranger() -> Value {
    patient(CCCD, "099200000042", "Trần Thị B", "1961-01-01")
}

fn person() -> Person {
    Person {
        insurance_number: InsuranceNumber::parse("DN4010123456789"),
        name: Some(Private::from("NGUYỄN VĂN A")),
        birth_date: BirthDate::parse("28021990"),
        sex: Some(Sex::Male),
        ..Person::typed(PersonalNumber::parse(NUMBER).expect("number"))
    }
}

fn visit() -> VisitRecord {
    let check = |result| Check::new(result, "");
    VisitRecord {
        version: VisitRecord::VERSION,
        number: Series::new("A").number(Session::default(), 42),
        draft: Draft {
            visit: Uuid::now_v7(),
            provenance: Uuid::now_v7(),
            session: Default::default(),
            stops: Vec::new(),
            kiosk: "K1".into(),
            kind: VisitKind::Service,
            service: ServiceCode("NOI".into()),
            day: date(2026, 11, 23),
            at: "2026-11-23T00:01:02Z".parse().expect("a moment"),
            person: Some(person()),
            grade: Some(Grade::Proven),
            way: Way::Chip,
            proofs: Some(Proofs {
                passive: check(CheckResult::Successful),
                chip: check(CheckResult::Undetermined),
                active: check(CheckResult::NotSupported),
            }),
            rejected: false,
            patient: None,
            may_register: true,
            priority: Some(PriorityReason::Elderly),
            insurance: InsuranceStatus::Eligible,
            appointment: None,
            companion: None,
            reason: None,
        },
    }
}

fn sent(handed: Result<Handed, EhrError>) -> String {
    match handed {
        Ok(Handed::Sent { id }) => id,
        other => panic!("not sent: {other:?}"),
    }
}

#[test]
fn a_known_patient_is_found_and_an_unknown_one_is_not() {
    let Some(server) = shared() else { return };
    let client = client(&server.base_url(), "find");
    assert_eq!(client.find(&person()), Ok(Match::Unknown));
    create(&server, "find", &stranger());
    assert_eq!(client.find(&person()), Ok(Match::Unknown));
    let by_insurance = patient(BHYT, "0123456789", "Nguyen Van A", "1990");
    let id = create(&server, "find", &by_insurance);
    assert_eq!(client.find(&person()), Ok(Match::Known(PatientRef(id))));
    let id = create(&server, "find", &ours());
    assert_eq!(client.find(&person()), Ok(Match::Known(PatientRef(id))));
    create(&server, "find", &ours());
    assert_eq!(client.find(&person()), Ok(Match::Several));
}

#[test]
fn a_patient_of_the_number_who_is_somebody_else_contradicts() {
    let Some(server) = shared() else { return };
    let client = client(&server.base_url(), "contradicts");
    create(
        &server,
        "contradicts",
        &patient(CCCD, NUMBER, "Trần Văn C", "1990-02-28"),
    );
    assert_eq!(client.find(&person()), Ok(Match::Contradicted));
}

#[test]
fn a_namesake_of_the_same_birthday_without_a_number_is_for_staff() {
    let Some(server) = shared() else { return };
    let client = client(&server.base_url(), "namesake");
    create(
        &server,
        "namesake",
        &patient("urn:mrn", "7", "NGUYEN VAN A", "1990-02-28"),
    );
    assert_eq!(client.find(&person()), Ok(Match::Several));
}

#[test]
fn more_matches_than_anybody_reads_are_for_staff() {
    let Some(server) = shared() else { return };
    let client = client(&server.base_url(), "crowd");
    for _ in 0..21 {
        create(&server, "crowd", &ours());
    }
    assert_eq!(client.find(&person()), Ok(Match::Several));
}

#[test]
fn a_server_that_ignores_the_identifier_checks_in_nobody() {
    let Some(server) = Hfs::start(true) else {
        return;
    };
    create(&server, "careless", &stranger());
    // Asked strictly it owns up; asked otherwise it answers with everybody.
    let lenient = Proxy::start(server.address(), Spoil::DropPrefer);
    for base_url in [server.base_url(), lenient.base_url()] {
        let client = client(&base_url, "careless");
        let found = client.find(&person());
        assert!(matches!(found, Err(EhrError::Down(_))), "{found:?}");
        let rendered = client.render(&visit());
        assert!(matches!(rendered, Err(EhrError::Down(_))), "{rendered:?}");
    }
    assert_eq!(all(&server, "careless", "Encounter"), Vec::<Value>::new());
}

#[test]
fn appointments_are_those_of_the_hospitals_day() {
    let Some(server) = shared() else { return };
    let id = create(&server, "appointments", &ours());
    for (start, status) in [
        ("2026-11-23T00:30:00+07:00", "booked"),
        ("2026-11-23T23:30:00+07:00", "arrived"),
        ("2026-11-24T00:30:00+07:00", "booked"),
        ("2026-11-22T23:30:00+07:00", "booked"),
        ("2026-11-23T09:00:00+07:00", "cancelled"),
    ] {
        create(
            &server,
            "appointments",
            &json!({"resourceType": "Appointment", "status": status,
            "start": start, "end": start, "serviceType": [{"coding": [{"code": "NOI"}]}],
            "participant": [{"actor": {"reference": format!("Patient/{id}")}, "status": "accepted"}]}),
        );
    }
    let client = client(&server.base_url(), "appointments");
    let found = client.appointments(&PatientRef(id), date(2026, 11, 23));
    let found = found.expect("an answer");
    assert_eq!(found.len(), 2, "{found:?}");
    let service = Some(ServiceCode("NOI".into()));
    assert!(found.iter().all(|one| one.service == service), "{found:?}");
}

#[test]
fn a_visit_and_its_new_patient_pass_validation_and_come_once() {
    let Some(server) = shared() else { return };
    let client = client(&server.base_url(), "new");
    let record = visit();
    let frozen = client.render(&record).expect("rendered");
    let id = sent(client.hand_over(&record, &frozen, false));
    for repeat in [false, true] {
        assert_eq!(sent(client.hand_over(&record, &frozen, repeat)), id);
    }
    let patients = all(&server, "new", "Patient");
    let encounters = all(&server, "new", "Encounter");
    assert_eq!((patients.len(), encounters.len()), (1, 1));
    let patient = patients[0]["id"].as_str().expect("an id");
    assert_eq!(
        client.find(&person()),
        Ok(Match::Known(PatientRef(patient.into())))
    );
    let subject = encounters[0]["subject"]["reference"].as_str();
    assert_eq!(subject, Some(&*format!("Patient/{patient}")));
    assert_eq!(encounters[0]["identifier"][1]["value"], "A042");
    let parts = encounters[0]["extension"][0]["extension"].to_string();
    assert!(parts.contains(r#""valueCode":"proven""#), "{parts}");
    let provenance = all(&server, "new", "Provenance");
    assert_eq!(provenance.len(), 1);
    let next = visit();
    let frozen = client.render(&next).expect("rendered");
    assert_ne!(sent(client.hand_over(&next, &frozen, false)), id);
    assert_eq!(all(&server, "new", "Patient").len(), 1, "known by now");
}

#[test]
fn a_person_who_may_not_be_registered_passes_validation_too() {
    let Some(server) = shared() else { return };
    let client = client(&server.base_url(), "by-number");
    let mut record = visit();
    record.draft.may_register = false;
    let frozen = client.render(&record).expect("rendered");
    sent(client.hand_over(&record, &frozen, false));
    assert!(all(&server, "by-number", "Patient").is_empty());
}

#[test]
fn what_the_hospital_changed_since_is_not_set_back() {
    let Some(server) = shared() else { return };
    let client = client(&server.base_url(), "replay");
    create(&server, "replay", &ours());
    let record = visit();
    let frozen = client.render(&record).expect("rendered");
    let id = sent(client.hand_over(&record, &frozen, false));
    let mut encounter = all(&server, "replay", "Encounter").remove(0);
    encounter["status"] = json!("in-progress");
    let path = format!("Encounter/{id}");
    exchange(&server, "replay", "PUT", &path, &encounter);
    for repeat in [false, true] {
        assert_eq!(sent(client.hand_over(&record, &frozen, repeat)), id);
    }
    let after = all(&server, "replay", "Encounter");
    assert_eq!(after.len(), 1);
    assert_eq!(after[0]["status"], "in-progress");
}

#[test]
fn eight_senders_of_one_visit_make_one_encounter_and_one_patient() {
    let Some(server) = shared() else { return };
    let record = visit();
    let base_url = server.base_url();
    let frozen = client(&base_url, "race").render(&record).expect("rendered");
    let start = Barrier::new(SENDERS);
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                let client = client(&base_url, "race");
                start.wait();
                // A sender that lost the race may be told to come again; nobody may be refused.
                let handed = client.hand_over(&record, &frozen, false);
                assert!(!matches!(handed, Err(EhrError::Refused(_))), "{handed:?}");
            });
        }
    });
    let id = sent(client(&base_url, "race").hand_over(&record, &frozen, true));
    let encounters = all(&server, "race", "Encounter");
    assert_eq!(encounters.len(), 1);
    assert_eq!(encounters[0]["id"], id);
    assert_eq!(all(&server, "race", "Patient").len(), 1);
}

#[test]
fn a_visit_whose_answer_was_lost_is_found_and_not_doubled() {
    let Some(server) = shared() else { return };
    let proxy = Proxy::start(server.address(), Spoil::LoseAnswers);
    let client = client(&proxy.base_url(), "lost");
    let record = visit();
    let frozen = client.render(&record).expect("reads pass");
    let lost = client.hand_over(&record, &frozen, false);
    assert!(matches!(lost, Err(EhrError::Down(_))), "{lost:?}");
    assert_eq!(
        all(&server, "lost", "Encounter").len(),
        1,
        "committed all the same"
    );
    proxy.heal();
    let id = sent(client.hand_over(&record, &frozen, true));
    let encounters = all(&server, "lost", "Encounter");
    assert_eq!(encounters.len(), 1);
    assert_eq!(encounters[0]["id"], id);
    assert_eq!(all(&server, "lost", "Patient").len(), 1);
}

#[test]
fn a_visit_that_is_no_visit_is_refused_without_a_word_of_it() {
    let Some(server) = shared() else { return };
    let client = client(&server.base_url(), "refused");
    create(&server, "refused", &ours());
    let record = visit();
    let frozen = client.render(&record).expect("rendered");
    let text = String::from_utf8(frozen).expect("JSON");
    let wrong = text.replace("\"arrived\"", "\"NGUYEN VAN A 099012345678\"");
    match client.hand_over(&record, wrong.as_bytes(), false) {
        Err(EhrError::Refused(why)) => {
            assert!(!why.contains("NGUYEN") && !why.contains(NUMBER), "{why}");
        }
        other => panic!("not refused: {other:?}"),
    }
    assert!(all(&server, "refused", "Encounter").is_empty());
}

#[test]
fn a_probe_tells_what_answers() {
    let Some(server) = shared() else { return };
    let line = client(&server.base_url(), "probe")
        .probe()
        .expect("an answer");
    assert!(line.starts_with("Helios FHIR Server"), "{line}");
    assert!(
        line.contains("visits in transactions, with Provenance"),
        "{line}"
    );
}
