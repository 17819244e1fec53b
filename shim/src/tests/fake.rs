//! A daemon that answers what it was told to answer, on a real socket.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use futures_util::stream::{self, BoxStream, StreamExt as _};
use pai_proto::{
    meta,
    v1::{
        self, ErrorDetail, daemon_server, follow_logs_response, jobs_server, list_jobs_response,
        logs_server, wait_jobs_response,
    },
};
use prost::Message as _;
use tempfile::TempDir;
use tokio::{
    net::UnixListener,
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{Code, Request, Response, Status, transport::Server};

use super::peer::env;
use crate::origin::Env;

/// What the daemon answers.
#[derive(Default)]
pub(super) struct Fake {
    /// Major version of its protocol; ours when unset.
    pub(super) major: Option<u32>,
    /// The answer of every call about jobs, instead of the ones below.
    pub(super) refusal: Option<ErrorDetail>,
    /// The one job that everything but a list is about.
    pub(super) job: v1::Job,
    /// Whether a submit is joined to an earlier one.
    pub(super) joined: bool,
    /// The code source of the settings.
    pub(super) code_source: Option<v1::CodeSource>,
    /// The list and its end.
    pub(super) jobs: Vec<v1::Job>,
    /// The end of the list.
    pub(super) end: v1::SnapshotEnd,
    /// The outcome of a stop.
    pub(super) outcome: v1::stop_job_response::Outcome,
    /// What a wait is told; after the last one it stays open.
    pub(super) wait: Vec<wait_jobs_response::Frame>,
    /// What a follow is told; after the last one it stays open.
    pub(super) follow: Vec<follow_logs_response::Frame>,
    /// What is stored of the log.
    pub(super) stored: Option<v1::StoredLog>,
    /// The text of the log.
    pub(super) text: v1::ReadLogTextResponse,
    /// Calls of `GetJob` wait here where it is set.
    pub(super) gate: Option<Arc<Semaphore>>,
    /// Gets every call.
    pub(super) heard: Option<mpsc::UnboundedSender<Heard>>,
}

/// A call that came in.
#[derive(Debug)]
pub(super) enum Heard {
    /// The handshake, and the settings that are meant.
    Hello(v1::HelloRequest, Option<PathBuf>),
    /// A submit.
    Submit(Box<v1::SubmitJobRequest>),
    /// A get that now waits at the gate, or is answered.
    Get,
    /// A wait, and the token that is cancelled when it is given up.
    Wait(v1::WaitJobsRequest, CancellationToken),
    /// A follow.
    Follow(v1::FollowLogsRequest),
    ReadText(v1::ReadLogTextRequest),
}

/// A daemon that serves until it is told to leave.
pub(super) struct Served {
    folder: TempDir,
    heard: Mutex<mpsc::UnboundedReceiver<Heard>>,
    serving: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Served {
    /// A folder where nobody serves yet.
    pub(super) fn nobody() -> Self {
        let folder = tempfile::Builder::new().prefix("pai-m-").tempdir_in("/tmp");
        Self {
            folder: folder.unwrap(),
            heard: Mutex::new(mpsc::unbounded_channel().1),
            serving: None,
        }
    }

    /// Its folder.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    /// The environment of a client of it.
    pub(super) fn env(&self) -> Env {
        env([
            ("PAI_SOCKET", self.socket()),
            (
                "ALIYUN_PAI_SETTINGS_PATH",
                self.folder.path().join("settings.json"),
            ),
        ])
    }

    /// Makes the daemon leave for good, and waits until it has left.
    pub(super) async fn leave(&mut self) {
        let (leave, left) = self.serving.take().unwrap();
        std::fs::remove_file(self.socket()).unwrap();
        leave.cancel();
        left.await.unwrap();
    }

    /// The next call that came in.
    pub(super) async fn heard(&self) -> Heard {
        let next = std::future::poll_fn(|context| self.heard.lock().unwrap().poll_recv(context));
        let heard = tokio::time::timeout(super::peer::LIMIT, next).await;
        heard.expect("a call in time").expect("the daemon is there")
    }

    /// The next call after the handshake.
    pub(super) async fn heard_call(&self) -> Heard {
        loop {
            match self.heard().await {
                Heard::Hello(..) => {}
                call => return call,
            }
        }
    }
}

impl Fake {
    /// With this job.
    pub(super) fn with(job: v1::Job) -> Self {
        Self {
            job,
            ..Self::default()
        }
    }

    /// Serves in a folder of its own.
    pub(super) fn serve(self) -> Served {
        let mut served = Served::nobody();
        self.serve_at(&mut served);
        served
    }

    /// Serves where nobody did.
    pub(super) fn serve_at(mut self, served: &mut Served) {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.heard = Some(sender);
        served.heard = Mutex::new(receiver);
        let listener = UnixListener::bind(served.socket()).unwrap();
        let incoming = stream::unfold(listener, |listener| async {
            let accepted = listener.accept().await.map(|(stream, _)| stream);
            Some((accepted, listener))
        });
        let fake = Arc::new(self);
        let server = Server::builder()
            .add_service(daemon_server::DaemonServer::from_arc(fake.clone()))
            .add_service(jobs_server::JobsServer::from_arc(fake.clone()))
            .add_service(logs_server::LogsServer::from_arc(fake));
        let leave = CancellationToken::new();
        let told = leave.clone().cancelled_owned();
        let serving = tokio::spawn(async move {
            let served = server.serve_with_incoming_shutdown(incoming, told).await;
            served.unwrap();
        });
        served.serving = Some((leave, serving));
    }

    fn hear(&self, heard: Heard) {
        if let Some(sender) = &self.heard {
            // A test may have heard enough.
            let _unheard = sender.send(heard);
        }
    }

    fn answer<T>(&self, answer: T) -> Result<Response<T>, Status> {
        match &self.refusal {
            None => Ok(Response::new(answer)),
            Some(detail) => {
                let bytes = detail.encode_to_vec().into();
                Err(Status::with_details(Code::Aborted, &detail.message, bytes))
            }
        }
    }
}

type Frames<T> = BoxStream<'static, Result<T, Status>>;

/// These, and then nothing; `guard` goes when the client does.
fn open<T: Send + 'static>(frames: Vec<T>, guard: DropGuard) -> Frames<T> {
    let rest = stream::once(async move {
        let _held = guard;
        std::future::pending().await
    });
    stream::iter(frames.into_iter().map(Ok)).chain(rest).boxed()
}

#[tonic::async_trait]
impl daemon_server::Daemon for Fake {
    async fn hello(
        &self,
        request: Request<v1::HelloRequest>,
    ) -> Result<Response<v1::HelloResponse>, Status> {
        let settings = meta::decode_settings(request.metadata()).unwrap();
        self.hear(Heard::Hello(request.into_inner(), settings));
        Ok(Response::new(v1::HelloResponse {
            protocol_major: self.major.unwrap_or(pai_proto::PROTOCOL_MAJOR),
            daemon_version: "9.9.9".into(),
            ..Default::default()
        }))
    }

    async fn get_config(
        &self,
        _: Request<v1::GetConfigRequest>,
    ) -> Result<Response<v1::GetConfigResponse>, Status> {
        self.answer(v1::GetConfigResponse {
            code_source: self.code_source.clone(),
            ..super::sample::config()
        })
    }

    async fn who_am_i(
        &self,
        _: Request<v1::WhoAmIRequest>,
    ) -> Result<Response<v1::WhoAmIResponse>, Status> {
        self.answer(super::sample::who())
    }
}

#[tonic::async_trait]
impl jobs_server::Jobs for Fake {
    async fn submit_job(
        &self,
        request: Request<v1::SubmitJobRequest>,
    ) -> Result<Response<v1::SubmitJobResponse>, Status> {
        self.hear(Heard::Submit(Box::new(request.into_inner())));
        self.answer(v1::SubmitJobResponse {
            job: Some(self.job.clone()),
            joined: self.joined,
            warnings: match self.joined {
                true => {
                    vec!["joined: an equal submit was made 12 s ago; another: true makes another job".into()]
                }
                false => vec!["the limit is near".into()],
            },
        })
    }

    async fn list_jobs(
        &self,
        request: Request<v1::ListJobsRequest>,
    ) -> Result<Response<Frames<v1::ListJobsResponse>>, Status> {
        use list_jobs_response::Part;
        let limit = usize::try_from(request.into_inner().limit).unwrap();
        let jobs: Vec<_> = self.jobs.iter().take(limit).cloned().collect();
        let mut end = self.end.clone();
        end.left_out += u64::try_from(self.jobs.len() - jobs.len()).unwrap();
        let parts = [Part::Chunk(v1::JobChunk::encoded(jobs)), Part::End(end)];
        let part = |part| Ok(v1::ListJobsResponse { part: Some(part) });
        self.answer(stream::iter(parts.map(part)).boxed())
    }

    async fn get_job(
        &self,
        _: Request<v1::GetJobRequest>,
    ) -> Result<Response<v1::GetJobResponse>, Status> {
        self.hear(Heard::Get);
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        self.answer(v1::GetJobResponse {
            job: Some(self.job.clone()),
            stale_since_ms: self.end.stale_since_ms,
            stale_reason: self.end.stale_reason.clone(),
            log: self.stored,
            ..Default::default()
        })
    }

    async fn stop_job(
        &self,
        _: Request<v1::StopJobRequest>,
    ) -> Result<Response<v1::StopJobResponse>, Status> {
        self.answer(v1::StopJobResponse {
            job: Some(self.job.clone()),
            outcome: self.outcome.into(),
        })
    }

    async fn wait_jobs(
        &self,
        request: Request<v1::WaitJobsRequest>,
    ) -> Result<Response<Frames<v1::WaitJobsResponse>>, Status> {
        let given_up = CancellationToken::new();
        self.hear(Heard::Wait(request.into_inner(), given_up.clone()));
        let frames = self.wait.iter().cloned();
        let frames = frames.map(|frame| v1::WaitJobsResponse { frame: Some(frame) });
        self.answer(open(frames.collect(), given_up.drop_guard()))
    }
}

#[tonic::async_trait]
impl logs_server::Logs for Fake {
    async fn read_log_text(
        &self,
        request: Request<v1::ReadLogTextRequest>,
    ) -> Result<Response<v1::ReadLogTextResponse>, Status> {
        self.hear(Heard::ReadText(request.into_inner()));
        Ok(Response::new(self.text.clone()))
    }

    async fn follow_logs(
        &self,
        request: Request<v1::FollowLogsRequest>,
    ) -> Result<Response<Frames<v1::FollowLogsResponse>>, Status> {
        self.hear(Heard::Follow(request.into_inner()));
        let frames = self.follow.iter().cloned();
        let frames = frames.map(|frame| v1::FollowLogsResponse { frame: Some(frame) });
        let guard = CancellationToken::new().drop_guard();
        self.answer(open(frames.collect(), guard))
    }
}
