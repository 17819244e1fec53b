//! The CreateJob body of a submit, and its form for the store: references stand in place of secrets (invariant 8).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub use crate::config::wire_case;
use crate::{
    config::{CodeSource, Mount, Profile, Settings},
    model::redact::{MASK, Redactor, is_secret_entry},
};

/// Key of the object that stands where a secret was; its value is the place in the body, as a JSON pointer.
pub const REFERENCE: &str = "$secret";

/// Everything that is asked for by name and not by the profile.
#[derive(Debug, Clone, Default)]
pub struct Particulars {
    /// Full display name.
    pub name: String,
    /// Shell text.
    pub command: String,
    /// Environment, over that of the base.
    pub envs: BTreeMap<String, String>,
    /// Tags, over those of the base.
    pub tags: BTreeMap<String, String>,
    /// 1 to 9; `None` is that of the base.
    pub priority: Option<u8>,
    /// Minutes of running; `None` is that of the base.
    pub max_minutes: Option<u32>,
}

/// What the settings and a profile say of a job (fact sheet §3.1): everything but the particulars.
pub fn base(settings: &Settings, profile: &Profile) -> Map<String, Value> {
    let mut base = profile.further.clone();
    base.insert("JobType".into(), profile.job_type.as_str().into());
    let specs = profile.job_specs.iter().map(wire_case);
    let specs = specs.map(with_amounts_as_texts).collect();
    base.insert("JobSpecs".into(), Value::Array(specs));
    let quota = base
        .get("ResourceId")
        .and_then(Value::as_str)
        .unwrap_or(&settings.resource_id)
        .to_owned();
    match quota.as_str() {
        // An empty one means the public pool, which is meant by leaving it out.
        "" => base.remove("ResourceId"),
        quota => base.insert("ResourceId".into(), quota.into()),
    };
    if let Some(source) = &settings.code_source
        && !base.contains_key("CodeSource")
    {
        base.insert("CodeSource".into(), wire_code(source));
    }
    let mut sources: Vec<Value> = settings.mounts.iter().map(wire_mount).collect();
    if let Some(Value::Array(own)) = base.remove("DataSources") {
        let place = |source: &Value| source.get("MountPath").cloned();
        // Where both are mounted at one place, the profile's is meant.
        sources.retain(|one| !own.iter().any(|other| place(one) == place(other)));
        sources.extend(own);
    }
    if !sources.is_empty() {
        base.insert("DataSources".into(), sources.into());
    }
    base
}

/// Amounts are texts there (fact sheet §4.4); people write numbers, too.
fn with_amounts_as_texts(mut role: Value) -> Value {
    let amounts = role
        .get_mut("ResourceConfig")
        .and_then(Value::as_object_mut);
    for amount in amounts.into_iter().flat_map(Map::values_mut) {
        if let Value::Number(number) = amount {
            *amount = number.to_string().into();
        }
    }
    role
}

/// The wire body of a submit.
pub fn body(settings: &Settings, mut base: Map<String, Value>, what: &Particulars) -> Value {
    base.insert("DisplayName".into(), what.name.as_str().into());
    base.insert("WorkspaceId".into(), settings.workspace_id.as_str().into());
    base.insert("UserCommand".into(), what.command.as_str().into());
    if !what.envs.is_empty() {
        within(&mut base, "Envs", |envs| merge(envs, &what.envs));
    }
    if !what.tags.is_empty() {
        within(&mut base, "Settings", |settings| {
            within(settings, "Tags", |tags| merge(tags, &what.tags));
        });
    }
    if let Some(priority) = what.priority {
        base.insert("Priority".into(), priority.into());
    }
    if let Some(minutes) = what.max_minutes {
        base.insert("JobMaxRunningTimeMinutes".into(), minutes.into());
    }
    base.into()
}

/// Changes the object under a key; made where there is none, and in place of anything else.
fn within(map: &mut Map<String, Value>, key: &str, change: impl FnOnce(&mut Map<String, Value>)) {
    let mut object = match map.remove(key) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    };
    change(&mut object);
    map.insert(key.into(), object.into());
}

fn merge(into: &mut Map<String, Value>, entries: &BTreeMap<String, String>) {
    let entries = entries.iter();
    into.extend(entries.map(|(key, value)| (key.clone(), value.as_str().into())));
}

/// A code source as a request has it.
pub fn wire_code(source: &CodeSource) -> Value {
    let mut code = Map::new();
    code.insert("CodeSourceId".into(), source.code_source_id.as_str().into());
    code.insert("MountPath".into(), source.mount_path.as_str().into());
    for (key, value) in [
        ("Branch", &source.default_branch),
        ("Commit", &source.default_commit),
    ] {
        if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
            code.insert(key.into(), value.as_str().into());
        }
    }
    code.into()
}

/// A mount as a request has it.
pub fn wire_mount(mount: &Mount) -> Value {
    let mut source = json!({
        "Uri": mount.uri,
        "MountPath": mount.mount_path,
        "MountAccess": mount.wire_access(),
    });
    if let Some(options) = &mount.options {
        source["Options"] = options.as_str().into();
    }
    source
}

/// The body as it may be shown: what would be stored as a reference is masked.
pub fn masked(body: &Value, redactor: &Redactor) -> Value {
    match body {
        Value::Array(items) => items.iter().map(|item| masked(item, redactor)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| {
                let item = match is_secret_entry(map, key, item) {
                    true => MASK.into(),
                    false => masked(item, redactor),
                };
                (key.clone(), item)
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::String(text) => redactor.text(text).into(),
        other => other.clone(),
    }
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
    unseal(sealed, sealed, today)
}

fn unseal(whole: &Value, part: &Value, today: &Value) -> Option<Value> {
    match part {
        Value::Array(items) => items
            .iter()
            .map(|item| unseal(whole, item, today))
            .collect(),
        Value::Object(map) if is_reference(map) => {
            let place = map.get(REFERENCE)?.as_str()?;
            secret_at(whole, today, place).cloned()
        }
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| Some((key.clone(), unseal(whole, item, today)?)))
            .collect::<Option<Map<_, _>>>()
            .map(Value::Object),
        other => Some(other.clone()),
    }
}

/// The secret to which a reference in a sealed body leads today. A login belongs to its registry: where today's image comes
/// from another one, it leads nowhere.
pub fn secret_at<'a>(sealed: &Value, today: &'a Value, place: &str) -> Option<&'a Value> {
    let secret = today.pointer(place)?;
    let role = place
        .split_once("/ImageConfig")
        .map(|(role, _)| format!("{role}/Image"));
    let same = role.is_none_or(|image| {
        let registry = |body: &Value| body.pointer(&image).and_then(Value::as_str).map(registry);
        registry(sealed) == registry(today)
    });
    same.then_some(secret)
}

/// The host of an image's address.
pub(crate) fn registry(image: &str) -> String {
    let host = image.split_once('/').map_or("", |(host, _)| host);
    let is_host = host.contains(['.', ':']) || host == "localhost";
    let host = if is_host { host } else { "docker.io" };
    host.to_ascii_lowercase()
}

/// Where a reference leads; `None` for anything else.
pub fn reference(value: &Value) -> Option<&str> {
    let map = value.as_object().filter(|map| is_reference(map))?;
    map.get(REFERENCE)?.as_str()
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
    fn the_further_keys_of_a_profile_go_before_the_settings_and_its_mounts_beside_theirs() {
        use std::os::unix::fs::PermissionsExt as _;

        let file = tempfile::NamedTempFile::new().unwrap();
        let text = r#"{ "projectPrefix": "me", "regionId": "cn-hangzhou", "workspaceId": "1", "resourceId": "q",
            "credentials": { "accessKeyId": "id", "accessKeySecret": "secret" },
            "mounts": [{ "name": "a", "uri": "oss://a/", "mountPath": "/a", "mountAccess": "ReadWrite" }],
            "profiles": { "default": { "jobType": "PyTorchJob", "resourceId": "q2",
              "jobSpecs": [{ "podCount": 1, "resourceConfig": { "GPU": 1, "CPU": 0.5, "memory": "1Gi" } }],
              "envs": { "a": 1 }, "dataSources": [{ "dataSourceId": "d", "mountAccess": "ReadOnly" }] } } }"#;
        std::fs::write(file.path(), text).unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
        let settings = crate::config::load(file.path(), &|_| None).unwrap();
        let what = Particulars {
            name: "me-a".into(),
            command: "x".into(),
            ..Particulars::default()
        };
        let body = body(
            &settings,
            base(&settings, &settings.profiles["default"]),
            &what,
        );
        assert_eq!(
            body,
            json!({"DisplayName": "me-a", "JobType": "PyTorchJob", "WorkspaceId": "1", "UserCommand": "x",
                "JobSpecs": [{"PodCount": 1, "ResourceConfig": {"GPU": "1", "CPU": "0.5", "Memory": "1Gi"}}], "ResourceId": "q2", "Envs": {"a": "1"},
                "DataSources": [{"Uri": "oss://a/", "MountPath": "/a", "MountAccess": "RW"},
                    {"DataSourceId": "d", "MountAccess": "RO"}]})
        );
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

        rotated["JobSpecs"][0]["Image"] = "other-registry.test/i".into();
        assert_eq!(
            unsealed(&stored, &rotated),
            None,
            "the login is that of another registry now"
        );
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
