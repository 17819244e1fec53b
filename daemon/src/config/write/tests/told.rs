//! What a change tells, and what it refuses.

use super::*;

#[test]
fn a_dry_run_tells_all_and_writes_nothing() {
    let folder = Folder::both();
    let mut editor = folder.person();
    editor.write = false;
    let outcome = editor.update(&set("limits.maxGPU", json!(4))).unwrap();
    assert!(!outcome.written);
    assert_eq!(outcome.files, [folder.at("settings.json")]);
    assert_eq!(
        outcome.changes,
        [Change {
            path: "limits.maxGPU".into(),
            from: Some(json!(8)),
            to: Some(json!(4))
        }]
    );
    folder.is_untouched();
}

#[test]
fn what_changes_nothing_writes_nothing() {
    let folder = Folder::both();
    let outcome = folder
        .person()
        .update(&set("Limits.MAXGPU", json!(8)))
        .unwrap();
    assert!(!outcome.written && outcome.changes.is_empty() && outcome.files.is_empty());
    folder.is_untouched();
}

#[test]
fn one_wrong_update_of_many_and_none_is_made() {
    let folder = Folder::both();
    for wrong in [
        ("limits.maxCPU", json!("many")),
        ("limits.maxRunMinutes", json!(0)),
        ("limits.maxTPU", json!(1)),
        ("colour", json!(1)),
        ("projectPrefix", json!("a b")),
        ("profiles.big.priority", json!(10)),
        ("profiles.big.envs", json!(["x"])),
        ("profiles.big.jobSpecs[0].podCount", json!(0)),
        (
            "profiles.big.jobSpecs[0].resourceConfig.GPU",
            json!("2 apples"),
        ),
        ("profiles.big.jobSpecs[2]", json!({})),
        ("profiles.new.priority", json!(1)),
        (
            "profiles.Big",
            json!({"jobType": "A", "jobSpecs": [{"podCount": 1}]}),
        ),
        ("mounts[0].mountAccess", json!("RO")),
        ("mounts[0].name", json!(7)),
        ("endpoint", json!("http://10.0.0.1")),
        ("api.burst", json!(0)),
        ("resourceId", json!("")),
        ("limits", json!("none")),
    ] {
        let changes = updates([
            ("limits.maxGPU", Some(json!(4))),
            (wrong.0, Some(wrong.1.clone())),
        ]);
        let fault = folder.person().update(&changes).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid, "{wrong:?}: {fault}");
        folder.is_untouched();
    }
}

#[test]
fn the_keys_of_a_role_hold_what_the_cloud_takes_there() {
    for (key, wrong) in [
        ("image", json!({"x": "two.example/a"})),
        ("image", json!(7)),
        ("podCount", json!("2")),
        ("resourceConfig", json!([])),
        ("useSpotInstance", json!("yes")),
    ] {
        let folder = Folder::both();
        let path = format!("profiles.default.jobSpecs[0].{key}");
        let fault = folder.person().update(&set(&path, wrong)).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid, "{key}: {fault}");
        assert!(fault.message.contains(key), "{fault}");
        folder.is_untouched();
    }
}

#[test]
fn settings_that_do_not_load_are_not_changed() {
    let folder = Folder::both();
    std::fs::write(folder.at("pai.json"), r#"{"api": {"burst": 0}}"#).unwrap();
    for editor in [folder.person(), folder.tool()] {
        let fault = editor.update(&set("limits.maxGPU", json!(1))).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Settings);
        assert!(fault.message.contains("api.burst"), "{fault}");
    }
    std::fs::remove_file(&folder.path).unwrap();
    let fault = folder
        .person()
        .update(&set("limits.maxGPU", json!(1)))
        .unwrap_err();
    assert!(
        fault.message.contains("there is no settings file"),
        "{fault}"
    );
}

#[test]
fn no_secret_is_in_what_a_change_tells() {
    let folder = Folder::both();
    let outcome = folder
        .person()
        .update(&updates([
            (
                "profiles.default.envs.HF_TOKEN",
                Some(json!("hf-of-the-profile-2")),
            ),
            (
                "profiles.default.envs.PIN_PASSWORD",
                Some(json!(20_240_101)),
            ),
            (
                "profiles.default.jobSpecs[0].imageConfig.password",
                Some(json!("registry-pw-2")),
            ),
            (
                "profiles.default.jobSpecs[0].userCommand",
                Some(json!("run --token=abcdef-123 registry-pw")),
            ),
            ("profiles.default.description", Some(json!("plain"))),
        ]))
        .unwrap();
    let told = format!("{outcome:?}");
    for secret in [
        "hf-of-the-profile",
        "20240101",
        "registry-pw",
        "abcdef-123",
        "top-secret",
    ] {
        assert!(!told.contains(secret), "{secret} is in {told}");
    }
    assert_eq!(outcome.changes.len(), 5);
    assert!(
        told.contains("plain") && told.contains("[redacted]"),
        "{told}"
    );
}

#[test]
fn no_refusal_quotes_a_value() {
    let folder = Folder::both();
    let secret = json!("s3cr3t-value");
    for path in [
        "limits.maxGPU",
        "projectPrefix",
        "endpoint",
        "mounts[0]",
        "mounts[0].mountAccess",
        "profiles",
        "profiles.default",
        "profiles.default.jobSpecs",
        "profiles.default.jobSpecs[0].podCount",
        "profiles.default.jobSpecs[0].resourceConfig.memory",
        "profiles.default.priority",
        "profiles.default.envs",
        "credentials.accessKeySecret",
        "policy",
        "api.burst",
        "codeSource",
        "unknown",
    ] {
        for editor in [folder.person(), folder.tool()] {
            let fault = editor.update(&set(path, secret.clone()));
            let told = format!("{:?}", fault.err());
            assert!(!told.contains("s3cr3t"), "{path}: {told}");
        }
    }
}
