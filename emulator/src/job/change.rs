//! What UpdateJob has changed of a job. Each change shows from a time on, so that it can be late,
//! and the past can be shown.

use serde_json::{Map, Value};

/// Keys of a request that may be changed afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Priority,
    Accessibility,
    Description,
}

impl Key {
    /// The spelling of the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Priority => "Priority",
            Self::Accessibility => "Accessibility",
            Self::Description => "Description",
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// When it shows first, unix ms.
    pub(crate) ms: i64,
    pub(crate) key: Key,
    pub(crate) value: Value,
}

/// What an observer at that time sees at the key: the newest change, else what was sent. A `null`
/// and an empty text count as not sent.
pub(super) fn seen<'a>(
    sent: &'a Map<String, Value>,
    changes: &'a [Change],
    key: Key,
    ms: i64,
) -> Option<&'a Value> {
    let mut newest_first = changes.iter().rev();
    let change = newest_first.find(|change| change.key == key && change.ms <= ms);
    let sent = || {
        let value = sent.get(key.name());
        value.filter(|value| !value.is_null() && value.as_str() != Some(""))
    };
    change.map(|change| &change.value).or_else(sent)
}
