//! A daemon for tests: answers what it was told to answer, on a real socket, and keeps what it was asked.

mod heard;
mod logs;
mod settings;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::stream::{self, BoxStream, StreamExt as _};
use pai_proto::{
    meta,
    v1::{
        self, ErrorDetail, ErrorKind, config_server, daemon_server, follow_logs_response,
        jobs_server, list_jobs_response, logs_server, search_logs_response, wait_jobs_response,
    },
};
use prost::Message as _;
use tokio::net::UnixListener;
use tonic::{Code, Request, Response, Status, transport::Server};

pub(crate) use heard::{Call, Heard};

/// What the daemon answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fake {
    /// Major version of its protocol; ours when unset.
    pub(crate) major: Option<u32>,
    /// Where it serves; removed when it leaves.
    pub(crate) socket: PathBuf,
    /// Warnings of the handshake.
    pub(crate) warnings: Vec<String>,
    /// The answer of every call, instead of the ones below.
    pub(crate) refusal: Option<ErrorDetail>,
    /// Ids that no job has.
    pub(crate) unknown: Vec<&'static str>,
    /// The one job.
    pub(crate) job: v1::Job,
    /// The end of the list.
    pub(crate) end: v1::SnapshotEnd,
    /// What a submit is answered; with the one job where it names none.
    pub(crate) submitted: v1::SubmitJobResponse,
    /// What a submit would be.
    pub(crate) check: v1::CheckSubmitResponse,
    /// The outcome of a stop.
    pub(crate) outcome: v1::stop_job_response::Outcome,
    /// What a change is answered; with the one job where it names none.
    pub(crate) updated: v1::UpdateJobResponse,
    /// The backend's own answer about the job.
    pub(crate) raw: String,
    /// The settings in force.
    pub(crate) config: v1::GetConfigResponse,
    /// What every change of the settings is answered.
    pub(crate) changed: v1::ConfigChanged,
    /// What may stand in the settings.
    pub(crate) schema: v1::GetConfigSchemaResponse,
    /// What is wrong with them.
    pub(crate) checked: v1::CheckConfigResponse,
    /// The code source; not known where it is unset.
    pub(crate) code: Option<v1::GetCodeSourceResponse>,
    /// Whether a change of it shows at the cloud.
    pub(crate) verified: bool,
    /// Who changed what, newest first.
    pub(crate) audit: Vec<v1::AuditEntry>,
    /// What a wait is told.
    pub(crate) frames: Vec<wait_jobs_response::Frame>,
    /// What the follows are told, one after the other. Each breaks off behind its last frame, the last one stays open.
    pub(crate) logs: Vec<Vec<follow_logs_response::Frame>>,
    /// What follows asked so far; shared with the daemon that serves.
    pub(crate) followed: Arc<Mutex<Vec<v1::FollowLogsRequest>>>,
    /// What the job is once somebody follows its log.
    pub(crate) later: Option<v1::Job>,
    /// What a search finds.
    pub(crate) found: Vec<search_logs_response::Frame>,
    /// What is dropped of the stored logs.
    pub(crate) pruned: v1::PruneLogsResponse,
    /// What was asked so far; shared with the daemon that serves.
    pub(crate) heard: Heard,
}

impl Fake {
    /// Serves on this socket until the runtime ends.
    pub(crate) fn serve(mut self, socket: &Path) {
        self.socket = socket.into();
        let listener = UnixListener::bind(socket).unwrap();
        let incoming = stream::unfold(listener, |listener| async {
            let accepted = listener.accept().await.map(|(stream, _)| stream);
            Some((accepted, listener))
        });
        let fake = Arc::new(self);
        let server = Server::builder()
            .add_service(daemon_server::DaemonServer::from_arc(fake.clone()))
            .add_service(jobs_server::JobsServer::from_arc(fake.clone()))
            .add_service(config_server::ConfigServer::from_arc(fake.clone()))
            .add_service(logs_server::LogsServer::from_arc(fake));
        tokio::spawn(server.serve_with_incoming(incoming));
    }

    fn answer<T>(&self, answer: T) -> Result<Response<T>, Status> {
        match &self.refusal {
            None => Ok(Response::new(answer)),
            Some(detail) => Err(refused(detail)),
        }
    }

    /// The same about one job, if there is one of that id.
    fn answer_of<T>(&self, id: &str, answer: T) -> Result<Response<T>, Status> {
        match self.unknown.contains(&id) {
            false => self.answer(answer),
            true => Err(refused(&ErrorDetail {
                kind: ErrorKind::NotFound.into(),
                message: format!("no job {id}"),
                ..Default::default()
            })),
        }
    }

    fn job(&self) -> Option<v1::Job> {
        Some(self.job.clone())
    }

    fn followed(&self) -> MutexGuard<'_, Vec<v1::FollowLogsRequest>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(detail: &ErrorDetail) -> Status {
    let bytes = detail.encode_to_vec().into();
    Status::with_details(Code::Aborted, &detail.message, bytes)
}

type Frames<T> = BoxStream<'static, Result<T, Status>>;

#[tonic::async_trait]
impl daemon_server::Daemon for Fake {
    async fn hello(
        &self,
        request: Request<v1::HelloRequest>,
    ) -> Result<Response<v1::HelloResponse>, Status> {
        let settings = meta::decode_settings(request.metadata());
        self.heard.hear(Call::Hello(settings.unwrap()));
        Ok(Response::new(v1::HelloResponse {
            protocol_major: self.major.unwrap_or(pai_proto::PROTOCOL_MAJOR),
            pid: 77,
            warnings: self.warnings.clone(),
            ..Default::default()
        }))
    }

    async fn get_status(
        &self,
        _: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        self.answer(v1::GetStatusResponse::default())
    }

    async fn shutdown(
        &self,
        _: Request<v1::ShutdownRequest>,
    ) -> Result<Response<v1::ShutdownResponse>, Status> {
        std::fs::remove_file(&self.socket)?;
        self.answer(v1::ShutdownResponse { pid: 77 })
    }

    async fn get_config(
        &self,
        _: Request<v1::GetConfigRequest>,
    ) -> Result<Response<v1::GetConfigResponse>, Status> {
        self.answer(self.config.clone())
    }

    async fn who_am_i(
        &self,
        _: Request<v1::WhoAmIRequest>,
    ) -> Result<Response<v1::WhoAmIResponse>, Status> {
        self.answer(v1::WhoAmIResponse::default())
    }

    async fn list_audit(
        &self,
        request: Request<v1::ListAuditRequest>,
    ) -> Result<Response<v1::ListAuditResponse>, Status> {
        let request = request.into_inner();
        self.heard.hear(Call::Audit(request));
        let before = request.before.unwrap_or(u64::MAX);
        let entries = self.audit.iter().filter(|entry| entry.id < before);
        self.answer(v1::ListAuditResponse {
            entries: entries.take(request.limit as usize).cloned().collect(),
        })
    }
}

#[tonic::async_trait]
impl jobs_server::Jobs for Fake {
    async fn submit_job(
        &self,
        request: Request<v1::SubmitJobRequest>,
    ) -> Result<Response<v1::SubmitJobResponse>, Status> {
        self.heard
            .hear(Call::Submit(Box::new(request.into_inner())));
        let submitted = self.submitted.clone();
        self.answer(v1::SubmitJobResponse {
            job: submitted.job.or(self.job()),
            ..submitted
        })
    }

    async fn check_submit(
        &self,
        request: Request<v1::SubmitJobRequest>,
    ) -> Result<Response<v1::CheckSubmitResponse>, Status> {
        self.heard.hear(Call::Check(Box::new(request.into_inner())));
        self.answer(self.check.clone())
    }

    async fn list_jobs(
        &self,
        request: Request<v1::ListJobsRequest>,
    ) -> Result<Response<Frames<v1::ListJobsResponse>>, Status> {
        self.heard.hear(Call::List(request.into_inner()));
        use list_jobs_response::Part;
        let jobs = self.job().into_iter().collect();
        let parts = [
            Part::Chunk(v1::JobChunk::encoded(jobs)),
            Part::End(self.end.clone()),
        ];
        let part = |part| Ok(v1::ListJobsResponse { part: Some(part) });
        self.answer(stream::iter(parts.map(part)).boxed())
    }

    async fn get_job(
        &self,
        request: Request<v1::GetJobRequest>,
    ) -> Result<Response<v1::GetJobResponse>, Status> {
        let later = self.later.clone().filter(|_| !self.followed().is_empty());
        let request = request.into_inner();
        let response = v1::GetJobResponse {
            job: later.or(self.job()),
            raw: if request.raw { &self.raw } else { "" }.into(),
            ..Default::default()
        };
        self.answer_of(&request.id, response)
    }

    async fn stop_job(
        &self,
        request: Request<v1::StopJobRequest>,
    ) -> Result<Response<v1::StopJobResponse>, Status> {
        let id = request.into_inner().id;
        self.heard.hear(Call::Stop(id.clone()));
        let response = v1::StopJobResponse {
            job: self.job(),
            outcome: self.outcome.into(),
        };
        self.answer_of(&id, response)
    }

    async fn delete_job(
        &self,
        request: Request<v1::DeleteJobRequest>,
    ) -> Result<Response<v1::DeleteJobResponse>, Status> {
        let id = request.into_inner().id;
        self.heard.hear(Call::Delete(id.clone()));
        self.answer_of(&id, v1::DeleteJobResponse { job: self.job() })
    }

    async fn update_job(
        &self,
        request: Request<v1::UpdateJobRequest>,
    ) -> Result<Response<v1::UpdateJobResponse>, Status> {
        self.heard.hear(Call::Update(request.into_inner()));
        let updated = self.updated.clone();
        self.answer(v1::UpdateJobResponse {
            job: updated.job.or(self.job()),
            ..updated
        })
    }

    async fn wait_jobs(
        &self,
        request: Request<v1::WaitJobsRequest>,
    ) -> Result<Response<Frames<v1::WaitJobsResponse>>, Status> {
        self.heard.hear(Call::Wait(request.into_inner()));
        let frame = |frame| Ok(v1::WaitJobsResponse { frame: Some(frame) });
        let frames: Vec<_> = self.frames.clone().into_iter().map(frame).collect();
        self.answer(stream::iter(frames).boxed())
    }
}
