//! What a call says in place of the profile. Pure.

use serde_json::{Map, Value, json};

use crate::model::{Fault, FaultKind};

/// Keys of a role, and where they stand in it.
const OF_A_ROLE: [(&str, &[&str]); 8] = [
    ("image", &["Image"]),
    ("cpu", &["ResourceConfig", "CPU"]),
    ("gpu", &["ResourceConfig", "GPU"]),
    ("memory", &["ResourceConfig", "Memory"]),
    ("sharedMemory", &["ResourceConfig", "SharedMemory"]),
    ("gpuType", &["ResourceConfig", "GPUType"]),
    ("podCount", &["PodCount"]),
    ("ecsSpec", &["EcsSpec"]),
];
/// Keys of the whole job.
const OF_THE_JOB: [(&str, &str); 2] =
    [("resourceId", "ResourceId"), ("description", "Description")];

/// Puts one value in place.
///
/// # Errors
/// That there is no such key or role, or what cannot be read.
pub(super) fn apply(base: &mut Map<String, Value>, key: &str, value: &str) -> Result<(), Fault> {
    let wrong =
        |what: String| Fault::new(FaultKind::Invalid, what).field(format!("overrides.{key}"));
    if let Some((_, wire)) = OF_THE_JOB.iter().find(|(known, _)| *known == key) {
        match value {
            "" => base.remove(*wire),
            value => base.insert((*wire).into(), value.into()),
        };
        return Ok(());
    }
    let (role, short) = match key.rsplit_once('.') {
        Some((role, short)) => (Some(role), short),
        None => (None, key),
    };
    let Some((_, place)) = OF_A_ROLE.iter().find(|(known, _)| *known == short) else {
        return Err(wrong(format!("{key:?} cannot be set for one submit")).hint(known_keys()));
    };
    let value = match short {
        "podCount" => match value.parse::<u32>() {
            Ok(count) if count > 0 => json!(count),
            _ => return Err(wrong(format!("{key} is no number of pods: {value:?}"))),
        },
        _ if value.is_empty() => return Err(wrong(format!("{key} is empty"))),
        _ => value.into(),
    };
    let roles = base.get_mut("JobSpecs").and_then(Value::as_array_mut);
    let mut roles: Vec<_> = roles.into_iter().flatten().collect();
    let names = roles.iter().filter_map(|spec| spec["Type"].as_str());
    let known: Vec<_> = names.map(ToOwned::to_owned).collect();
    roles.retain(|spec| role.is_none_or(|role| spec["Type"].as_str() == Some(role)));
    if roles.is_empty() {
        let role = role.unwrap_or_default();
        return Err(wrong(format!("there is no role {role:?}"))
            .hint(format!("the roles are: {}", known.join(", "))));
    }
    for spec in roles {
        put(spec, place, &value);
    }
    Ok(())
}

/// An instance type and amounts exclude each other (fact sheet §3.1).
fn put(spec: &mut Value, place: &[&str], value: &Value) {
    let Some(spec) = spec.as_object_mut() else {
        return;
    };
    match place {
        ["EcsSpec"] => {
            spec.remove("ResourceConfig");
            spec.insert("EcsSpec".into(), value.clone());
        }
        ["ResourceConfig", key] => {
            spec.remove("EcsSpec");
            let config = spec
                .entry("ResourceConfig")
                .or_insert_with(|| Map::new().into());
            if let Some(config) = config.as_object_mut() {
                config.insert((*key).into(), value.clone());
            }
        }
        [key] => {
            spec.insert((*key).into(), value.clone());
        }
        _ => {}
    }
}

fn known_keys() -> String {
    let role = OF_A_ROLE.iter().map(|(key, _)| *key);
    let job = OF_THE_JOB.iter().map(|(key, _)| *key);
    let keys: Vec<_> = role.chain(job).collect();
    format!(
        "known are {}; a role goes in front, as in Worker.gpu",
        keys.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Map<String, Value> {
        let base = json!({"ResourceId": "quota1", "JobSpecs": [
            {"Type": "Master", "PodCount": 1, "Image": "i", "ResourceConfig": {"CPU": "4", "GPU": "1"}},
            {"Type": "Worker", "PodCount": 2, "Image": "i", "EcsSpec": "ecs.g6.large"},
        ]});
        base.as_object().unwrap().clone()
    }

    fn after(key: &str, value: &str) -> Value {
        let mut base = base();
        apply(&mut base, key, value).unwrap();
        base.into()
    }

    #[test]
    fn a_value_is_put_into_every_role_or_into_the_one_that_is_named() {
        let both = after("image", "j");
        assert_eq!(both["JobSpecs"][0]["Image"], "j");
        assert_eq!(both["JobSpecs"][1]["Image"], "j");
        let one = after("Worker.podCount", "5");
        assert_eq!(one["JobSpecs"][0]["PodCount"], 1);
        assert_eq!(one["JobSpecs"][1]["PodCount"], 5);
    }

    #[test]
    fn amounts_and_instance_types_exclude_each_other() {
        let typed = after("Master.ecsSpec", "ecs.gn6i");
        assert_eq!(typed["JobSpecs"][0]["EcsSpec"], "ecs.gn6i");
        assert!(typed["JobSpecs"][0].get("ResourceConfig").is_none());
        let sized = after("gpu", "8");
        assert_eq!(
            sized["JobSpecs"][0]["ResourceConfig"],
            json!({"CPU": "4", "GPU": "8"})
        );
        assert_eq!(sized["JobSpecs"][1]["ResourceConfig"], json!({"GPU": "8"}));
        assert!(sized["JobSpecs"][1].get("EcsSpec").is_none());
    }

    #[test]
    fn keys_of_the_job_may_be_taken_away() {
        assert_eq!(after("resourceId", "quota2")["ResourceId"], "quota2");
        assert!(after("resourceId", "").get("ResourceId").is_none());
        assert_eq!(after("description", "x")["Description"], "x");
    }

    #[test]
    fn what_is_not_known_is_refused_with_what_is() {
        for (key, value, hint) in [
            ("imageConfig", "x", "sharedMemory"),
            ("Image", "x", "image"),
            ("Chief.gpu", "1", "Master, Worker"),
            ("podCount", "many", ""),
            ("podCount", "0", ""),
            ("gpu", "", ""),
            ("JobSpecs", "[]", "known are"),
        ] {
            let fault = apply(&mut base(), key, value).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Invalid);
            assert_eq!(fault.field, format!("overrides.{key}"));
            assert!(fault.hint.contains(hint), "{key}: {fault}");
        }
    }
}
