//! Does a value fit what its key may be? Without I/O, and without a word of the value in the answer.

use serde_json::{Map, Value};

use super::{Key, Kind, find, find_loosely};

/// A value that does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::config) struct Misfit {
    /// Where, below the value that was looked at; begins with a dot or a bracket, or is empty.
    pub at: String,
    /// What is wrong there, without the value: `is no text`.
    pub what: String,
}

/// The value as it counts: numbers and flags of a map are texts, the words for access those of the wire; nulls and unknown
/// keys are left out.
///
/// # Errors
/// [`Misfit`] where the type of a known key is plainly wrong.
pub(in crate::config) fn fit(kind: Kind, value: &Value) -> Result<Value, Misfit> {
    Reader { strict: false }.read(kind, value, "")
}

/// The same; an unknown key is a misfit, and so is null.
pub(in crate::config) fn fit_strictly(kind: Kind, value: &Value) -> Result<Value, Misfit> {
    Reader { strict: true }.read(kind, value, "")
}

struct Reader {
    strict: bool,
}

impl Reader {
    fn read(&self, kind: Kind, value: &Value, at: &str) -> Result<Value, Misfit> {
        let misfit = |what: String| Misfit {
            at: at.to_owned(),
            what,
        };
        let fits = match (kind, value) {
            (Kind::Any, _)
            | (Kind::Text | Kind::Like(_) | Kind::TextOr(_), Value::String(_))
            | (Kind::Flag, Value::Bool(_))
            | (Kind::Amount, Value::String(_) | Value::Number(_))
            | (Kind::Free, Value::Object(_)) => true,
            (Kind::OneOf(words), Value::String(text)) => words.contains(&text.as_str()),
            (Kind::Whole { least, most }, value) => value
                .as_u64()
                .is_some_and(|number| (least..=most).contains(&number)),
            (Kind::Number { least, most }, value) => value
                .as_f64()
                .is_some_and(|number| (least..=most).contains(&number)),
            (Kind::Texts, Value::Array(items)) => items.iter().all(Value::is_string),
            (Kind::Words(words), Value::Array(items)) => items
                .iter()
                .all(|item| item.as_str().is_some_and(|text| words.contains(&text))),
            (Kind::FreeList, Value::Array(items)) => items.iter().all(Value::is_object),
            (Kind::TextMap, Value::Object(map)) => return texts(map, at),
            (Kind::Object(table) | Kind::TextOr(table), Value::Object(map)) => {
                return self.object(table, map, at);
            }
            (Kind::List(table), Value::Array(items)) => {
                return items
                    .iter()
                    .enumerate()
                    .map(|(n, item)| self.read(Kind::Object(table), item, &format!("{at}[{n}]")))
                    .collect();
            }
            (Kind::Named(table), Value::Object(map)) => {
                return map
                    .iter()
                    .map(|(name, item)| {
                        let item = self.read(Kind::Object(table), item, &format!("{at}.{name}"))?;
                        Ok((name.clone(), item))
                    })
                    .collect::<Result<Map<_, _>, _>>()
                    .map(Value::Object);
            }
            _ => false,
        };
        match fits {
            true => Ok(wire_access(kind, value)),
            false => Err(misfit(format!("is not {}", kind.expected()))),
        }
    }

    fn object(
        &self,
        table: &'static [Key],
        map: &Map<String, Value>,
        at: &str,
    ) -> Result<Value, Misfit> {
        let mut out = Map::new();
        for (name, value) in map {
            let here = format!("{at}.{name}");
            match find(table, name, !self.strict) {
                None if self.strict => {
                    return Err(Misfit {
                        at: here,
                        what: "is no known key".to_owned(),
                    });
                }
                None => {}
                Some(_) if value.is_null() && !self.strict => {}
                Some(key) => {
                    out.insert(name.clone(), self.read(key.kind, value, &here)?);
                }
            }
        }
        Ok(out.into())
    }
}

fn texts(map: &Map<String, Value>, at: &str) -> Result<Value, Misfit> {
    let mut out = Map::new();
    for (name, value) in map {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => {
                return Err(Misfit {
                    at: format!("{at}.{name}"),
                    what: "is not a text, a number, true or false".to_owned(),
                });
            }
        };
        out.insert(name.clone(), text.into());
    }
    Ok(out.into())
}

/// `ReadOnly` is `RO` on the wire (fact sheet §4.7); every other value stays.
fn wire_access(kind: Kind, value: &Value) -> Value {
    match (kind, value.as_str()) {
        (Kind::OneOf(_), Some("ReadOnly")) => "RO".into(),
        (Kind::OneOf(_), Some("ReadWrite")) => "RW".into(),
        _ => value.clone(),
    }
}

impl Kind {
    /// For people: what a value is.
    pub(in crate::config) fn word(self) -> &'static str {
        match self {
            Self::Text | Self::Like(_) | Self::OneOf(_) => "text",
            Self::Flag => "flag",
            Self::Whole { .. } => "whole number",
            Self::Number { .. } => "number",
            Self::Amount => "amount",
            Self::Texts | Self::Words(_) => "list of texts",
            Self::TextMap => "object of texts",
            Self::Object(_) | Self::Named(_) | Self::Free => "object",
            Self::List(_) | Self::FreeList => "list of objects",
            Self::TextOr(_) => "text or object",
            Self::Any => "anything",
        }
    }

    /// For people: what a value must be.
    pub(in crate::config) fn expected(self) -> String {
        match self {
            Self::Text | Self::Like(_) => "a text".to_owned(),
            Self::OneOf([words @ .., last]) if !words.is_empty() => {
                format!("{} or {last}", words.join(", "))
            }
            Self::OneOf(words) => words.join(", "),
            Self::Flag => "true or false".to_owned(),
            Self::Whole { least, most } if most >= i32::MAX as u64 => {
                format!("a whole number from {least} on")
            }
            Self::Whole { least, most } => format!("a whole number from {least} to {most}"),
            Self::Number { least, most } if most >= 1e15 => format!("a number from {least} on"),
            Self::Number { least, most } => format!("a number from {least} to {most}"),
            Self::Amount => "an amount such as \"8\", \"500m\" or \"32Gi\"".to_owned(),
            Self::Texts => "a list of texts".to_owned(),
            Self::Words(words) => format!("a list of {}", words.join(", ")),
            Self::TextMap => "an object of texts".to_owned(),
            Self::Object(_) | Self::Named(_) | Self::Free => "an object".to_owned(),
            Self::List(_) | Self::FreeList => "a list of objects".to_owned(),
            Self::TextOr(_) => "a text or an object".to_owned(),
            Self::Any => "a value".to_owned(),
        }
    }
}

/// Tells of each key below `value` that the tables do not know: where it stands, and the key that was perhaps meant.
pub(in crate::config) fn unknown(
    kind: Kind,
    value: &Value,
    at: &str,
    wire: bool,
    tell: &mut dyn FnMut(String, Option<&'static Key>),
) {
    match (kind, value) {
        (Kind::Object(table) | Kind::TextOr(table), Value::Object(map)) => {
            for (name, item) in map {
                let here = match at.is_empty() {
                    true => name.clone(),
                    false => format!("{at}.{name}"),
                };
                match find(table, name, wire) {
                    Some(key) => unknown(key.kind, item, &here, wire, tell),
                    None => tell(here, find_loosely(table, name)),
                }
            }
        }
        (Kind::List(table), Value::Array(items)) => {
            for (n, item) in items.iter().enumerate() {
                unknown(Kind::Object(table), item, &format!("{at}[{n}]"), wire, tell);
            }
        }
        (Kind::Named(table), Value::Object(map)) => {
            for (name, item) in map {
                unknown(
                    Kind::Object(table),
                    item,
                    &format!("{at}.{name}"),
                    true,
                    tell,
                );
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
