//! Service `Jobs`: one file per call.

mod get;
mod list;
mod reach;
mod submit;
mod targets;
mod wait;
mod watch;

use std::sync::Arc;

use pai_proto::v1::{
    GetJobRequest, GetJobResponse, ListJobsRequest, ListJobsResponse, StopJobRequest,
    StopJobResponse, SubmitJobRequest, SubmitJobResponse, WaitJobsRequest, WaitJobsResponse,
    WatchJobsRequest, WatchJobsResponse, jobs_server::Jobs, stop_job_response::Outcome,
};
use tonic::{Request, Response, Status};

use super::{Edge, convert, error::to_status, frames::Frames, resolve};
use crate::submit::{StopOutcome, stop};

#[derive(Debug)]
pub(super) struct JobsService {
    edge: Arc<Edge>,
}

impl JobsService {
    pub(super) fn new(edge: Arc<Edge>) -> Self {
        Self { edge }
    }
}

#[tonic::async_trait]
impl Jobs for JobsService {
    async fn submit_job(
        &self,
        request: Request<SubmitJobRequest>,
    ) -> Result<Response<SubmitJobResponse>, Status> {
        let running = self
            .edge
            .context(request.metadata())
            .await
            .map_err(to_status)?;
        let answer = submit::submit(&running, request.into_inner())
            .await
            .map_err(to_status)?;
        Ok(Response::new(answer))
    }

    async fn list_jobs(
        &self,
        request: Request<ListJobsRequest>,
    ) -> Result<Response<Frames<ListJobsResponse>>, Status> {
        let running = self
            .edge
            .context(request.metadata())
            .await
            .map_err(to_status)?;
        let frames = list::list(&self.edge, &running, request.into_inner())
            .await
            .map_err(to_status)?;
        Ok(Response::new(frames))
    }

    async fn get_job(
        &self,
        request: Request<GetJobRequest>,
    ) -> Result<Response<GetJobResponse>, Status> {
        let running = self
            .edge
            .context(request.metadata())
            .await
            .map_err(to_status)?;
        let answer = get::get(&running, &request.into_inner().id)
            .await
            .map_err(to_status)?;
        Ok(Response::new(answer))
    }

    async fn stop_job(
        &self,
        request: Request<StopJobRequest>,
    ) -> Result<Response<StopJobResponse>, Status> {
        let running = self
            .edge
            .context(request.metadata())
            .await
            .map_err(to_status)?;
        let job = resolve::job(&running, &request.into_inner().id)
            .await
            .map_err(to_status)?;
        let (job, outcome) = stop(&running.scope, &running.poller, job)
            .await
            .map_err(to_status)?;
        let outcome = match outcome {
            StopOutcome::Requested => Outcome::Requested,
            StopOutcome::AlreadyEnded => Outcome::AlreadyEnded,
            StopOutcome::WhenFound => Outcome::WhenFound,
        };
        let stale = running.scope.looks.get().old_since_ms();
        Ok(Response::new(StopJobResponse {
            job: Some(convert::job(&job, stale)),
            outcome: outcome.into(),
        }))
    }

    async fn watch_jobs(
        &self,
        request: Request<WatchJobsRequest>,
    ) -> Result<Response<Frames<WatchJobsResponse>>, Status> {
        let running = self
            .edge
            .context(request.metadata())
            .await
            .map_err(to_status)?;
        let frames = watch::watch(&self.edge, running, request.into_inner())
            .await
            .map_err(to_status)?;
        Ok(Response::new(frames))
    }

    async fn wait_jobs(
        &self,
        request: Request<WaitJobsRequest>,
    ) -> Result<Response<Frames<WaitJobsResponse>>, Status> {
        let running = self
            .edge
            .context(request.metadata())
            .await
            .map_err(to_status)?;
        let frames = wait::wait(&self.edge, running, request.into_inner())
            .await
            .map_err(to_status)?;
        Ok(Response::new(frames))
    }
}
