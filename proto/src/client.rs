//! The typed client: callers see messages and [`ClientError`]s, never a gRPC status.
//!
//! Calls that change nothing, and a submit (which carries a nonce), are repeated after a broken connection until the
//! patience is over, so that a restart of the daemon goes unnoticed.

mod config;
mod daemon;
mod logs;

pub use logs::{Search, SearchUpdate};

use std::{future::Future, path::PathBuf, sync::Arc, time::Duration};

use tonic::{Response, Status, service::interceptor::InterceptedService, transport::Channel};

use crate::{
    PROTOCOL_MAJOR, PROTOCOL_MINOR,
    error::ClientError,
    error::is_transport,
    follow::Follow,
    link::Link,
    meta::ClientKind,
    retry::{is_nobody, retry, unanswered},
    socket,
    stamp::Stamp,
    start::heal::{AWAY, Healer},
    v1::{self, config_client::ConfigClient, daemon_client::DaemonClient, jobs_client::JobsClient},
    wait::Wait,
    watch::Watch,
};

/// Whom to connect to, and as whom.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// Path of the daemon's socket.
    pub socket: PathBuf,
    /// Settings file that this client means; `None` leaves the choice to the daemon.
    pub settings: Option<PathBuf>,
    /// Program name, for example `paictl`.
    pub program: &'static str,
    /// Program version.
    pub version: &'static str,
    /// For whom the client acts.
    pub kind: ClientKind,
    /// First 12 hex digits of SHA-256 of the key id in this client's environment; empty when unset.
    pub key_fingerprint: String,
    /// How long the first connection may be tried.
    pub patience: Duration,
}

/// How long calls of a client that was connected are repeated while the daemon is away.
pub const RECONNECT_PATIENCE: Duration = Duration::from_secs(20);

/// Largest message that is taken, in bytes: the last word of a wait names each of its jobs.
const MESSAGE_MAX: usize = 128 * 1024 * 1024;

pub(crate) type Service = InterceptedService<Channel, Stamp>;

/// A connection to the daemon that mends itself. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    service: Service,
    hello: v1::HelloResponse,
    socket: PathBuf,
    healer: Option<Arc<Healer>>,
}

/// A snapshot of jobs.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Newest first.
    pub jobs: Vec<v1::Job>,
    /// The state it belongs to, and how old it is.
    pub end: v1::SnapshotEnd,
}

impl Client {
    /// Connects and shakes hands, trying for `options.patience`. Starts nothing: see [`crate::start::connect`].
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] when nobody answers in time, [`ClientError::Silent`] when the daemon's queue of
    /// connections is full, [`ClientError::Incompatible`] when the daemon speaks another major version.
    pub async fn connect(options: ConnectOptions) -> Result<Self, ClientError> {
        Self::connect_any(options).await?.compatible()
    }

    /// The same for a daemon of any version. Only [`Client::status`] and [`Client::shutdown`] are the same in each:
    /// whoever calls this asks [`Client::incompatible`] before anything else.
    ///
    /// # Errors
    /// As [`Client::connect`], but never [`ClientError::Incompatible`].
    pub async fn connect_any(options: ConnectOptions) -> Result<Self, ClientError> {
        let shaken = Self::shake_hands(&options, options.patience).await;
        shaken.map_err(|status| unanswered(status, &options.socket))
    }

    /// Connects and shakes hands, trying for `patience`.
    pub(crate) async fn shake_hands(
        options: &ConnectOptions,
        patience: Duration,
    ) -> Result<Self, Status> {
        let service =
            InterceptedService::new(socket::lazy_channel(&options.socket), Stamp::new(options));
        let request = v1::HelloRequest {
            protocol_major: PROTOCOL_MAJOR,
            protocol_minor: PROTOCOL_MINOR,
            client: options.program.into(),
            client_version: options.version.into(),
            key_fingerprint: options.key_fingerprint.clone(),
        };
        let hello = retry(patience, || {
            let mut daemon = DaemonClient::new(service.clone());
            let request = request.clone();
            async move { daemon.hello(request).await }
        })
        .await?;
        Ok(Self {
            service,
            hello,
            socket: options.socket.clone(),
            healer: None,
        })
    }

    /// Itself, starting the daemon again where it is gone later.
    pub(crate) fn healed_by(self, healer: Healer) -> Self {
        Self {
            healer: Some(Arc::new(healer)),
            ..self
        }
    }

    /// Itself, where the daemon speaks our major version.
    pub(crate) fn compatible(self) -> Result<Self, ClientError> {
        match self.incompatible() {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// Why this daemon serves us with status and shutdown only; `None` when it speaks our major version.
    pub fn incompatible(&self) -> Option<ClientError> {
        let hello = &self.hello;
        (hello.protocol_major != PROTOCOL_MAJOR).then(|| ClientError::Incompatible {
            theirs: format!("{}.{}", hello.protocol_major, hello.protocol_minor),
            ours: format!("{PROTOCOL_MAJOR}.{PROTOCOL_MINOR}"),
            daemon: hello.daemon_version.clone(),
        })
    }

    /// What the daemon said at the handshake.
    pub fn hello(&self) -> &v1::HelloResponse {
        &self.hello
    }

    /// The socket it is connected to.
    pub fn socket(&self) -> &std::path::Path {
        &self.socket
    }

    /// Submits a job. The nonce of the request must be set for it to be repeated after a broken connection.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn submit(
        &self,
        request: v1::SubmitJobRequest,
    ) -> Result<v1::SubmitJobResponse, ClientError> {
        if request.nonce.is_empty() {
            return Ok(self.jobs().submit_job(request).await?.into_inner());
        }
        self.call(|| {
            let (mut jobs, request) = (self.jobs(), request.clone());
            async move { jobs.submit_job(request).await }
        })
        .await
    }

    /// Reads the jobs that the daemon knows.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn list(&self, request: v1::ListJobsRequest) -> Result<Listing, ClientError> {
        use v1::list_jobs_response::Part;
        let mut stream = self
            .call(|| {
                let (mut jobs, request) = (self.jobs(), request.clone());
                async move { jobs.list_jobs(request).await }
            })
            .await?;
        let mut listing = Listing::default();
        while let Some(message) = stream.message().await? {
            match message.part {
                Some(Part::Chunk(chunk)) => listing.jobs.extend(chunk.jobs),
                Some(Part::End(end)) => {
                    listing.end = end;
                    return Ok(listing);
                }
                None => {}
            }
        }
        Err(ClientError::Broken(
            "the list ended before its last part".into(),
        ))
    }

    /// Reads one job.
    ///
    /// # Errors
    /// See [`ClientError`]; kind NOT_FOUND when neither the daemon nor the backend knows the id.
    pub async fn get(&self, id: &str) -> Result<v1::GetJobResponse, ClientError> {
        self.call(|| {
            let request = v1::GetJobRequest {
                id: id.into(),
                raw: false,
            };
            let mut jobs = self.jobs();
            async move { jobs.get_job(request).await }
        })
        .await
    }

    /// Reads one job with the backend's own answer about it, as it is now.
    ///
    /// # Errors
    /// See [`Client::get`].
    pub async fn get_raw(&self, id: &str) -> Result<v1::GetJobResponse, ClientError> {
        self.call(|| {
            let request = v1::GetJobRequest {
                id: id.into(),
                raw: true,
            };
            let mut jobs = self.jobs();
            async move { jobs.get_job(request).await }
        })
        .await
    }

    /// What a submit would send and decide.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn check_submit(
        &self,
        request: v1::SubmitJobRequest,
    ) -> Result<v1::CheckSubmitResponse, ClientError> {
        self.call(|| {
            let (mut jobs, request) = (self.jobs(), request.clone());
            async move { jobs.check_submit(request).await }
        })
        .await
    }

    /// Removes a job that has ended from the backend. Not repeated: the second time there is no such job.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn delete(&self, id: &str) -> Result<v1::DeleteJobResponse, ClientError> {
        let request = v1::DeleteJobRequest { id: id.into() };
        Ok(self.jobs().delete_job(request).await?.into_inner())
    }

    /// Changes a job. Repeating it is harmless.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn update(
        &self,
        request: v1::UpdateJobRequest,
    ) -> Result<v1::UpdateJobResponse, ClientError> {
        self.call(|| {
            let (mut jobs, request) = (self.jobs(), request.clone());
            async move { jobs.update_job(request).await }
        })
        .await
    }

    /// Asks for a stop. Repeating it is harmless.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn stop(&self, id: &str) -> Result<v1::StopJobResponse, ClientError> {
        self.call(|| {
            let (mut jobs, request) = (self.jobs(), v1::StopJobRequest { id: id.into() });
            async move { jobs.stop_job(request).await }
        })
        .await
    }

    /// Waits for jobs; resumes by itself.
    pub fn wait(&self, request: v1::WaitJobsRequest) -> Wait {
        Wait::new(self.jobs(), request, self.link())
    }

    /// Watches jobs; resumes by itself at its last cursor.
    pub fn watch(&self, request: v1::WatchJobsRequest) -> Watch {
        Watch::new(self.jobs(), request, self.link())
    }

    /// Follows a job's log; resumes by itself after the last line.
    pub fn follow(&self, request: v1::FollowLogsRequest) -> Follow {
        Follow::new(self.logs(), request, self.link())
    }

    fn jobs(&self) -> JobsClient<Service> {
        JobsClient::new(self.service.clone()).max_decoding_message_size(MESSAGE_MAX)
    }

    fn daemon(&self) -> DaemonClient<Service> {
        DaemonClient::new(self.service.clone())
    }

    fn settings(&self) -> ConfigClient<Service> {
        ConfigClient::new(self.service.clone())
    }

    fn link<M>(&self) -> Link<M> {
        Link::new(self.healer.clone())
    }

    async fn call<T, F>(&self, mut attempt: impl FnMut() -> F) -> Result<T, ClientError>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        if let Some(healer) = &self.healer {
            // Twice: the call may have been under way for longer than that when its connection broke.
            for _ in 0..2 {
                match retry(AWAY, &mut attempt).await {
                    Err(status) if is_nobody(&status) => {
                        healer.heal().await?;
                        break;
                    }
                    Err(status) if is_transport(&status) => {}
                    answer => return Ok(answer?),
                }
            }
        }
        Ok(retry(RECONNECT_PATIENCE, attempt).await?)
    }
}
