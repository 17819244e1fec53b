//! The file's keys as they stand in it, before any check.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::settings::{CodeSource, Mount};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Raw {
    pub version: Option<String>,
    pub project_prefix: String,
    pub region_id: String,
    pub workspace_id: String,
    #[serde(default)]
    pub resource_id: Option<String>,
    pub credentials: Option<RawCredentials>,
    #[serde(rename = "caller")]
    pub _caller: Option<Value>,
    pub code_source: Option<CodeSource>,
    #[serde(default)]
    pub mounts: Vec<Mount>,
    pub limits: Option<RawLimits>,
    pub profiles: Option<BTreeMap<String, RawProfile>>,
    pub job_defaults: Option<RawDefaults>,
    pub endpoint: Option<Value>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawCredentials {
    pub access_key_id: String,
    pub access_key_secret: String,
    pub security_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawLimits {
    pub max_running_jobs: Option<u32>,
    #[serde(rename = "maxGPU")]
    pub max_gpu: Option<u64>,
    #[serde(rename = "maxCPU")]
    pub max_cpu: Option<u64>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawProfile {
    pub job_type: String,
    pub job_specs: Vec<Value>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The 0.3.0 shape.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawDefaults {
    pub job_type: String,
    #[serde(default)]
    pub job_specs: Vec<Value>,
    pub simple: Option<RawSimple>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawSimple {
    pub docker_image: String,
    pub ecs_spec: String,
    pub pod_count: u32,
}
