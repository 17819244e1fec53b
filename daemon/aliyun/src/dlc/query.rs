//! Queries of the reading operations (PAI-DLC fact sheet §3.2, §3.7).

use jiff::Timestamp;
use std::collections::BTreeMap;

/// Which jobs to list. Every field is optional; what is `None` or empty is not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListJobsQuery {
    /// One workspace. Without it some accounts are refused (fact sheet §7).
    pub workspace_id: Option<String>,
    /// Only the caller's jobs.
    pub show_own: Option<bool>,
    /// All workspaces; only together with `show_own`.
    pub from_all_workspaces: Option<bool>,
    /// Contains, whatever the case.
    pub display_name: Option<String>,
    /// Exactly this one.
    pub job_id: Option<String>,
    /// Exactly these; keep it at 50 or fewer. `job_id` wins over it.
    pub job_ids: Vec<String>,
    /// One type.
    pub job_type: Option<String>,
    /// One status.
    pub status: Option<String>,
    /// `PUBLIC` or `PRIVATE`.
    pub accessibility: Option<String>,
    /// Created at or after; the server's default is seven days ago.
    pub start_time: Option<Timestamp>,
    /// Created at or before; the server's default is now.
    pub end_time: Option<Timestamp>,
    /// Another time that the window is about, such as `GmtFinishTime`.
    pub time_range_field: Option<String>,
    /// `GmtCreateTime`, `GmtFinishTime`, `DisplayName`, `JobType` or `Status`.
    pub sort_by: Option<String>,
    /// The server's default is descending.
    pub order: Option<Order>,
    /// From 1.
    pub page_number: Option<u32>,
    /// At most 100 is known to work.
    pub page_size: Option<u32>,
    /// Quota.
    pub resource_id: Option<String>,
    /// Any of these quotas.
    pub resource_ids: Vec<String>,
    /// A part of the quota's name.
    pub resource_quota_name: Option<String>,
    /// `PrePaid`, `Spot` or `PostPaid`.
    pub payment_type: Option<String>,
    /// Id of the submitter.
    pub user_id_for_filter: Option<String>,
    /// A part of the submitter's name.
    pub username: Option<String>,
    /// Id of the user in the system of whoever made the job.
    pub business_user_id: Option<String>,
    /// Tags that a job must have.
    pub tags: BTreeMap<String, String>,
    /// Any further pair of fact sheet §3.2, such as the searches in full texts.
    pub more: Vec<(String, String)>,
}

/// Direction of a sorted list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

impl ListJobsQuery {
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Pairs::default();
        pairs.text("WorkspaceId", self.workspace_id.as_deref());
        pairs.show("ShowOwn", self.show_own);
        pairs.show("FromAllWorkspaces", self.from_all_workspaces);
        pairs.text("DisplayName", self.display_name.as_deref());
        pairs.text("JobId", self.job_id.as_deref());
        pairs.text("JobIds", Some(&self.job_ids.join(",")));
        pairs.text("JobType", self.job_type.as_deref());
        pairs.text("Status", self.status.as_deref());
        pairs.text("Accessibility", self.accessibility.as_deref());
        pairs.time("StartTime", self.start_time);
        pairs.time("EndTime", self.end_time);
        pairs.text("TimeRangeField", self.time_range_field.as_deref());
        pairs.text("SortBy", self.sort_by.as_deref());
        pairs.text(
            "Order",
            self.order.map(|order| match order {
                Order::Asc => "asc",
                Order::Desc => "desc",
            }),
        );
        pairs.show("PageNumber", self.page_number);
        pairs.show("PageSize", self.page_size);
        pairs.text("ResourceId", self.resource_id.as_deref());
        pairs.text("ResourceIds", Some(&self.resource_ids.join(",")));
        pairs.text("ResourceQuotaName", self.resource_quota_name.as_deref());
        pairs.text("PaymentType", self.payment_type.as_deref());
        pairs.text("UserIdForFilter", self.user_id_for_filter.as_deref());
        pairs.text("Username", self.username.as_deref());
        pairs.text("BusinessUserId", self.business_user_id.as_deref());
        if !self.tags.is_empty() {
            // A map in a query is one JSON text (fact sheet §1).
            pairs.show("Tags", Some(serde_json::json!(self.tags)));
        }
        pairs.0.extend(self.more.iter().cloned());
        pairs.0
    }
}

/// Which lines of which pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodLogsQuery {
    /// The job.
    pub job_id: String,
    /// The pod.
    pub pod_id: String,
    /// The incarnation; the current one without it.
    pub pod_uid: Option<String>,
    /// The server's default is 2000; careful clients stay at 5000 or below (fact sheet §6).
    pub max_lines: Option<u32>,
    /// Whole seconds; a fraction is cut off. The server's default is seven days ago.
    pub start_time: Option<Timestamp>,
    /// Whole seconds; a fraction is cut off. The server's default is now.
    pub end_time: Option<Timestamp>,
    /// Container names; the server's own choice when empty.
    pub containers: Vec<String>,
}

impl PodLogsQuery {
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Pairs::default();
        pairs.text("PodUid", self.pod_uid.as_deref());
        pairs.show("MaxLines", self.max_lines);
        pairs.time("StartTime", self.start_time);
        pairs.time("EndTime", self.end_time);
        pairs.text("Containers", Some(&self.containers.join(",")));
        pairs.0
    }
}

#[derive(Default)]
pub(super) struct Pairs(pub(super) Vec<(String, String)>);

impl Pairs {
    pub(super) fn text(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.0.push((key.to_owned(), value.to_owned()));
        }
    }

    pub(super) fn show(&mut self, key: &str, value: Option<impl ToString>) {
        self.text(key, value.map(|value| value.to_string()).as_deref());
    }

    fn time(&mut self, key: &str, value: Option<Timestamp>) {
        self.show(key, value.map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ")));
    }
}
