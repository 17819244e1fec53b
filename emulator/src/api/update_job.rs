//! UpdateJob. An answer of 200 does not say that anything changed: a priority acts only on jobs of
//! a quota that wait for it, and what changes may show late (`update_lag`).

use serde_json::{Map, Value, json};

use super::body::{object, text};
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::job::{Job, Key, Status};

/// Documented keys that are refused rather than ignored.
const NOT_EMULATED: [&str; 2] = ["JobSpecs", "UserCommand"];

pub(super) fn update_job(
    cloud: &Cloud,
    job_id: &str,
    body: &[u8],
    effect: bool,
) -> Result<Value, ApiError> {
    let wanted = wanted(&object(body)?)?;
    let lag = i64::try_from(cloud.options.update_lag.as_millis()).unwrap_or(i64::MAX);
    let shows_ms = cloud.now_ms().saturating_add(lag);
    let id = cloud.with_job(job_id, |job| {
        for (key, value) in wanted {
            if effect && takes(job, key) {
                job.change(key, value, shows_ms);
            }
        }
        job.id.clone()
    })?;
    cloud.changed();
    Ok(json!({"JobId": id}))
}

/// What the request asks for, all of it checked before any of it is done. Unknown keys are ignored.
fn wanted(sent: &Map<String, Value>) -> Result<Vec<(Key, Value)>, ApiError> {
    // The official SDK sends an empty list for one that is not given.
    let given = |value: &Value| !value.is_null() && *value != json!([]);
    if let Some(key) = NOT_EMULATED
        .iter()
        .find(|key| sent.get(**key).is_some_and(given))
    {
        return Err(ApiError::not_emulated(key));
    }
    let mut wanted = Vec::new();
    if let Some(priority) = sent.get("Priority").filter(|value| !value.is_null()) {
        if !priority
            .as_u64()
            .is_some_and(|priority| (1..=9).contains(&priority))
        {
            return Err(ApiError::invalid("Priority", "it is not 1 to 9"));
        }
        wanted.push((Key::Priority, priority.clone()));
    }
    match text(sent, "Accessibility")? {
        None => {}
        Some("PUBLIC") => wanted.push((Key::Accessibility, json!("PUBLIC"))),
        Some(_) => {
            let why = "it can only become PUBLIC";
            return Err(ApiError::invalid("Accessibility", why));
        }
    }
    if let Some(description) = text(sent, "Description")? {
        wanted.push((Key::Description, json!(description)));
    }
    Ok(wanted)
}

/// Whether the change has an effect on the job as it is now.
fn takes(job: &Job, key: Key) -> bool {
    let waits = matches!(
        job.status(),
        Status::Creating | Status::Queuing | Status::EnvPreparing
    );
    let quota = job.submission.raw.get("ResourceId").and_then(Value::as_str);
    key != Key::Priority || (waits && quota.is_some_and(|quota| !quota.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(body: &str) -> Result<Vec<(Key, Value)>, String> {
        let read = object(body.as_bytes()).and_then(|sent| wanted(&sent));
        read.map_err(|error| format!("{} {}", error.code, error.message))
    }

    #[test]
    fn what_is_given_is_wanted() {
        let all = r#"{"Priority":9,"Accessibility":"PUBLIC","Description":"","Future":1}"#;
        let expected = [
            (Key::Priority, json!(9)),
            (Key::Accessibility, json!("PUBLIC")),
            (Key::Description, json!("")),
        ];
        assert_eq!(wants(all).unwrap(), expected);
        for nothing in [
            "",
            "{}",
            r#"{"Priority":null,"JobSpecs":[],"UserCommand":null}"#,
        ] {
            assert_eq!(wants(nothing), Ok(Vec::new()), "{nothing}");
        }
    }

    #[test]
    fn wrong_values_are_named() {
        for (body, key) in [
            (r#"{"Priority":0}"#, "Priority"),
            (r#"{"Priority":10}"#, "Priority"),
            (r#"{"Priority":"5"}"#, "Priority"),
            (r#"{"Priority":5.5}"#, "Priority"),
            (r#"{"Accessibility":"PRIVATE"}"#, "Accessibility"),
            (r#"{"Accessibility":"public"}"#, "Accessibility"),
            (r#"{"Accessibility":true}"#, "Accessibility"),
            (r#"{"Description":7}"#, "Description"),
            ("[]", "body"),
            ("{", "body"),
        ] {
            let refused = wants(body).unwrap_err();
            assert!(refused.starts_with("InvalidParameter"), "{refused}");
            assert!(refused.contains(&format!(" {key} ")), "{refused}");
        }
        for body in [r#"{"JobSpecs":[{}]}"#, r#"{"UserCommand":"x"}"#] {
            assert!(wants(body).unwrap_err().contains("not emulated"), "{body}");
        }
    }
}
