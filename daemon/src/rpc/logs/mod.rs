//! Service `Logs`.

mod begin;
mod cursor;
mod follow;
mod lanes;
mod pods;

use std::sync::Arc;

use pai_proto::{
    meta::{self, ClientKind},
    v1::{FollowLogsRequest, FollowLogsResponse, logs_server::Logs},
};
use tonic::{Request, Response, Status};

use super::{Edge, error::to_status, frames::Frames};

#[derive(Debug)]
pub(super) struct LogsService {
    edge: Arc<Edge>,
}

impl LogsService {
    pub(super) fn new(edge: Arc<Edge>) -> Self {
        Self { edge }
    }
}

#[tonic::async_trait]
impl Logs for LogsService {
    async fn follow_logs(
        &self,
        request: Request<FollowLogsRequest>,
    ) -> Result<Response<Frames<FollowLogsResponse>>, Status> {
        let running = self
            .edge
            .context(request.metadata())
            .await
            .map_err(to_status)?;
        // Lines are the user's own data; what an agent reads goes on to a model.
        let kind = request.metadata().get(meta::CLIENT_KIND);
        let masked = kind.is_none_or(|kind| kind != ClientKind::Person.as_str());
        let frames = follow::follow(&self.edge, running, request.into_inner(), masked)
            .await
            .map_err(to_status)?;
        Ok(Response::new(frames))
    }
}
