//! The CreateJob body of a submit, and its form for the store: references stand in place of secrets (invariant 8).

use serde_json::{Map, Value, json};

use crate::{
    config::{CodeSource, Profile, Settings},
    model::redact::{Redactor, is_secret_entry},
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
pub fn body(
    settings: &Settings,
    profile: &Profile,
    code: Option<&CodeSource>,
    name: &str,
    command: &str,
) -> Value {
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
    if let Some(source) = code {
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

/// The body with a reference in place of all that stands under a key that speaks of a secret, and of each string that
/// holds one.
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
        // Somebody's own object of this form must not be taken for one of ours.
        Value::Object(map) if is_reference(map) => json!({ REFERENCE: at }),
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| {
                let place = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                let item = match is_secret_entry(map, key, item) {
                    true => json!({ REFERENCE: place }),
                    false => seal(item, &place, redactor),
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
        Value::Object(map) if is_reference(map) => {
            today.pointer(map.get(REFERENCE)?.as_str()?).cloned()
        }
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| Some((key.clone(), unsealed(item, today)?)))
            .collect::<Option<Map<_, _>>>()
            .map(Value::Object),
        other => Some(other.clone()),
    }
}

fn is_reference(map: &Map<String, Value>) -> bool {
    map.len() == 1 && map.contains_key(REFERENCE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
    #[test]
    fn whatever_stands_below_a_secret_key_is_stored_as_a_reference() {
        let body = json!({
            "Password": 20_240_101,
            "Secrets": ["abc-1", {"Deep": ["abc-2"]}],
            "Credentials": {"User": "abc-3", "Pin": 4711},
            "Env": [{"name": "HF_TOKEN", "value": "abc-4"}],
            "Envs": {"MAX_TOKENS": "4096", "TOKENIZER_PATH": "/data/model"},
            "Foreign": {"$secret": "/Password"},
            "a~b/c": {"Token": "abc-5"},
        });
        let stored = sealed(&body, &Redactor::default());
        let text = stored.to_string();
        for secret in ["20240101", "abc-", "4711"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert_eq!(stored["Envs"], body["Envs"]);
        assert_eq!(unsealed(&stored, &body), Some(body));
    }

    fn any_body() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            "[a-z=$ ]{0,12}".prop_map(Value::from),
            Just(Value::Null),
        ];
        let key = prop_oneof![
            "Password|Token|Envs|\\$secret|Value|Name|~|a/b",
            "[a-z]{0,3}"
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(key.clone(), inner, 0..4)
                    .prop_map(|map| map.into_iter().collect::<Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_body_is_found_again(body in any_body()) {
            let stored = sealed(&body, &Redactor::default());
            prop_assert_eq!(unsealed(&stored, &body), Some(body));
        }
    }
}
