//! What is open by default, what an entry opens, and what stays closed.

use super::*;

fn with(change: &[&str]) -> Policy {
    Policy {
        change: change
            .iter()
            .map(|entry| Grant::parse(entry).unwrap())
            .collect(),
        ..Policy::default()
    }
}

fn may(policy: &Policy, actor: Actor, path: &str) -> Permit {
    permit(policy, actor, &parse_path(path).unwrap())
}

#[test]
fn by_default_tools_may_change_safe_keys_of_profiles_the_code_defaults_and_access() {
    let policy = Policy::default();
    for path in [
        "profiles.x.jobType",
        "profiles.x.jobSpecs[0].podCount",
        "profiles.x.JobSpecs[0].ResourceConfig.Memory",
        "profiles.x.jobSpecs[1].userCommand",
        "profiles.x.envs.HF_TOKEN",
        "profiles.x.thirdpartyLibs[3]",
        "profiles.x.priority",
        "codeSource.defaultBranch",
        "codeSource.defaultCommit",
    ] {
        assert_eq!(may(&policy, Actor::Tool, path), Permit::Yes, "{path}");
    }
    assert_eq!(
        may(&policy, Actor::Tool, "mounts[2].mountAccess"),
        Permit::ToReadOnly
    );
    for path in [
        "profiles.x.jobSpecs[0].imageConfig.password",
        "profiles.x.jobSpecs[0].extraPodSpec",
        "profiles.x.jobSpecs[0].PODCOUNT",
        "profiles.x.jobSpecs.podCount",
        "profiles.x.dataSources[0].uri",
        "profiles.x.DataSources",
        "profiles.x.resourceId",
        "profiles.x.unknown",
        "codeSource",
        "codeSource.codeSourceId",
        "CodeSource.defaultBranch",
        "mounts",
        "mounts[0].uri",
        "mounts[0].MountAccess",
        "limits.maxGPU",
        "endpoint",
        "Endpoint.dlc",
        "hooks.onEnd",
        "policy.tools",
        "regionId",
        "unknown",
    ] {
        assert_eq!(may(&policy, Actor::Tool, path), Permit::No, "{path}");
    }
}

#[test]
fn each_entry_opens_what_it_names_and_nothing_beside() {
    let policy = with(&[
        "limits.maxGPU",
        "profiles.*.dataSources",
        "profiles.*.jobSpecs.imageConfig",
        "mounts",
        "api",
    ]);
    for (path, permit) in [
        ("limits.maxGPU", Permit::Yes),
        ("limits.maxCPU", Permit::No),
        ("profiles.x.dataSources[0].uri", Permit::Yes),
        ("profiles.x.DataSources[0].Uri", Permit::Yes),
        ("profiles.x.jobSpecs[0].imageConfig.password", Permit::Yes),
        ("profiles.x.jobSpecs[0].image", Permit::No),
        ("profiles.x", Permit::No),
        ("mounts[0].uri", Permit::Yes),
        ("mounts", Permit::Yes),
        ("api.burst", Permit::Yes),
        ("codeSource.defaultBranch", Permit::No),
    ] {
        assert_eq!(may(&policy, Actor::Tool, path), permit, "{path}");
    }
}

#[test]
fn what_nobody_may_change_is_closed_whatever_the_list_holds() {
    let mut policy = with(&[]);
    for root in NEVER_TOOLS.iter().chain(&["projectPrefix", "Endpoint"]) {
        policy.change.insert(Grant::path(&[root]));
    }
    for path in [
        "credentials.accessKeyId",
        "Credentials",
        "endpoint",
        "ENDPOINT.dlc",
        "policy.tools.change[0]",
        "caller",
        "version",
        "notify",
        "Hooks",
        "confirm",
        "projectPrefix",
        "PROJECTPREFIX",
    ] {
        assert_eq!(may(&policy, Actor::Tool, path), Permit::No, "{path}");
    }
    for path in [
        "credentials.accessKeySecret",
        "POLICY.tools",
        "caller.userId",
        "version",
    ] {
        assert_eq!(may(&policy, Actor::Person, path), Permit::No, "{path}");
    }
    for path in [
        "endpoint",
        "projectPrefix",
        "limits",
        "mounts[0]",
        "profiles.x.settings",
    ] {
        assert_eq!(may(&policy, Actor::Person, path), Permit::Yes, "{path}");
    }
}

#[test]
fn an_entry_that_means_nothing_or_may_not_be_is_an_error() {
    for entry in [
        "",
        "everything",
        "profile",
        "Profiles",
        "profiles.default",
        "profiles.*",
        "profiles.*.colour",
        "profiles.*.DataSources",
        "mounts.uri",
        "mounts[0]",
        "mounts.readonly",
        "limits.maxgpu",
        "limits.*",
        "codeSource.defaultbranch",
        "credentials",
        "credentials.accessKeyId",
        "endpoint",
        "Endpoint",
        "policy",
        "projectPrefix",
        "version",
        "hooks",
        "*",
    ] {
        assert!(Grant::parse(entry).is_err(), "{entry}");
    }
}

#[test]
fn a_refusal_names_the_entry_that_would_open_it() {
    for (path, entry) in [
        ("limits.maxGPU", Some("limits.maxGPU")),
        (
            "profiles.x.dataSources[0].uri",
            Some("profiles.*.dataSources.uri"),
        ),
        (
            "profiles.x.JobSpecs[0].ImageConfig.Password",
            Some("profiles.*.jobSpecs.imageConfig"),
        ),
        ("profiles.x.priority", Some("profiles")),
        ("profiles.x.unknown", Some("profiles")),
        ("mounts[0].uri", Some("mounts")),
        ("codeSource.codeSourceId", Some("codeSource.codeSourceId")),
        ("credentials.accessKeyId", None),
        ("Endpoint", None),
        ("unknown", None),
    ] {
        let steps = parse_path(path).unwrap();
        assert_eq!(grant_for(&steps).as_deref(), entry, "{path}");
    }
}
