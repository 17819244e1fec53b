//! A job as its request describes it, before the cloud has told anything of it. Secrets are masked.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Sizes, code};
use crate::{
    model::{Code, Fault, Job, redact::Redactor},
    provider::dlc::{request, resources},
};

/// Fills in what the request says. It may be the stored form, with references in place of secrets.
///
/// # Errors
/// An amount that cannot be read, with its field.
pub(super) fn describe(
    job: &mut Job,
    request: &Value,
    sizes: &Sizes,
    redactor: &Redactor,
) -> Result<(), Fault> {
    let (mut replicas, _) = resources::checked_replicas(&request["JobSpecs"])?;
    job.requested = sizes.totals(&mut replicas);
    job.replicas = replicas;
    job.command = redactor.text(text(request, "UserCommand"));
    text(request, "JobType").clone_into(&mut job.job_type);
    text(request, "WorkspaceId").clone_into(&mut job.workspace_id);
    text(request, "ResourceId").clone_into(&mut job.resource_id);
    let number = |key: &str| request.get(key).and_then(Value::as_i64);
    job.priority = number("Priority").and_then(|n| i32::try_from(n).ok());
    let minutes = number("JobMaxRunningTimeMinutes").and_then(|n| u32::try_from(n).ok());
    job.max_minutes = minutes.filter(|minutes| *minutes > 0);
    job.tags = tags(request, redactor);
    job.code = code::of(request).map(|code| masked(code, redactor));
    Ok(())
}

fn text<'a>(request: &'a Value, key: &str) -> &'a str {
    let text = request.get(key).and_then(Value::as_str);
    text.unwrap_or_default()
}

fn tags(request: &Value, redactor: &Redactor) -> BTreeMap<String, String> {
    let tags = request.pointer("/Settings/Tags").and_then(Value::as_object);
    let shown = tags.map(|tags| request::masked(&tags.clone().into(), redactor));
    let shown = shown.as_ref().and_then(Value::as_object);
    let entry = |(key, value): (&String, &Value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (key.clone(), value)
    };
    shown.into_iter().flatten().map(entry).collect()
}

fn masked(code: Code, redactor: &Redactor) -> Code {
    Code {
        branch: redactor.text(&code.branch),
        commit: redactor.text(&code.commit),
        ..code
    }
}
