use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::{Fault, Seed, Server};

fn start() -> Server {
    let patient = json!({"resourceType": "Patient", "id": "p1",
        "identifier": [{"system": "s", "value": "1"}]});
    let seed = Seed {
        resources: vec![patient],
        ..Seed::default()
    };
    Server::start(0, seed).expect("a free port")
}

/// One request on a connection of its own: the status and the body.
fn ask(server: &Server, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
    let url = server.base_url();
    let (host, base) = url["http://".len()..].split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("it listens");
    let length = body.len();
    let text = format!(
        "{method} /{base}{path} HTTP/1.1\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).expect("sent");
    stream
        .shutdown(std::net::Shutdown::Write)
        .expect("nothing more to say");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let body = serde_json::from_str(body).unwrap_or(Value::Null);
    (status.unwrap_or(0), body)
}

fn entry(url: &str, criteria: Option<&str>) -> Value {
    json!({"fullUrl": "urn:uuid:e",
        "request": {"method": "POST", "url": url, "ifNoneExist": criteria},
        "resource": {"resourceType": "Encounter", "identifier": [{"system": "v", "value": "7"}]}})
}

fn bundle(entries: &[Value]) -> String {
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries}).to_string()
}

#[test]
fn a_transaction_is_written_whole_or_not_at_all() {
    let server = start();
    let good = entry("Encounter", Some("identifier=v%7C7"));
    for bad in [
        entry("Patient", None),
        entry("Encounter", Some("nothing=known")),
        json!({}),
    ] {
        let (status, _) = ask(&server, "POST", "", "", &bundle(&[good.clone(), bad]));
        assert_eq!(status, 400);
        assert!(server.encounters().is_empty());
    }
    for expected in ["201 Created", "200 OK"] {
        let (status, answer) = ask(
            &server,
            "POST",
            "",
            "",
            &bundle(std::slice::from_ref(&good)),
        );
        assert_eq!(status, 200);
        assert_eq!(answer["entry"][0]["response"]["status"], expected);
        assert_eq!(server.encounters().len(), 1);
    }
}

#[test]
fn an_unknown_parameter_finds_everybody_unless_it_is_asked_strictly() {
    let server = start();
    let (status, page) = ask(&server, "GET", "/Patient?identfier=s%7C2", "", "");
    assert_eq!(status, 200);
    assert_eq!(page["entry"][0]["resource"]["id"], "p1");
    assert_eq!(page["entry"][1]["search"]["mode"], "outcome");
    let strict = "Prefer: handling=strict\r\n";
    let (status, _) = ask(&server, "GET", "/Patient?identfier=s%7C2", strict, "");
    assert_eq!(status, 400);
    let (_, page) = ask(
        &server,
        "POST",
        "/Patient/_search",
        strict,
        "identifier=s%7C2,s%7C1",
    );
    assert_eq!(page["entry"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_conditional_create_is_made_once_and_refused_where_several_meet_it() {
    let server = start();
    let patient = r#"{"resourceType":"Patient","identifier":[{"system":"s","value":"2"}]}"#;
    let guard = "If-None-Exist: identifier=s%7C2\r\n";
    for expected in [201, 200] {
        let (status, made) = ask(&server, "POST", "/Patient", guard, patient);
        assert_eq!(
            (status, &made["resourceType"]),
            (expected, &json!("Patient"))
        );
    }
    ask(&server, "POST", "/Patient", "", patient);
    assert_eq!(ask(&server, "POST", "/Patient", guard, patient).0, 412);
    assert_eq!(server.patients().len(), 3);
}

#[test]
fn an_update_moves_a_resource_to_its_new_identifier() {
    let server = start();
    let moved = r#"{"resourceType":"Patient","id":"p1","identifier":[{"system":"s","value":"9"}]}"#;
    assert_eq!(ask(&server, "PUT", "/Patient/p1", "", moved).0, 200);
    let (_, old) = ask(&server, "GET", "/Patient?identifier=s%7C1", "", "");
    let (_, new) = ask(&server, "GET", "/Patient?identifier=s%7C9", "", "");
    assert_eq!(old["entry"], Value::Null);
    assert_eq!(new["entry"][0]["resource"]["meta"]["versionId"], "2");
    assert_eq!(ask(&server, "GET", "/Patient/p2", "", "").0, 404);
}

#[test]
fn a_silent_server_falls_silent_and_its_end_ends_the_silence() {
    let server = start();
    server.set(Fault::Silent);
    let before = server.requests();
    let url = server.base_url();
    let host = url["http://".len()..].split('/').next().expect("a host");
    let mut waiting = TcpStream::connect(host).expect("it listens");
    waiting
        .write_all(b"GET /fhir/metadata HTTP/1.1\r\n\r\n")
        .expect("sent");
    let late = waiting.try_clone().expect("a second handle");
    drop(server);
    let mut answer = Vec::new();
    // Closed or reset: in both cases without a word.
    let _ = waiting.read_to_end(&mut answer);
    assert!(answer.is_empty());
    drop(late);
    assert_eq!(before, 0);
}

#[test]
fn a_request_that_is_none_costs_only_its_own_connection() {
    let server = start();
    let url = server.base_url();
    let host = url["http://".len()..].split('/').next().expect("a host");
    for odd in [
        "\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(host).expect("it listens");
        stream.write_all(odd.as_bytes()).expect("sent");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty(), "{odd:?}");
    }
    assert_eq!(ask(&server, "GET", "/metadata", "", "").0, 200);
}
