//! Takes typed values out of a JSON object, one key at a time.
//!
//! Invariant: nothing is lost. A value that is taken leaves the object; one of a wrong type stays
//! in it, and so do the bad items of a list. `null` and blank texts count as absent (PAI-DLC fact
//! sheet §1).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A converter gives the value back when it is of a wrong type.
pub(crate) type Taken<T> = Result<T, Value>;

pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn new(object: Map<String, Value>) -> Self {
        Self(object)
    }

    /// What was not taken.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.0
    }

    pub(crate) fn take<T>(
        &mut self,
        key: &str,
        convert: impl FnOnce(Value) -> Taken<T>,
    ) -> Option<T> {
        let value = self.0.remove(key)?;
        if is_blank(&value) {
            return None;
        }
        convert(value)
            .map_err(|value| self.0.insert(key.to_owned(), value))
            .ok()
    }

    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        self.take(key, text)
    }

    pub(crate) fn int(&mut self, key: &str) -> Option<i64> {
        self.take(key, int)
    }

    pub(crate) fn float(&mut self, key: &str) -> Option<f64> {
        self.take(key, float)
    }

    pub(crate) fn flag(&mut self, key: &str) -> Option<bool> {
        self.take(key, flag)
    }

    pub(crate) fn time(&mut self, key: &str) -> Option<Timestamp> {
        self.take(key, time)
    }

    pub(crate) fn object<T>(
        &mut self,
        key: &str,
        convert: impl FnOnce(Map<String, Value>) -> T,
    ) -> Option<T> {
        self.take(key, |value| object(value).map(convert))
    }

    /// A list, without the items that do not convert; those stay in the object.
    pub(crate) fn list<T>(
        &mut self,
        key: &str,
        convert: impl Fn(Value) -> Taken<T>,
    ) -> Option<Vec<T>> {
        let items = self.take(key, |value| match value {
            Value::Array(items) => Ok(items),
            other => Err(other),
        })?;
        let mut good = Vec::with_capacity(items.len());
        let mut bad = Vec::new();
        for item in items {
            match convert(item) {
                Ok(item) => good.push(item),
                Err(item) => bad.push(item),
            }
        }
        if !bad.is_empty() {
            self.0.insert(key.to_owned(), Value::Array(bad));
        }
        Some(good)
    }

    /// A map of texts, without the entries that are no texts; those stay in the object.
    pub(crate) fn texts(&mut self, key: &str) -> Option<BTreeMap<String, String>> {
        let entries = self.take(key, object)?;
        let mut good = BTreeMap::new();
        let mut bad = Map::new();
        for (name, value) in entries {
            match plain_text(value) {
                Ok(text) => {
                    good.insert(name, text);
                }
                Err(value) => {
                    bad.insert(name, value);
                }
            }
        }
        if !bad.is_empty() {
            self.0.insert(key.to_owned(), Value::Object(bad));
        }
        Some(good)
    }
}

/// Whether the object says which thing it is: a text or a number at `key`.
pub(crate) fn names(object: &Map<String, Value>, key: &str) -> bool {
    let value = object.get(key).filter(|value| !is_blank(value));
    matches!(value, Some(Value::String(_) | Value::Number(_)))
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

pub(crate) fn object(value: Value) -> Taken<Map<String, Value>> {
    match value {
        Value::Object(object) => Ok(object),
        other => Err(other),
    }
}

/// Ids come as numbers now and then.
pub(crate) fn text(value: Value) -> Taken<String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(other),
    }
}

/// The value of an environment variable or tag.
fn plain_text(value: Value) -> Taken<String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Bool(flag) => Ok(flag.to_string()),
        other => text(other),
    }
}

/// A whole number, as a number or as digits; a fraction is cut off.
pub(crate) fn int(value: Value) -> Taken<i64> {
    let number = match &value {
        Value::Number(number) => number.as_i64().or_else(|| {
            number
                .as_f64()
                .and_then(|float| format!("{:.0}", float.trunc()).parse().ok())
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.ok_or(value)
}

/// A whole number that is not negative.
pub(crate) fn count(value: Value) -> Taken<u64> {
    let number = int(value.clone())
        .ok()
        .and_then(|number| u64::try_from(number).ok());
    number.ok_or(value)
}

fn float(value: Value) -> Taken<f64> {
    let number = match &value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text
            .trim()
            .parse()
            .ok()
            .filter(|float: &f64| float.is_finite()),
        _ => None,
    };
    number.ok_or(value)
}

fn flag(value: Value) -> Taken<bool> {
    match &value {
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(value),
    }
}

/// ISO 8601 with or without a fraction; without an offset it is UTC. The year 1 is how Go
/// writes "no time" and is kept as a wrong value.
pub(crate) fn time(value: Value) -> Taken<Timestamp> {
    let Value::String(text) = &value else {
        return Err(value);
    };
    let text = text.trim();
    let instant = text.parse::<Timestamp>().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        local
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp())
    });
    instant
        .filter(|instant| instant.as_second() > YEAR_2)
        .ok_or(value)
}

/// The beginning of the year 2 in Unix seconds.
const YEAR_2: i64 = -62_104_060_800;
