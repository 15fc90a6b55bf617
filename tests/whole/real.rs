//! Nothing simulated that need not be: a real PC/SC service, a real FHIR server that enforces
//! validation, and every byte on its real line.

use serde_json::{Value, json};
use tiepdon::sim::SimPerson;
use tiepdon::sim::card::{Card, vpcd};
use tiepdon::words::Text;

use crate::hfs::{Hfs, Proxy, Spoil, shared};
use crate::pcscd::Pcscd;
use crate::site::{Plan, Site, known, new_one, other};

const CCCD: &str = "http://fhir.hl7.org.vn/core/sid/cccd";

/// The hospital's own hand on the server.
fn register(server: &Hfs, tenant: &str, person: &SimPerson) -> String {
    let patient = json!({"resourceType": "Patient", "active": true,
        "identifier": [{"system": CCCD, "value": person.number.expose()}],
        "name": [{"text": person.name}], "birthDate": String::from(person.birth_date)});
    let mut answer = ureq::post(format!("{}/Patient", server.base_url()))
        .header("x-tenant-id", tenant)
        .header("content-type", "application/fhir+json")
        .send(patient.to_string())
        .expect("taken");
    let made: Value = answer.body_mut().read_json().expect("JSON");
    made["id"].as_str().expect("an id").to_owned()
}

fn all(server: &Hfs, tenant: &str, kind: &str) -> Vec<Value> {
    let mut answer = ureq::get(format!("{}/{kind}?_count=1000", server.base_url()))
        .header("x-tenant-id", tenant)
        .call()
        .expect("an answer");
    let bundle: Value = answer.body_mut().read_json().expect("JSON");
    let entries = bundle["entry"].as_array().into_iter().flatten();
    entries.map(|entry| entry["resource"].clone()).collect()
}

/// The only visit is of this patient, has this number, and says how well it is known who it is.
#[track_caller]
fn assert_encounter(server: &Hfs, tenant: &str, patient: &str, number: &str, grade: &str) {
    let encounters = all(server, tenant, "Encounter");
    assert_eq!(encounters.len(), 1, "{encounters:#?}");
    let encounter = &encounters[0];
    assert_eq!(
        encounter["subject"]["reference"],
        format!("Patient/{patient}")
    );
    assert_eq!(encounter["identifier"][1]["value"], number);
    let parts = encounter["extension"][0]["extension"].to_string();
    assert!(
        parts.contains(&format!(r#""valueCode":"{grade}""#)),
        "{parts}"
    );
    assert_eq!(all(server, tenant, "Provenance").len(), 1);
}

fn plan<'a>(base_url: String, tenant: &'a str) -> Plan<'a> {
    Plan {
        ehr: Some((base_url, tenant)),
        scanner: true,
        ..Plan::with_chip()
    }
}

/// A known and a new patient: code to the scanner, card on the reader, number, ticket, Encounter.
#[test]
fn a_patient_is_checked_in_from_the_code_to_the_encounter() {
    let Some(server) = shared() else { return };
    for (person, tenant) in [(known(), "whole-known"), (new_one(), "whole-new")] {
        let Some(reader) = Pcscd::start() else { return };
        let is_known = person == known();
        let registered = is_known.then(|| register(&server, tenant, person));
        register(&server, tenant, other());
        let site = Site::with_reader(&plan(server.base_url(), tenant), &reader);
        let mut scanner = site.scanner();
        let mut program = site.start(&["--service", "NGOAI"]);
        program.until(Text::TerminalCardOrCode);
        scanner.scan(&person.card_qr()).expect("scanned");
        program.until(Text::TerminalCard);
        let card = vpcd::insert(Card::new(person), reader.address()).expect("vpcd takes the card");
        let end = program.end();
        end.assert("issued null read confirmed sent");
        assert_eq!((end.text("number"), end.text("service")), ("B001", "NGOAI"));
        assert_eq!(end.json["patient"]["known"], is_known);
        assert!(end.json["visit"].is_string() && end.json["millis"].is_u64());
        site.look();
        site.assert_issued(&end);
        assert!(site.waiting().is_empty());
        let registered = registered.unwrap_or_else(|| {
            let patients = all(&server, tenant, "Patient");
            assert_eq!(patients.len(), 2, "{patients:#?}");
            let of_person = |p: &&Value| p["identifier"][0]["value"] == person.number.expose();
            let patient = patients.iter().find(of_person).expect("registered");
            patient["id"].as_str().expect("an id").to_owned()
        });
        assert_encounter(&server, tenant, &registered, "B001", "read");
        drop(card);
    }
}

#[test]
fn a_visit_whose_answers_are_lost_is_one_encounter_in_the_end() {
    let Some(server) = shared() else { return };
    let tenant = "whole-lost";
    let patient = register(&server, tenant, known());
    let proxy = Proxy::start(server.address(), Spoil::LoseAnswers);
    let site = Site::new(&Plan {
        ehr: Some((proxy.base_url(), tenant)),
        ..Plan::default()
    });
    let end = site.check_in(&["--qr-text", &known().card_qr()]);
    assert_eq!(end.text("outcome"), "issued", "{end:#?}");
    proxy.heal();
    site.drain("sent");
    assert_encounter(&server, tenant, &patient, "A001", "claimed");
}

/// It ignores the identifier in a search and answers with everybody.
#[test]
fn a_server_that_answers_with_everybody_checks_in_no_stranger() {
    let Some(server) = Hfs::start(true) else {
        return;
    };
    let tenant = "whole-careless";
    register(&server, tenant, other());
    let lenient = Proxy::start(server.address(), Spoil::DropPrefer);
    for base_url in [server.base_url(), lenient.base_url()] {
        let site = Site::new(&Plan {
            ehr: Some((base_url, tenant)),
            ..Plan::default()
        });
        let end = site.check_in(&["--qr-text", &known().card_qr()]);
        end.assert("issued null claimed confirmed queued");
        assert_eq!(end.json["patient"]["known"], false);
        site.assert_issued(&end);
        assert!(all(&server, tenant, "Encounter").is_empty());
    }
}
