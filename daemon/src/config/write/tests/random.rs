//! Whatever a tool tries, in whatever order: what is locked stays, and nothing grows beyond its cap.

use std::{collections::BTreeSet, path::Path};

use proptest::prelude::*;

use super::*;
use crate::{
    config::{Documents, Settings, Sources, policy::judge},
    provider::dlc::resources::checked_replicas,
};

/// One attempt.
#[derive(Debug, Clone)]
enum Attempt {
    Update(Vec<(String, Option<Value>)>),
    Put(String, Option<String>, Value),
    Delete(String),
}

fn documents() -> Documents {
    let parse = |text| config::file::parse(Path::new("/x"), text).unwrap();
    Documents {
        settings: parse(SETTINGS),
        own: parse(OWN),
    }
}

fn settings(documents: &Documents) -> Result<Settings, Fault> {
    let sources = Sources {
        path: Path::new("/x/settings.json"),
        own_path: Some(Path::new("/x/pai.json")),
        common: None,
        documents,
    };
    config::settings::from_sources(&sources, &|_| None)
}

/// What the files hold afterwards, if the tool gets its way.
fn attempt(before: &Documents, attempt: &Attempt) -> Option<Documents> {
    let mut whole = before.merged();
    match attempt {
        Attempt::Update(paths) => {
            let paths = paths
                .iter()
                .map(|(path, value)| (path.as_str(), value.clone()));
            apply::update(&mut whole, &updates(paths)).ok()?;
        }
        Attempt::Put(name, base, given) => {
            apply::put_profile(&mut whole, name, base.as_deref(), &map(given.clone())).ok()?;
        }
        Attempt::Delete(name) => apply::delete_profile(&mut whole, name).ok()?,
    }
    let after = before.split(&whole).ok()?;
    let old = settings(before).unwrap();
    judge(
        &old.policy,
        &old.limits,
        Actor::Tool,
        before,
        &after,
        &unknown,
    )
    .ok()?;
    settings(&after).ok()?;
    Some(after)
}

/// What of a profile no tool may change, as it would be sent.
fn locked(profile: &config::Profile) -> String {
    const SAFE: &[&str] = &[
        "Envs",
        "Priority",
        "JobMaxRunningTimeMinutes",
        "Description",
        "ThirdpartyLibs",
    ];
    const SAFE_ROLE: &[&str] = &[
        "Type",
        "PodCount",
        "Image",
        "ResourceConfig",
        "EcsSpec",
        "RestartPolicy",
        "UserCommand",
    ];
    let mut further = profile.further.clone();
    further.retain(|key, _| !SAFE.contains(&key.as_str()));
    let mut roles: Vec<_> = profile
        .job_specs
        .iter()
        .map(|role| {
            let mut role = map(config::wire_case(role));
            role.retain(|key, _| !SAFE_ROLE.contains(&key.as_str()));
            role
        })
        .collect();
    while roles.last().is_some_and(Map::is_empty) {
        roles.pop();
    }
    json!([further, roles]).to_string()
}

/// All but profiles, the code's defaults and the access of mounts.
fn rest(settings: &Settings) -> String {
    let key = &settings.credentials;
    let code = settings.code_source.as_ref().unwrap();
    let mounts: Vec<_> = settings
        .mounts
        .iter()
        .map(|mount| (&mount.name, &mount.uri, &mount.mount_path, &mount.options))
        .collect();
    format!(
        "{:?}",
        (
            (
                key,
                &settings.prefix,
                &settings.region,
                &settings.workspace_id,
                &settings.resource_id
            ),
            (
                &code.code_source_id,
                &code.mount_path,
                mounts,
                &settings.limits,
                &settings.endpoints
            ),
            (
                &settings.policy,
                &settings.own,
                settings.own.endpoint.is_some()
            ),
        )
    )
}

#[track_caller]
fn holds(first: &Settings, before: &Settings, after: &Settings) {
    assert_eq!(rest(first), rest(after));
    for (old, new) in before.mounts.iter().zip(&after.mounts) {
        assert!(old.wire_access() == new.wire_access() || new.wire_access() == "RO");
    }
    let was: BTreeSet<_> = first.profiles.values().map(locked).collect();
    let nothing = json!([{}, []]).to_string();
    for (name, profile) in &after.profiles {
        let locked_now = locked(profile);
        match before.profiles.get(name) {
            Some(old) => assert_eq!(locked(old), locked_now, "{name}"),
            None => assert!(was.contains(&locked_now) || locked_now == nothing, "{name}"),
        }
        let sent = Value::Array(profile.job_specs.iter().map(config::wire_case).collect());
        let (replicas, sums) = checked_replicas(&sent).unwrap();
        // The first settings: limits.maxGPU 8; at most 2 × 16 cores, 2 × 64 GiB, 2 pods, priority 5 and 120 min.
        assert!(
            sums.gpu_milli.unwrap() <= 8000 && sums.cpu_milli.unwrap() <= 32_000,
            "{name}"
        );
        assert!(sums.memory_bytes.unwrap() <= 128 << 30, "{name}");
        assert!(
            replicas.iter().map(|replica| replica.count).sum::<u32>() <= 2,
            "{name}"
        );
        let number = |key: &str, absent| {
            profile
                .further
                .get(key)
                .map_or(absent, |n| n.as_u64().unwrap())
        };
        assert!(
            number("Priority", 1) <= 5
                && (1..=120).contains(&number("JobMaxRunningTimeMinutes", 0))
        );
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let role = json!({"type": "Worker", "podCount": 1, "image": "j", "resourceConfig": {"CPU": "1", "GPU": "1", "memory": "1Gi"}});
    let mut with_login = role.clone();
    with_login["ImageConfig"] = json!({"username": "me", "password": "registry-pw"});
    let mut large = role.clone();
    large["PodCount"] = json!(64);
    let mount = |access: &str| json!({"name": "data", "uri": "oss://b/", "mountPath": "/data", "mountAccess": access});
    prop::sample::select(vec![
        json!(null),
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(9),
        json!(60),
        json!(1000),
        json!(true),
        json!("x"),
        json!("1"),
        json!("4"),
        json!("64"),
        json!("1Gi"),
        json!("999Gi"),
        json!("ReadOnly"),
        json!("ReadWrite"),
        json!("RO"),
        json!("RW"),
        json!("https://evil.example"),
        json!([]),
        json!({}),
        json!({"A": "b"}),
        json!([role]),
        json!([with_login]),
        json!([role, role]),
        json!([large]),
        role.clone(),
        with_login,
        large,
        json!({"jobType": "A", "jobSpecs": [role], "jobMaxRunningTimeMinutes": 60}),
        json!({"jobType": "A", "jobSpecs": [role], "resourceId": "q2", "jobMaxRunningTimeMinutes": 60}),
        json!({"JobType": "A", "JOBSPECS": [role], "Priority": 9, "jobMaxRunningTimeMinutes": 60}),
        json!([mount("ReadOnly")]),
        json!([mount("ReadWrite"), mount("ReadOnly")]),
        mount("ReadWrite"),
        json!({"codeSourceId": "code-2", "mountPath": "/code", "defaultBranch": "dev"}),
        json!({"codeSourceId": "code-1", "mountPath": "/code", "defaultBranch": "dev"}),
        json!({"maxRunningJobs": 9, "maxGPU": 1000}),
        json!({"tools": {"change": ["limits.maxGPU"]}}),
        json!([{"uri": "oss://other/", "mountAccess": "RW"}]),
    ])
}

fn any_path() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["default", "big", "new", "other"]);
    let below = prop::sample::select(vec![
        "",
        ".jobType",
        ".jobSpecs",
        ".jobSpecs[0]",
        ".jobSpecs[1]",
        ".JobSpecs[0].podCount",
        ".jobSpecs[0].PODCOUNT",
        ".jobSpecs[0].resourceConfig",
        ".jobSpecs[0].resourceConfig.GPU",
        ".jobSpecs[0].ResourceConfig.CPU",
        ".jobSpecs[0].resourceConfig.memory",
        ".jobSpecs[0].ecsSpec",
        ".jobSpecs[0].image",
        ".jobSpecs[0].imageConfig",
        ".jobSpecs[0].ImageConfig.Password",
        ".jobSpecs[0].imageconfig",
        ".jobSpecs[0].userCommand",
        ".jobSpecs[0].colour",
        ".jobSpecs[0].autoScalingSpec.maxReplicas",
        ".jobSpecs[0].extraPodSpec",
        ".priority",
        ".Priority",
        ".PRIORITY",
        ".jobMaxRunningTimeMinutes",
        ".envs",
        ".envs.A",
        ".Envs[\"A.B\"]",
        ".dataSources",
        ".DataSources[0].mountAccess",
        ".resourceId",
        ".settings",
        ".userVpc",
        ".description",
        ".thirdpartyLibs",
    ]);
    let top = prop::sample::select(vec![
        "limits",
        "limits.maxGPU",
        "Limits.MAXGPU",
        "limits.maxRunMinutes",
        "mounts",
        "mounts[0]",
        "mounts[1]",
        "mounts[0].mountAccess",
        "mounts[1].mountAccess",
        "mounts[0].MountAccess",
        "mounts[2]",
        "codeSource",
        "codeSource.defaultBranch",
        "codeSource.codeSourceId",
        "CodeSource.defaultCommit",
        "endpoint",
        "Endpoint.dlc",
        "credentials",
        "credentials.accessKeyId",
        "policy",
        "policy.tools",
        "policy.tools.change[0]",
        "projectPrefix",
        "profiles",
        "api.burst",
        "list",
        "hooks",
        "notify",
        "version",
        "resourceId",
        "regionId",
        "caller",
        "jobDefaults",
    ]);
    prop_oneof![
        3 => (name, below).prop_map(|(name, below)| format!("profiles.{name}{below}")),
        1 => top.prop_map(ToOwned::to_owned),
    ]
}

fn any_attempt() -> impl Strategy<Value = Attempt> {
    let name =
        || prop::sample::select(vec!["default", "big", "new", "other"]).prop_map(ToOwned::to_owned);
    prop_oneof![
        6 => prop::collection::vec((any_path(), prop::option::weighted(0.8, any_value())), 1..3).prop_map(Attempt::Update),
        2 => (name(), prop::option::of(name()), any_value()).prop_filter_map("an object", |(name, base, given)| {
            given.is_object().then_some(Attempt::Put(name, base, given))
        }),
        1 => name().prop_map(Attempt::Delete),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_sequence_of_changes_by_a_tool_changes_what_is_locked_or_grows_beyond_a_cap(
        attempts in prop::collection::vec(any_attempt(), 1..24)
    ) {
        let mut now = documents();
        let first = settings(&now).unwrap();
        for tried in &attempts {
            if let Some(after) = attempt(&now, tried) {
                holds(&first, &settings(&now).unwrap(), &settings(&after).unwrap());
                now = after;
            }
        }
    }
}

/// The property above would hold for a policy that refuses everything, too.
#[test]
fn a_tool_gets_its_way_where_it_may() {
    let allowed = |path: &str, value: Value| {
        let tried = Attempt::Update(vec![(path.to_owned(), Some(value))]);
        attempt(&documents(), &tried).is_some()
    };
    assert!(allowed("profiles.default.jobSpecs[0].podCount", json!(2)));
    assert!(allowed("codeSource.defaultBranch", json!("x")));
    assert!(allowed("mounts[1].mountAccess", json!("ReadOnly")));
    assert!(!allowed("mounts[0].mountAccess", json!("ReadWrite")));
}
