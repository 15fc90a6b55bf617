//! From request to answer (FHIR R4 §3.1.0, the RESTful API).

use serde_json::{Value, json};

use super::fault::Fault;
use super::http::{Request, Response, form};
use super::transaction::{plan_create, transaction};
use super::world::World;

/// Where the FHIR server lives.
pub(super) const BASE: &str = "/fhir";
/// What can be stored and searched.
const KINDS: [&str; 4] = ["Patient", "Appointment", "Encounter", "Provenance"];

/// Answers a request below [`BASE`].
pub(super) fn reply(world: &mut World, request: &Request, origin: &str, fault: &Fault) -> Response {
    let path = request.path.strip_prefix(BASE).unwrap_or_default();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let body = || serde_json::from_slice::<Value>(&request.body).ok();
    let strict = request
        .header("prefer")
        .is_some_and(|prefer| prefer.contains("handling=strict"));
    if let [kind, ..] = parts[..]
        && kind != "metadata"
        && !KINDS.contains(&kind)
    {
        return refusal(404, "not-supported", "");
    }
    let search = |world: &World, kind, parameters: &[(String, String)]| {
        found(world, kind, parameters, strict, origin, fault)
    };
    match (request.method.as_str(), &parts[..]) {
        ("GET", ["metadata"]) => Response::fhir(200, &metadata()),
        ("GET", [kind]) => search(world, kind, &request.query),
        ("POST", [kind, "_search"]) => {
            let text = String::from_utf8_lossy(&request.body);
            search(world, kind, &form(&text))
        }
        ("GET", [kind, id]) => match world.get(kind, id) {
            Some(resource) => Response::fhir(200, resource),
            None => refusal(404, "not-found", ""),
        },
        ("PUT", [kind, id]) => match body() {
            Some(resource) if resource["resourceType"] == *kind && resource["id"] == *id => {
                let new = world.put(kind, id, resource);
                written(world, kind, id, new)
            }
            _ => refusal(400, "invalid", ""),
        },
        ("POST", [kind]) => {
            let criteria = request.header("if-none-exist");
            let plan = body().and_then(|resource| plan_create(world, kind, resource, criteria));
            match plan {
                Some(plan) => {
                    let id = plan.id().to_owned();
                    let new = plan.commit(world, kind);
                    written(world, kind, &id, new)
                }
                None => refusal(412, "multiple-matches", ""),
            }
        }
        ("POST", []) => match body() {
            Some(bundle) => transaction(world, &bundle),
            None => refusal(400, "invalid", "Bundle"),
        },
        _ => refusal(405, "not-supported", ""),
    }
}

/// An OperationOutcome.
pub(super) fn refusal(status: u16, code: &str, expression: &str) -> Response {
    let mut issue = json!({"severity": "error", "code": code});
    if !expression.is_empty() {
        issue["expression"] = json!([expression]);
    }
    let outcome = json!({"resourceType": "OperationOutcome", "issue": [issue]});
    Response::fhir(status, &outcome)
}

fn found(
    world: &World,
    kind: &str,
    parameters: &[(String, String)],
    strict: bool,
    origin: &str,
    fault: &Fault,
) -> Response {
    let search = world.search(kind, parameters);
    if strict && !search.ignored.is_empty() {
        return refusal(400, "invalid", "");
    }
    let resources = fault.spoil(world.all(kind), search.found);
    let mut entries: Vec<Value> = resources
        .iter()
        .map(|resource| {
            let id = resource["id"].as_str().unwrap_or_default();
            let url = format!("{origin}{BASE}/{kind}/{id}");
            json!({"fullUrl": url, "resource": resource, "search": {"mode": "match"}})
        })
        .collect();
    if !search.ignored.is_empty() {
        let outcome = json!({"resourceType": "OperationOutcome",
            "issue": [{"severity": "warning", "code": "not-supported"}]});
        entries.push(json!({"resource": outcome, "search": {"mode": "outcome"}}));
    }
    let mut bundle = json!({"resourceType": "Bundle", "type": "searchset"});
    if !entries.is_empty() {
        bundle["entry"] = json!(entries);
    }
    Response::fhir(200, &bundle)
}

fn written(world: &World, kind: &str, id: &str, new: bool) -> Response {
    let resource = world.get(kind, id).unwrap_or(&Value::Null);
    let mut response = Response::fhir(if new { 201 } else { 200 }, resource);
    let location = ("Location".to_owned(), format!("{BASE}/{kind}/{id}"));
    response.headers.push(location);
    response
}

fn metadata() -> Value {
    let codes =
        |codes: &[&str]| -> Vec<Value> { codes.iter().map(|code| json!({"code": code})).collect() };
    let kinds: Vec<Value> = KINDS
        .iter()
        .map(|kind| {
            json!({
                "type": kind,
                "interaction": codes(&["read", "create", "update", "search-type"]),
                "conditionalCreate": true,
                "updateCreate": true,
            })
        })
        .collect();
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "software": {"name": "tiepdon sim ehr", "version": env!("CARGO_PKG_VERSION")},
        "rest": [{
            "mode": "server",
            "interaction": codes(&["transaction"]),
            "resource": kinds,
        }],
    })
}
