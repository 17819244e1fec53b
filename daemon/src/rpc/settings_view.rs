//! Settings as a message, without secrets.

use std::time::Duration;

use pai_proto::v1::{self, GetConfigResponse};

use crate::{
    config::{self, Keep, Logs, Profile},
    rpc::task::blocking,
    scope::Scope,
};

pub(super) async fn answer(scope: &Scope) -> GetConfigResponse {
    let (settings, redactor) = (scope.settings(), &scope.redactor);
    let path = settings.path.clone();
    let digest = blocking(move || config::digest(&path).unwrap_or_default()).await;
    GetConfigResponse {
        settings_path: settings.path.display().to_string(),
        version: settings.version.clone(),
        prefix: settings.prefix.clone(),
        region: settings.region.clone(),
        workspace_id: settings.workspace_id.clone(),
        resource_id: settings.resource_id.clone(),
        endpoint: settings.endpoints.dlc.to_string(),
        credential_source: settings.credential_source.to_string(),
        limits: Some(v1::Limits {
            max_running_jobs: settings.limits.max_running_jobs,
            max_gpu: settings.limits.max_gpu,
            max_cpu: settings.limits.max_cpu,
            max_run_minutes: settings.limits.max_run_minutes,
            max_gpu_milli_hours_per_day: settings.limits.max_gpu_milli_hours_per_day,
        }),
        profiles: settings
            .profiles
            .iter()
            .map(|(name, profile)| shown(name, profile))
            .collect(),
        mounts: settings
            .mounts
            .iter()
            .map(|mount| v1::Mount {
                name: mount.name.clone(),
                uri: redactor.text(&mount.uri),
                mount_path: mount.mount_path.clone(),
                read_only: mount.wire_access() == "RO",
            })
            .collect(),
        code_source: settings.code_source.as_ref().map(|source| v1::CodeSource {
            code_source_id: source.code_source_id.clone(),
            mount_path: source.mount_path.clone(),
            default_branch: source.default_branch.clone().unwrap_or_default(),
            default_commit: source.default_commit.clone().unwrap_or_default(),
        }),
        warnings: settings.warnings.clone(),
        own_path: settings
            .own_path
            .as_ref()
            .map(|path| path.display().to_string())
            .unwrap_or_default(),
        // A file that cannot be read any more has none; what is wrong with it is among the warnings.
        digest: digest.unwrap_or_default(),
        logs: Some(logs(&settings.own.logs, scope.nature.log_lag)),
    }
}

fn logs(logs: &Logs, lag: Duration) -> v1::LogSettings {
    let lag = logs.lag().unwrap_or(lag);
    v1::LogSettings {
        lag_ms: u64::try_from(lag.as_millis()).unwrap_or(u64::MAX),
        keep: match logs.keep {
            Keep::All => "all",
            Keep::Main => "main",
            Keep::None => "none",
        }
        .into(),
        days: logs.days,
        job_megabytes: logs.job_megabytes,
        total_megabytes: logs.total_megabytes,
    }
}

/// A profile without the values of its environment, which may be secrets.
fn shown(name: &str, profile: &Profile) -> v1::Profile {
    let further = &profile.further;
    let number = |key: &str| further.get(key).and_then(serde_json::Value::as_i64);
    let envs = further.get("Envs").and_then(serde_json::Value::as_object);
    let told = ["Envs", "Priority", "JobMaxRunningTimeMinutes"];
    let keys = further.keys().filter(|key| !told.contains(&key.as_str()));
    v1::Profile {
        name: name.into(),
        job_type: profile.job_type.clone(),
        replicas: profile.job_specs.iter().map(profile_replica).collect(),
        priority: number("Priority").and_then(|n| i32::try_from(n).ok()),
        max_run_minutes: number("JobMaxRunningTimeMinutes").and_then(|n| u32::try_from(n).ok()),
        env_names: envs
            .into_iter()
            .flat_map(|envs| envs.keys().cloned())
            .collect(),
        further_keys: keys.cloned().collect(),
    }
}

/// A role as it stands in the settings: amounts are shown as written, nothing else of the role is.
fn profile_replica(spec: &serde_json::Value) -> v1::ProfileReplica {
    let spec = crate::provider::dlc::request::wire_case(spec);
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let amounts = &spec["ResourceConfig"];
    v1::ProfileReplica {
        role: text(&spec["Type"]),
        count: spec["PodCount"]
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(0),
        image: text(&spec["Image"]),
        instance_type: text(&spec["EcsSpec"]),
        cpu: text(&amounts["CPU"]),
        gpu: text(&amounts["GPU"]),
        memory: text(&amounts["Memory"]),
    }
}
