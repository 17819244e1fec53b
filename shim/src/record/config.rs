//! The settings in force, and who the key is.

use pai_proto::v1;
use serde::Serialize;

use super::{is_default, known};
use pai_proto::text;

/// Profiles and mounts that are shown, each.
const SHOWN_MAX: usize = 20;

/// The settings in force, without any secret.
#[derive(Debug, Serialize)]
pub(crate) struct Config {
    settings_path: String,
    prefix: String,
    region: String,
    workspace_id: String,
    #[serde(skip_serializing_if = "is_default")]
    resource_id: Option<String>,
    endpoint: String,
    credential_source: String,
    limits: Limits,
    profiles: Vec<Profile>,
    #[serde(skip_serializing_if = "is_default")]
    profiles_left_out: usize,
    #[serde(skip_serializing_if = "is_default")]
    mounts: Vec<Mount>,
    #[serde(skip_serializing_if = "is_default")]
    mounts_left_out: usize,
    #[serde(skip_serializing_if = "is_default")]
    code_source: Option<CodeSource>,
    #[serde(skip_serializing_if = "is_default")]
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Limits {
    max_running_jobs: u32,
    #[serde(skip_serializing_if = "is_default")]
    max_gpu: Option<u64>,
    #[serde(skip_serializing_if = "is_default")]
    max_cpu: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Profile {
    name: String,
    job_type: String,
    replicas: Vec<Replica>,
}

#[derive(Debug, Serialize)]
struct Replica {
    role: String,
    count: u32,
    #[serde(skip_serializing_if = "is_default")]
    image: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    instance_type: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    cpu: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    gpu: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    memory: Option<String>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Mount {
    name: String,
    uri: String,
    mount_path: String,
    #[serde(skip_serializing_if = "is_default")]
    read_only: bool,
}

#[derive(Debug, PartialEq, Serialize)]
struct CodeSource {
    code_source_id: String,
    #[serde(skip_serializing_if = "is_default")]
    mount_path: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    default_branch: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    default_commit: Option<String>,
}

/// Who the key is.
#[derive(Debug, Serialize)]
pub(crate) struct WhoAmI {
    account_id: String,
    #[serde(skip_serializing_if = "is_default")]
    user_id: Option<String>,
    identity_type: String,
    #[serde(skip_serializing_if = "is_default")]
    arn: Option<String>,
    credential_source: String,
}

impl From<&v1::GetConfigResponse> for Config {
    fn from(config: &v1::GetConfigResponse) -> Self {
        let limits = config.limits.unwrap_or_default();
        let (profiles, mounts) = (&config.profiles, &config.mounts);
        Self {
            settings_path: text::line(&config.settings_path),
            prefix: text::line(&config.prefix),
            region: text::line(&config.region),
            workspace_id: text::line(&config.workspace_id),
            resource_id: known(&config.resource_id),
            endpoint: text::line(&config.endpoint),
            credential_source: text::line(&config.credential_source),
            limits: Limits {
                max_running_jobs: limits.max_running_jobs,
                max_gpu: limits.max_gpu,
                max_cpu: limits.max_cpu,
            },
            profiles: profiles.iter().take(SHOWN_MAX).map(Into::into).collect(),
            profiles_left_out: profiles.len().saturating_sub(SHOWN_MAX),
            mounts: mounts.iter().take(SHOWN_MAX).map(Into::into).collect(),
            mounts_left_out: mounts.len().saturating_sub(SHOWN_MAX),
            code_source: config.code_source.as_ref().map(Into::into),
            warnings: config
                .warnings
                .iter()
                .filter_map(|line| known(line))
                .collect(),
        }
    }
}

impl From<&v1::Profile> for Profile {
    fn from(profile: &v1::Profile) -> Self {
        Self {
            name: text::line(&profile.name),
            job_type: text::line(&profile.job_type),
            replicas: profile.replicas.iter().map(Into::into).collect(),
        }
    }
}

impl From<&v1::ProfileReplica> for Replica {
    fn from(replica: &v1::ProfileReplica) -> Self {
        Self {
            role: text::line(&replica.role),
            count: replica.count,
            image: known(&replica.image),
            instance_type: known(&replica.instance_type),
            cpu: known(&replica.cpu),
            gpu: known(&replica.gpu),
            memory: known(&replica.memory),
        }
    }
}

impl From<&v1::Mount> for Mount {
    fn from(mount: &v1::Mount) -> Self {
        Self {
            name: text::line(&mount.name),
            uri: text::line(&mount.uri),
            mount_path: text::line(&mount.mount_path),
            read_only: mount.read_only,
        }
    }
}

impl From<&v1::CodeSource> for CodeSource {
    fn from(code: &v1::CodeSource) -> Self {
        Self {
            code_source_id: text::line(&code.code_source_id),
            mount_path: known(&code.mount_path),
            default_branch: known(&code.default_branch),
            default_commit: known(&code.default_commit),
        }
    }
}

impl From<&v1::WhoAmIResponse> for WhoAmI {
    fn from(who: &v1::WhoAmIResponse) -> Self {
        Self {
            account_id: text::line(&who.account_id),
            user_id: known(&who.user_id),
            identity_type: text::line(&who.identity_type),
            arn: known(&who.arn),
            credential_source: text::line(&who.credential_source),
        }
    }
}
