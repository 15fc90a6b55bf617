//! Handing a visit over, and what each answer means for the outbox: done, refused for good, or
//! unknown. What is unknown is looked up by visit id before it is sent again.

use std::time::Instant;

use serde_json::Value;
use ureq::http::{Method, StatusCode};

use super::http::{Answer, is_passing};
use super::patient::Identifier;
use super::profile::Profile;
use super::search::{Found, search};
use super::{FhirServer, id_of, is_id, outcome};
use crate::ehr::{EhrError, Handed};
use crate::queue::VisitRecord;

/// The pause after "too many requests" that names none.
const BUSY_SECONDS: u64 = 5;

impl FhirServer {
    pub(super) fn send_visit(
        &self,
        record: &VisitRecord,
        frozen: &[u8],
        repeat: bool,
    ) -> Result<Handed, EhrError> {
        if frozen.is_empty() {
            return Ok(Handed::Local);
        }
        let bundle: Value = serde_json::from_slice(frozen).map_err(|_| damaged())?;
        let entries = bundle["entry"].as_array().ok_or_else(damaged)?;
        if repeat && let Some(id) = self.visit_there(record)? {
            return Ok(Handed::Sent { id });
        }
        let profile = self.profile()?;
        let (id, was_there) = if profile.transaction && profile.conditional_create {
            self.transaction(frozen, entries)?
        } else {
            self.one_by_one(entries, &profile)?
        };
        if was_there {
            self.confirm(record, &id)?;
        }
        Ok(Handed::Sent { id })
    }

    /// The Encounter that holds our visit id.
    fn visit_there(&self, record: &VisitRecord) -> Result<Option<String>, EhrError> {
        let visit = self.visit_identifier(record);
        self.holder("Encounter", &visit, self.client.deadline())
    }

    fn visit_identifier(&self, record: &VisitRecord) -> Identifier {
        let system = self.settings.visit_system.clone();
        (system, record.draft.visit.to_string())
    }

    /// The id of a resource that holds an identifier; the first one by id where there are several.
    fn holder(
        &self,
        kind: &str,
        asked: &Identifier,
        deadline: Instant,
    ) -> Result<Option<String>, EhrError> {
        let token = format!("{}|{}", asked.0, asked.1);
        let parameters = [("identifier", token.as_str())];
        let down = |cause: String| Err(EhrError::Down(cause));
        let matches = match search(&self.client, kind, &parameters, deadline)? {
            Found::All(matches) => matches,
            Found::TooMany => return down(format!("it has many {kind}s of one identifier")),
            Found::Unsupported(why) => {
                return down(format!("it cannot search {kind}s by identifier: {why}"));
            }
        };
        let found = matches.len();
        let mut ids: Vec<&str> = matches
            .iter()
            .filter(|resource| holds(resource, asked))
            .filter_map(|resource| resource["id"].as_str().filter(|id| is_id(id)))
            .collect();
        ids.sort_unstable();
        if ids.len() > 1 {
            tracing::warn!(kind, count = ids.len(), "doubled at the hospital's system");
        }
        match ids.first() {
            None if found > 0 => down(format!(
                "it answers a search by identifier with {kind}s that do not hold it"
            )),
            first => Ok(first.map(|id| (*id).to_owned())),
        }
    }

    fn transaction(&self, frozen: &[u8], entries: &[Value]) -> Result<(String, bool), EhrError> {
        let deadline = self.client.deadline();
        let answer = self
            .client
            .write(Method::POST, "", None, frozen, deadline)?;
        if answer.status != StatusCode::OK && answer.status != StatusCode::CREATED {
            return Err(unwritten(&answer));
        }
        let response = answer.resource("Bundle")?;
        let odd = |what: &str| EhrError::Down(format!("its answer to a transaction {what}"));
        let answers = response["entry"].as_array().map_or(&[][..], Vec::as_slice);
        if response["type"] != "transaction-response" || answers.len() != entries.len() {
            return Err(odd("does not answer it"));
        }
        for answer in answers {
            let status = status(answer).ok_or_else(|| odd("has no status"))?;
            if !status.is_success() {
                let issues = outcome::redacted(&answer["response"]["outcome"]);
                let cause = format!(
                    "status {} within the transaction: {issues}",
                    status.as_u16()
                );
                return Err(refused_or_unknown(status, None, cause));
            }
        }
        let encounter = entries
            .iter()
            .position(|entry| entry["request"]["url"] == "Encounter")
            .ok_or_else(damaged)?;
        let answer = &answers[encounter];
        let location = answer["response"]["location"].as_str().unwrap_or_default();
        let id = id_of(location, "Encounter")
            .or_else(|| answer["resource"]["id"].as_str().filter(|id| is_id(id)))
            .ok_or_else(|| odd("does not name the Encounter"))?;
        Ok((id.to_owned(), status(answer) != Some(StatusCode::CREATED)))
    }

    /// For servers without transactions: the same entries, in their order, each create conditional
    /// where the server can, else after a search. Only safe with one sender, which the outbox is.
    fn one_by_one(&self, entries: &[Value], profile: &Profile) -> Result<(String, bool), EhrError> {
        let deadline = self.client.deadline();
        let mut links: Vec<(String, String)> = Vec::new();
        let mut encounter = None;
        for entry in entries {
            let mut resource = entry["resource"].clone();
            relink(&mut resource, &links);
            let url = entry["request"]["url"].as_str().ok_or_else(damaged)?;
            if entry["request"]["method"] == "PUT" {
                self.put_aside(url, &resource, deadline);
                continue;
            }
            let criteria = entry["request"]["ifNoneExist"]
                .as_str()
                .filter(|_| profile.conditional_create);
            let (id, was_there) = self.create(url, criteria, &resource, deadline)?;
            let name = entry["fullUrl"].as_str().unwrap_or_default().to_owned();
            links.push((name, format!("{url}/{id}")));
            if url == "Encounter" {
                encounter = Some((id, was_there));
            }
        }
        encounter.ok_or_else(damaged)
    }

    fn create(
        &self,
        kind: &str,
        criteria: Option<&str>,
        resource: &Value,
        deadline: Instant,
    ) -> Result<(String, bool), EhrError> {
        let key = identifiers(resource).next().ok_or_else(damaged)?;
        if criteria.is_none()
            && let Some(id) = self.holder(kind, &key, deadline)?
        {
            return Ok((id, true));
        }
        let body = resource.to_string();
        let answer = self
            .client
            .write(Method::POST, kind, criteria, body.as_bytes(), deadline)?;
        let was_there = match answer.status {
            StatusCode::CREATED => false,
            StatusCode::OK => true,
            _ => return Err(unwritten(&answer)),
        };
        // Neither a body nor a location is certain (HFS leaves out one, others the other).
        let id = match answer.id(kind) {
            Some(id) => Some(id),
            None => self.holder(kind, &key, deadline)?,
        };
        let id = id.ok_or_else(|| EhrError::Down(format!("it does not name the new {kind}")))?;
        Ok((id, was_there))
    }

    /// The Provenance goes beside the visit, which stands without it.
    fn put_aside(&self, url: &str, resource: &Value, deadline: Instant) {
        let body = resource.to_string();
        let put = self
            .client
            .write(Method::PUT, url, None, body.as_bytes(), deadline);
        match put {
            Ok(answer) if answer.status.is_success() => {}
            Ok(answer) => tracing::warn!(cause = answer.cause(), "no provenance was kept"),
            Err(error) => tracing::warn!(%error, "no provenance was kept"),
        }
    }

    /// The server says it had the visit already. One that ignores the criteria of a conditional
    /// create says so of somebody else's visit: believed only if it holds our visit id.
    fn confirm(&self, record: &VisitRecord, id: &str) -> Result<(), EhrError> {
        let deadline = self.client.deadline();
        let answer = self.client.get(&format!("Encounter/{id}"), deadline)?;
        let encounter = answer.resource("Encounter")?;
        if holds(&encounter, &self.visit_identifier(record)) {
            return Ok(());
        }
        Err(EhrError::Refused(
            "it took another visit for this one: its conditional create ignores the criteria"
                .to_owned(),
        ))
    }
}

/// What an unsuccessful answer to a write means.
fn unwritten(answer: &Answer) -> EhrError {
    refused_or_unknown(answer.status, answer.retry_after, answer.cause())
}

fn refused_or_unknown(status: StatusCode, retry_after: Option<u64>, cause: String) -> EhrError {
    match status.as_u16() {
        // Nothing is wrong with the visit: it waits until the sign-in is put right.
        401 | 403 => EhrError::Down(cause),
        429 => EhrError::Busy(retry_after.unwrap_or(BUSY_SECONDS)),
        _ if is_passing(status) => retry_after.map_or(EhrError::Down(cause), EhrError::Busy),
        400..=499 | 501 => EhrError::Refused(cause),
        _ => EhrError::Down(cause),
    }
}

fn status(entry: &Value) -> Option<StatusCode> {
    let line = entry["response"]["status"].as_str()?;
    StatusCode::from_bytes(line.split(' ').next()?.as_bytes()).ok()
}

fn holds(resource: &Value, asked: &Identifier) -> bool {
    identifiers(resource).any(|identifier| identifier == *asked)
}

fn identifiers(resource: &Value) -> impl Iterator<Item = Identifier> {
    let list = resource["identifier"].as_array().into_iter().flatten();
    list.filter_map(|identifier| {
        let part = |name: &str| identifier[name].as_str().map(str::to_owned);
        part("system").zip(part("value"))
    })
}

/// Puts real references in the place of those within the bundle.
fn relink(value: &mut Value, links: &[(String, String)]) {
    match value {
        Value::String(text) => {
            if let Some((_, real)) = links.iter().find(|(name, _)| name == text) {
                text.clone_from(real);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| relink(item, links)),
        Value::Object(fields) => fields.values_mut().for_each(|field| relink(field, links)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn damaged() -> EhrError {
    EhrError::Refused("the visit's frozen bytes are no bundle of ours".to_owned())
}
