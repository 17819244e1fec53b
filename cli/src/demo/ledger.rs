//! What the emulator wrote down: the true time of every change, and every call it answered.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, de::DeserializeOwned};

/// A change of a job's status, as it happened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Transition {
    /// Unix ms.
    pub ms: i64,
    /// The backend's id.
    pub job_id: String,
    /// The new status.
    pub status: String,
}

#[derive(Debug, Deserialize)]
struct Call {
    action: String,
}

/// The changes so far.
pub fn transitions(cloud: &Path) -> Vec<Transition> {
    lines(&cloud.join("transitions.jsonl"))
}

/// The calls so far, by action.
pub fn calls(cloud: &Path) -> BTreeMap<String, u64> {
    count(lines::<Call>(&cloud.join("calls.jsonl")))
}

fn count(calls: Vec<Call>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for call in calls {
        *counts.entry(call.action).or_default() += 1;
    }
    counts
}

/// Reads what is there; the last line may be half written, and is read next time.
fn lines<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    parsed(&text)
}

fn parsed<T: DeserializeOwned>(text: &str) -> Vec<T> {
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_written_line_is_left_for_later() {
        let text = concat!(
            r#"{"ms":1,"job_id":"dlc1","name":"n","status":"Creating"}"#,
            "\n",
            r#"{"ms":2,"job_id":"dlc1","na"#
        );
        let read: Vec<Transition> = parsed(text);
        let expected = Transition {
            ms: 1,
            job_id: "dlc1".into(),
            status: "Creating".into(),
        };
        assert_eq!(read, [expected]);
    }

    #[test]
    fn calls_are_counted_by_action() {
        let text = r#"{"ms":1,"action":"ListJobs","http_status":200,"request_id":"1"}
{"ms":2,"action":"GetJob","http_status":200,"request_id":"2"}
{"ms":3,"action":"ListJobs","http_status":429,"request_id":"3"}"#;
        let counts = count(parsed(text));
        let expected = [("GetJob".to_owned(), 1), ("ListJobs".to_owned(), 2)];
        assert_eq!(counts, BTreeMap::from(expected));
    }
}
