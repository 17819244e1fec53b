//! PAI-DLC, version 2020-12-03: jobs, their logs, and what they can run on (PAI-DLC fact sheet §1
//! to §7).
//!
//! Answers are read leniently: every key is optional, unknown keys and values of a wrong type are
//! kept aside instead of failing, and one bad item does not take its list along. Only an answer
//! that lacks what it was asked for (the id of a created job, the list of jobs) is an error, and
//! then one of unknown effect.

mod amount;
mod ecs;
mod job;
mod logs;
mod page;
mod pod;
mod query;
mod settings;
mod spec;
mod update;

pub use amount::{Amount, RestartTimes};
pub use ecs::{EcsSpec, EcsSpecsQuery};
pub use job::{Job, StatusTransition};
pub use logs::PodLogs;
pub use page::{EcsSpecPage, JobPage};
pub use pod::Pod;
pub use query::{ListJobsQuery, Order, PodLogsQuery};
pub use settings::JobSettings;
pub use spec::{CodeSource, DataSource, JobSpec, ResourceConfig};
pub use update::{Accessibility, UpdateJob};

use crate::encode::ApiPath;
use crate::error::Error;
use crate::fields::{self, Fields};
use crate::{Endpoint, Priority, Request, Transport, aside};
use bytes::Bytes;
use reqwest::Method;
use serde_json::{Map, Value};
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
        let object = self.get_job_object(job_id, priority).await?;
        Ok(Job::from_object(object))
    }

    /// GetJob's whole answer as it came, for those who show or copy all of it. It may hold the
    /// user's secrets; [`Job::from_object`] reads it.
    pub async fn get_job_object(
        &self,
        job_id: &str,
        priority: Priority,
    ) -> Result<Map<String, Value>, Error> {
        let request = self.request("GetJob", Method::GET, &[job_id], priority)?;
        let mut answer = self.transport.call(&request).await?;
        let object = take(&mut answer.body);
        if !fields::names(&object, "JobId") {
            return Err(answer.unreadable("no JobId"));
        }
        Ok(object)
    }

    /// UpdateJob. A success says that the server has read it, not that anything has changed: look
    /// at the job until it shows, which takes up to a minute (fact sheet §3.4).
    pub async fn update_job(
        &self,
        job_id: &str,
        update: &UpdateJob,
        priority: Priority,
    ) -> Result<Accepted, Error> {
        let mut request = self.request("UpdateJob", Method::PUT, &[job_id], priority)?;
        request.body = Some(Bytes::from(update.body()?.to_string()));
        self.accepted(&request).await
    }

    /// StopJob. It only asks: the job passes through `Stopping`. A job that has ended already is
    /// an [`Error::Conflict`].
    pub async fn stop_job(&self, job_id: &str, priority: Priority) -> Result<Accepted, Error> {
        let request = self.request("StopJob", Method::POST, &[job_id, "stop"], priority)?;
        self.accepted(&request).await
    }

    /// DeleteJob, for good, with its logs. A job that has not ended yet is an [`Error::Conflict`],
    /// one that is not there an [`Error::NotFound`].
    pub async fn delete_job(&self, job_id: &str, priority: Priority) -> Result<Accepted, Error> {
        let request = self.request("DeleteJob", Method::DELETE, &[job_id], priority)?;
        self.accepted(&request).await
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

    /// ListEcsSpecs: what instance types have.
    pub async fn list_ecs_specs(
        &self,
        query: &EcsSpecsQuery,
        priority: Priority,
    ) -> Result<EcsSpecPage, Error> {
        let path = ApiPath::new(&["api", "v1", "ecsspecs"])?;
        let mut request = self.request_for("ListEcsSpecs", Method::GET, path, priority);
        request.query = query.pairs();
        let answer = self.transport.call(&request).await?;
        aside(answer.size, || EcsSpecPage::parse(answer)).await
    }

    /// Sends what is only acknowledged.
    async fn accepted(&self, request: &Request) -> Result<Accepted, Error> {
        let answer = self.transport.call(request).await?;
        Ok(Accepted {
            job_id: Fields::new(answer.body).text("JobId"),
            request_id: answer.request_id,
        })
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
        Ok(self.request_for(action, method, path, priority))
    }

    fn request_for(
        &self,
        action: &'static str,
        method: Method,
        path: ApiPath,
        priority: Priority,
    ) -> Request {
        Request::new(&self.endpoint, VERSION, action, method, path, priority)
    }
}

#[cfg(test)]
mod tests;
