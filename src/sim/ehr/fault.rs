use std::time::Duration;

use serde_json::{Value, json};

use super::http::Response;

/// How the server misbehaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Fault {
    /// Not at all.
    #[default]
    None,
    /// Each answer comes this much later.
    Slow(Duration),
    /// Requests are read and never answered.
    Silent,
    /// Everything is answered with this status, and nothing is done.
    Status {
        /// The status.
        code: u16,
        /// The value of `Retry-After`, in either of its forms.
        retry_after: Option<String>,
    },
    /// A login page, with status 200.
    Html,
    /// A redirect to a login page.
    Redirect,
    /// Searches find another person first.
    WrongPatient,
    /// Searches find everybody, as where a parameter is ignored.
    Everybody,
    /// Searches find each match twice, under two ids.
    Duplicates,
    /// Answers break off in the middle.
    CutBody,
    /// Writes are done, and the connection is closed without an answer.
    CommitThenDrop,
    /// Searches answer with more than anybody should read.
    HugeBundle,
}

/// More than a careful client reads.
const HUGE_BYTES: usize = 5 << 20;

impl Fault {
    /// The answer that comes instead of any work.
    pub(super) fn instead(&self) -> Option<Response> {
        match self {
            Self::Status { code, retry_after } => {
                let outcome = json!({"resourceType": "OperationOutcome",
                    "issue": [{"severity": "error", "code": "transient"}]});
                let mut response = Response::fhir(*code, &outcome);
                let wait = retry_after.clone();
                response
                    .headers
                    .extend(wait.map(|wait| ("Retry-After".to_owned(), wait)));
                Some(response)
            }
            Self::Html => Some(login_page(200)),
            Self::Redirect => {
                let mut response = login_page(302);
                let location = ("Location".to_owned(), "/login".to_owned());
                response.headers.push(location);
                Some(response)
            }
            Self::None
            | Self::Slow(_)
            | Self::Silent
            | Self::WrongPatient
            | Self::Everybody
            | Self::Duplicates
            | Self::CutBody
            | Self::CommitThenDrop
            | Self::HugeBundle => None,
        }
    }

    /// What a search finds, of all that there are and those that match.
    pub(super) fn spoil(&self, all: &[Value], mut found: Vec<Value>) -> Vec<Value> {
        match self {
            Self::WrongPatient => {
                let stranger = all.iter().find(|one| !found.contains(one)).cloned();
                found.splice(0..0, stranger);
            }
            Self::Everybody => found = all.to_vec(),
            Self::Duplicates => {
                let copies = found.iter().cloned().map(|mut copy| {
                    let id = copy["id"].as_str().unwrap_or_default();
                    copy["id"] = json!(format!("{id}-2"));
                    copy
                });
                let copies: Vec<Value> = copies.collect();
                found.extend(copies);
            }
            Self::HugeBundle => {
                let text = "x".repeat(HUGE_BYTES);
                found.extend(found.first().cloned().map(|mut one| {
                    one["text"] = json!({"status": "generated", "div": text});
                    one
                }));
                if found.is_empty() {
                    found.push(json!({"resourceType": "Basic", "id": "huge", "language": text}));
                }
            }
            Self::None
            | Self::Slow(_)
            | Self::Silent
            | Self::Status { .. }
            | Self::Html
            | Self::Redirect
            | Self::CutBody
            | Self::CommitThenDrop => {}
        }
        found
    }
}

fn login_page(status: u16) -> Response {
    Response {
        status,
        headers: vec![("Content-Type".to_owned(), "text/html".to_owned())],
        body: b"<!doctype html><title>Sign in</title><form></form>".to_vec(),
    }
}
