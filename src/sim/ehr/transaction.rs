//! Conditional creates and transactions (FHIR R4 §3.1.0.8.1, §3.1.0.11.2). Every entry is decided
//! before the first is written, so a bundle is written whole or not at all.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::http::{Response, form};
use super::reply::refusal;
use super::world::World;

/// What is to be done about one entry.
pub(super) enum Plan {
    /// Write it under this id.
    Write { id: String, resource: Value },
    /// Nothing: this one is there.
    Keep { id: String },
}

/// Carries a bundle out, or says why not.
pub(super) fn transaction(world: &mut World, bundle: &Value) -> Response {
    if bundle["resourceType"] != "Bundle" || bundle["type"] != "transaction" {
        return refusal(400, "invalid", "Bundle.type");
    }
    let mut plans: Vec<(String, Plan)> = Vec::new();
    let mut links: BTreeMap<String, String> = BTreeMap::new();
    let entries = bundle["entry"].as_array().into_iter().flatten();
    for (index, entry) in entries.enumerate() {
        let Some((kind, plan)) = plan_entry(world, entry) else {
            return refusal(400, "processing", &format!("Bundle.entry[{index}]"));
        };
        let name = entry["fullUrl"].as_str().unwrap_or_default();
        links.insert(name.to_owned(), format!("{kind}/{}", plan.id()));
        plans.push((kind, plan));
    }
    let answers: Vec<Value> = plans
        .into_iter()
        .map(|(kind, mut plan)| {
            if let Plan::Write { resource, .. } = &mut plan {
                relink(resource, &links);
            }
            let location = format!("{kind}/{}", plan.id());
            let status = if plan.commit(world, &kind) {
                "201 Created"
            } else {
                "200 OK"
            };
            json!({"response": {"status": status, "location": location}})
        })
        .collect();
    let answer = json!({
        "resourceType": "Bundle", "type": "transaction-response", "entry": answers,
    });
    Response::fhir(200, &answer)
}

/// Decides a create that is only done where nothing meets the criteria. None where several do, or
/// where the criteria are not understood: they guard a write, so that ignoring them is no choice.
pub(super) fn plan_create(
    world: &mut World,
    kind: &str,
    resource: Value,
    if_none_exist: Option<&str>,
) -> Option<Plan> {
    if resource["resourceType"] != kind {
        return None;
    }
    let mut found = Vec::new();
    if let Some(criteria) = if_none_exist {
        let search = world.search(kind, &form(criteria));
        if !search.ignored.is_empty() {
            return None;
        }
        found = search.found;
    }
    match &found[..] {
        [] => {
            let id = world.new_id(kind);
            Some(Plan::Write { id, resource })
        }
        [one] => Some(Plan::Keep {
            id: one["id"].as_str()?.to_owned(),
        }),
        [..] => None,
    }
}

impl Plan {
    pub fn id(&self) -> &str {
        match self {
            Self::Write { id, .. } | Self::Keep { id } => id,
        }
    }

    /// Carries it out; says whether something new came to be.
    pub fn commit(self, world: &mut World, kind: &str) -> bool {
        match self {
            Self::Write { id, resource } => world.put(kind, &id, resource),
            Self::Keep { .. } => false,
        }
    }
}

fn plan_entry(world: &mut World, entry: &Value) -> Option<(String, Plan)> {
    let request = &entry["request"];
    let url = request["url"].as_str()?;
    let resource = entry["resource"].clone();
    match request["method"].as_str()? {
        "POST" => {
            let criteria = request["ifNoneExist"].as_str();
            let plan = plan_create(world, url, resource, criteria)?;
            Some((url.to_owned(), plan))
        }
        "PUT" => {
            let (kind, id) = url.split_once('/')?;
            let id = id.to_owned();
            Some((kind.to_owned(), Plan::Write { id, resource }))
        }
        _ => None,
    }
}

fn relink(value: &mut Value, links: &BTreeMap<String, String>) {
    if let Some(text) = value.as_str() {
        if let Some(real) = links.get(text) {
            *value = json!(real);
        }
    } else if let Some(items) = value.as_array_mut() {
        items.iter_mut().for_each(|item| relink(item, links));
    } else if let Some(fields) = value.as_object_mut() {
        fields.values_mut().for_each(|field| relink(field, links));
    }
}
