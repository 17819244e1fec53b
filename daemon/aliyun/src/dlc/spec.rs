//! What a job was asked to be: roles, resources, code and data (PAI-DLC fact sheet §4.4, §4.7).

use super::Amount;
use crate::fields::{Fields, Taken, object};
use serde_json::{Map, Value};
use std::fmt;

/// One role of a job.
#[derive(Clone, Default, PartialEq)]
pub struct JobSpec {
    /// `Worker`, `Master`, `Chief`, …; the key is `Type`.
    pub role: Option<String>,
    /// Replicas.
    pub pod_count: Option<i64>,
    /// Full URI of the image.
    pub image: Option<String>,
    /// Instance type of the public pool.
    pub ecs_spec: Option<String>,
    /// Resources of one replica, for jobs on a quota.
    pub resource_config: Option<ResourceConfig>,
    /// Quota of this role.
    pub quota_id: Option<String>,
    /// Command of this role instead of the job's.
    pub user_command: Option<String>,
    /// `Always`, `Never`, `OnFailure`, `ExitCode`.
    pub restart_policy: Option<String>,
    /// Whether it runs on spot instances.
    pub use_spot_instance: Option<bool>,
    /// Keys without a field above, and values of an unexpected type; may hold the password of a
    /// private image registry.
    pub other: Map<String, Value>,
}

impl JobSpec {
    /// Reads one role of a request or an answer; gives back a value that is no object.
    pub fn from_value(value: Value) -> Result<Self, Value> {
        let mut f = Fields::new(object(value)?);
        Ok(Self {
            role: f.text("Type"),
            pod_count: f.int("PodCount"),
            image: f.text("Image"),
            ecs_spec: f.text("EcsSpec"),
            resource_config: f.object("ResourceConfig", ResourceConfig::from_object),
            quota_id: f.text("QuotaId"),
            user_command: f.text("UserCommand"),
            restart_policy: f.text("RestartPolicy"),
            use_spot_instance: f.flag("UseSpotInstance"),
            other: f.rest(),
        })
    }
}

impl fmt::Debug for JobSpec {
    /// Leaves the command and `other` out, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobSpec")
            .field("role", &self.role)
            .field("pod_count", &self.pod_count)
            .field("image", &self.image)
            .field("ecs_spec", &self.ecs_spec)
            .field("resource_config", &self.resource_config)
            .finish_non_exhaustive()
    }
}

/// Resources of one replica.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceConfig {
    /// vCPUs, such as "8".
    pub cpu: Option<Amount>,
    /// Such as "32Gi".
    pub memory: Option<Amount>,
    /// Cards, such as "1".
    pub gpu: Option<Amount>,
    /// Code of the card's type.
    pub gpu_type: Option<String>,
    /// Such as "32Gi".
    pub shared_memory: Option<Amount>,
    /// Keys without a field above, and values of an unexpected type.
    pub other: Map<String, Value>,
}

impl ResourceConfig {
    fn from_object(object: Map<String, Value>) -> Self {
        let mut f = Fields::new(object);
        Self {
            cpu: f.take("CPU", Amount::from_value),
            memory: f.take("Memory", Amount::from_value),
            gpu: f.take("GPU", Amount::from_value),
            gpu_type: f.text("GPUType"),
            shared_memory: f.take("SharedMemory", Amount::from_value),
            other: f.rest(),
        }
    }
}

/// The git source of a job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CodeSource {
    /// `code-…`.
    pub code_source_id: Option<String>,
    /// Branch.
    pub branch: Option<String>,
    /// Commit.
    pub commit: Option<String>,
    /// Where it is cloned to.
    pub mount_path: Option<String>,
    /// Keys without a field above, and values of an unexpected type.
    pub other: Map<String, Value>,
}

impl CodeSource {
    pub(super) fn from_object(object: Map<String, Value>) -> Self {
        let mut f = Fields::new(object);
        Self {
            code_source_id: f.text("CodeSourceId"),
            branch: f.text("Branch"),
            commit: f.text("Commit"),
            mount_path: f.text("MountPath"),
            other: f.rest(),
        }
    }
}

/// One mount of a job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataSource {
    /// Dataset, `d-…`.
    pub data_source_id: Option<String>,
    /// `oss://…`, `nas://…`, `cpfs://…`; GetJob only.
    pub uri: Option<String>,
    /// Where it is mounted.
    pub mount_path: Option<String>,
    /// Keys without a field above, and values of an unexpected type.
    pub other: Map<String, Value>,
}

impl DataSource {
    pub(super) fn from_value(value: Value) -> Taken<Self> {
        let mut f = Fields::new(object(value)?);
        Ok(Self {
            data_source_id: f.text("DataSourceId"),
            uri: f.text("Uri"),
            mount_path: f.text("MountPath"),
            other: f.rest(),
        })
    }
}
