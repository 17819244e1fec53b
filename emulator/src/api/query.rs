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

    /// One of the texts that are allowed.
    pub(super) fn choice(&self, key: &str, allowed: &[&str]) -> Result<Option<&str>, ApiError> {
        match self.text(key) {
            Some(text) if !allowed.contains(&text) => {
                let why = format!("it is not {}", allowed.join(" or "));
                Err(ApiError::invalid(key, &why))
            }
            text => Ok(text),
        }
    }

    /// Texts with commas in between.
    pub(super) fn list(&self, key: &str) -> Vec<String> {
        let items = self.text(key).unwrap_or_default().split(',');
        let items = items.map(|item| item.trim().to_owned());
        items.filter(|item| !item.is_empty()).collect()
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

/// Which part of a list is answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    number: usize,
    size: usize,
}

/// The size of a page that says nothing. What the real service takes is not known.
const DEFAULT_PAGE_SIZE: usize = 50;
/// A larger wish is lowered to this without a word.
const MAX_PAGE_SIZE: usize = 100;

impl Page {
    pub(super) fn of(query: &Query) -> Result<Self, ApiError> {
        let size = query.count("PageSize")?.unwrap_or(DEFAULT_PAGE_SIZE);
        Ok(Self {
            number: query.count("PageNumber")?.unwrap_or(1),
            size: size.min(MAX_PAGE_SIZE),
        })
    }

    /// The items on this page.
    pub(super) fn cut<T>(self, all: Vec<T>) -> impl Iterator<Item = T> {
        let before = (self.number - 1).saturating_mul(self.size);
        all.into_iter().skip(before).take(self.size)
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

    #[test]
    fn choices_and_lists_are_read() {
        let query = Query::parse("o=asc&l=a%2C%20b%2C%2Cc&x=up").unwrap();
        assert_eq!(query.choice("o", &["asc", "desc"]), Ok(Some("asc")));
        assert_eq!(query.choice("none", &["asc"]), Ok(None));
        let wrong = query.choice("x", &["asc", "desc"]).unwrap_err();
        assert!(
            wrong
                .message
                .contains("x is not valid: it is not asc or desc"),
            "{wrong}"
        );
        assert_eq!(query.list("l"), ["a", "b", "c"]);
        assert!(query.list("none").is_empty());
    }

    #[test]
    fn a_page_is_cut_out_of_the_whole() {
        let cut = |query: &str| {
            let page = Page::of(&Query::parse(query).unwrap()).unwrap();
            page.cut((0..130).collect()).collect::<Vec<usize>>()
        };
        assert_eq!(cut(""), (0..50).collect::<Vec<_>>());
        assert_eq!(cut("PageSize=3&PageNumber=2"), [3, 4, 5]);
        assert_eq!(cut("PageSize=999&PageNumber=2").len(), 30);
        assert!(cut("PageNumber=18446744073709551615").is_empty());
    }
}
