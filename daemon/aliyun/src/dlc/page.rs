//! One page of a list, as ListJobs and ListEcsSpecs answer it (PAI-DLC fact sheet §1).

use super::{EcsSpec, Job};
use crate::Answer;
use crate::error::Error;
use crate::fields::{Taken, count};
use serde_json::Value;
use std::mem::take;

/// One page of ListJobs.
#[derive(Clone, Debug)]
pub struct JobPage {
    /// The jobs that could be read, in the server's order.
    pub jobs: Vec<Job>,
    /// How many items of the page were no objects and were left out.
    pub malformed: usize,
    /// All jobs that match, over all pages; may drift between pages (fact sheet §7).
    pub total_count: Option<u64>,
    /// Id of the request.
    pub request_id: Option<String>,
}

impl JobPage {
    pub(super) fn parse(answer: Answer) -> Result<Self, Error> {
        let items = Items::read(answer, "Jobs", "no list of jobs", Job::from_value)?;
        Ok(Self {
            jobs: items.good,
            malformed: items.malformed,
            total_count: items.total_count,
            request_id: items.request_id,
        })
    }
}

/// One page of ListEcsSpecs.
#[derive(Clone, Debug)]
pub struct EcsSpecPage {
    /// The instance types that could be read, in the server's order.
    pub specs: Vec<EcsSpec>,
    /// How many items of the page were no objects and were left out.
    pub malformed: usize,
    /// All instance types that match, over all pages.
    pub total_count: Option<u64>,
    /// Id of the request.
    pub request_id: Option<String>,
}

impl EcsSpecPage {
    pub(super) fn parse(answer: Answer) -> Result<Self, Error> {
        let why = "no list of instance types";
        let items = Items::read(answer, "EcsSpecs", why, EcsSpec::from_value)?;
        Ok(Self {
            specs: items.good,
            malformed: items.malformed,
            total_count: items.total_count,
            request_id: items.request_id,
        })
    }
}

struct Items<T> {
    good: Vec<T>,
    malformed: usize,
    total_count: Option<u64>,
    request_id: Option<String>,
}

impl<T> Items<T> {
    /// Reads the list at `key`. A missing one is believed to mean "none" only next to a count of
    /// zero: a caller may forget jobs that are not listed any more.
    fn read(
        mut answer: Answer,
        key: &str,
        missing: &str,
        convert: impl Fn(Value) -> Taken<T>,
    ) -> Result<Self, Error> {
        let mut body = take(&mut answer.body);
        let total_count = body
            .remove("TotalCount")
            .and_then(|total| count(total).ok());
        let items = match body.remove(key) {
            Some(Value::Array(items)) => items,
            None | Some(Value::Null) if total_count == Some(0) => Vec::new(),
            _ => return Err(answer.unreadable(missing)),
        };
        let received = items.len();
        let good: Vec<T> = items
            .into_iter()
            .filter_map(|item| convert(item).ok())
            .collect();
        Ok(Self {
            malformed: received - good.len(),
            good,
            total_count,
            request_id: answer.request_id,
        })
    }
}
