//! The files' keys as they stand in them, before any check.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Number, Value};

use super::{
    own::{Api, List, Logs},
    settings::{CodeSource, Mount},
};

/// Profiles as they stand in either file.
pub(super) type RawProfiles = BTreeMap<String, Map<String, Value>>;

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
    pub profiles: Option<RawProfiles>,
    pub job_defaults: Option<RawDefaults>,
    pub endpoint: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawCredentials {
    pub access_key_id: String,
    pub access_key_secret: String,
    pub security_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawLimits {
    pub max_running_jobs: Option<u32>,
    #[serde(rename = "maxGPU")]
    pub max_gpu: Option<u64>,
    #[serde(rename = "maxCPU")]
    pub max_cpu: Option<u64>,
    pub max_run_minutes: Option<u32>,
    #[serde(rename = "maxGPUHoursPerDay")]
    pub max_gpu_hours_per_day: Option<Number>,
}

/// The 0.3.0 shape.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawDefaults {
    pub job_type: String,
    #[serde(default)]
    pub job_specs: Vec<Value>,
    pub simple: Option<RawSimple>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawSimple {
    pub docker_image: String,
    pub ecs_spec: String,
    pub pod_count: u32,
}

/// Our own file, without `policy`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawOwn {
    pub api: Api,
    pub list: List,
    pub logs: Logs,
    pub endpoint: Option<Value>,
    pub limits: Option<RawLimits>,
    pub profiles: Option<RawProfiles>,
}
