//! A profile of what a job was submitted with. Secrets do not come along: they are left out and named.

use serde_json::{Map, Value};

use super::copy;
use crate::{
    config::{Settings, known_profile_keys},
    model::{
        Fault, Job,
        redact::{Redactor, is_secret_entry},
    },
    provider::dlc::request::{self, wire_mount},
    scope::Scope,
};

/// A profile to be.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Its keys, as a profile spells them.
    pub keys: Map<String, Value>,
    /// What could not be taken over, each one line.
    pub lost: Vec<String>,
}

/// What this job was submitted with, beside what every submit of these settings has anyway.
///
/// # Errors
/// When it cannot be had.
pub async fn as_profile(scope: &Scope, job: &Job) -> Result<Imported, Fault> {
    let settings = scope.settings();
    let (base, mut lost) = copy::template(scope, job).await?;
    let mut base = without_secrets(base, "", &scope.redactor, &mut lost);
    leave_out_the_usual(&settings, &mut base);
    let (keys, unknown) = known_profile_keys(&base);
    lost.extend(
        unknown
            .into_iter()
            .map(|path| format!("{path} has no place in a profile")),
    );
    Ok(Imported { keys, lost })
}

/// What the settings say of every job need not stand in a profile.
fn leave_out_the_usual(settings: &Settings, base: &mut Map<String, Value>) {
    let usual = settings
        .code_source
        .as_ref()
        .map(request::wire_code)
        .unwrap_or_default();
    if base.get("CodeSource") == Some(&usual) {
        base.remove("CodeSource");
    }
    if base.get("ResourceId").and_then(Value::as_str) == Some(&settings.resource_id) {
        base.remove("ResourceId");
    }
    if let Some(Value::Array(sources)) = base.get_mut("DataSources") {
        let place = |source: &Value| (source["Uri"].clone(), source["MountPath"].clone());
        let usual: Vec<_> = settings.mounts.iter().map(wire_mount).collect();
        sources.retain(|source| !usual.iter().any(|mount| place(mount) == place(source)));
    }
    if let Some(tags) = base
        .get_mut("Settings")
        .and_then(|settings| settings.get_mut("Tags"))
        .and_then(Value::as_object_mut)
    {
        tags.retain(|name, _| !name.starts_with("pai-"));
    }
    prune(base);
}

/// Empty objects, lists and texts say nothing.
fn prune(map: &mut Map<String, Value>) {
    for value in map.values_mut() {
        match value {
            Value::Object(below) => prune(below),
            Value::Array(items) => items
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .for_each(prune),
            _ => {}
        }
    }
    map.retain(|_, value| !copy::is_blank(value));
}

fn without_secrets(
    map: Map<String, Value>,
    at: &str,
    redactor: &Redactor,
    lost: &mut Vec<String>,
) -> Map<String, Value> {
    let mut kept = Map::new();
    for (key, value) in &map {
        let path = format!("{at}{key}");
        let hidden = is_secret_entry(&map, key, value) || is_hidden(value, redactor);
        match (hidden, value) {
            (true, _) => lost.push(format!("{path} holds a secret and was left out")),
            (false, value) => {
                let value = below(value.clone(), &path, redactor, lost);
                kept.insert(key.clone(), value);
            }
        }
    }
    kept
}

fn below(value: Value, at: &str, redactor: &Redactor, lost: &mut Vec<String>) -> Value {
    match value {
        Value::Object(map) => without_secrets(map, &format!("{at}."), redactor, lost).into(),
        Value::Array(items) => {
            let items = items.into_iter().enumerate();
            items
                .filter(|(_, item)| !is_hidden(item, redactor))
                .map(|(n, item)| below(item, &format!("{at}[{n}]"), redactor, lost))
                .collect()
        }
        other => other,
    }
}

fn is_hidden(value: &Value, redactor: &Redactor) -> bool {
    match value {
        Value::String(text) => redactor.text(text) != *text,
        other => request::reference(other).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn secrets_are_left_out_and_named() {
        let base = object(json!({
            "Envs": {"EPOCHS": "3", "HF_TOKEN": {"$secret": "/Envs/HF_TOKEN"}, "URL": "https://me:secret-pw@host/x"},
            "JobSpecs": [{"Image": "i", "ImageConfig": {"Username": "me", "Password": "plain-pw"}}],
        }));
        let mut lost = Vec::new();
        let kept = without_secrets(base, "", &Redactor::default(), &mut lost);
        let text = Value::from(kept.clone()).to_string();
        assert!(!text.contains("$secret") && !text.contains("-pw"), "{text}");
        assert_eq!(kept["Envs"]["EPOCHS"], "3");
        assert_eq!(
            kept["JobSpecs"][0]["ImageConfig"],
            json!({"Username": "me"})
        );
        let places = lost.join("; ");
        for place in [
            "Envs.HF_TOKEN",
            "Envs.URL",
            "JobSpecs[0].ImageConfig.Password",
        ] {
            assert!(places.contains(place), "{places}");
        }
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        let mut base = object(
            json!({"Settings": {"Tags": {}}, "DataSources": [], "Description": "",
            "JobSpecs": [{"Image": "i", "ElasticSpotSpecs": [], "UseSpotInstance": false}]}),
        );
        prune(&mut base);
        assert_eq!(
            Value::from(base),
            json!({"JobSpecs": [{"Image": "i", "UseSpotInstance": false}]})
        );
    }
}
