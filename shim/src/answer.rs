//! What a call answers.
//!
//! Some clients show their model the structured part only, others the text only, so a record is sent in both forms with
//! the same content. A log is text only: within JSON its line ends would be escaped.

use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;

use crate::error::Failure;

/// Longest answer that every known client passes on whole, in bytes.
pub(crate) const SIZE_MAX: usize = 8 * 1024;

/// A good answer.
#[derive(Debug)]
pub(crate) struct Answer(CallToolResult);

impl Answer {
    /// A record: one JSON object.
    pub(crate) fn record(record: &impl Serialize) -> Result<Self, Failure> {
        let broken = |error| Failure::new(format!("the answer cannot be written: {error}"), "");
        let value = serde_json::to_value(record).map_err(broken)?;
        let text = serde_json::to_string(record).map_err(broken)?;
        let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
        result.structured_content = Some(value);
        Ok(Self(result))
    }

    /// Plain text.
    pub(crate) fn text(text: String) -> Self {
        Self(CallToolResult::success(vec![ContentBlock::text(text)]))
    }
}

/// The result on the wire. A failure is one that the model reads, never an error of the protocol.
pub(crate) fn result(answer: Result<Answer, Failure>) -> CallToolResult {
    match answer {
        Ok(Answer(result)) => result,
        Err(failure) => CallToolResult::error(vec![ContentBlock::text(failure.text())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_is_the_same_in_both_forms_and_a_failure_is_text() {
        #[derive(Serialize)]
        struct Record {
            z: u8,
            a: u8,
        }
        let result = result(Answer::record(&Record { z: 1, a: 2 }));
        let wire = serde_json::to_value(&result).unwrap();
        assert_eq!(wire["content"][0]["text"], r#"{"z":1,"a":2}"#);
        assert_eq!(wire["structuredContent"], json!({"z": 1, "a": 2}));
        assert_eq!(wire["isError"], false);

        let failed = super::result(Err(Failure::new("no", "try again")));
        let wire = serde_json::to_value(&failed).unwrap();
        assert_eq!(wire["content"][0]["text"], "error: no\nhint: try again");
        assert_eq!(wire["isError"], true);
        assert!(wire.get("structuredContent").is_none());
    }
}
