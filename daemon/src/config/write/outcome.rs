//! What a change comes to, leaf by leaf, without its secrets.

use serde_json::Value;

use super::Change;
use crate::{
    config::{
        Documents,
        keys::{Place, show},
        policy::{Leaf, changed, leaves},
    },
    model::redact::{MASK, Redactor},
};

/// The differences between two states of both files.
pub(in crate::config) fn changes(
    before: &Documents,
    after: &Documents,
    redactor: &Redactor,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for (before, after) in [
        (&before.settings, &after.settings),
        (&before.own, &after.own),
    ] {
        let (before, after) = (leaves(before, Place::TOP), leaves(after, Place::TOP));
        changes.extend(changed(&before, &after).map(|(path, from, to)| Change {
            path: show(to.or(from).map_or(path, |leaf| &leaf.path)),
            from: from.map(|leaf| masked(leaf, redactor)),
            to: to.map(|leaf| masked(leaf, redactor)),
        }));
    }
    changes
}

/// A value for people and agents.
pub(in crate::config) fn masked(leaf: &Leaf, redactor: &Redactor) -> Value {
    match &leaf.value {
        value @ (Value::Null | Value::Bool(_)) => value.clone(),
        _ if leaf.secret => MASK.into(),
        Value::String(text) => redactor.text(text).into(),
        other => other.clone(),
    }
}
