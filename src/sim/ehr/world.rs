//! What the server holds, and how it is searched.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

/// All resources.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    shelves: BTreeMap<String, Shelf>,
    /// Counts up: the source of ids.
    made: u64,
}

/// The resources of one type, in the order in which they came.
#[derive(Debug, Clone, Default)]
struct Shelf {
    all: Vec<Value>,
    by_id: BTreeMap<String, usize>,
    by_identifier: BTreeMap<String, BTreeSet<usize>>,
}

/// A search: what is found, and the parameters that mean nothing here.
pub(super) struct Search {
    pub found: Vec<Value>,
    pub ignored: Vec<String>,
}

impl World {
    /// All of one type.
    pub fn all(&self, kind: &str) -> &[Value] {
        self.shelves.get(kind).map_or(&[], |shelf| &shelf.all)
    }

    pub fn get(&self, kind: &str, id: &str) -> Option<&Value> {
        let shelf = self.shelves.get(kind)?;
        shelf.all.get(*shelf.by_id.get(id)?)
    }

    /// An id that no resource had from here before.
    pub fn new_id(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{}-{}", kind.to_lowercase(), self.made)
    }

    /// Takes a resource of whatever type, under its own id where it has one.
    pub fn take(&mut self, resource: Value) {
        let text = |name: &str| resource[name].as_str().map(str::to_owned);
        let kind = text("resourceType").unwrap_or_default();
        let id = text("id").unwrap_or_else(|| self.new_id(&kind));
        self.put(&kind, &id, resource);
    }

    /// Takes a resource under this id; says whether it is new.
    pub fn put(&mut self, kind: &str, id: &str, mut resource: Value) -> bool {
        let shelf = self.shelves.entry(kind.to_owned()).or_default();
        let place = shelf.by_id.get(id).copied();
        let version = place.map_or(1, |place| {
            let old = shelf.all[place]["meta"]["versionId"].as_str();
            old.and_then(|old| old.parse::<u64>().ok()).unwrap_or(0) + 1
        });
        resource["meta"] = json!({
            "versionId": version.to_string(),
            "lastUpdated": Timestamp::now().to_string(),
        });
        resource["id"] = json!(id);
        let new = tokens(&resource);
        let place = match place {
            None => {
                shelf.by_id.insert(id.to_owned(), shelf.all.len());
                shelf.all.push(resource);
                shelf.all.len() - 1
            }
            Some(place) => {
                let old = std::mem::replace(&mut shelf.all[place], resource);
                for token in tokens(&old) {
                    let places = shelf.by_identifier.entry(token).or_default();
                    places.remove(&place);
                }
                place
            }
        };
        for token in new {
            shelf.by_identifier.entry(token).or_default().insert(place);
        }
        version == 1
    }

    /// Searches. A parameter that is not known restricts nothing.
    pub fn search(&self, kind: &str, parameters: &[(String, String)]) -> Search {
        let mut found: Vec<&Value> = match parameters.iter().find(|(name, _)| name == "identifier")
        {
            Some((_, value)) => self.holders(kind, value),
            None => self.all(kind).iter().collect(),
        };
        let mut ignored = Vec::new();
        for (name, value) in parameters {
            match (kind, name.as_str()) {
                (_, "identifier") | (_, "_count") => {}
                ("Patient", "birthdate") => found.retain(|one| one["birthDate"] == value.as_str()),
                ("Appointment", "patient") => found.retain(|one| is_with(one, value)),
                ("Appointment", "date") => found.retain(|one| starts_within(one, value)),
                ("Appointment", "status") => found.retain(|one| {
                    let status = one["status"].as_str();
                    value.split(',').any(|wanted| Some(wanted) == status)
                }),
                _ => ignored.push(name.clone()),
            }
        }
        let found = found.into_iter().cloned().collect();
        Search { found, ignored }
    }

    /// Those that hold one of the identifiers (`system|value`, separated by commas).
    fn holders(&self, kind: &str, wanted: &str) -> Vec<&Value> {
        let Some(shelf) = self.shelves.get(kind) else {
            return Vec::new();
        };
        let places: BTreeSet<usize> = wanted
            .split(',')
            .filter_map(|token| shelf.by_identifier.get(token))
            .flatten()
            .copied()
            .collect();
        places.into_iter().map(|place| &shelf.all[place]).collect()
    }
}

fn tokens(resource: &Value) -> Vec<String> {
    let identifiers = resource["identifier"].as_array().into_iter().flatten();
    identifiers
        .filter_map(|one| {
            Some(format!(
                "{}|{}",
                one["system"].as_str()?,
                one["value"].as_str()?
            ))
        })
        .collect()
}

fn is_with(appointment: &Value, patient: &str) -> bool {
    let id = patient.rsplit('/').next().unwrap_or_default();
    let participants = appointment["participant"].as_array().into_iter().flatten();
    let mut references = participants.filter_map(|one| one["actor"]["reference"].as_str());
    references.any(|reference| reference == format!("Patient/{id}"))
}

/// `ge` and `lt` with a moment: more the check-in does not need.
fn starts_within(appointment: &Value, bound: &str) -> bool {
    let moment = |text: &str| text.parse::<Timestamp>().ok();
    let start = appointment["start"].as_str().and_then(moment);
    let (prefix, rest) = bound.split_at_checked(2).unwrap_or(("", ""));
    match (prefix, start, moment(rest)) {
        ("ge", Some(start), Some(bound)) => start >= bound,
        ("lt", Some(start), Some(bound)) => start < bound,
        _ => false,
    }
}
