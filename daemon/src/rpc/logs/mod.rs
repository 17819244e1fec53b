//! Service `Logs`.

mod begin;
mod cursor;
mod follow;
mod hits;
mod keep;
mod lanes;
mod pods;
mod prune;
mod search;
mod text;

use std::sync::Arc;

use pai_proto::{
    meta::{self, ClientKind},
    v1::{
        FollowLogsRequest, FollowLogsResponse, KeepLogsRequest, KeepLogsResponse, PruneLogsRequest,
        PruneLogsResponse, ReadLogTextRequest, ReadLogTextResponse, SearchLogsRequest,
        SearchLogsResponse, logs_server::Logs,
    },
};
use tonic::{Request, Response, Status};

use super::{Edge, caller, error::to_status, frames::Frames, task::to_its_end};
use crate::contexts::Running;

#[derive(Debug)]
pub(super) struct LogsService {
    edge: Arc<Edge>,
}

impl LogsService {
    pub(super) fn new(edge: Arc<Edge>) -> Self {
        Self { edge }
    }

    /// The context that is meant, and whether secrets are masked: lines are the user's own data, but what an agent reads goes
    /// on to a model.
    async fn asked<T>(&self, request: &Request<T>) -> Result<(Arc<Running>, bool), Status> {
        let running = self.edge.context(request.metadata()).await;
        let kind = request.metadata().get(meta::CLIENT_KIND);
        let masked = kind.is_none_or(|kind| kind != ClientKind::Person.as_str());
        Ok((running.map_err(to_status)?, masked))
    }
}

#[tonic::async_trait]
impl Logs for LogsService {
    async fn follow_logs(
        &self,
        request: Request<FollowLogsRequest>,
    ) -> Result<Response<Frames<FollowLogsResponse>>, Status> {
        let (running, masked) = self.asked(&request).await?;
        let frames = follow::follow(&self.edge, running, request.into_inner(), masked).await;
        frames.map(Response::new).map_err(to_status)
    }

    async fn search_logs(
        &self,
        request: Request<SearchLogsRequest>,
    ) -> Result<Response<Frames<SearchLogsResponse>>, Status> {
        let (running, masked) = self.asked(&request).await?;
        let frames = search::search(&self.edge, running, request.into_inner(), masked).await;
        frames.map(Response::new).map_err(to_status)
    }

    async fn read_log_text(
        &self,
        request: Request<ReadLogTextRequest>,
    ) -> Result<Response<ReadLogTextResponse>, Status> {
        let (running, _) = self.asked(&request).await?;
        let text = text::read(&self.edge, running, request.into_inner()).await?;
        Ok(Response::new(text))
    }

    async fn prune_logs(
        &self,
        request: Request<PruneLogsRequest>,
    ) -> Result<Response<PruneLogsResponse>, Status> {
        let (running, _) = self.asked(&request).await?;
        let caller = caller(request.metadata());
        let request = request.into_inner();
        to_its_end(async move { prune::prune(&running, request, caller).await }).await
    }

    async fn keep_logs(
        &self,
        request: Request<KeepLogsRequest>,
    ) -> Result<Response<KeepLogsResponse>, Status> {
        let (running, _) = self.asked(&request).await?;
        let caller = caller(request.metadata());
        let request = request.into_inner();
        to_its_end(async move { keep::keep(&running, request, caller).await }).await
    }
}
