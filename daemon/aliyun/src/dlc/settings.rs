//! Tags and switches of a job (PAI-DLC fact sheet §4.8).

use crate::fields::Fields;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// The settings that a tracker shows; all others are in `other`.
#[derive(Clone, Default, PartialEq)]
pub struct JobSettings {
    /// Custom tags; a clone from the console adds `CloneFromJobID`.
    pub tags: Option<BTreeMap<String, String>>,
    /// What made the job.
    pub caller: Option<String>,
    /// Id of the user in the caller's own system.
    pub business_user_id: Option<String>,
    /// Pipeline that made the job.
    pub pipeline_id: Option<String>,
    /// How long pods are kept after the end, in minutes.
    pub job_reserved_minutes: Option<i64>,
    /// When they are kept.
    pub job_reserved_policy: Option<String>,
    /// Whether idle resources of others may be used.
    pub oversold_type: Option<String>,
    /// Whether nodes are checked before the start.
    pub enable_sanity_check: Option<bool>,
    /// Whether failures are watched for and restarted.
    pub enable_error_monitoring: Option<bool>,
    /// Keys without a field above, and values of an unexpected type.
    pub other: Map<String, Value>,
}

impl JobSettings {
    pub(super) fn from_object(object: Map<String, Value>) -> Self {
        let mut f = Fields::new(object);
        Self {
            tags: f.texts("Tags"),
            caller: f.text("Caller"),
            business_user_id: f.text("BusinessUserId"),
            pipeline_id: f.text("PipelineId"),
            job_reserved_minutes: f.int("JobReservedMinutes"),
            job_reserved_policy: f.text("JobReservedPolicy"),
            oversold_type: f.text("OversoldType"),
            enable_sanity_check: f.flag("EnableSanityCheck"),
            enable_error_monitoring: f.flag("EnableErrorMonitoringInAIMaster"),
            other: f.rest(),
        }
    }
}

impl fmt::Debug for JobSettings {
    /// Shows the names of the tags only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tags: Option<Vec<&String>> = self.tags.as_ref().map(|tags| tags.keys().collect());
        f.debug_struct("JobSettings")
            .field("tags", &tags)
            .finish_non_exhaustive()
    }
}
