//! ListJobs. Filters are read in `filter`, applied here to the world as it was `list_lag` ago.

mod filter;

use serde_json::{Value, json};

use super::query::{Page, Query};
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::job::{Job, Transition, finish_ms};
use crate::view::list_item;
use filter::Filter;

/// What the answer is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SortBy {
    DisplayName,
    JobType,
    Status,
    GmtCreateTime,
    GmtFinishTime,
}

impl SortBy {
    fn of(query: &Query) -> Result<Self, ApiError> {
        match query.text("SortBy") {
            Some("DisplayName") => Ok(Self::DisplayName),
            Some("JobType") => Ok(Self::JobType),
            Some("Status") => Ok(Self::Status),
            None | Some("GmtCreateTime") => Ok(Self::GmtCreateTime),
            Some("GmtFinishTime") => Ok(Self::GmtFinishTime),
            Some(_) => Err(ApiError::invalid("SortBy", "jobs cannot be sorted by it")),
        }
    }

    /// Jobs that tie keep the order of their creation.
    fn key(self, job: &Job, seen: &[Transition]) -> (String, i64) {
        match self {
            Self::DisplayName => (job.submission.display_name.clone(), 0),
            Self::JobType => (job.submission.job_type.clone(), 0),
            Self::Status => {
                let status = seen.last().map(|last| last.status.as_str());
                (status.unwrap_or_default().to_owned(), 0)
            }
            Self::GmtCreateTime => (String::new(), job.created_ms()),
            Self::GmtFinishTime => (String::new(), finish_ms(seen).unwrap_or(i64::MAX)),
        }
    }
}

pub(super) fn list_jobs(cloud: &Cloud, query: &Query) -> Result<Value, ApiError> {
    let now_ms = cloud.now_ms();
    let lag = i64::try_from(cloud.options.list_lag.as_millis()).unwrap_or(i64::MAX);
    let seen_until_ms = now_ms.saturating_sub(lag);
    let filter = Filter::of(query, now_ms)?;
    let sort_by = SortBy::of(query)?;
    let ascending = query.choice("Order", &["asc", "desc"])? == Some("asc");
    let page = Page::of(query)?;
    cloud.with_jobs(|jobs| {
        let mut found: Vec<(&Job, &[Transition])> = jobs
            .filter(|job| job.exists_at(seen_until_ms))
            .map(|job| (job, job.as_of(seen_until_ms)))
            .filter(|(job, seen)| filter.admits(job, seen, seen_until_ms))
            .collect();
        found.sort_by_cached_key(|(job, seen)| sort_by.key(job, seen));
        if !ascending {
            found.reverse();
        }
        let total = found.len();
        let items: Vec<Value> = page
            .cut(found)
            .map(|(job, seen)| list_item(job, seen, seen_until_ms, cloud.options.list_detail))
            .collect();
        Ok(json!({"Jobs": items, "TotalCount": total}))
    })
}
