//! Service `Jobs`: one file per call.

mod change;
mod get;
mod goal;
mod list;
mod live;
mod raw;
mod reach;
mod stored;
mod submit;
mod targets;
mod wait;
mod watch;

use std::sync::Arc;

use pai_proto::v1::{
    CheckSubmitResponse, DeleteJobRequest, DeleteJobResponse, GetJobRequest, GetJobResponse,
    ListJobsRequest, ListJobsResponse, StopJobRequest, StopJobResponse, SubmitJobRequest,
    SubmitJobResponse, UpdateJobRequest, UpdateJobResponse, WaitJobsRequest, WaitJobsResponse,
    WatchJobsRequest, WatchJobsResponse, jobs_server::Jobs,
};
use tonic::{Request, Response, Status, metadata::MetadataMap};

use super::{Edge, caller, error::to_status, frames::Frames, task::to_its_end};
use crate::{
    contexts::Running,
    model::{Caller, Presence},
};

#[derive(Debug)]
pub(super) struct JobsService {
    edge: Arc<Edge>,
}

impl JobsService {
    pub(super) fn new(edge: Arc<Edge>) -> Self {
        Self { edge }
    }

    /// The context that a call means.
    async fn running(&self, metadata: &MetadataMap) -> Result<Arc<Running>, Status> {
        self.edge.context(metadata).await.map_err(to_status)
    }

    /// The same, and for whom it acts.
    async fn acting(&self, metadata: &MetadataMap) -> Result<(Arc<Running>, Caller), Status> {
        Ok((self.running(metadata).await?, caller(metadata)))
    }
}

#[tonic::async_trait]
impl Jobs for JobsService {
    async fn submit_job(
        &self,
        request: Request<SubmitJobRequest>,
    ) -> Result<Response<SubmitJobResponse>, Status> {
        let (running, mut caller) = self.acting(request.metadata()).await?;
        // Kept until the answer.
        let (presence, _here) = Presence::new();
        caller.presence = presence;
        let request = request.into_inner();
        to_its_end(async move { submit::submit(&running, request, caller).await }).await
    }

    async fn check_submit(
        &self,
        request: Request<SubmitJobRequest>,
    ) -> Result<Response<CheckSubmitResponse>, Status> {
        let (running, caller) = self.acting(request.metadata()).await?;
        let answer = submit::check(&running, request.into_inner(), caller).await;
        answer.map(Response::new).map_err(to_status)
    }

    async fn list_jobs(
        &self,
        request: Request<ListJobsRequest>,
    ) -> Result<Response<Frames<ListJobsResponse>>, Status> {
        let running = self.running(request.metadata()).await?;
        let frames = list::list(&self.edge, &running, request.into_inner()).await;
        frames.map(Response::new).map_err(to_status)
    }

    async fn get_job(
        &self,
        request: Request<GetJobRequest>,
    ) -> Result<Response<GetJobResponse>, Status> {
        let running = self.running(request.metadata()).await?;
        let answer = get::get(&running, request.into_inner()).await;
        answer.map(Response::new).map_err(to_status)
    }

    async fn stop_job(
        &self,
        request: Request<StopJobRequest>,
    ) -> Result<Response<StopJobResponse>, Status> {
        let (running, caller) = self.acting(request.metadata()).await?;
        let request = request.into_inner();
        to_its_end(async move { change::stop(&running, &request.id, caller).await }).await
    }

    async fn delete_job(
        &self,
        request: Request<DeleteJobRequest>,
    ) -> Result<Response<DeleteJobResponse>, Status> {
        let (running, caller) = self.acting(request.metadata()).await?;
        let request = request.into_inner();
        to_its_end(async move { change::delete(&running, &request.id, caller).await }).await
    }

    async fn update_job(
        &self,
        request: Request<UpdateJobRequest>,
    ) -> Result<Response<UpdateJobResponse>, Status> {
        let (running, caller) = self.acting(request.metadata()).await?;
        let request = request.into_inner();
        to_its_end(async move { change::update(&running, request, caller).await }).await
    }

    async fn watch_jobs(
        &self,
        request: Request<WatchJobsRequest>,
    ) -> Result<Response<Frames<WatchJobsResponse>>, Status> {
        let running = self.running(request.metadata()).await?;
        let frames = watch::watch(&self.edge, running, request.into_inner()).await;
        frames.map(Response::new).map_err(to_status)
    }

    async fn wait_jobs(
        &self,
        request: Request<WaitJobsRequest>,
    ) -> Result<Response<Frames<WaitJobsResponse>>, Status> {
        let running = self.running(request.metadata()).await?;
        let masked = caller(request.metadata()).is_tool;
        let frames = wait::wait(&self.edge, running, request.into_inner(), masked).await;
        frames.map(Response::new).map_err(to_status)
    }
}
