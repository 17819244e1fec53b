//! The parts of a job that settings hold, in their spelling: pure.

use serde::Serialize;
use serde_json::{Map, Value};

/// Objects whose keys are somebody's own.
const FREE: [&str; 7] = [
    "Envs",
    "Tags",
    "PodLabels",
    "PodAnnotations",
    "AdvancedSettings",
    "Limits",
    "Requests",
];
/// What stands where a secret was.
const REDACTED: &str = "[redacted]";

/// In the order in which it is printed; what the job does not have is left out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Block {
    #[serde(skip_serializing_if = "Option::is_none")]
    job_type: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_specs: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_source: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_sources: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<Value>,
}

/// Of the backend's own answer about a job.
pub(super) fn of(job: &Value) -> Block {
    let part = |key: &str| job.get(key).filter(|value| is_said(value)).map(spelt);
    Block {
        job_type: part("JobType"),
        job_specs: part("JobSpecs"),
        code_source: part("CodeSource"),
        data_sources: part("DataSources"),
        resource_id: part("ResourceId"),
        workspace_id: part("WorkspaceId"),
    }
}

impl Block {
    /// How many values are not the true ones.
    pub(super) fn redacted(&self) -> usize {
        let parts = [&self.job_specs, &self.code_source, &self.data_sources];
        parts.into_iter().flatten().map(redacted).sum()
    }
}

fn redacted(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(redacted).sum(),
        Value::Object(map) => map.values().map(redacted).sum(),
        Value::String(text) => usize::from(text.contains(REDACTED)),
        _ => 0,
    }
}

/// With keys as the settings have them, and without what says nothing.
fn spelt(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(spelt).collect(),
        Value::Object(map) => {
            let said = map.iter().filter(|(_, item)| is_said(item));
            let entry = |(key, item): (&String, &Value)| match FREE.contains(&key.as_str()) {
                true => (key_of(key), item.clone()),
                false => (key_of(key), spelt(item)),
            };
            said.map(entry).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// `JobSpecs` is `jobSpecs`; abbreviations such as CPU, GPUType and URI stay.
fn key_of(key: &str) -> String {
    let mut letters = key.chars();
    match (letters.next(), letters.next()) {
        (Some(_), Some(second)) if second.is_uppercase() => key.to_owned(),
        (Some(first), _) => first.to_lowercase().chain(key.chars().skip(1)).collect(),
        (None, _) => String::new(),
    }
}

fn is_said(value: &Value) -> bool {
    !value.is_null() && *value != "" && *value != Value::Array(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_settings_hold_is_taken_in_their_spelling() {
        let job = json!({
            "JobId": "dlc1",
            "Status": "Running",
            "JobType": "PyTorchJob",
            "WorkspaceId": "123",
            "ResourceId": "",
            "CodeSource": { "CodeSourceId": "code-1", "Branch": "main", "Commit": null, "MountPath": "/root/code" },
            "DataSources": [{ "Uri": "oss://bucket/data", "MountPath": "/data", "MountAccess": "RO" }],
            "JobSpecs": [{
                "Type": "Worker",
                "PodCount": 2,
                "EcsSpec": "",
                "ResourceConfig": { "CPU": "8", "GPU": "1", "GPUType": "A10", "Memory": "32Gi", "SharedMemory": "8Gi" },
                "ImageConfig": { "Username": "me", "Password": "[redacted]" },
                "ExtraPodSpec": { "PodLabels": { "Team": "vision", "Empty": "" } },
            }],
        });
        let block = of(&job);
        assert_eq!(block.redacted(), 1);
        let text = serde_json::to_string_pretty(&block).unwrap();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn an_answer_of_another_shape_makes_an_empty_block() {
        for job in [json!({}), json!(null), json!([1]), json!("x")] {
            assert_eq!(serde_json::to_string(&of(&job)).unwrap(), "{}");
        }
    }

    #[test]
    fn keys_are_spelt_as_in_the_settings() {
        for (key, expected) in [
            ("PodCount", "podCount"),
            ("CPU", "CPU"),
            ("GPUType", "GPUType"),
            ("X", "x"),
            ("podCount", "podCount"),
            ("", ""),
        ] {
            assert_eq!(key_of(key), expected);
        }
    }
}
