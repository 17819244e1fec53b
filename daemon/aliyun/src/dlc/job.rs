//! A job, merged from what ListJobs and GetJob say (PAI-DLC fact sheet §4.1, §4.2).

use super::{Amount, CodeSource, DataSource, JobSettings, JobSpec, Pod, RestartTimes};
use crate::fields::{Fields, Taken, object, text};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// One job. `None` means that the answer had no such key, `null`, a blank text, or a value of
/// another type (then it is in `other`). Statuses and other enumerations are kept as texts, since
/// their lists are open.
#[derive(Clone, Default, PartialEq)]
pub struct Job {
    /// `dlc…`.
    pub job_id: Option<String>,
    /// Not unique.
    pub display_name: Option<String>,
    /// `PyTorchJob`, `TFJob`, ….
    pub job_type: Option<String>,
    /// GetJob only.
    pub description: Option<String>,
    /// See fact sheet §5.1; unknown ones must count as not terminal.
    pub status: Option<String>,
    /// Finer state around preemption and retry.
    pub sub_status: Option<String>,
    /// Why the job is in its status; an open list.
    pub reason_code: Option<String>,
    /// Free text to `reason_code`.
    pub reason_message: Option<String>,
    /// The statuses that the job went through; a poller misses short ones.
    pub status_history: Option<Vec<StatusTransition>>,
    /// Decimal number.
    pub workspace_id: Option<String>,
    /// Name of the workspace.
    pub workspace_name: Option<String>,
    /// Tenant of the workspace.
    pub tenant_id: Option<String>,
    /// Who submitted it: RAM user id or account id.
    pub user_id: Option<String>,
    /// Name of the submitter; ListJobs only.
    pub username: Option<String>,
    /// `PUBLIC` or `PRIVATE`.
    pub accessibility: Option<String>,
    /// 1 (lowest) to 9.
    pub priority: Option<i64>,
    /// Quota id; `None` is the public pool.
    pub resource_id: Option<String>,
    /// Name of the resource; ListJobs only.
    pub resource_name: Option<String>,
    /// Name of the quota; ListJobs only.
    pub resource_quota_name: Option<String>,
    /// For example `L0`.
    pub resource_level: Option<String>,
    /// `ECS`, `Lingjun`, `ACS`.
    pub resource_type: Option<String>,
    /// Cluster that runs it.
    pub cluster_id: Option<String>,
    /// Accepted by the service.
    pub gmt_create_time: Option<Timestamp>,
    /// Handed to the cluster.
    pub gmt_submitted_time: Option<Timestamp>,
    /// First running.
    pub gmt_running_time: Option<Timestamp>,
    /// Ended well; the API spells it so.
    pub gmt_successed_time: Option<Timestamp>,
    /// Ended badly.
    pub gmt_failed_time: Option<Timestamp>,
    /// Stopped.
    pub gmt_stopped_time: Option<Timestamp>,
    /// Any end.
    pub gmt_finish_time: Option<Timestamp>,
    /// Last change; ListJobs only.
    pub gmt_modified_time: Option<Timestamp>,
    /// Seconds running.
    pub duration: Option<i64>,
    /// Time limit in minutes, 0 for none; ListJobs only.
    pub job_max_running_time_minutes: Option<i64>,
    /// All vCPUs of the job together.
    pub request_cpu: Option<Amount>,
    /// All GPUs of the job together.
    pub request_gpu: Option<Amount>,
    /// All memory of the job together.
    pub request_memory: Option<Amount>,
    /// ListJobs only.
    pub node_count: Option<i64>,
    /// ListJobs only.
    pub node_names: Option<Vec<String>>,
    /// See [`RestartTimes`].
    pub restart_times: Option<RestartTimes>,
    /// ListJobs only.
    pub retry_count: Option<i64>,
    /// GetJob only; objects as answered (fact sheet §4.2).
    pub restart_record: Option<Vec<Value>>,
    /// One per role.
    pub job_specs: Option<Vec<JobSpec>>,
    /// Counters per role, objects as answered (fact sheet §4.9).
    pub job_replica_statuses: Option<Vec<Value>>,
    /// May be empty for a while right after the end (fact sheet §6).
    pub pods: Option<Vec<Pod>>,
    /// Shell text run in every role.
    pub user_command: Option<String>,
    /// Environment given at submit; may hold secrets.
    pub envs: Option<BTreeMap<String, String>>,
    /// Environment added by the service; ListJobs only; may hold secrets.
    pub system_envs: Option<BTreeMap<String, String>>,
    /// Git source cloned before the start.
    pub code_source: Option<CodeSource>,
    /// Mounts; the list form has no URI.
    pub data_sources: Option<Vec<DataSource>>,
    /// Network of the pods, as answered.
    pub user_vpc: Option<Map<String, Value>>,
    /// pip requirements.
    pub thirdparty_libs: Option<Vec<String>>,
    /// Folder with a requirements file.
    pub thirdparty_lib_dir: Option<String>,
    /// Tags and switches.
    pub settings: Option<JobSettings>,
    /// Job template it was made from; ListJobs only.
    pub template_id: Option<String>,
    /// Name of that template; ListJobs only.
    pub template_name: Option<String>,
    /// For example `Auto`.
    pub scheduling_strategy: Option<String>,
    /// ListJobs only.
    pub enable_preemptible_job: Option<bool>,
    /// Runs on idle resources of others; ListJobs only.
    pub use_oversold_resource: Option<bool>,
    /// ListJobs only.
    pub is_deleted: Option<bool>,
    /// Id of the request that brought it; GetJob only.
    pub request_id: Option<String>,
    /// Keys without a field above, and values of an unexpected type.
    pub other: Map<String, Value>,
}

impl Job {
    /// Reads a job; anything but an object is given back.
    pub fn from_value(value: Value) -> Result<Self, Value> {
        object(value).map(Self::from_object)
    }

    /// Reads a job from an object; there is no object that it cannot be read from.
    pub fn from_object(object: Map<String, Value>) -> Self {
        let mut f = Fields::new(object);
        Self {
            job_id: f.text("JobId"),
            display_name: f.text("DisplayName"),
            job_type: f.text("JobType"),
            description: f.text("Description"),
            status: f.text("Status"),
            sub_status: f.text("SubStatus"),
            reason_code: f.text("ReasonCode"),
            reason_message: f.text("ReasonMessage"),
            status_history: f.list("StatusHistory", StatusTransition::from_value),
            workspace_id: f.text("WorkspaceId"),
            workspace_name: f.text("WorkspaceName"),
            tenant_id: f.text("TenantId"),
            user_id: f.text("UserId"),
            username: f.text("Username"),
            accessibility: f.text("Accessibility"),
            priority: f.int("Priority"),
            resource_id: f.text("ResourceId"),
            resource_name: f.text("ResourceName"),
            resource_quota_name: f.text("ResourceQuotaName"),
            resource_level: f.text("ResourceLevel"),
            resource_type: f.text("ResourceType"),
            cluster_id: f.text("ClusterId"),
            gmt_create_time: f.time("GmtCreateTime"),
            gmt_submitted_time: f.time("GmtSubmittedTime"),
            gmt_running_time: f.time("GmtRunningTime"),
            gmt_successed_time: f.time("GmtSuccessedTime"),
            gmt_failed_time: f.time("GmtFailedTime"),
            gmt_stopped_time: f.time("GmtStoppedTime"),
            gmt_finish_time: f.time("GmtFinishTime"),
            gmt_modified_time: f.time("GmtModifiedTime"),
            duration: f.int("Duration"),
            job_max_running_time_minutes: f.int("JobMaxRunningTimeMinutes"),
            request_cpu: f.take("RequestCPU", Amount::from_value),
            request_gpu: f.take("RequestGPU", Amount::from_value),
            request_memory: f.take("RequestMemory", Amount::from_value),
            node_count: f.int("NodeCount"),
            node_names: f.list("NodeNames", text),
            restart_times: f.take("RestartTimes", RestartTimes::from_value),
            retry_count: f.int("RetryCount"),
            restart_record: f.list("RestartRecord", Ok),
            job_specs: f.list("JobSpecs", JobSpec::from_value),
            job_replica_statuses: f.list("JobReplicaStatuses", Ok),
            pods: f.list("Pods", Pod::from_value),
            user_command: f.text("UserCommand"),
            envs: f.texts("Envs"),
            system_envs: f.texts("SystemEnvs"),
            code_source: f.object("CodeSource", CodeSource::from_object),
            data_sources: f.list("DataSources", DataSource::from_value),
            user_vpc: f.object("UserVpc", |vpc| vpc),
            thirdparty_libs: f.list("ThirdpartyLibs", text),
            thirdparty_lib_dir: f.text("ThirdpartyLibDir"),
            settings: f.object("Settings", JobSettings::from_object),
            template_id: f.text("TemplateId"),
            template_name: f.text("TemplateName"),
            scheduling_strategy: f.text("SchedulingStrategy"),
            enable_preemptible_job: f.flag("EnablePreemptibleJob"),
            use_oversold_resource: f.flag("UseOversoldResource"),
            is_deleted: f.flag("IsDeleted"),
            request_id: f.text("RequestId"),
            other: f.rest(),
        }
    }
}

impl fmt::Debug for Job {
    /// Names the job only: command, environment, settings and `other` may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("job_id", &self.job_id)
            .field("display_name", &self.display_name)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// One step of a job's history (fact sheet §4.9).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatusTransition {
    /// The status entered.
    pub status: Option<String>,
    /// Entered at.
    pub start_time: Option<Timestamp>,
    /// Left at.
    pub end_time: Option<Timestamp>,
    /// Why.
    pub reason_code: Option<String>,
    /// Why, in words.
    pub reason_message: Option<String>,
    /// Keys without a field above, and values of an unexpected type.
    pub other: Map<String, Value>,
}

impl StatusTransition {
    fn from_value(value: Value) -> Taken<Self> {
        let mut f = Fields::new(object(value)?);
        Ok(Self {
            status: f.text("Status"),
            start_time: f.time("StartTime"),
            end_time: f.time("EndTime"),
            reason_code: f.text("ReasonCode"),
            reason_message: f.text("ReasonMessage"),
            other: f.rest(),
        })
    }
}
