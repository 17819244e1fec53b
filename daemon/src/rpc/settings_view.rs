//! Settings as a message, without secrets.

use pai_proto::v1::{self, GetConfigResponse};

use crate::config::Settings;

pub(super) fn config(settings: &Settings) -> GetConfigResponse {
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
            ..v1::Limits::default()
        }),
        profiles: settings
            .profiles
            .iter()
            .map(|(name, profile)| v1::Profile {
                name: name.clone(),
                job_type: profile.job_type.clone(),
                replicas: profile.job_specs.iter().map(profile_replica).collect(),
                ..v1::Profile::default()
            })
            .collect(),
        mounts: settings
            .mounts
            .iter()
            .map(|mount| v1::Mount {
                name: mount.name.clone(),
                uri: mount.uri.clone(),
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
        ..GetConfigResponse::default()
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
