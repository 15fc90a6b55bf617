//! Reading a searchset page by page (FHIR R4 §3.1.1): only matches, of the type asked for, from
//! this server, and not without end.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "JSON has six kinds of values: all but the one expected are the same oddity"
)]

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::Value;

use super::http::Client;
use super::outcome;
use crate::ehr::EhrError;

/// Pages that are read. Whoever has more matches than these hold is a case for staff.
const PAGES_MAX: usize = 5;

/// What a search found.
pub(super) enum Found {
    /// All matches.
    All(Vec<Value>),
    /// More than we read.
    TooMany,
    /// Nothing: the server does not have such a search. Says why.
    Unsupported(String),
}

/// One page of a searchset.
pub(super) struct Page {
    pub matches: Vec<Value>,
    pub next: Option<String>,
}

/// Searches, and follows the pages.
pub(super) fn search(
    client: &Client,
    kind: &str,
    parameters: &[(&str, &str)],
    deadline: Instant,
) -> Result<Found, EhrError> {
    let mut answer = client.search(kind, parameters, deadline)?;
    if matches!(answer.status.as_u16(), 400 | 404 | 405 | 415 | 422 | 501) {
        return Ok(Found::Unsupported(answer.cause()));
    }
    let mut matches = Vec::new();
    let mut seen = BTreeSet::new();
    for _ in 0..PAGES_MAX {
        let page = page(answer.resource("Bundle")?, kind).map_err(EhrError::Down)?;
        matches.extend(page.matches);
        let Some(next) = page.next else {
            return Ok(Found::All(matches));
        };
        if !client.is_ours(&next) {
            return Err(EhrError::Down("its next page lies elsewhere".to_owned()));
        }
        if !seen.insert(next.clone()) {
            return Err(EhrError::Down("its pages go in a circle".to_owned()));
        }
        answer = client.get(&next, deadline)?;
    }
    Ok(Found::TooMany)
}

/// Reads one page; the error says what is odd about it.
pub(super) fn page(mut bundle: Value, kind: &str) -> Result<Page, String> {
    if bundle["type"] != "searchset" {
        return Err("the answer to a search is no searchset".to_owned());
    }
    let next = next_link(&bundle)?;
    let entries = match bundle.get_mut("entry").map_or(Value::Null, Value::take) {
        Value::Null => Vec::new(),
        Value::Array(entries) => entries,
        _ => return Err("the entries of a searchset are no list".to_owned()),
    };
    let mut matches = Vec::new();
    for mut entry in entries {
        let resource = entry.get_mut("resource").map_or(Value::Null, Value::take);
        let is_outcome = resource["resourceType"] == "OperationOutcome";
        match entry["search"]["mode"].as_str() {
            Some("include") => {}
            Some("outcome") | None if is_outcome => {
                if outcome::spoils_search(&resource) {
                    return Err("it did not search as it was asked".to_owned());
                }
            }
            Some("match") | None if resource["resourceType"] == kind => matches.push(resource),
            _ => return Err(format!("a match is no {kind}")),
        }
    }
    Ok(Page { matches, next })
}

fn next_link(bundle: &Value) -> Result<Option<String>, String> {
    let links = match &bundle["link"] {
        Value::Null => return Ok(None),
        Value::Array(links) => links,
        _ => return Err("the links of a searchset are no list".to_owned()),
    };
    let Some(next) = links.iter().find(|link| link["relation"] == "next") else {
        return Ok(None);
    };
    match next["url"].as_str() {
        Some(url) => Ok(Some(url.to_owned())),
        None => Err("the link to the next page has no address".to_owned()),
    }
}
