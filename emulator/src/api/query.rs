//! Typed access to query parameters. An empty value counts as absent.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::clock::parse_iso;
use crate::error::ApiError;
use crate::signature::query_pairs;

/// The decoded query of a request; unknown keys are ignored.
#[derive(Debug, Default)]
pub(super) struct Query(HashMap<String, String>);

impl Query {
    pub(super) fn parse(raw: &str) -> Result<Self, ApiError> {
        let mut values = HashMap::new();
        for (key, value) in query_pairs(raw)? {
            match values.entry(key) {
                Entry::Vacant(free) => _ = free.insert(value),
                Entry::Occupied(taken) => {
                    return Err(ApiError::invalid(taken.key(), "it is given twice"));
                }
            }
        }
        Ok(Self(values))
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0
            .get(key)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// Both `true` and Python's `True`.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, ApiError> {
        self.text(key)
            .map(|text| match text {
                "true" | "True" => Ok(true),
                "false" | "False" => Ok(false),
                _ => Err(ApiError::invalid(key, "it is not true or false")),
            })
            .transpose()
    }

    /// A whole number from 1.
    pub(super) fn count(&self, key: &str) -> Result<Option<usize>, ApiError> {
        let parse = |text: &str| text.parse().ok().filter(|number| *number >= 1);
        self.text(key)
            .map(|text| {
                parse(text).ok_or_else(|| ApiError::invalid(key, "it is not a whole number from 1"))
            })
            .transpose()
    }

    /// A time, in unix ms.
    pub(super) fn time(&self, key: &str) -> Result<Option<i64>, ApiError> {
        let wrong = || ApiError::invalid(key, "it is not a time like 2020-11-08T16:00:00Z");
        self.text(key)
            .map(|text| parse_iso(text).ok_or_else(wrong))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_typed_and_empty_ones_absent() {
        let query = Query::parse("a=True&b=false&n=7&t=1970-01-01T00%3A00%3A01Z&e=&s=a+b").unwrap();
        assert_eq!(query.flag("a"), Ok(Some(true)));
        assert_eq!(query.flag("b"), Ok(Some(false)));
        assert_eq!(query.count("n"), Ok(Some(7)));
        assert_eq!(query.time("t"), Ok(Some(1000)));
        assert_eq!(query.text("e"), None);
        assert_eq!(query.text("s"), Some("a b"));
        assert!(query.flag("n").is_err() && query.count("s").is_err() && query.time("n").is_err());
        let twice = Query::parse("n=1&m=2&n=1").unwrap_err();
        assert!(twice.message.contains(" n "), "{twice}");
        assert!(Query::parse("n=0").unwrap().count("n").is_err());
    }
}
