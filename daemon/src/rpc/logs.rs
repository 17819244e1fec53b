//! Service `Logs`. Following comes with a later version: the call says so.

use pai_proto::v1::{FollowLogsRequest, FollowLogsResponse, logs_server::Logs};
use tonic::{Request, Response, Status};

use super::{error::to_status, frames::Frames};
use crate::model::{Fault, FaultKind};

#[derive(Debug)]
pub(super) struct LogsService;

#[tonic::async_trait]
impl Logs for LogsService {
    type FollowLogsStream = Frames<FollowLogsResponse>;

    async fn follow_logs(
        &self,
        _request: Request<FollowLogsRequest>,
    ) -> Result<Response<Self::FollowLogsStream>, Status> {
        let fault = Fault::new(
            FaultKind::Unsupported,
            "this version of paid cannot follow logs yet",
        );
        Err(to_status(
            fault.hint("read them in the PAI console for now"),
        ))
    }
}
