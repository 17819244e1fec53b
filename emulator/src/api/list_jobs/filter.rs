//! The filters of ListJobs. The user who has the key sees the jobs of all others; `ShowOwn` excludes them.

use std::collections::BTreeMap;

use crate::api::caller_identity::{USER_ID, user_name};
use crate::api::query::Query;
use crate::error::ApiError;
use crate::job::{Job, Transition, finish_ms};

/// A job created longer ago is not listed unless `StartTime` says so.
const DEFAULT_WINDOW_MS: i64 = 7 * 86_400_000;

/// Documented filters that are refused rather than ignored: a client that trusts in one must not
/// find that everything passes.
const NOT_EMULATED: [&str; 16] = [
    "BusinessUserId",
    "Caller",
    "Description",
    "DisplayNameSearchMode",
    "EnableAssignNode",
    "ImageSearch",
    "NumericRangeField",
    "NumericRangeMax",
    "NumericRangeMin",
    "OversoldInfo",
    "PaymentType",
    "PipelineId",
    "ReasonSearch",
    "ResourceQuotaName",
    "TemplateId",
    "UserCommandSearch",
];

/// Which time the window is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimeField {
    Created,
    Finished,
}

/// What a job must be to be listed.
#[derive(Debug)]
pub(super) struct Filter {
    /// Empty for all; otherwise in lower case.
    ids: Vec<String>,
    /// In lower case.
    name_part: Option<String>,
    workspace_id: Option<String>,
    status: Option<String>,
    field: TimeField,
    /// Unix ms, included.
    start_ms: i64,
    /// Unix ms; the second it lies in is included.
    end_ms: i64,
    accessibility: Option<String>,
    job_type: Option<String>,
    resource_id: Option<String>,
    /// Empty for all.
    resource_ids: Vec<String>,
    /// All of these must be among `Settings.Tags`.
    tags: BTreeMap<String, String>,
    user_id: Option<String>,
    /// Part of a user's name.
    user_name: Option<String>,
    /// Only jobs of the user who asks.
    own_only: bool,
}

impl Filter {
    pub(super) fn of(query: &Query, now_ms: i64) -> Result<Self, ApiError> {
        let own_only = query.flag("ShowOwn")?.unwrap_or(false);
        let all_workspaces = query.flag("FromAllWorkspaces")?.unwrap_or(false);
        if all_workspaces && !own_only {
            let why = "it must come with ShowOwn=true";
            return Err(ApiError::invalid("FromAllWorkspaces", why));
        }
        let text = |key: &str| query.text(key).map(str::to_owned);
        let status = text("Status");
        if status.as_ref().is_some_and(|status| status.contains(',')) {
            return Err(ApiError::invalid("Status", "only one status is allowed"));
        }
        if let Some(key) = NOT_EMULATED.iter().find(|key| query.text(key).is_some()) {
            return Err(ApiError::not_emulated(key));
        }
        let mut ids = text("JobId").map_or_else(|| query.list("JobIds"), |id| vec![id]);
        ids.iter_mut().for_each(|id| id.make_ascii_lowercase());
        let tags = query.text("Tags").map(serde_json::from_str).transpose();
        let tags =
            tags.map_err(|_| ApiError::invalid("Tags", "it is not a JSON map of strings"))?;
        let field = match query.text("TimeRangeField") {
            None | Some("GmtCreateTime") => TimeField::Created,
            Some("GmtFinishTime") => TimeField::Finished,
            Some(_) => return Err(ApiError::invalid("TimeRangeField", "it is not known")),
        };
        Ok(Self {
            ids,
            name_part: text("DisplayName").map(|name| name.to_lowercase()),
            workspace_id: text("WorkspaceId").filter(|_| !all_workspaces),
            status,
            field,
            start_ms: query
                .time("StartTime")?
                .unwrap_or(now_ms - DEFAULT_WINDOW_MS),
            end_ms: query.time("EndTime")?.unwrap_or(now_ms),
            accessibility: text("Accessibility"),
            job_type: text("JobType"),
            resource_id: text("ResourceId"),
            resource_ids: query.list("ResourceIds"),
            tags: tags.unwrap_or_default(),
            user_id: text("UserIdForFilter"),
            user_name: text("Username"),
            own_only,
        })
    }

    /// Decides by what is known of the job at that time: its transitions so far, and what was
    /// changed of it.
    pub(super) fn admits(&self, job: &Job, seen: &[Transition], seen_until_ms: i64) -> bool {
        let Some(last) = seen.last() else {
            return false;
        };
        let time_ms = match self.field {
            TimeField::Created => Some(job.created_ms()),
            TimeField::Finished => finish_ms(seen),
        };
        let second = |ms: i64| ms.div_euclid(1000);
        let in_window = time_ms.is_some_and(|ms| {
            second(self.start_ms) <= second(ms) && second(ms) <= second(self.end_ms)
        });
        let sent = &job.submission;
        let quota = sent.raw.get("ResourceId").and_then(|id| id.as_str());
        let quota = quota.unwrap_or_default();
        let tags = sent.raw.get("Settings").and_then(|all| all.get("Tags"));
        let tagged = |(key, value): (&String, &String)| {
            tags.and_then(|tags| tags.get(key)?.as_str()) == Some(value)
        };
        in_window
            && (!self.own_only || sent.user_id == USER_ID)
            && matches(&self.user_id, &sent.user_id)
            && self
                .user_name
                .as_ref()
                .is_none_or(|part| user_name(&sent.user_id).contains(part))
            && (self.ids.is_empty() || self.ids.contains(&job.id))
            && matches(&self.job_type, &sent.job_type)
            && matches(&self.workspace_id, &sent.workspace_id)
            && matches(&self.status, last.status.as_str())
            && matches(&self.accessibility, job.accessibility(seen_until_ms))
            && matches(&self.resource_id, quota)
            && (self.resource_ids.is_empty() || self.resource_ids.iter().any(|id| id == quota))
            && self.tags.iter().all(tagged)
            && self
                .name_part
                .as_ref()
                .is_none_or(|part| sent.display_name.to_lowercase().contains(part))
    }
}

fn matches(wanted: &Option<String>, is: &str) -> bool {
    wanted.as_ref().is_none_or(|wanted| wanted == is)
}
