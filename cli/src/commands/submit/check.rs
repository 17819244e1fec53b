//! What a submit would send, and what would be decided of it.

use pai_proto::{
    ClientError,
    v1::{CheckSubmitResponse, SubmitCheck, check_submit_response::Verdict, submit_check::Outcome},
};
use serde_json::Value;

use crate::{
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::{clean, table},
};

/// The request on stdout, everything else on stderr.
///
/// # Errors
/// When the daemon broke the contract.
pub(super) fn tell(
    checked: &CheckSubmitResponse,
    warnings: &[String],
    context: &mut Context,
) -> Result<Exit, CliError> {
    let (verdict, exit) = match checked.verdict() {
        Verdict::Sent => ("it would be sent now", Exit::Ok),
        Verdict::Held => ("it would be held until there is room", Exit::Ok),
        Verdict::Joined => (
            "it would be answered with the job of an earlier submit",
            Exit::Ok,
        ),
        Verdict::Refused => ("it would be refused", Exit::Error),
        Verdict::Unspecified => return Err(broken("a check without a verdict")),
    };
    let request = request(&checked.raw)?;
    if context.json {
        let answer = json::Checked::new(checked, request, warnings);
        context.out.answer_json(&answer);
        return Ok(exit);
    }
    if let Some(request) = request {
        context.out.answer_json(&request);
    }
    for line in table::shown(["CHECK", "OUTCOME", "DETAIL"], &rows(&checked.checks), true) {
        context.out.note(line);
    }
    context.out.note(verdict);
    Ok(exit)
}

fn request(raw: &str) -> Result<Option<Value>, CliError> {
    match raw {
        "" => Ok(None),
        raw => serde_json::from_str(raw)
            .map(Some)
            .map_err(|_| broken("a request that is no JSON")),
    }
}

fn rows(checks: &[SubmitCheck]) -> Vec<[String; 3]> {
    let row = |check: &SubmitCheck| {
        let outcome = match check.outcome() {
            Outcome::Passed => "passed",
            Outcome::Warning => "warning",
            Outcome::Refused => "refused",
            Outcome::Unknown | Outcome::Unspecified => "unknown",
        };
        [
            clean::line(&check.name),
            outcome.into(),
            clean::line(&check.detail),
        ]
    };
    checks.iter().map(row).collect()
}

fn broken(what: &str) -> CliError {
    ClientError::Protocol(what.into()).into()
}
