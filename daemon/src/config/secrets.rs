//! Which texts of the settings are secrets (invariant 8).

use serde_json::{Map, Value};

use crate::model::redact::{MASK, Redactor, is_secret_entry, leaves};

/// Every text and number under a key that speaks of a secret.
pub(super) fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(map) => {
            for (key, item) in map {
                match is_secret_entry(map, key, item) {
                    true => into.extend(leaves(item).into_iter().map(Into::into)),
                    false => collect(item, into),
                }
            }
        }
        _ => {}
    }
}

/// One entry of an object for people and agents.
pub(super) fn masked_entry(
    object: &Map<String, Value>,
    key: &str,
    value: &Value,
    redactor: &Redactor,
) -> Value {
    match is_secret_entry(object, key, value) {
        true => MASK.into(),
        false => masked(value, redactor),
    }
}

fn masked(value: &Value, redactor: &Redactor) -> Value {
    match value {
        Value::String(text) => redactor.text(text).into(),
        Value::Array(items) => items.iter().map(|item| masked(item, redactor)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| (key.clone(), masked_entry(map, key, item, redactor)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}
