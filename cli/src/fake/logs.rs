//! Calls about logs.

use futures_util::stream::{self, StreamExt as _};
use pai_proto::v1::{self, logs_server};
use tonic::{Request, Response, Status};

use super::{Call, Fake, Frames};

#[tonic::async_trait]
impl logs_server::Logs for Fake {
    async fn follow_logs(
        &self,
        request: Request<v1::FollowLogsRequest>,
    ) -> Result<Response<Frames<v1::FollowLogsResponse>>, Status> {
        let nth = {
            let mut followed = self.followed();
            followed.push(request.into_inner());
            followed.len()
        };
        let frames = self.logs.get(nth - 1).cloned().unwrap_or_default();
        let frame = |frame| Ok(v1::FollowLogsResponse { frame: Some(frame) });
        let told = stream::iter(frames.into_iter().map(frame));
        match nth < self.logs.len() {
            true => self.answer(told.boxed()),
            false => self.answer(told.chain(stream::pending()).boxed()),
        }
    }

    async fn search_logs(
        &self,
        request: Request<v1::SearchLogsRequest>,
    ) -> Result<Response<Frames<v1::SearchLogsResponse>>, Status> {
        self.heard.hear(Call::Search(request.into_inner()));
        let frame = |frame| Ok(v1::SearchLogsResponse { frame: Some(frame) });
        let found: Vec<_> = self.found.clone().into_iter().map(frame).collect();
        self.answer(stream::iter(found).boxed())
    }

    async fn prune_logs(
        &self,
        request: Request<v1::PruneLogsRequest>,
    ) -> Result<Response<v1::PruneLogsResponse>, Status> {
        self.heard.hear(Call::Prune(request.into_inner()));
        self.answer(self.pruned)
    }

    async fn keep_logs(
        &self,
        request: Request<v1::KeepLogsRequest>,
    ) -> Result<Response<v1::KeepLogsResponse>, Status> {
        let request = request.into_inner();
        let id = request.id.clone();
        self.heard.hear(Call::Keep(request));
        self.answer_of(&id, v1::KeepLogsResponse { job: self.job() })
    }
}
