//! CreateJob's further keys and further limits, from either file.

use serde_json::{Value, json};

use super::*;

/// Settings with our own file of this name and text beside them.
fn beside(settings: &str, name: &str, own: &str) -> (Files, Result<Settings, Fault>) {
    let files = write(settings, 0o600);
    let path = files.path.with_file_name(name);
    std::fs::write(&path, own).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let loaded = load(&files.path, &no_env);
    (files, loaded)
}

fn with_own(own: &str) -> Result<Settings, Fault> {
    beside(NEW, "pai.json", own).1
}

#[test]
fn every_further_key_is_read_as_the_wire_has_it() {
    let settings = with_own(
        r#"{ "profiles": { "cpu": {
            "accessibility": "PUBLIC", "codeSource": { "codeSourceId": "c", "branch": "b", "isSharedMountPath": true },
            "credentialConfig": { "enableCredentialInject": true }, "customEnvs": [{ "key": "A", "value": "b", "visible": "x" }],
            "dataSources": [{ "uri": "oss://a/", "mountPath": "/a", "mountAccess": "ReadWrite" },
                            { "dataSourceId": "d", "MountAccess": "RO" }],
            "description": "d", "elasticSpec": { "enableAIMaster": true },
            "envs": { "a": 1, "B_C": true, "d.e": "f", "g": 0.5 },
            "jobMaxRunningTimeMinutes": 0, "options": "o", "priority": 9, "resourceId": "q", "schedulingStrategy": "Auto",
            "settings": { "enableRDMA": true, "tags": { "team": "x", "n": 1 }, "advancedSettings": { "createSvc": "y" } },
            "successPolicy": "AllWorkers", "templateId": "t", "templateVersion": 2, "thirdpartyLibDir": "/r",
            "thirdpartyLibs": ["numpy"], "userVpc": { "vpcId": "v", "extendedCidrs": ["10.0.0.0/8"] } } } }"#,
    )
    .unwrap();
    assert_eq!(
        Value::Object(settings.profiles["cpu"].further.clone()),
        json!({
            "Accessibility": "PUBLIC", "CodeSource": {"CodeSourceId": "c", "Branch": "b", "IsSharedMountPath": true},
            "CredentialConfig": {"EnableCredentialInject": true}, "CustomEnvs": [{"Key": "A", "Value": "b", "Visible": "x"}],
            "DataSources": [{"Uri": "oss://a/", "MountPath": "/a", "MountAccess": "RW"}, {"DataSourceId": "d", "MountAccess": "RO"}],
            "Description": "d", "ElasticSpec": {"EnableAIMaster": true},
            "Envs": {"a": "1", "B_C": "true", "d.e": "f", "g": "0.5"},
            "JobMaxRunningTimeMinutes": 0, "Options": "o", "Priority": 9, "ResourceId": "q", "SchedulingStrategy": "Auto",
            "Settings": {"EnableRDMA": true, "Tags": {"team": "x", "n": "1"}, "AdvancedSettings": {"createSvc": "y"}},
            "SuccessPolicy": "AllWorkers", "TemplateId": "t", "TemplateVersion": 2, "ThirdpartyLibDir": "/r",
            "ThirdpartyLibs": ["numpy"], "UserVpc": {"VpcId": "v", "ExtendedCIDRs": ["10.0.0.0/8"]},
        })
    );
    assert_eq!(settings.profiles["cpu"].further.len(), 20, "all there are");
    assert!(settings.profiles["default"].further.is_empty());
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
}

#[test]
fn our_own_file_counts_before_the_seeds_key_by_key_in_either_spelling() {
    let seed = NEW.replace(
        r#""default": {"#,
        r#""default": { "Priority": 3, "envs": { "A": "1" }, "resourceId": "q1","#,
    );
    let own = r#"{ "profiles": {
        "default": { "priority": 5, "Envs": { "B": "2" }, "resourceId": null, "jobType": "TFJob" },
        "ours": { "jobType": "MPIJob", "jobSpecs": [{ "type": "Worker", "podCount": 1 }], "description": "x" } } }"#;
    let settings = beside(&seed, "pai.json", own).1.unwrap();
    let profile = &settings.profiles["default"];
    assert_eq!(profile.job_type, "TFJob");
    assert_eq!(profile.job_specs[0]["podCount"], 2, "that of the settings");
    assert_eq!(
        Value::Object(profile.further.clone()),
        json!({"Priority": 5, "Envs": {"B": "2"}, "ResourceId": "q1"})
    );
    assert_eq!(settings.profiles["ours"].job_type, "MPIJob");
    let refused: Vec<_> = settings
        .warnings
        .iter()
        .filter(|warning| warning.contains("the other tool") && warning.contains("pai.json"))
        .collect();
    assert_eq!(refused.len(), 3, "{:?}", settings.warnings);
}

#[test]
fn a_wrong_further_key_names_its_file_and_itself_and_never_the_value() {
    for (key, value, says) in [
        (
            "envs",
            json!("s3cr3t"),
            "profiles.default.envs is not an object of texts",
        ),
        (
            "Envs",
            json!({"A": ["s3cr3t"]}),
            "profiles.default.Envs.A is not",
        ),
        (
            "priority",
            json!("s3cr3t"),
            "profiles.default.priority is not a whole number from 1 to 9",
        ),
        (
            "jobMaxRunningTimeMinutes",
            json!(-5),
            "profiles.default.jobMaxRunningTimeMinutes",
        ),
        (
            "dataSources",
            json!([{"mountAccess": "s3cr3t"}]),
            "profiles.default.dataSources[0].mountAccess",
        ),
        (
            "thirdpartyLibs",
            json!(["a", 1]),
            "profiles.default.thirdpartyLibs",
        ),
        (
            "description",
            json!({"s3cr3t": 1}),
            "profiles.default.description",
        ),
        ("jobType", json!(["s3cr3t"]), "profiles.default.jobType"),
        ("jobSpecs", json!(["s3cr3t"]), "the profile default"),
    ] {
        let own = json!({"profiles": {"default": {key: value}}}).to_string();
        let fault = with_own(&own).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Settings);
        assert!(
            fault.message.contains(says) && fault.message.contains("pai.json"),
            "{fault}"
        );
        assert!(!fault.to_string().contains("s3cr3t"), "{fault}");
    }
    let fault = with(r#""default": {"#, r#""default": { "priority": 11,"#).unwrap_err();
    assert!(fault.message.contains("settings.json"), "{fault}");
}

#[test]
fn what_is_unknown_or_misspelt_is_told_and_not_sent() {
    let settings = with_own(
        r#"{ "colour": 1, "projectPrefix": "you", "api": { "bursts": 1 }, "limits": { "maxGPU": 1, "maxRunMinute": 1 },
            "profiles": { "default": { "PRIORITY": 1, "sizes": 2, "settings": { "enableRdma": true },
              "jobSpecs": [{ "type": "Worker", "podCount": 1, "podcount": 9, "IMAGE": "x",
                             "resourceConfig": { "GPU": "1", "Gpu": "8" }, "imageConfig": { "anything": 1 } }] } } }"#,
    )
    .unwrap();
    assert_eq!(
        settings.profiles["default"].job_specs,
        [
            json!({"type": "Worker", "podCount": 1, "resourceConfig": {"GPU": "1"}, "imageConfig": {"anything": 1}})
        ]
    );
    assert_eq!(
        settings.profiles["default"]
            .further
            .keys()
            .collect::<Vec<_>>(),
        ["Settings"]
    );
    assert_eq!(
        (settings.prefix.as_str(), settings.limits.max_gpu),
        ("me", Some(1))
    );
    let mut warnings = settings.warnings;
    warnings.sort();
    assert_eq!(
        warnings,
        [
            "the key projectPrefix counts in the settings only, not in pai.json",
            "unknown key api.bursts in pai.json",
            "unknown key colour in pai.json",
            "unknown key limits.maxRunMinute in pai.json",
            "unknown key profiles.default.PRIORITY in pai.json, not sent; priority was perhaps meant",
            "unknown key profiles.default.jobSpecs[0].IMAGE in pai.json, not sent; image was perhaps meant",
            "unknown key profiles.default.jobSpecs[0].podcount in pai.json, not sent; podCount was perhaps meant",
            "unknown key profiles.default.jobSpecs[0].resourceConfig.Gpu in pai.json, not sent; GPU was perhaps meant",
            "unknown key profiles.default.settings.enableRdma in pai.json, not sent; enableRDMA was perhaps meant",
            "unknown key profiles.default.sizes in pai.json, not sent",
        ]
    );
}

#[test]
fn a_policy_in_the_settings_is_told_and_closes_everything_to_tools() {
    let settings = with(
        r#""limits": {"#,
        r#""policy": { "tools": { "change": [] } }, "limits": {"#,
    )
    .unwrap();
    let told = &settings.warnings[0];
    assert!(
        told.contains("the key policy does not count there"),
        "{told}"
    );
    assert!(settings.policy.closed.is_some());
}

#[test]
fn a_profile_that_the_other_tool_took_away_stops_nothing() {
    let settings = with_own(r#"{ "profiles": { "gone": { "priority": 3 } } }"#).unwrap();
    assert_eq!(settings.profiles.len(), 2);
    assert!(
        settings.warnings[0].contains("gone is left out"),
        "{:?}",
        settings.warnings
    );
}

#[test]
fn further_limits_are_taken_from_both_files_and_ours_count_first() {
    let seed = NEW.replace(
        r#""maxGPU": 8"#,
        r#""maxGPU": 8, "maxRunMinutes": 10, "maxGPUHoursPerDay": 1"#,
    );
    let settings = beside(
        &seed,
        "pai.json",
        r#"{ "limits": { "maxRunningJobs": 4, "maxCPU": 9, "maxGPUHoursPerDay": 12.5 } }"#,
    )
    .1
    .unwrap();
    assert_eq!(
        settings.limits,
        Limits {
            max_running_jobs: 4,
            max_gpu: Some(8),
            max_cpu: Some(9),
            max_run_minutes: Some(10),
            max_gpu_milli_hours_per_day: Some(12_500),
        }
    );
    assert_eq!(settings.warnings.len(), 2, "{:?}", settings.warnings);
    for (limits, says) in [
        (r#"{ "maxRunMinutes": 0 }"#, "limits.maxRunMinutes"),
        (r#"{ "maxRunMinutes": 1.5 }"#, "limits.maxRunMinutes"),
        (r#"{ "maxGPUHoursPerDay": -1 }"#, "limits.maxGPUHoursPerDay"),
        (
            r#"{ "maxGPUHoursPerDay": "many" }"#,
            "limits.maxGPUHoursPerDay",
        ),
        (
            r#"{ "maxGPUHoursPerDay": 1e300 }"#,
            "limits.maxGPUHoursPerDay",
        ),
        (r#""none""#, "limits"),
    ] {
        let fault = with_own(&format!(r#"{{ "limits": {limits} }}"#)).unwrap_err();
        assert!(
            fault.message.contains(says) && fault.message.contains("pai.json"),
            "{fault}"
        );
    }
}

#[test]
fn an_endpoint_of_our_own_file_counts_first_and_is_named_when_it_is_wrong() {
    let seed = NEW.replace(
        r#""limits""#,
        r#""endpoint": "http://127.0.0.1:1", "limits""#,
    );
    let own =
        r#"{ "endpoint": { "dlc": "http://127.0.0.1:2", "aiworkspace": "http://127.0.0.1:3" } }"#;
    let endpoints = beside(&seed, "pai.json", own).1.unwrap().endpoints;
    assert_eq!(endpoints.dlc.authority(), "127.0.0.1:2");
    assert_eq!(endpoints.aiworkspace.authority(), "127.0.0.1:3");
    assert_eq!(endpoints.sts.authority(), "sts.cn-hangzhou.aliyuncs.com");
    let plain = load_text(NEW).unwrap().endpoints;
    assert_eq!(
        plain.aiworkspace.authority(),
        "aiworkspace.cn-hangzhou.aliyuncs.com"
    );
    let fault = with_own(r#"{ "endpoint": { "aiworkspace": "http://10.0.0.1" } }"#).unwrap_err();
    assert!(
        fault.message.contains("endpoint.aiworkspace") && fault.message.contains("pai.json"),
        "{fault}"
    );
}

#[test]
fn an_old_file_takes_further_keys_for_its_default_profile() {
    let own = r#"{ "profiles": { "default": { "priority": 4 } } }"#;
    let settings = beside(OLD, "pai.json", own).1.unwrap();
    assert_eq!(settings.profiles["default"].further["Priority"], 4);
    assert_eq!(settings.profiles["default"].job_type, "PyTorchJob");
}
