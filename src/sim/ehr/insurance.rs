//! The hospital's own insurance service: number, name, birth date and day in; the gateway's result
//! code out.

use serde_json::{Value, json};

use super::http::Response;
use crate::identity::{BirthDate, folded_key};

/// Somebody whom the insurance knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insured {
    /// Card code, BHXH number or personal number.
    pub number: String,
    /// The name on the card; empty: any.
    pub name: String,
    /// The birth date, as any paper writes it; empty: any.
    pub birth_date: String,
    /// The result code when everything agrees, such as `000`.
    pub code: String,
}

/// Answers a question.
pub(super) fn reply(insured: &[Insured], body: &[u8]) -> Response {
    let Ok(question) = serde_json::from_slice::<Value>(body) else {
        return Response::json(400, &json!({"maKetQua": "205"}));
    };
    let text = |name: &str| question[name].as_str().unwrap_or_default();
    let code = match insured.iter().find(|one| one.number == text("number")) {
        None => "050",
        Some(one) if differs(&one.name, text("name"), |name| Some(folded_key(name))) => "060",
        Some(one) if differs(&one.birth_date, text("birth_date"), BirthDate::parse) => "070",
        Some(one) => &one.code,
    };
    Response::json(200, &json!({"maKetQua": code}))
}

/// Whether both are given and are not the same.
fn differs<T: PartialEq>(here: &str, there: &str, read: impl Fn(&str) -> Option<T>) -> bool {
    !here.is_empty() && !there.is_empty() && read(here) != read(there)
}
