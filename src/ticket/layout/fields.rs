//! The words of one ticket by the names that templates know them by.

use std::collections::BTreeMap;

use crate::ticket::TicketError;

/// Every field there is; empty where it is not for this ticket.
#[derive(Debug, Clone, Default)]
pub(in crate::ticket) struct Fields {
    pub(in crate::ticket) words: BTreeMap<&'static str, String>,
    /// What `data-each="stop"` repeats: the fields of each further stop.
    pub(in crate::ticket) stops: Vec<BTreeMap<&'static str, String>>,
}

impl Fields {
    pub(super) fn known(&self, field: &str) -> Result<&str, TicketError> {
        let words = self.words.get(field).map(String::as_str);
        words.ok_or_else(|| TicketError::UnknownField(field.to_owned()))
    }

    /// The same with the fields of one stop.
    pub(super) fn at_stop(&self, stop: &BTreeMap<&'static str, String>) -> Self {
        let mut words = self.words.clone();
        words.extend(stop.clone());
        Self {
            words,
            stops: Vec::new(),
        }
    }

    /// `text` with its `{{field}}` filled in.
    pub(super) fn filled(&self, text: &str) -> Result<String, TicketError> {
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (field, after) = split_name(after)?;
            whole.push_str(before);
            whole.push_str(self.known(field)?);
            rest = after;
        }
        whole.push_str(rest);
        Ok(whole)
    }

    /// Whether `text` has something to say: it names no field, or one that has words.
    pub(super) fn says(&self, text: &str) -> Result<bool, TicketError> {
        let names = names(text)?;
        for name in &names {
            if !self.known(name)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(names.is_empty())
    }
}

/// The fields that `text` names.
pub(super) fn names(text: &str) -> Result<Vec<&str>, TicketError> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let (field, after) = split_name(after)?;
        names.push(field);
        rest = after;
    }
    Ok(names)
}

fn split_name(after: &str) -> Result<(&str, &str), TicketError> {
    let (field, after) = after
        .split_once("}}")
        .ok_or_else(|| TicketError::UnknownField(after.to_owned()))?;
    Ok((field.trim(), after))
}
