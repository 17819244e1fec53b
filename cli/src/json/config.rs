//! The settings in force, and who the key is.

use std::time::Duration;

use pai_proto::v1;
use serde::Serialize;

use super::known;

/// The settings in force.
#[derive(Debug, Serialize)]
pub struct Config {
    settings_path: String,
    version: String,
    prefix: String,
    region: String,
    workspace_id: String,
    resource_id: Option<String>,
    endpoint: String,
    credential_source: String,
    limits: Limits,
    profiles: Vec<Profile>,
    mounts: Vec<Mount>,
    code_source: Option<CodeSource>,
    warnings: Vec<String>,
    /// The file of our own keys beside the settings.
    own_path: Option<String>,
    /// Of both files: changes when one of them does.
    digest: Option<String>,
    logs: Option<Logs>,
}

#[derive(Debug, Serialize)]
struct Logs {
    /// Seconds.
    lag: f64,
    keep: String,
    days: u32,
    job_megabytes: u32,
    total_megabytes: u32,
}

#[derive(Debug, Serialize)]
struct Limits {
    max_running_jobs: u32,
    max_gpu: Option<u64>,
    max_cpu: Option<u64>,
    max_run_minutes: Option<u32>,
    max_gpu_milli_hours_per_day: Option<u64>,
}

/// A profile, without the values of its environment.
#[derive(Debug, Serialize)]
pub struct Profile {
    name: String,
    job_type: String,
    replicas: Vec<ProfileReplica>,
    priority: Option<i32>,
    max_run_minutes: Option<u32>,
    env_names: Vec<String>,
    further_keys: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ProfileReplica {
    role: String,
    count: u32,
    image: Option<String>,
    instance_type: Option<String>,
    cpu: Option<String>,
    gpu: Option<String>,
    memory: Option<String>,
}

#[derive(Debug, Serialize)]
struct Mount {
    name: String,
    uri: String,
    mount_path: String,
    read_only: bool,
}

#[derive(Debug, Serialize)]
struct CodeSource {
    code_source_id: String,
    mount_path: Option<String>,
    default_branch: Option<String>,
    default_commit: Option<String>,
}

/// Who the key is.
#[derive(Debug, Serialize)]
pub struct WhoAmI {
    account_id: String,
    user_id: Option<String>,
    identity_type: String,
    arn: Option<String>,
    credential_source: String,
}

impl From<&v1::GetConfigResponse> for Config {
    fn from(config: &v1::GetConfigResponse) -> Self {
        let limits = config.limits.unwrap_or_default();
        Self {
            settings_path: config.settings_path.clone(),
            version: config.version.clone(),
            prefix: config.prefix.clone(),
            region: config.region.clone(),
            workspace_id: config.workspace_id.clone(),
            resource_id: known(&config.resource_id),
            endpoint: config.endpoint.clone(),
            credential_source: config.credential_source.clone(),
            limits: Limits {
                max_running_jobs: limits.max_running_jobs,
                max_gpu: limits.max_gpu,
                max_cpu: limits.max_cpu,
                max_run_minutes: limits.max_run_minutes,
                max_gpu_milli_hours_per_day: limits.max_gpu_milli_hours_per_day,
            },
            profiles: config.profiles.iter().map(Into::into).collect(),
            mounts: config.mounts.iter().map(Into::into).collect(),
            code_source: config.code_source.as_ref().map(Into::into),
            warnings: config.warnings.clone(),
            own_path: known(&config.own_path),
            digest: known(&config.digest),
            logs: config.logs.as_ref().map(Into::into),
        }
    }
}

impl From<&v1::LogSettings> for Logs {
    fn from(logs: &v1::LogSettings) -> Self {
        Self {
            lag: Duration::from_millis(logs.lag_ms).as_secs_f64(),
            keep: logs.keep.clone(),
            days: logs.days,
            job_megabytes: logs.job_megabytes,
            total_megabytes: logs.total_megabytes,
        }
    }
}

impl From<&v1::Profile> for Profile {
    fn from(profile: &v1::Profile) -> Self {
        let replica = |replica: &v1::ProfileReplica| ProfileReplica {
            role: replica.role.clone(),
            count: replica.count,
            image: known(&replica.image),
            instance_type: known(&replica.instance_type),
            cpu: known(&replica.cpu),
            gpu: known(&replica.gpu),
            memory: known(&replica.memory),
        };
        Self {
            name: profile.name.clone(),
            job_type: profile.job_type.clone(),
            replicas: profile.replicas.iter().map(replica).collect(),
            priority: profile.priority,
            max_run_minutes: profile.max_run_minutes,
            env_names: profile.env_names.clone(),
            further_keys: profile.further_keys.clone(),
        }
    }
}

impl From<&v1::Mount> for Mount {
    fn from(mount: &v1::Mount) -> Self {
        Self {
            name: mount.name.clone(),
            uri: mount.uri.clone(),
            mount_path: mount.mount_path.clone(),
            read_only: mount.read_only,
        }
    }
}

impl From<&v1::CodeSource> for CodeSource {
    fn from(code: &v1::CodeSource) -> Self {
        Self {
            code_source_id: code.code_source_id.clone(),
            mount_path: known(&code.mount_path),
            default_branch: known(&code.default_branch),
            default_commit: known(&code.default_commit),
        }
    }
}

impl From<&v1::WhoAmIResponse> for WhoAmI {
    fn from(who: &v1::WhoAmIResponse) -> Self {
        Self {
            account_id: who.account_id.clone(),
            user_id: known(&who.user_id),
            identity_type: who.identity_type.clone(),
            arn: known(&who.arn),
            credential_source: who.credential_source.clone(),
        }
    }
}
