//! The hospital's system absent, silent, talking nonsense, lying, committing without an answer.

use std::time::Duration;

use serde_json::Value;
use tiepdon::sim::SimPerson;
use tiepdon::sim::ehr::{Fault, Seed, Server};

use crate::site::{Plan, Site, known, new_one};

fn server() -> Server {
    Server::start(0, Seed::trial(Seed::today())).expect("a server")
}

fn site(base_url: String, lookup_seconds: u32) -> Site {
    Site::new(&Plan {
        ehr: Some((base_url, "t")),
        lookup_seconds,
        ..Plan::default()
    })
}

/// Whose the only visit is that the hospital has.
#[track_caller]
fn subject(ehr: &Server) -> Value {
    let encounters = ehr.encounters();
    assert_eq!(encounters.len(), 1, "{encounters:#?}");
    encounters[0]["subject"].clone()
}

/// What a person gets while the server has a fault, and that one visit of this very person is
/// there when it is well again.
fn check(fault: &Fault, person: &SimPerson, short: &str) {
    let ehr = server();
    ehr.set(fault.clone());
    let lookup_seconds = if *fault == Fault::Silent { 2 } else { 30 };
    let site = site(ehr.base_url(), lookup_seconds);
    let end = site.check_in(&["--qr-text", &person.card_qr()]);
    end.assert(short);
    let row = site.assert_issued(&end);
    if row.kind == "desk" {
        assert_eq!(ehr.encounters().len(), 0, "{fault:?}");
        return;
    }
    if row.sending != "sent" {
        assert_eq!(ehr.encounters().len(), 0, "{fault:?}");
        ehr.set(Fault::None);
        site.drain("sent");
    }
    let subject = subject(&ehr).to_string();
    // Who is new was registered, and the visit is theirs.
    let of_person = |patient: &Value| patient.to_string().contains(person.number.expose());
    let patients = ehr.patients();
    let patient = patients.iter().find(|patient| of_person(patient));
    let id = patient.expect("registered")["id"].as_str().expect("an id");
    assert!(
        subject.contains(&format!("Patient/{id}")),
        "{fault:?}: {subject}"
    );
}

#[test]
fn a_faulty_hospital_system_costs_nobody_their_number_and_gets_each_visit_once() {
    let status = |code, retry_after: Option<&str>| Fault::Status {
        code,
        retry_after: retry_after.map(str::to_owned),
    };
    let later = "issued null claimed confirmed queued";
    let sent = "issued null claimed confirmed sent";
    let table = [
        (Fault::Slow(Duration::from_millis(100)), known(), sent),
        (Fault::Slow(Duration::from_millis(100)), new_one(), sent),
        (Fault::Silent, known(), later),
        (status(500, None), known(), later),
        (status(503, Some("1")), known(), later),
        (status(401, None), known(), later),
        (Fault::Html, known(), later),
        (Fault::Redirect, known(), later),
        (Fault::CutBody, known(), later),
        (Fault::HugeBundle, known(), later),
        // The right one is among those that it names.
        (Fault::WrongPatient, known(), sent),
        (Fault::Everybody, known(), sent),
        // Only strangers are: none of them is checked in.
        (Fault::WrongPatient, new_one(), later),
        (Fault::Everybody, new_one(), later),
        (
            Fault::Duplicates,
            known(),
            "desk patient_unclear claimed confirmed local",
        ),
    ];
    std::thread::scope(|scope| {
        for (fault, person, short) in &table {
            scope.spawn(move || check(fault, person, short));
        }
    });
}

#[test]
fn a_hospital_system_that_is_not_there_gets_the_visit_when_it_is() {
    let ehr = server();
    let (base_url, port) = (ehr.base_url(), port_of(&ehr.base_url()));
    drop(ehr);
    let site = site(base_url, 30);
    let end = site.check_in(&["--qr-text", &known().card_qr()]);
    end.assert("issued null claimed confirmed queued");
    site.assert_issued(&end);
    let ehr = Server::start(port, Seed::trial(Seed::today())).expect("the same port");
    site.drain("sent");
    assert_eq!(subject(&ehr)["reference"], "Patient/p1");
}

#[test]
fn a_visit_that_was_written_and_never_answered_is_there_once() {
    let ehr = server();
    ehr.set(Fault::CommitThenDrop);
    let site = site(ehr.base_url(), 30);
    let end = site.check_in(&["--qr-text", &known().card_qr()]);
    assert_eq!(end.text("outcome"), "issued", "{end:#?}");
    site.drain("sent");
    assert_eq!(subject(&ehr)["reference"], "Patient/p1");
    assert_eq!(
        ehr.patients().len(),
        Seed::trial(Seed::today()).resources.len() - 1
    );
}

fn port_of(url: &str) -> u16 {
    let authority = url.split('/').nth(2).expect("an authority");
    let port = authority.rsplit(':').next().expect("a port");
    port.parse().expect("digits")
}
