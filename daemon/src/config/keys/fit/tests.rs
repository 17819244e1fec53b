//! Values as they count, and the words for those that do not fit.

use serde_json::json;

use super::*;
use crate::config::keys::{JOB_SPEC, POLICY, PROFILE};

fn profile(value: &Value) -> Result<Value, Misfit> {
    fit(Kind::Object(PROFILE), value)
}

#[test]
fn values_are_read_as_they_count() {
    assert_eq!(
        profile(
            &json!({"envs": {"A": 1, "B": true, "C": "x"}, "Priority": 9, "resourceId": null, "colour": 1,
            "dataSources": [{"uri": "oss://a", "MountAccess": "ReadWrite"}, {"mountAccess": "RO"}]})
        ),
        Ok(
            json!({"envs": {"A": "1", "B": "true", "C": "x"}, "Priority": 9,
            "dataSources": [{"uri": "oss://a", "MountAccess": "RW"}, {"mountAccess": "RO"}]})
        )
    );
}

#[test]
fn a_wrong_type_tells_its_place_and_never_the_value() {
    for (value, at, what) in [
        (
            json!({"envs": ["secret"]}),
            ".envs",
            "is not an object of texts",
        ),
        (
            json!({"envs": {"A": {"B": "secret"}}}),
            ".envs.A",
            "is not a text, a number, true or false",
        ),
        (
            json!({"envs": {"A": null}}),
            ".envs.A",
            "is not a text, a number, true or false",
        ),
        (
            json!({"priority": 10}),
            ".priority",
            "is not a whole number from 1 to 9",
        ),
        (
            json!({"priority": 0}),
            ".priority",
            "is not a whole number from 1 to 9",
        ),
        (
            json!({"priority": "5"}),
            ".priority",
            "is not a whole number from 1 to 9",
        ),
        (
            json!({"jobMaxRunningTimeMinutes": -1}),
            ".jobMaxRunningTimeMinutes",
            "is not a whole number from 0 on",
        ),
        (
            json!({"jobMaxRunningTimeMinutes": 1.5}),
            ".jobMaxRunningTimeMinutes",
            "is not a whole number from 0 on",
        ),
        (
            json!({"thirdpartyLibs": "secret"}),
            ".thirdpartyLibs",
            "is not a list of texts",
        ),
        (
            json!({"dataSources": [{}, {"mountAccess": "secret"}]}),
            ".dataSources[1].mountAccess",
            "is not ReadOnly, ReadWrite, RO or RW",
        ),
        (json!({"userVpc": "secret"}), ".userVpc", "is not an object"),
        (
            json!({"settings": {"enableRDMA": "secret"}}),
            ".settings.enableRDMA",
            "is not true or false",
        ),
    ] {
        let misfit = profile(&value).unwrap_err();
        assert_eq!(
            (misfit.at.as_str(), misfit.what.as_str()),
            (at, what),
            "{value}"
        );
    }
}

#[test]
fn strictly_read_an_unknown_key_and_null_are_misfits() {
    let read = |value| fit_strictly(Kind::Object(POLICY), &value);
    assert!(read(json!({"tools": {"change": ["profiles"]}})).is_ok());
    for (value, at) in [
        (json!({"tool": {}}), ".tool"),
        (json!({"Tools": {}}), ".Tools"),
        (json!({"tools": null}), ".tools"),
        (
            json!({"tools": {"caps": {"maxGpu": 1}}}),
            ".tools.caps.maxGpu",
        ),
        (
            json!({"tools": {"calls": ["submit", "destroy"]}}),
            ".tools.calls",
        ),
        (json!({"tools": {"change": null}}), ".tools.change"),
    ] {
        assert_eq!(read(value).unwrap_err().at, at);
    }
}

#[test]
fn unknown_keys_are_told_with_what_was_perhaps_meant() {
    let mut told = Vec::new();
    let value = json!([{"podcount": 1, "PodCount": 1, "resourceConfig": {"Gpu": 1, "GPU": 2}, "extraPodSpec": {"x": 1}}]);
    unknown(
        Kind::List(JOB_SPEC),
        &value,
        "jobSpecs",
        true,
        &mut |at, meant| {
            told.push((at, meant.map(|key| key.name)));
        },
    );
    assert_eq!(
        told,
        [
            ("jobSpecs[0].podcount".to_owned(), Some("podCount")),
            ("jobSpecs[0].resourceConfig.Gpu".to_owned(), Some("GPU")),
        ]
    );
}
