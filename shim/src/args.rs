//! Arguments of a call. Nothing is ignored: an argument that is unknown, missing or of the wrong kind is told by its name,
//! with what was given and with arguments that would do, so that the next call is right.

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{error::Failure, schema};
use pai_proto::text;

/// Longest part of a wrong value that is quoted, in bytes.
const QUOTED_MAX: usize = 80;

/// The arguments of one tool.
pub(crate) trait Arguments: DeserializeOwned + JsonSchema {
    /// The tool's name.
    const TOOL: &'static str;
    /// Arguments that would do, as JSON.
    const EXAMPLE: &'static str;
}

/// Reads the arguments of a call.
pub(crate) fn read<T: Arguments>(given: JsonObject) -> Result<T, Failure> {
    let tool = T::TOOL;
    let schema = schema::of::<T>();
    let none = JsonObject::new();
    let known = match schema.get("properties") {
        Some(Value::Object(properties)) => properties,
        _ => &none,
    };
    if let Some(unknown) = given.keys().find(|key| !known.contains_key(*key)) {
        let shown = text::line(&text::cut(unknown, QUOTED_MAX));
        let nearest = nearest(unknown, known.keys().map(String::as_str))
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        let message = format!("{tool} has no argument `{shown}`{nearest}");
        return Err(wrong::<T>(message, known));
    }
    let required = schema.get("required").and_then(Value::as_array);
    let mut required = required.into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = required.find(|key| given.get(*key).is_none_or(Value::is_null)) {
        let message = format!("{tool} needs the argument `{missing}`");
        return Err(wrong::<T>(message, known));
    }
    let refused = |key: &str| {
        let message = format!(
            "the argument `{key}` of {tool} is {}; it must be {}",
            quoted(given.get(key)),
            kind(known.get(key).unwrap_or(&Value::Null))
        );
        wrong::<T>(message, known)
    };
    let mut ranges = given
        .iter()
        .filter_map(|(key, value)| Some((key, value, known.get(key)?)));
    if let Some((key, ..)) = ranges.find(|(_, value, schema)| is_out_of_range(value, schema)) {
        return Err(refused(key));
    }
    serde_path_to_error::deserialize(Value::Object(given.clone())).map_err(|error| {
        let path = error.path().to_string();
        refused(path.split(['.', '[']).next().unwrap_or_default())
    })
}

/// Whether it is a whole number that the schema excludes.
fn is_out_of_range(value: &Value, schema: &Value) -> bool {
    let Some(number) = value.as_i64() else {
        return false;
    };
    let bound = |key: &str| schema[key].as_i64();
    bound("minimum").is_some_and(|least| number < least)
        || bound("maximum").is_some_and(|most| number > most)
}

/// An argument that a tool refuses by itself.
pub(crate) fn refused<T: Arguments>(message: impl Into<String>) -> Failure {
    Failure::new(message, format!("for example: {}", T::EXAMPLE))
}

fn wrong<T: Arguments>(message: String, known: &JsonObject) -> Failure {
    let hint = match known.len() {
        0 => "it takes no arguments: {}".into(),
        _ => {
            let names: Vec<_> = known.keys().map(|key| format!("`{key}`")).collect();
            format!(
                "its arguments are {}; for example: {}",
                names.join(", "),
                T::EXAMPLE
            )
        }
    };
    Failure::new(message, hint)
}

fn quoted(value: Option<&Value>) -> String {
    let text = value.map(Value::to_string).unwrap_or_default();
    text::line(&text::cut(&text, QUOTED_MAX))
}

/// What a value must be, in words.
fn kind(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<_> = words.iter().map(Value::to_string).collect();
        return words.join(" or ");
    }
    if let (Value::Number(least), Value::Number(most)) = (&schema["minimum"], &schema["maximum"]) {
        return format!("a whole number from {least} to {most}");
    }
    match schema["type"].as_str() {
        Some("string") => "a string".into(),
        Some("integer") => {
            let least = schema["minimum"].as_i64().unwrap_or(0);
            format!("a whole number, {least} or more")
        }
        Some("array") => "a list of strings".into(),
        Some("object") => "an object whose values are strings".into(),
        Some("boolean") => "true or false".into(),
        other => other.unwrap_or("something else").into(),
    }
}

/// The known name that was probably meant.
fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let unknown = letters(unknown);
    known
        .map(|name| (distance(&unknown, &letters(name)), name))
        .filter(|(distance, name)| *distance <= 2.max(name.len() / 3))
        .min()
        .map(|(_, name)| name)
}

/// Lower case, and nothing between the words: `jobId` and `job-id` are `job_id`.
fn letters(name: &str) -> Vec<char> {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .take(64)
        .collect()
}

/// How many letters have to be inserted, removed or replaced; none for a part of the name.
fn distance(one: &[char], other: &[char]) -> usize {
    if one.len() > 1 && other.windows(one.len()).any(|part| part == one) {
        return 0;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        All,
        Any,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Args {
        job_ids: Vec<String>,
        mode: Option<Mode>,
        timeout_s: Option<u32>,
        queue: Option<bool>,
        envs: Option<BTreeMap<String, String>>,
        #[schemars(range(min = 1, max = 9))]
        priority: Option<i32>,
        #[schemars(range(min = 1))]
        runs: Option<u32>,
    }

    impl Arguments for Args {
        const TOOL: &'static str = "pai_test";
        const EXAMPLE: &'static str = r#"{"job_ids": ["dlc1"]}"#;
    }

    fn read(given: Value) -> Result<Args, String> {
        let Value::Object(given) = given else {
            unreachable!("tests give objects")
        };
        super::read(given).map_err(|failure| failure.text())
    }

    #[test]
    fn good_arguments_are_read_and_null_is_as_good_as_absent() {
        let args = read(json!({"job_ids": ["a"], "mode": "any", "timeout_s": null})).unwrap();
        assert_eq!(args.job_ids, ["a"]);
        assert!(matches!(args.mode, Some(Mode::Any)));
        assert_eq!(args.timeout_s, None);
        let given =
            json!({"job_ids": [], "queue": true, "envs": {"A": "1"}, "priority": 3, "runs": 1});
        let args = read(given).unwrap();
        assert_eq!(args.runs, Some(1));
        assert_eq!((args.queue, args.priority), (Some(true), Some(3)));
        assert_eq!(args.envs.unwrap()["A"], "1");
        assert!(matches!(
            read(json!({"job_ids": [], "mode": "all"})).unwrap().mode,
            Some(Mode::All)
        ));
    }

    #[test]
    fn a_wrong_argument_is_told_with_what_was_given_and_an_example() {
        for (given, said) in [
            (
                json!({"job_ids": "dlc1"}),
                "`job_ids` of pai_test is \"dlc1\"; it must be a list of strings",
            ),
            (json!({"job_ids": [1]}), "`job_ids` of pai_test is [1]"),
            (
                json!({"job_ids": [], "mode": "one"}),
                "is \"one\"; it must be \"all\" or \"any\"",
            ),
            (
                json!({"job_ids": [], "timeout_s": -1}),
                "is -1; it must be a whole number, 0 or more",
            ),
            (
                json!({"job_ids": [], "timeout_s": "soon"}),
                "is \"soon\"; it must be a whole number",
            ),
            (
                json!({"job_ids": [], "queue": "yes"}),
                "is \"yes\"; it must be true or false",
            ),
            (
                json!({"job_ids": [], "envs": {"A": 1}}),
                "is {\"A\":1}; it must be an object whose values are strings",
            ),
            (
                json!({"job_ids": [], "priority": "high"}),
                "is \"high\"; it must be a whole number from 1 to 9",
            ),
            (
                json!({"job_ids": [], "priority": 10}),
                "`priority` of pai_test is 10; it must be a whole number from 1 to 9",
            ),
            (
                json!({"job_ids": [], "priority": 0}),
                "is 0; it must be a whole number from 1 to 9",
            ),
            (
                json!({"job_ids": [], "runs": 0}),
                "is 0; it must be a whole number, 1 or more",
            ),
            (json!({}), "pai_test needs the argument `job_ids`"),
            (
                json!({"job_ids": null}),
                "pai_test needs the argument `job_ids`",
            ),
        ] {
            let text = read(given).unwrap_err();
            assert!(text.contains(said), "{text}");
            assert!(
                text.contains(r#"for example: {"job_ids": ["dlc1"]}"#),
                "{text}"
            );
        }
    }

    #[test]
    fn an_unknown_argument_is_told_with_the_one_that_was_meant() {
        for (unknown, meant) in [
            ("job_id", "job_ids"),
            ("jobIds", "job_ids"),
            ("ids", "job_ids"),
            ("timeout", "timeout_s"),
            ("timeuot_s", "timeout_s"),
        ] {
            let text = read(json!({"job_ids": [], unknown: 1})).unwrap_err();
            let said = format!("no argument `{unknown}`; did you mean `{meant}`?");
            assert!(text.contains(&said), "{text}");
        }
        let text = read(json!({"job_ids": [], "colour": "red"})).unwrap_err();
        assert!(text.contains("has no argument `colour`\n"), "{text}");
        assert!(
            text.contains("`job_ids`, `mode`, `priority`, `queue`, `runs`"),
            "{text}"
        );
    }

    #[test]
    fn what_is_quoted_is_short_and_clean() {
        let text = read(json!({"job_ids": "x".repeat(500)})).unwrap_err();
        assert!(text.contains("more characters"), "{text}");
        let text = read(json!({"a\u{1b}[31m\nb": 1})).unwrap_err();
        assert!(text.contains("`a b`"), "{text}");
    }
}
