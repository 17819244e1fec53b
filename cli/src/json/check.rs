//! What a submit would be.

use pai_proto::v1;
use serde::Serialize;
use serde_json::Value;

use super::word;

/// The answer of `submit --dry-run`.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// `sent`, `held`, `joined` or `refused`.
    verdict: String,
    /// As it would be sent, secrets masked; null where none can be made.
    request: Option<Value>,
    checks: Vec<Check>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Check {
    name: String,
    /// `passed`, `warning`, `refused` or `unknown`.
    outcome: String,
    detail: String,
}

impl Checked {
    /// The daemon's answer with the request that it holds, and what was said before.
    pub fn new(
        checked: &v1::CheckSubmitResponse,
        request: Option<Value>,
        warnings: &[String],
    ) -> Self {
        let check = |check: &v1::SubmitCheck| Check {
            name: check.name.clone(),
            outcome: word(check.outcome().as_str_name(), "OUTCOME_"),
            detail: check.detail.clone(),
        };
        Self {
            verdict: word(checked.verdict().as_str_name(), "VERDICT_"),
            request,
            checks: checked.checks.iter().map(check).collect(),
            warnings: warnings.to_vec(),
        }
    }
}
