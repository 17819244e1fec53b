//! PAI-DLC, version 2020-12-03: jobs and their logs (PAI-DLC fact sheet §1 to §7).
//!
//! Answers are read leniently: every key is optional, unknown keys and values of a wrong type are
//! kept aside instead of failing, and one bad item does not take its list along. Only an answer
//! that lacks what it was asked for (the id of a created job, the list of jobs) is an error, and
//! then one of unknown effect.

mod amount;
mod fields;
mod job;
mod logs;
mod pod;
mod query;
mod settings;
mod spec;

pub use amount::{Amount, RestartTimes};
pub use job::{Job, StatusTransition};
pub use logs::PodLogs;
pub use pod::Pod;
pub use query::{ListJobsQuery, Order, PodLogsQuery};
pub use settings::JobSettings;
pub use spec::{CodeSource, DataSource, JobSpec, ResourceConfig};

use crate::encode::ApiPath;
use crate::error::Error;
use crate::{Answer, Endpoint, Priority, Request, Transport, aside};
use bytes::Bytes;
use fields::Fields;
use reqwest::Method;
use serde_json::Value;
use std::mem::take;
use std::sync::Arc;

/// API version of PAI-DLC.
pub const VERSION: &str = "2020-12-03";

/// The job service of one region, for one principal.
#[derive(Clone, Debug)]
pub struct Dlc {
    transport: Arc<Transport>,
    endpoint: Endpoint,
}

/// The answer to CreateJob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Id of the new job.
    pub job_id: String,
    /// Id of the request.
    pub request_id: Option<String>,
}

/// The answer to an operation that only acknowledges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Id of the job, when the answer repeats it.
    pub job_id: Option<String>,
    /// Id of the request.
    pub request_id: Option<String>,
}

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

impl Dlc {
    /// Talks to PAI-DLC at `endpoint`.
    pub fn new(transport: Arc<Transport>, endpoint: Endpoint) -> Self {
        Self {
            transport,
            endpoint,
        }
    }

    /// The transport that carries the calls.
    pub fn transport(&self) -> &Arc<Transport> {
        &self.transport
    }

    /// CreateJob with a body of the keys of fact sheet §3.1. There is no idempotency key: after
    /// an error whose effect is unknown, look for the job before calling again.
    pub async fn create_job(&self, body: &Value, priority: Priority) -> Result<Created, Error> {
        if !body.is_object() {
            return Err(Error::invalid_argument("body", "not a JSON object"));
        }
        let mut request = self.request("CreateJob", Method::POST, &[], priority)?;
        request.body = Some(Bytes::from(body.to_string()));
        let mut answer = self.transport.call(&request).await?;
        let mut fields = Fields::new(take(&mut answer.body));
        let job_id = fields
            .text("JobId")
            .ok_or_else(|| answer.unreadable("no JobId"))?;
        Ok(Created {
            job_id,
            request_id: answer.request_id,
        })
    }

    /// ListJobs. Without a start time the server looks back seven days only (fact sheet §7).
    pub async fn list_jobs(
        &self,
        query: &ListJobsQuery,
        priority: Priority,
    ) -> Result<JobPage, Error> {
        let mut request = self.request("ListJobs", Method::GET, &[], priority)?;
        request.query = query.pairs();
        let answer = self.transport.call(&request).await?;
        aside(answer.size, || JobPage::parse(answer)).await
    }

    /// GetJob with all details.
    pub async fn get_job(&self, job_id: &str, priority: Priority) -> Result<Job, Error> {
        let request = self.request("GetJob", Method::GET, &[job_id], priority)?;
        let mut answer = self.transport.call(&request).await?;
        let job = Job::from_object(take(&mut answer.body));
        if job.job_id.is_none() {
            return Err(answer.unreadable("no JobId"));
        }
        Ok(job)
    }

    /// StopJob. It only asks: the job passes through `Stopping`. A job that has ended already is
    /// an [`Error::Conflict`].
    pub async fn stop_job(&self, job_id: &str, priority: Priority) -> Result<Accepted, Error> {
        let request = self.request("StopJob", Method::POST, &[job_id, "stop"], priority)?;
        let answer = self.transport.call(&request).await?;
        let job_id = Fields::new(answer.body).text("JobId");
        Ok(Accepted {
            job_id,
            request_id: answer.request_id,
        })
    }

    /// GetPodLogs: one window of one pod's lines.
    pub async fn get_pod_logs(
        &self,
        query: &PodLogsQuery,
        priority: Priority,
    ) -> Result<PodLogs, Error> {
        let segments = [query.job_id.as_str(), "pods", &query.pod_id, "logs"];
        let mut request = self.request("GetPodLogs", Method::GET, &segments, priority)?;
        request.query = query.pairs();
        let answer = self.transport.call(&request).await?;
        aside(answer.size, || PodLogs::parse(answer)).await
    }

    /// A request for `/api/v1/jobs/{segments…}`.
    fn request(
        &self,
        action: &'static str,
        method: Method,
        segments: &[&str],
        priority: Priority,
    ) -> Result<Request, Error> {
        let path = ApiPath::new(&[&["api", "v1", "jobs"], segments].concat())?;
        Ok(Request::new(
            &self.endpoint,
            VERSION,
            action,
            method,
            path,
            priority,
        ))
    }
}

impl JobPage {
    /// Reads a ListJobs answer. A missing list is believed to mean "no jobs" only next to a count
    /// of zero: a caller may forget jobs that are not listed any more.
    fn parse(mut answer: Answer) -> Result<Self, Error> {
        let mut body = take(&mut answer.body);
        let total_count = body
            .remove("TotalCount")
            .and_then(|count| fields::count(count).ok());
        let items = match body.remove("Jobs") {
            Some(Value::Array(items)) => items,
            None | Some(Value::Null) if total_count == Some(0) => Vec::new(),
            _ => return Err(answer.unreadable("no list of jobs")),
        };
        let received = items.len();
        let jobs: Vec<Job> = items
            .into_iter()
            .filter_map(|item| Job::from_value(item).ok())
            .collect();
        Ok(Self {
            malformed: received - jobs.len(),
            jobs,
            total_count,
            request_id: answer.request_id,
        })
    }
}

#[cfg(test)]
mod tests;
