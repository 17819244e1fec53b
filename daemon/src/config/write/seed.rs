//! What the other tool demands of the settings in their 0.5.0 shape (seed sheet 1.1.1), so that no change of ours takes
//! its file from it.

use serde_json::{Map, Value};

use crate::config::keys::{LIMITS, PROFILE};

/// The first place that the other tool refuses.
pub(super) fn refuses(settings: &Map<String, Value>) -> Option<String> {
    let keys = [
        "version",
        "projectPrefix",
        "regionId",
        "workspaceId",
        "resourceId",
    ];
    texts(settings, "", &keys, &[])
        .or_else(|| credentials(settings))
        .or_else(|| code_source(settings))
        .or_else(|| mounts(settings))
        .or_else(|| limits(settings))
        .or_else(|| profiles(settings))
}

/// Texts that must be there and hold something, and others that may be missing.
fn texts(map: &Map<String, Value>, at: &str, needed: &[&str], optional: &[&str]) -> Option<String> {
    let filled = |key: &str| {
        map.get(key)
            .and_then(Value::as_str)
            .is_some_and(|text| !text.is_empty())
    };
    let missing = needed.iter().find(|key| !filled(key));
    let wrong = || {
        optional
            .iter()
            .find(|&&key| map.get(key).is_some_and(|value| !value.is_string()))
    };
    missing.or_else(wrong).map(|key| format!("{at}{key}"))
}

fn credentials(settings: &Map<String, Value>) -> Option<String> {
    match settings.get("credentials") {
        Some(Value::Object(held)) => texts(
            held,
            "credentials.",
            &["accessKeyId", "accessKeySecret"],
            &["securityToken"],
        ),
        _ => Some("credentials".to_owned()),
    }
}

fn code_source(settings: &Map<String, Value>) -> Option<String> {
    match settings.get("codeSource")? {
        Value::Object(source) => texts(
            source,
            "codeSource.",
            &["codeSourceId", "mountPath", "defaultBranch"],
            &["defaultCommit"],
        ),
        _ => Some("codeSource".to_owned()),
    }
}

fn mounts(settings: &Map<String, Value>) -> Option<String> {
    let Some(Value::Array(mounts)) = settings.get("mounts") else {
        return Some("mounts".to_owned());
    };
    mounts.iter().enumerate().find_map(|(n, mount)| {
        let at = format!("mounts[{n}]");
        let Some(mount) = mount.as_object() else {
            return Some(at);
        };
        let access = mount.get("mountAccess").and_then(Value::as_str);
        match access {
            Some("ReadOnly" | "ReadWrite") => texts(
                mount,
                &format!("{at}."),
                &["name", "uri", "mountPath"],
                &["options", "description"],
            ),
            _ => Some(format!("{at}.mountAccess")),
        }
    })
}

fn limits(settings: &Map<String, Value>) -> Option<String> {
    let Value::Object(limits) = settings.get("limits")? else {
        return Some("limits".to_owned());
    };
    let least = |key: &str| if key == "maxRunningJobs" { 1.0 } else { 0.0 };
    limits
        .iter()
        .find(|(key, value)| {
            let known = LIMITS.iter().any(|known| known.name == *key && !known.ours);
            !known || value.as_f64().is_none_or(|number| number < least(key))
        })
        .map(|(key, _)| format!("limits.{key}"))
}

fn profiles(settings: &Map<String, Value>) -> Option<String> {
    let Some(Value::Object(profiles)) = settings.get("profiles") else {
        return Some("profiles".to_owned());
    };
    if !profiles.contains_key("default") {
        return Some("profiles.default".to_owned());
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    profiles.iter().find_map(|(name, profile)| {
        let at = format!("profiles.{name}");
        let named = !name.is_empty() && name.bytes().all(plain) && name != "current";
        let Some(profile) = profile.as_object().filter(|_| named) else {
            return Some(at);
        };
        let is_seeds = |key: &str| PROFILE.iter().any(|known| known.name == key && !known.ours);
        let specs = profile.get("jobSpecs").and_then(Value::as_array);
        if let Some(key) = profile.keys().find(|key| !is_seeds(key)) {
            return Some(format!("{at}.{key}"));
        }
        match specs {
            Some(specs) if specs.iter().all(Value::is_object) => {
                texts(profile, &format!("{at}."), &["jobType"], &[])
            }
            _ => Some(format!("{at}.jobSpecs")),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> Value {
        json!({"version": "0.5.0", "projectPrefix": "me", "regionId": "r", "workspaceId": "w", "resourceId": "q",
            "credentials": {"accessKeyId": "a", "accessKeySecret": "b"},
            "codeSource": {"codeSourceId": "c", "mountPath": "/c", "defaultBranch": "main"},
            "mounts": [{"name": "n", "uri": "u", "mountPath": "/m", "mountAccess": "ReadOnly"}],
            "limits": {"maxRunningJobs": 1, "maxGPU": 0},
            "profiles": {"default": {"jobType": "PyTorchJob", "jobSpecs": [{"anything": 1}]}}})
    }

    #[test]
    fn each_demand_is_checked() {
        let refused = |value: &Value| refuses(value.as_object().unwrap());
        assert_eq!(refused(&good()), None);
        for (pointer, value, at) in [
            ("/resourceId", json!(""), "resourceId"),
            ("/version", json!(null), "version"),
            ("/credentials", json!(null), "credentials"),
            (
                "/credentials/accessKeyId",
                json!(""),
                "credentials.accessKeyId",
            ),
            (
                "/codeSource/defaultBranch",
                json!(null),
                "codeSource.defaultBranch",
            ),
            ("/mounts", json!(null), "mounts"),
            (
                "/mounts/0/mountAccess",
                json!("RO"),
                "mounts[0].mountAccess",
            ),
            ("/mounts/0/name", json!(""), "mounts[0].name"),
            ("/limits/maxRunningJobs", json!(0), "limits.maxRunningJobs"),
            ("/limits/maxGPU", json!(-1), "limits.maxGPU"),
            (
                "/limits",
                json!({"maxRunMinutes": 1}),
                "limits.maxRunMinutes",
            ),
            (
                "/profiles/default",
                json!({"jobType": "A", "jobSpecs": [], "envs": {}}),
                "profiles.default.envs",
            ),
            (
                "/profiles/default/jobSpecs",
                json!([1]),
                "profiles.default.jobSpecs",
            ),
            (
                "/profiles/default/jobType",
                json!(""),
                "profiles.default.jobType",
            ),
            ("/profiles", json!({}), "profiles.default"),
        ] {
            let mut settings = good();
            *settings.pointer_mut(pointer).unwrap() = value;
            assert_eq!(refused(&settings).as_deref(), Some(at));
        }
        for (name, at) in [("current", "profiles.current"), ("Big", "profiles.Big")] {
            let mut settings = good();
            settings["profiles"][name] = settings["profiles"]["default"].clone();
            assert_eq!(refused(&settings).as_deref(), Some(at));
        }
    }
}
