//! The CreateJob body of a submit, and its form for the store: references stand in place of secrets (invariant 8).

use serde_json::{Map, Value, json};

use crate::{
    config::{Profile, Settings},
    model::redact::{Redactor, is_secret_key},
};

/// Key of the object that stands where a secret was; its value is the place in the body, as a JSON pointer.
const REFERENCE: &str = "$secret";

/// Objects whose keys are free: they are not ours to spell.
const FREE: &[&str] = &[
    "Envs",
    "Tags",
    "PodLabels",
    "PodAnnotations",
    "AdvancedSettings",
    "Limits",
    "Requests",
];

/// The wire body (fact sheet §3.1).
pub fn body(settings: &Settings, profile: &Profile, name: &str, command: &str) -> Value {
    let mut body = Map::new();
    body.insert("DisplayName".into(), name.into());
    body.insert("JobType".into(), profile.job_type.as_str().into());
    body.insert("WorkspaceId".into(), settings.workspace_id.as_str().into());
    body.insert("UserCommand".into(), command.into());
    body.insert(
        "JobSpecs".into(),
        Value::Array(profile.job_specs.iter().map(wire_case).collect()),
    );
    if !settings.resource_id.is_empty() {
        body.insert("ResourceId".into(), settings.resource_id.as_str().into());
    }
    if let Some(source) = &settings.code_source {
        let mut code = Map::new();
        code.insert("CodeSourceId".into(), source.code_source_id.as_str().into());
        code.insert("MountPath".into(), source.mount_path.as_str().into());
        for (key, value) in [
            ("Branch", &source.default_branch),
            ("Commit", &source.default_commit),
        ] {
            if let Some(value) = value {
                code.insert(key.into(), value.as_str().into());
            }
        }
        body.insert("CodeSource".into(), code.into());
    }
    if !settings.mounts.is_empty() {
        let mounts = settings.mounts.iter().map(|mount| {
            let mut source = json!({
                "Uri": mount.uri,
                "MountPath": mount.mount_path,
                "MountAccess": mount.wire_access(),
            });
            if let Some(options) = &mount.options {
                source["Options"] = options.as_str().into();
            }
            source
        });
        body.insert("DataSources".into(), mounts.collect());
    }
    body.into()
}

/// The seed's camelCase in the wire's PascalCase; what is PascalCase already stays.
pub fn wire_case(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(wire_case).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| {
                let key = wire_key(key);
                let item = match FREE.contains(&key.as_str()) {
                    true => item.clone(),
                    false => wire_case(item),
                };
                (key, item)
            })
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn wire_key(key: &str) -> String {
    match key {
        "cpu" | "gpu" => return key.to_ascii_uppercase(),
        "gpuType" => return "GPUType".into(),
        "extendedCidrs" | "extendedCIDRs" => return "ExtendedCIDRs".into(),
        "supportedProfilingTypes" => return key.into(),
        _ => {}
    }
    let mut letters = key.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// The body with a reference in place of each string under a key that speaks of a secret, and of each that holds one.
pub fn sealed(body: &Value, redactor: &Redactor) -> Value {
    seal(body, "", redactor)
}

fn seal(value: &Value, at: &str, redactor: &Redactor) -> Value {
    match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(n, item)| seal(item, &format!("{at}/{n}"), redactor))
            .collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| {
                let place = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                let item = match item {
                    Value::String(_) if is_secret_key(key) => json!({ REFERENCE: place }),
                    _ => seal(item, &place, redactor),
                };
                (key.clone(), item)
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::String(text) if redactor.text(text) != *text => json!({ REFERENCE: at }),
        other => other.clone(),
    }
}

/// The sealed body with its references resolved against a body made from today's settings. `None` when one of them leads
/// nowhere any more.
pub fn unsealed(sealed: &Value, today: &Value) -> Option<Value> {
    match sealed {
        Value::Array(items) => items.iter().map(|item| unsealed(item, today)).collect(),
        Value::Object(map) => match map.get(REFERENCE) {
            Some(place) if map.len() == 1 => today.pointer(place.as_str()?).cloned(),
            _ => map
                .iter()
                .map(|(key, item)| Some((key.clone(), unsealed(item, today)?)))
                .collect::<Option<Map<_, _>>>()
                .map(Value::Object),
        },
        other => Some(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_make_the_same_body() {
        let camel = json!({"type": "Worker", "podCount": 2, "ecsSpec": "x",
            "resourceConfig": {"CPU": "8", "memory": "32Gi", "sharedMemory": "1Gi", "gpu": "1"},
            "extraPodSpec": {"podLabels": {"team": "a"}}});
        let pascal = json!({"Type": "Worker", "PodCount": 2, "EcsSpec": "x",
            "ResourceConfig": {"CPU": "8", "Memory": "32Gi", "SharedMemory": "1Gi", "GPU": "1"},
            "ExtraPodSpec": {"PodLabels": {"team": "a"}}});
        assert_eq!(wire_case(&camel), pascal);
        assert_eq!(wire_case(&pascal), pascal);
    }

    #[test]
    fn secrets_are_stored_as_references_and_found_again() {
        let body = json!({"JobSpecs": [{"Image": "i", "ImageConfig":
            {"Username": "me", "Password": "pw-1", "Auth": "YXV0aA=="},
            "UserCommand": "HF_TOKEN=hf_abcdefghijklmnopq run"}], "UserCommand": "x"});
        let stored = sealed(&body, &Redactor::default());
        let text = stored.to_string();
        assert!(
            !text.contains("pw-1") && !text.contains("YXV0aA=="),
            "{text}"
        );
        assert_eq!(unsealed(&stored, &body), Some(body.clone()));

        let mut rotated = body.clone();
        rotated["JobSpecs"][0]["ImageConfig"]["Password"] = "pw-2".into();
        rotated["JobSpecs"][0]["Image"] = "another".into();
        let resolved = unsealed(&stored, &rotated).unwrap();
        assert_eq!(resolved["JobSpecs"][0]["ImageConfig"]["Password"], "pw-2");
        assert_eq!(
            resolved["JobSpecs"][0]["Image"], "i",
            "only secrets are looked up anew"
        );

        assert_eq!(unsealed(&stored, &json!({"JobSpecs": []})), None);
    }
}
