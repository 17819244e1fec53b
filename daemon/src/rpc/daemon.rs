//! Service `Daemon`.

use std::sync::Arc;

use pai_proto::{
    PROTOCOL_MAJOR, PROTOCOL_MINOR,
    start::IDLE_EXIT,
    v1::{
        ContextStatus, GetConfigRequest, GetConfigResponse, GetStatusRequest, GetStatusResponse,
        HelloRequest, HelloResponse, ListAuditRequest, ListAuditResponse, ShutdownRequest,
        ShutdownResponse, WhoAmIRequest, WhoAmIResponse, daemon_server::Daemon,
    },
};
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status};

use super::{
    Edge, audit,
    error::{store_status, to_status},
    settings_view,
    status::{context_status, full_warning, logs_status},
};
use crate::{
    config::{CredentialSource, Settings},
    contexts::Known,
};

#[derive(Debug)]
pub(super) struct DaemonService {
    edge: Arc<Edge>,
}

impl DaemonService {
    pub(super) fn new(edge: Arc<Edge>) -> Self {
        Self { edge }
    }

    /// When the daemon leaves if nobody comes after the caller.
    async fn leaves_at_ms(&self) -> Result<Option<i64>, Status> {
        if !self.edge.auto_started {
            return Ok(None);
        }
        let mut work = self.edge.work().await.map_err(store_status)?;
        work.clients = work.clients.saturating_sub(1);
        let idle_ms = i64::try_from(IDLE_EXIT.as_millis()).unwrap_or(i64::MAX);
        Ok(work
            .is_none()
            .then(|| self.edge.clock.wall_ms().saturating_add(idle_ms)))
    }

    async fn statuses(&self) -> Result<Vec<ContextStatus>, Status> {
        let contexts = &self.edge.contexts;
        // A file that was mended meanwhile is noticed here too.
        contexts.read(None).await;
        let mut statuses = Vec::new();
        for known in contexts.all() {
            statuses.push(context_status(&known, &contexts.env()).await?);
        }
        Ok(statuses)
    }
}

#[tonic::async_trait]
impl Daemon for DaemonService {
    async fn hello(
        &self,
        request: Request<HelloRequest>,
    ) -> Result<Response<HelloResponse>, Status> {
        // Which settings the client means matters for warnings only: any client can shake hands.
        let known = self.edge.known(request.metadata()).await.ok();
        let hello = request.into_inner();
        let mut told = known
            .map(|known| warnings(&known, &hello.key_fingerprint))
            .unwrap_or_default();
        told.extend(self.edge.journal.logs().full().map(full_warning));
        Ok(Response::new(HelloResponse {
            protocol_major: PROTOCOL_MAJOR,
            protocol_minor: PROTOCOL_MINOR,
            daemon_version: env!("CARGO_PKG_VERSION").into(),
            instance: self.edge.instance.clone(),
            store_id: self.edge.journal.store_id().into(),
            pid: std::process::id(),
            warnings: told,
        }))
    }

    async fn get_status(
        &self,
        _request: Request<GetStatusRequest>,
    ) -> Result<Response<GetStatusResponse>, Status> {
        let edge = &self.edge;
        let contexts = self.statuses().await?;
        let leaves_at_ms = self.leaves_at_ms().await?;
        Ok(Response::new(GetStatusResponse {
            daemon_version: env!("CARGO_PKG_VERSION").into(),
            instance: edge.instance.clone(),
            store_id: edge.journal.store_id().into(),
            pid: std::process::id(),
            started_at_ms: edge.started_ms,
            socket: edge.socket.display().to_string(),
            state_dir: edge.state_dir.display().to_string(),
            rpcs: edge.stats.rpcs().saturating_sub(1),
            streams: edge.stats.streams(),
            contexts,
            rev: edge.journal.rev(),
            auto_started: edge.auto_started,
            leaves_at_ms,
            connections: edge.stats.connections(),
            logs: Some(
                logs_status(edge.journal.logs())
                    .await
                    .map_err(store_status)?,
            ),
        }))
    }

    async fn shutdown(
        &self,
        _request: Request<ShutdownRequest>,
    ) -> Result<Response<ShutdownResponse>, Status> {
        tracing::info!("asked to leave");
        self.edge.leaving.send_replace(true);
        Ok(Response::new(ShutdownResponse {
            pid: std::process::id(),
        }))
    }

    async fn get_config(
        &self,
        request: Request<GetConfigRequest>,
    ) -> Result<Response<GetConfigResponse>, Status> {
        let known = self
            .edge
            .known(request.metadata())
            .await
            .map_err(to_status)?;
        let Some(running) = &known.running else {
            return Err(to_status(known.fault()));
        };
        let mut config = settings_view::answer(&running.scope).await;
        config.warnings.extend(known.warnings());
        Ok(Response::new(config))
    }

    async fn who_am_i(
        &self,
        request: Request<WhoAmIRequest>,
    ) -> Result<Response<WhoAmIResponse>, Status> {
        let running = self
            .edge
            .context(request.metadata())
            .await
            .map_err(to_status)?;
        let scope = &running.scope;
        let who = scope.provider().identity().await.map_err(to_status)?;
        Ok(Response::new(WhoAmIResponse {
            account_id: who.account_id,
            user_id: who.user_id,
            identity_type: who.identity_type,
            arn: who.arn,
            credential_source: scope.settings().credential_source.to_string(),
        }))
    }

    async fn list_audit(
        &self,
        request: Request<ListAuditRequest>,
    ) -> Result<Response<ListAuditResponse>, Status> {
        let running = self
            .edge
            .context(request.metadata())
            .await
            .map_err(to_status)?;
        let entries = audit::list(&running.scope, request.into_inner())
            .await
            .map_err(to_status)?;
        Ok(Response::new(ListAuditResponse { entries }))
    }
}

/// What a client should hear before anything else.
fn warnings(known: &Known, fingerprint: &str) -> Vec<String> {
    let running = known.running.as_ref();
    let settings = running.map(|running| running.scope.settings());
    let key = settings.and_then(|settings| other_key_warning(&settings, fingerprint));
    known.warnings().into_iter().chain(key).collect()
}

/// The environment that counts is the daemon's: a client whose own names another key should know.
fn other_key_warning(settings: &Settings, fingerprint: &str) -> Option<String> {
    if fingerprint.is_empty() || settings.credential_source != CredentialSource::Environment {
        return None;
    }
    let ours = hex::encode(Sha256::digest(
        settings.credentials.access_key_id.as_bytes(),
    ));
    (ours.get(..12) != Some(fingerprint)).then(|| {
        "the daemon uses the key of its own environment, and this shell's ALIBABA_CLOUD_ACCESS_KEY_ID is another one"
            .to_owned()
    })
}
