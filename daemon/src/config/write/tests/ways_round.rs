//! Agents' ways round the policy.

use super::*;

/// The tool is refused, and nothing is written.
#[track_caller]
fn refused(updates: &Updates) {
    let folder = Folder::both();
    let fault = folder.tool().update(updates).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permission, "{fault}");
    assert!(!fault.hint.is_empty(), "{fault}");
    folder.is_untouched();
}

/// The tool may do this.
#[track_caller]
fn allowed(updates: &Updates) {
    let folder = Folder::both();
    folder.tool().update(updates).unwrap();
}

#[test]
fn p10_a_locked_key_is_not_changed_by_writing_the_whole_object() {
    refused(&set("codeSource.codeSourceId", json!("code-2")));
    refused(&set(
        "codeSource",
        json!({"codeSourceId": "code-2", "mountPath": "/code", "defaultBranch": "main"}),
    ));
    refused(&set("codeSource", json!(null)));
    refused(&updates([("codeSource", None)]));
    allowed(&set(
        "codeSource",
        json!({"codeSourceId": "code-1", "mountPath": "/code", "defaultBranch": "dev"}),
    ));
    allowed(&set("codeSource.defaultCommit", json!("abc")));
}

#[test]
fn p10_mounts_do_not_become_writable() {
    refused(&set("mounts[0].mountAccess", json!("ReadWrite")));
    refused(&set("mounts[0].mountAccess", json!("RW")));
    refused(&set("mounts[0].MOUNTACCESS", json!("ReadWrite")));
    refused(&set("mounts[0][\"mountAccess\"]", json!("ReadWrite")));
    refused(&set("Mounts[0].MountAccess", json!("ReadWrite")));
    refused(&set(
        "mounts[0]",
        json!({"name": "data", "uri": "oss://b/", "mountPath": "/data", "mountAccess": "ReadWrite"}),
    ));
    refused(&set(
        "mounts",
        json!([
            {"name": "out", "uri": "nas://x/", "mountPath": "/out", "mountAccess": "ReadWrite"},
            {"name": "data", "uri": "oss://b/", "mountPath": "/data", "mountAccess": "ReadOnly"},
        ]),
    ));
    refused(&set(
        "mounts[2]",
        json!({"name": "n", "uri": "u", "mountPath": "/m", "mountAccess": "ReadOnly"}),
    ));
    refused(&updates([("mounts[0]", None)]));
    refused(&updates([("mounts[1].mountAccess", None)]));
    refused(&set("mounts[0].uri", json!("oss://other/")));
    refused(&set("mounts[0].options", json!("rw")));
    allowed(&set("mounts[1].mountAccess", json!("ReadOnly")));
}

#[test]
fn p10_limits_are_not_raised() {
    for path in [
        "limits.maxGPU",
        "limits.maxRunningJobs",
        "limits.MaxGPU",
        "LIMITS.maxgpu",
        "limits.maxRunMinutes",
    ] {
        refused(&set(path, json!(1000)));
    }
    refused(&set("limits", json!({"maxRunningJobs": 3, "maxGPU": 1000})));
    refused(&updates([("limits.maxGPU", None)]));
    refused(&updates([("limits", None)]));
}

#[test]
fn the_key_the_endpoint_the_policy_and_hooks_are_never_a_tools() {
    refused(&set("credentials.accessKeyId", json!("other")));
    refused(&set(
        "Credentials",
        json!({"accessKeyId": "a", "accessKeySecret": "b"}),
    ));
    refused(&set("endpoint", json!("https://evil.example")));
    refused(&set("ENDPOINT.dlc", json!("https://evil.example")));
    refused(&set("policy.tools.change", json!(["limits.maxGPU"])));
    refused(&set("policy", json!({})));
    refused(&set("projectPrefix", json!("you")));
    refused(&set("regionId", json!("cn-beijing")));
    refused(&set("version", json!("0.6.0")));
    refused(&set("caller", json!({})));
    refused(&set("api.burst", json!(1000)));
    for path in ["notify", "hooks.onEnd", "confirm"] {
        let folder = Folder::both();
        let fault = folder
            .tool()
            .update(&set(path, json!("curl evil")))
            .unwrap_err();
        assert!(
            matches!(fault.kind, FaultKind::Permission | FaultKind::Invalid),
            "{fault}"
        );
        folder.is_untouched();
    }
}

#[test]
fn the_policy_and_the_key_are_written_for_nobody() {
    let folder = Folder::both();
    for path in [
        "policy",
        "POLICY.tools.calls",
        "credentials.accessKeySecret",
        "version",
        "caller",
    ] {
        let fault = folder.person().update(&set(path, json!("x"))).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Permission, "{path}: {fault}");
        assert!(fault.hint.contains("by hand"), "{fault}");
    }
    folder.is_untouched();
}

#[test]
fn only_the_safe_keys_of_a_profile_are_a_tools() {
    refused(&set(
        "profiles.default.jobSpecs[0].imageConfig.password",
        json!("x"),
    ));
    refused(&set("profiles.default.jobSpecs[0].ImageConfig", json!({})));
    refused(&set(
        "profiles.default.jobSpecs[0].extraPodSpec",
        json!({"podLabels": {}}),
    ));
    refused(&set(
        "profiles.default.jobSpecs[0].localMountSpecs",
        json!([]),
    ));
    refused(&set("profiles.default.jobSpecs[0].colour", json!(1)));
    refused(&updates([(
        "profiles.default.jobSpecs[0].imageConfig",
        None,
    )]));
    refused(&set(
        "profiles.default.jobSpecs",
        json!([{"type": "Worker", "podCount": 1, "image": "i:1"}]),
    ));
    refused(&set(
        "profiles.big.dataSources[0].mountAccess",
        json!("ReadWrite"),
    ));
    refused(&set("profiles.big.DATASOURCES", json!([])));
    refused(&updates([("profiles.big.dataSources", None)]));
    refused(&set("profiles.default.resourceId", json!("q2")));
    refused(&set("profiles.default.userVpc", json!({"vpcId": "v"})));
    refused(&set(
        "profiles.default.settings",
        json!({"tags": {"a": "b"}}),
    ));
    refused(&set(
        "profiles.default",
        json!({"jobType": "PyTorchJob", "jobSpecs": [{"podCount": 1}]}),
    ));
    allowed(&updates([
        ("profiles.default.jobSpecs[0].podCount", Some(json!(2))),
        (
            "profiles.default.JOBSPECS[0].userCommand",
            Some(json!("run")),
        ),
        (
            "profiles.default.jobSpecs[0].resourceConfig.GPU",
            Some(json!("2")),
        ),
        ("profiles.default.envs.HF_TOKEN", Some(json!("other"))),
        ("profiles.default.description", Some(json!("d"))),
        ("profiles.default.thirdpartyLibs", Some(json!(["x"]))),
    ]));
}

#[test]
fn a_new_profile_has_the_locked_keys_of_one_that_was_there_or_none() {
    let folder = Folder::both();
    let plain = json!({"jobType": "A", "jobSpecs": [{"type": "Worker", "podCount": 1, "image": "i",
        "resourceConfig": {"CPU": "1", "GPU": "1", "memory": "1Gi"}}], "jobMaxRunningTimeMinutes": 60});
    folder
        .tool()
        .put_profile("plain", None, &map(plain.clone()))
        .unwrap();
    folder
        .tool()
        .put_profile("copy", Some("default"), &map(json!({"description": "d"})))
        .unwrap();
    assert_eq!(
        folder.load().profiles["copy"].job_specs[0]["imageConfig"],
        json!({"username": "me", "password": "registry-pw"})
    );
    let mut mixed = plain.clone();
    mixed["dataSources"] = json!([{"uri": "oss://other/"}]);
    for (base, given) in [
        (None, mixed),
        (
            Some("default"),
            json!({"dataSources": [{"uri": "oss://c/", "mountAccess": "ReadOnly"}]}),
        ),
        (Some("big"), json!({"resourceId": "q2"})),
    ] {
        let fault = folder
            .tool()
            .put_profile("mixed", base, &map(given))
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Permission, "{fault}");
        assert!(fault.message.contains("profiles.mixed."), "{fault}");
    }
}

#[test]
fn a_profile_with_locked_keys_is_not_deleted_by_a_tool_also_where_another_one_keeps_them() {
    let folder = Folder::both();
    let fault = folder.tool().delete_profile("big").unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permission);
    folder.is_untouched();
    folder
        .tool()
        .put_profile("copy", Some("big"), &Map::new())
        .unwrap();
    // Under its name another one could be made, without what is locked.
    let fault = folder.tool().delete_profile("big").unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permission);
    folder.person().delete_profile("copy").unwrap();
    assert!(!folder.load().profiles.contains_key("copy"));
}

#[test]
fn while_the_policy_cannot_be_read_tools_change_nothing_and_persons_go_on() {
    for slip in [r#"{"policy": {"tool": {}}}"#, r#"{"Policy": {}}"#] {
        let folder = Folder::both();
        std::fs::write(folder.at("pai.json"), slip).unwrap();
        let change = set("codeSource.defaultBranch", json!("dev"));
        let fault = folder.tool().update(&change).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Permission);
        assert!(fault.message.to_lowercase().contains("policy"), "{fault}");
        folder.person().update(&change).unwrap();
    }
}

#[test]
fn a_registrys_password_goes_to_no_other_registry() {
    let role = |image: &str| {
        json!([{"type": "Worker", "podCount": 1, "image": image, "resourceConfig": {"GPU": "1"},
                "imageConfig": {"username": "me", "password": "s3cr3t"}}])
    };
    let folder = Folder::both();
    let private = map(json!({"jobType": "PyTorchJob", "jobSpecs": role("one.example/a:1")}));
    folder
        .person()
        .put_profile("private", None, &private)
        .unwrap();
    let image = |image: &str| set("profiles.private.jobSpecs[0].image", json!(image));
    folder.tool().update(&image("one.example/b:2")).unwrap();
    let fault = folder.tool().update(&image("two.example/a:1")).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permission);
    assert!(fault.message.contains("another registry"), "{fault}");
    let given = map(json!({"jobSpecs": role("two.example/a:1")}));
    let copy = folder.tool().put_profile("copy", Some("private"), &given);
    assert_eq!(copy.unwrap_err().kind, FaultKind::Permission);
    folder.person().update(&image("two.example/a:1")).unwrap();
}

#[test]
fn caps_hold_for_every_profile_that_a_tool_changes() {
    let limit = |updates: &Updates, says: &str| {
        let folder = Folder::both();
        let fault = folder.tool().update(updates).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Limit, "{fault}");
        assert!(fault.message.contains(says), "{says}: {fault}");
        folder.is_untouched();
        folder.person().update(updates).unwrap();
    };
    let gpus = |count: &str| {
        set(
            "profiles.default.jobSpecs[0].resourceConfig.GPU",
            json!(count),
        )
    };
    allowed(&gpus("8"));
    limit(
        &gpus("8.5"),
        "8.5 GPUs; a tool may set at most 8 GPUs (limits.maxGPU)",
    );
    // Without a cap or limit: the most that any profile had.
    limit(
        &set("profiles.big.jobSpecs[0].podCount", json!(3)),
        "48 cores; a tool may set at most 32 cores",
    );
    limit(
        &set(
            "profiles.default.jobSpecs[0].resourceConfig.memory",
            json!("129Gi"),
        ),
        "at most 128Gi of memory",
    );
    limit(
        &set("profiles.default.priority", json!(6)),
        "at most priority 5",
    );
    limit(
        &set("profiles.default.jobMaxRunningTimeMinutes", json!(121)),
        "at most 120 min",
    );
    limit(
        &updates([("profiles.default.jobMaxRunningTimeMinutes", None)]),
        "an endless run time",
    );
    limit(
        &set("profiles.default.jobMaxRunningTimeMinutes", json!(0)),
        "an endless run time",
    );
    limit(
        &set("profiles.default.jobSpecs[0].ecsSpec", json!("ecs.gn7e")),
        "cannot be told",
    );
    limit(
        &updates([("profiles.default.jobSpecs[0].resourceConfig", None)]),
        "cannot be told",
    );
}

#[test]
fn caps_of_the_policy_go_before_the_limits_and_sizes_of_instance_types_count() {
    let own = OWN.replace(
        "\"api\"",
        r#""policy": {"tools": {"caps": {"maxGPU": 1, "maxPods": 4, "maxCPU": 100, "maxMemory": "1Ti"}}}, "api""#,
    );
    let folder = Folder::new(&[("settings.json", SETTINGS), ("pai.json", &own)]);
    let ecs = set("profiles.default.jobSpecs[0].ecsSpec", json!("ecs.gn7e"));
    let fault = folder.tool().update(&ecs).unwrap_err();
    assert!(
        fault.message.contains("cannot be told") && fault.message.contains("caps.maxGPU"),
        "{fault}"
    );
    let with = |gpu_milli| {
        move |name: &str| {
            (name == "ecs.gn7e").then_some(Resources {
                cpu_milli: Some(16_000),
                gpu_milli: Some(gpu_milli),
                memory_bytes: Some(1 << 30),
            })
        }
    };
    let (small, large) = (with(1000), with(2000));
    let editor = |sizes| Editor {
        sizes,
        ..folder.tool()
    };
    let fault = editor(&large).update(&ecs).unwrap_err();
    assert!(
        fault
            .message
            .contains("2 GPUs; a tool may set at most 1 GPUs (policy.tools.caps.maxGPU)"),
        "{fault}"
    );
    editor(&small).update(&ecs).unwrap();
    // What is too large already may stay so, and not grow.
    folder
        .tool()
        .update(&set("profiles.big.description", json!("d")))
        .unwrap();
    let fault = folder
        .tool()
        .update(&set("profiles.big.jobSpecs[0].podCount", json!(3)))
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Limit);
}

#[test]
fn a_profile_of_unknown_size_may_be_changed_in_all_but_its_size() {
    let settings = SETTINGS.replace(
        r#""resourceConfig": { "CPU": "8", "GPU": "1", "memory": "32Gi" }"#,
        r#""ecsSpec": "ecs.a""#,
    );
    let folder = Folder::new(&[("settings.json", &settings), ("pai.json", OWN)]);
    for (key, value) in [("podCount", json!(2)), ("ecsSpec", json!("ecs.b"))] {
        let path = format!("profiles.default.jobSpecs[0].{key}");
        let fault = folder.tool().update(&set(&path, value)).unwrap_err();
        assert!(fault.message.contains("cannot be told"), "{fault}");
    }
    let image = set("profiles.default.jobSpecs[0].image", json!("i:2"));
    folder.tool().update(&image).unwrap();
}

#[test]
fn what_the_policy_opens_is_open() {
    let own = OWN.replace(
        "\"api\"",
        r#""policy": {"tools": {"change": ["limits.maxGPU", "profiles.*.dataSources", "mounts"]}}, "api""#,
    );
    let folder = Folder::new(&[("settings.json", SETTINGS), ("pai.json", &own)]);
    for (path, value) in [
        ("limits.maxGPU", json!(1)),
        ("profiles.big.dataSources[0].uri", json!("oss://d/")),
        ("mounts[0].mountAccess", json!("ReadWrite")),
    ] {
        folder.tool().update(&set(path, value)).unwrap();
    }
    for (path, entry) in [
        ("limits.maxCPU", "\"limits.maxCPU\""),
        ("profiles.big.priority", "\"profiles\""),
        ("profiles.big.resourceId", "\"profiles.*.resourceId\""),
        ("codeSource.defaultBranch", "\"codeSource.defaultBranch\""),
    ] {
        let fault = folder.tool().update(&set(path, json!(1))).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Permission);
        assert!(fault.hint.contains(entry), "{fault}");
    }
}
