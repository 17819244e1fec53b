//! Paths and values as they are given.

use serde_json::json;

use super::*;

fn start() -> Map<String, Value> {
    let value = json!({"limits": {"maxGPU": 8}, "mounts": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
        "profiles": {"default": {"jobType": "A", "JobSpecs": [{"PodCount": 1}], "envs": {"A.B": "1", "a": "2"}}}});
    value.as_object().unwrap().clone()
}

fn apply(paths: Value) -> Result<Value, Fault> {
    let updates = Updates {
        profile: None,
        paths: paths
            .as_object()
            .unwrap()
            .iter()
            .map(|(path, value)| match value.as_str() {
                Some("GONE") => (path.clone(), Update::Remove),
                _ => (path.clone(), Update::Set(value.clone())),
            })
            .collect(),
    };
    let mut whole = start();
    update(&mut whole, &updates).map(|()| whole.into())
}

#[test]
fn keys_are_set_where_they_stand_in_whatever_spelling() {
    let whole = apply(json!({
        "Limits.MAXGPU": 4,
        "profiles.default.jobSpecs[0].podcount": 2,
        "profiles.default.jobSpecs[1]": {"PODCOUNT": 3, "ResourceConfig": {"gpu": "1"}},
        "profiles.default.envs[\"A.B\"]": "x",
        "profiles.default.envs.A": "y",
    }))
    .unwrap();
    assert_eq!(whole["limits"], json!({"maxGPU": 4}));
    assert_eq!(
        whole["profiles"]["default"],
        json!({"jobType": "A", "JobSpecs": [{"PodCount": 2}, {"podCount": 3, "resourceConfig": {"GPU": "1"}}],
            "envs": {"A.B": "x", "a": "2", "A": "y"}})
    );
}

#[test]
fn indexes_mean_the_lists_as_they_were() {
    let whole = apply(
        json!({"mounts[0]": "GONE", "mounts[1].name": "B", "mounts[2]": "GONE", "mounts[3]": {"name": "d"}}),
    );
    assert_eq!(
        whole.unwrap()["mounts"],
        json!([{"name": "B"}, {"name": "d"}])
    );
}

#[test]
fn null_takes_a_known_key_away_and_is_a_value_elsewhere() {
    let whole = apply(
        json!({"limits.maxGPU": null, "limits.maxCPU": null, "profiles.default.envs.a": null}),
    )
    .unwrap();
    assert_eq!(whole["limits"], json!({}));
    assert_eq!(whole["profiles"]["default"]["envs"]["a"], Value::Null);
}

#[test]
fn what_is_to_go_must_be_there() {
    for path in [
        "limits.maxCPU",
        "mounts[3]",
        "profiles.x",
        "profiles.default.envs.B",
        "limits.maxGPU.x",
    ] {
        let fault = apply(json!({path: "GONE"})).unwrap_err();
        assert_eq!(
            (fault.kind, fault.field.as_str()),
            (FaultKind::NotFound, path)
        );
    }
}

#[test]
fn wrong_ways_are_told() {
    for (paths, says) in [
        (json!({}), "1 to 50"),
        (json!({"a.b.c.d.e.f.g.h.i.j.k": 1}), "more than 10 steps"),
        (json!({"limits.__proto__": 1}), "forbidden"),
        (json!({"constructor.x": 1}), "forbidden"),
        (
            json!({"profiles.default.envs": {"prototype": "1"}}),
            "forbidden",
        ),
        (
            json!({"profiles.default.x": [{"y": {"__proto__": 1}}]}),
            "forbidden",
        ),
        (json!({"limits": {}, "limits.maxGPU": 1}), "stands within"),
        (
            json!({"limits.maxGPU": 1, "limits.MAXGPU": 2}),
            "stands within",
        ),
        (
            json!({"limits.maxGPU": 1, "[\"limits\"].maxGPU": "GONE"}),
            "stands within",
        ),
        (json!({"limits[0]": 1}), "limits is not a list"),
        (json!({"mounts.x": 1}), "mounts is not an object"),
        (
            json!({"limits.maxGPU.x": 1}),
            "limits.maxGPU is not an object",
        ),
        (json!({"mounts[4]": {}}), "mounts has 3 entries"),
        (json!({"mounts[10000]": {}}), "is no path"),
        (
            json!({"profiles.default": {"priority": 1, "Priority": 2}}),
            "one key twice",
        ),
    ] {
        let fault = apply(paths).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid);
        assert!(fault.message.contains(says), "{says}: {fault}");
    }
    let many: Map<_, _> = (0..51)
        .map(|n| (format!("limits.k{n}"), json!(1)))
        .collect();
    assert_eq!(apply(many.into()).unwrap_err().kind, FaultKind::Invalid);
}
