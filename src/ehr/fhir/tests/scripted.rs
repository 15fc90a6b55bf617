//! The client against answers that no server of ours would give.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::script::{Scripted, answer, json_answer};
use super::{CCCD, LONG, NUMBER, VISIT, person, settings_at, visit};
use crate::config::Fhir;
use crate::ehr::{EhrError, FhirServer, Handed, HospitalSystem, Match, SetupError};
use crate::queue::PatientRef;

fn ours(id: &str) -> Value {
    json!({"resource": {"resourceType": "Patient", "id": id,
        "identifier": [{"system": CCCD, "value": NUMBER}]}})
}

fn searchset(entries: &[Value], next: Option<&str>) -> Value {
    let links = next.map(|url| json!({"relation": "next", "url": url}));
    json!({"resourceType": "Bundle", "type": "searchset", "entry": entries,
        "link": links.into_iter().collect::<Vec<_>>()})
}

fn is_down<T: std::fmt::Debug>(result: &Result<T, EhrError>) -> bool {
    matches!(result, Err(EhrError::Down(_)))
}

#[test]
fn pages_are_followed_on_this_server_only_and_not_without_end() {
    let known = Ok(Match::Known(PatientRef("p1".into())));
    // Each page but the last leads to the next; the patient is on the last one.
    for (pages, expected) in [
        (1, known.clone()),
        (5, known),
        (6, Ok(Match::Several)),
        (1000, Ok(Match::Several)),
    ] {
        let own = Arc::new(Mutex::new(String::new()));
        let base = Arc::clone(&own);
        let mut page = 0;
        let server = Scripted::start(Box::new(move |_, _| {
            page += 1;
            let base = base.lock().expect("no panic");
            let next = format!("http://{base}/fhir?page={page}");
            json_answer(
                200,
                &if page == pages {
                    searchset(&[ours("p1")], None)
                } else {
                    searchset(&[], Some(&next))
                },
            )
        }));
        *own.lock().expect("no panic") = server.address.to_string();
        assert_eq!(server.client().find(&person()), expected, "{pages} pages");
    }
    let elsewhere = Scripted::start(Box::new(|_, _| {
        json_answer(200, &searchset(&[ours("p1")], None))
    }));
    let next = format!("http://{}/fhir?page=2", elsewhere.address);
    let server = Scripted::start(Box::new(move |_, _| {
        json_answer(200, &searchset(&[], Some(&next)))
    }));
    let found = server.client().find(&person());
    assert!(is_down(&found), "{found:?}");
    assert!(elsewhere.heads().is_empty(), "nobody was asked there");
}

#[test]
fn a_redirect_is_not_followed_to_whatever_it_may_say() {
    let done = |location: &str| json!({"response": {"status": "201", "location": location}});
    let response = json!({"resourceType": "Bundle", "type": "transaction-response",
        "entry": [done("Patient/p"), done("Encounter/e")]});
    for status in [301, 302, 303, 307, 308] {
        let (page, response) = (searchset(&[ours("p1")], None), response.clone());
        let server = Scripted::start(Box::new(move |first, _| {
            let is_search = first.contains("_search");
            if first.contains("/metadata") {
                json_answer(200, &statement("4.0.1", true, true))
            } else if first.contains("/login-to-search") {
                json_answer(200, &page)
            } else if first.contains("/login-to-write") {
                json_answer(200, &response)
            } else {
                let to = if is_search { "search" } else { "write" };
                answer(status, &format!("Location: /login-to-{to}\r\n"), b"")
            }
        }));
        let client = server.client();
        let found = client.find(&person());
        assert!(is_down(&found), "{status} {found:?}");
        let met = client.hand_over(&visit(1), FROZEN, false);
        assert!(is_down(&met), "{status} {met:?}");
    }
}

#[test]
fn pages_that_go_in_a_circle_are_no_answer() {
    let own = Arc::new(Mutex::new(String::new()));
    let base = Arc::clone(&own);
    let server = Scripted::start(Box::new(move |_, _| {
        let next = format!("http://{}/fhir?page=2", base.lock().expect("no panic"));
        json_answer(200, &searchset(&[], Some(&next)))
    }));
    *own.lock().expect("no panic") = server.address.to_string();
    let found = server.client().find(&person());
    assert!(is_down(&found), "{found:?}");
    assert_eq!(server.heads().len(), 2);
}

#[test]
fn where_search_by_post_is_missing_it_is_done_by_get() {
    for refusal in [404, 405, 415] {
        let server = Scripted::start(Box::new(move |first, _| {
            if first.starts_with("post") {
                return json_answer(refusal, &json!({"resourceType": "OperationOutcome"}));
            }
            json_answer(200, &searchset(&[ours("p1")], None))
        }));
        let found = server.client().find(&person());
        assert_eq!(found, Ok(Match::Known(PatientRef("p1".into()))));
        let head = &server.heads()[1];
        assert!(head.starts_with("get /fhir/patient?identifier="), "{head}");
        for header in [
            "prefer: handling=strict",
            "x-tenant-id: t1",
            "authorization: bearer secret",
        ] {
            assert!(head.contains(header), "{head}");
        }
    }
}

#[test]
fn a_body_that_is_not_what_its_head_says_is_no_answer() {
    let page = searchset(&[ours("p1")], None).to_string();
    let json_type = "Content-Type: application/json\r\n";
    let gzip = format!("{json_type}Content-Encoding: gzip\r\n");
    let bodies = [
        answer(200, "Content-Type: text/plain\r\n", page.as_bytes()),
        answer(
            200,
            "Content-Type: application/fhir+xml\r\n",
            page.as_bytes(),
        ),
        answer(200, "", page.as_bytes()),
        answer(200, json_type, b""),
        answer(200, json_type, &page.as_bytes()[..page.len() / 2]),
        answer(200, json_type, b"\xFF\xFE{}"),
        answer(200, json_type, b"null"),
        answer(200, json_type, b"{\"resourceType\":\"Patient\"}"),
        answer(200, &gzip, page.as_bytes()),
        answer(206, json_type, page.as_bytes()),
        b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"resourceType\":".to_vec(),
        b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(),
        Vec::new(),
    ];
    for body in bodies {
        let text = String::from_utf8_lossy(&body).into_owned();
        let server = Scripted::start(Box::new(move |_, _| body.clone()));
        let found = server.client().find(&person());
        assert!(is_down(&found), "{text} {found:?}");
    }
}

#[test]
fn a_connection_that_breaks_is_tried_once_more_for_a_read_and_not_for_a_write() {
    let mut first = true;
    let server = Scripted::start(Box::new(move |_, _| {
        if std::mem::take(&mut first) {
            return Vec::new();
        }
        json_answer(200, &searchset(&[ours("p1")], None))
    }));
    let found = server.client().find(&person());
    assert_eq!(found, Ok(Match::Known(PatientRef("p1".into()))));
    drop(server);
    let server = Scripted::start(Box::new(|first, _| {
        if first.starts_with("get") {
            return json_answer(200, &statement("4.0.1", true, true));
        }
        Vec::new()
    }));
    let met = server.client().hand_over(&visit(1), FROZEN, false);
    assert!(is_down(&met), "{met:?}");
    let writes = server
        .heads()
        .iter()
        .filter(|head| head.starts_with("post"))
        .count();
    assert_eq!(writes, 1);
}

/// A bundle as it may lie in the outbox.
const FROZEN: &[u8] = br#"{"entry":[
    {"fullUrl":"urn:uuid:p","request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=a%7C1"},
     "resource":{"resourceType":"Patient","identifier":[{"system":"a","value":"1"}]}},
    {"fullUrl":"urn:uuid:e","request":{"method":"POST","url":"Encounter","ifNoneExist":"identifier=b%7C2"},
     "resource":{"resourceType":"Encounter","identifier":[{"system":"b","value":"2"}],"subject":{"reference":"urn:uuid:p"}}}]}"#;

fn statement(version: &str, transaction: bool, conditional: bool) -> Value {
    let code = if transaction { "transaction" } else { "batch" };
    json!({"resourceType": "CapabilityStatement", "fhirVersion": version, "rest": [{
        "mode": "server", "interaction": [{"code": code}],
        "resource": [{"type": "Encounter", "conditionalCreate": conditional}]}]})
}

#[test]
fn an_answer_to_a_transaction_that_does_not_answer_it_leaves_the_outcome_unknown() {
    let response = |entries: Value| json!({"resourceType": "Bundle", "type": "transaction-response", "entry": entries});
    let done =
        |location: &str| json!({"response": {"status": "201 Created", "location": location}});
    for (body, verdict) in [
        (
            response(json!([done("Patient/p"), done("Encounter/e/_history/1")])),
            "sent e",
        ),
        (response(json!([done("Patient/p"), done("")])), "down"),
        (response(json!([done("Encounter/e")])), "down"),
        (response(json!([])), "down"),
        (response(json!([done("Patient/p"), {}])), "down"),
        (
            json!({"resourceType": "Bundle", "type": "searchset"}),
            "down",
        ),
        (json!({"resourceType": "OperationOutcome"}), "down"),
        (
            response(json!([{"response": {"status": "422"}}, done("Encounter/e")])),
            "refused",
        ),
        (
            response(json!([done("Patient/p"), {"response": {"status": "500 Oops"}}])),
            "down",
        ),
    ] {
        let text = body.to_string();
        let server = Scripted::start(Box::new(move |first, _| {
            if first.contains("/metadata") {
                return json_answer(200, &statement("4.0.1", true, true));
            }
            json_answer(200, &body)
        }));
        let met = match server.client().hand_over(&visit(1), FROZEN, false) {
            Ok(Handed::Sent { id }) => format!("sent {id}"),
            Ok(Handed::Local) => "local".to_owned(),
            Err(EhrError::Down(_)) => "down".to_owned(),
            Err(EhrError::Refused(_)) => "refused".to_owned(),
            Err(EhrError::Busy(_)) => "busy".to_owned(),
        };
        assert_eq!(met, verdict, "{text}");
    }
}

#[test]
fn a_repeated_visit_that_is_there_is_not_sent_again() {
    let record = visit(1);
    let identifier = json!([{"system": VISIT, "value": record.draft.visit.to_string()}]);
    let server = Scripted::start(Box::new(move |_, _| {
        let found = json!({"resourceType": "Encounter", "id": "e", "identifier": identifier});
        json_answer(200, &searchset(&[json!({"resource": found})], None))
    }));
    let met = server.client().hand_over(&record, FROZEN, true);
    assert_eq!(met, Ok(Handed::Sent { id: "e".into() }));
    let heads = server.heads();
    assert_eq!(heads.len(), 1, "{heads:?}");
    assert!(heads[0].starts_with("post /fhir/encounter/_search"));
    assert!(heads[0].contains("prefer: handling=strict"));
}

#[test]
fn another_visit_is_not_taken_for_ours() {
    let there = |status: &str, id: &str| json!({"response": {"status": status, "location": id}});
    let response = json!({"resourceType": "Bundle", "type": "transaction-response",
        "entry": [there("200 OK", "Patient/p"), there("200 OK", "Encounter/e")]});
    for (value, right) in [
        (visit(1).draft.visit.to_string(), true),
        ("other".into(), false),
    ] {
        let response = response.clone();
        let server = Scripted::start(Box::new(move |first, _| {
            if first.contains("/metadata") {
                return json_answer(200, &statement("4.0.1", true, true));
            }
            if first.starts_with("get /fhir/encounter/e ") {
                let identifier = json!([{"system": VISIT, "value": value}]);
                let found =
                    json!({"resourceType": "Encounter", "id": "e", "identifier": identifier});
                return json_answer(200, &found);
            }
            json_answer(200, &response)
        }));
        let met = server.client().hand_over(&visit(1), FROZEN, false);
        assert_eq!(met.is_ok(), right, "{met:?}");
    }
}

#[test]
fn without_transactions_the_entries_go_one_by_one_and_the_visit_names_its_patient() {
    for conditional in [true, false] {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        let server = Scripted::start(Box::new(move |first, body| {
            kept.lock().expect("no panic").push(body.to_owned());
            if first.contains("/metadata") {
                json_answer(200, &statement("4.0.1", false, conditional))
            } else if first.contains("/_search") {
                json_answer(200, &searchset(&[], None))
            } else if first.starts_with("post /fhir/patient ") {
                json_answer(201, &json!({"resourceType": "Patient", "id": "p7"}))
            } else {
                answer(201, "Location: /fhir/Encounter/e7/_history/1\r\n", b"")
            }
        }));
        let met = server.client().hand_over(&visit(1), FROZEN, false);
        assert_eq!(met, Ok(Handed::Sent { id: "e7".into() }));
        let heads = server.heads();
        let guarded = heads
            .iter()
            .filter(|head| head.contains("if-none-exist: identifier="));
        let looked = heads.iter().filter(|head| head.contains("/_search"));
        let expected = if conditional { (2, 0) } else { (0, 2) };
        assert_eq!((guarded.count(), looked.count()), expected);
        let last = bodies
            .lock()
            .expect("no panic")
            .pop()
            .expect("the Encounter");
        assert!(last.contains(r#""reference":"Patient/p7""#), "{last}");
    }
}

#[test]
fn another_version_of_fhir_and_a_wrong_clock_are_refused() {
    for (version, date, right) in [
        ("4.0.1", "", true),
        ("4.0.0", "", true),
        ("4.3.0", "", false),
        ("5.0.0", "", false),
        ("", "", false),
        ("4.0.1", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", false),
    ] {
        let server = Scripted::start(Box::new(move |_, _| {
            let headers = format!("Content-Type: application/json\r\n{date}");
            let statement = statement(version, true, true).to_string();
            answer(200, &headers, statement.as_bytes())
        }));
        let line = server.client().probe();
        assert_eq!(line.is_ok(), right, "{line:?}");
        assert!(
            right || matches!(line, Err(EhrError::Refused(_))),
            "{line:?}"
        );
    }
}

#[test]
fn settings_that_cannot_work_are_told_before_anything_is_sent() {
    let settings = |base_url: &str| settings_at(base_url, LONG);
    let open = |settings| FhirServer::new(settings, jiff::tz::TimeZone::UTC, Vec::new()).err();
    let folder = tempfile::tempdir().expect("a folder");
    let file = |text: &str| {
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, text).expect("written");
        Fhir {
            ca_file: Some(path),
            ..settings("https://his.example")
        }
    };
    assert_eq!(open(settings("https://his.example/fhir/")), None);
    let plain = SetupError::PlainHttp("his.example".into());
    assert_eq!(open(settings("http://his.example/fhir")), Some(plain));
    assert!(matches!(open(settings("his")), Some(SetupError::Url(_))));
    for text in ["", "no PEM", "-----BEGIN CERTIFICATE-----\n%\n"] {
        let fault = open(file(text));
        assert!(
            matches!(fault, Some(SetupError::CaFile { .. })),
            "{text} {fault:?}"
        );
    }
    let header = Fhir {
        headers: vec![("X Y".into(), "1".into())],
        ..settings("https://his.example")
    };
    assert_eq!(open(header), Some(SetupError::Header("X Y".into())));
}
