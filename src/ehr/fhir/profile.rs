//! What a server can do, as its CapabilityStatement says. Never assumed: real servers lack much.

use jiff::Timestamp;
use serde_json::Value;

use super::http::Answer;
use crate::ehr::EhrError;

/// The clocks may differ this far before tokens and times go wrong.
const SKEW_MAX_SECONDS: u64 = 120;

/// What a server can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Profile {
    /// Its name and version, in printable signs.
    pub name: String,
    pub fhir_version: String,
    /// It writes a bundle whole or not at all.
    pub transaction: bool,
    /// It creates an Encounter only where none is found.
    pub conditional_create: bool,
    /// It takes a Provenance under our own id.
    pub provenance: bool,
}

impl Profile {
    /// Reads `/metadata`. Another version of FHIR than R4 is refused.
    pub fn read(answer: Answer) -> Result<Self, EhrError> {
        let statement = answer.resource("CapabilityStatement")?;
        let fhir_version = printable(statement["fhirVersion"].as_str().unwrap_or_default());
        if !fhir_version.starts_with("4.0.") {
            return Err(EhrError::Refused(format!(
                "it speaks FHIR {fhir_version:?}, we speak R4 (4.0.1)"
            )));
        }
        let servers = statement["rest"].as_array();
        let rest = servers.and_then(|all| all.iter().find(|rest| rest["mode"] != "client"));
        let rest = rest.unwrap_or(&Value::Null);
        let software = &statement["software"];
        let word = |value: &Value| printable(value.as_str().unwrap_or_default());
        let name = format!("{} {}", word(&software["name"]), word(&software["version"]));
        Ok(Self {
            name: match name.trim() {
                "" => "unnamed server".to_owned(),
                name => name.to_owned(),
            },
            fhir_version,
            transaction: interacts(rest, "transaction"),
            conditional_create: kind(rest, "Encounter")["conditionalCreate"] == true,
            provenance: {
                let provenance = kind(rest, "Provenance");
                interacts(provenance, "update") && provenance["updateCreate"] == true
            },
        })
    }

    /// How visits are written, for `doctor`.
    pub fn writes(&self) -> &'static str {
        match (self.transaction, self.conditional_create) {
            (true, true) => "visits in transactions",
            (_, true) => {
                "no conditional transactions: visits by conditional create, one sender only"
            }
            (_, false) => {
                "no conditional create: visits by search, then create; a visit may be doubled"
            }
        }
    }
}

/// The difference of the clocks as a sentence; too much of it is refused.
pub(super) fn skew(theirs: Option<Timestamp>) -> Result<String, EhrError> {
    let Some(theirs) = theirs else {
        return Ok("it does not tell its clock".to_owned());
    };
    let seconds = theirs.duration_since(Timestamp::now()).as_secs();
    if seconds.unsigned_abs() > SKEW_MAX_SECONDS {
        return Err(EhrError::Refused(format!(
            "its clock and ours differ by {seconds} s: set the clocks"
        )));
    }
    Ok(format!("clocks differ by {seconds} s"))
}

fn interacts(part: &Value, code: &str) -> bool {
    let interactions = part["interaction"].as_array().into_iter().flatten();
    interactions.into_iter().any(|one| one["code"] == code)
}

fn kind<'a>(rest: &'a Value, name: &str) -> &'a Value {
    let kinds = rest["resource"].as_array().into_iter().flatten();
    let mut named = kinds.filter(|kind| kind["type"] == name);
    named.next().unwrap_or(&Value::Null)
}

fn printable(text: &str) -> String {
    const NAME_MAX: usize = 60;
    text.chars()
        .filter(|c| !c.is_control())
        .take(NAME_MAX)
        .collect()
}
