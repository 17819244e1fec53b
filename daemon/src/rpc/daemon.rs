//! Service `Daemon`.

use std::sync::Arc;

use pai_proto::{
    PROTOCOL_MAJOR, PROTOCOL_MINOR,
    start::IDLE_EXIT,
    v1::{
        self, ContextStatus, GetConfigRequest, GetConfigResponse, GetStatusRequest,
        GetStatusResponse, HelloRequest, HelloResponse, ShutdownRequest, ShutdownResponse,
        WhoAmIRequest, WhoAmIResponse, daemon_server::Daemon,
    },
};
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status};

use super::{
    Edge,
    error::{store_status, to_detail, to_status},
};
use crate::{
    config::{CredentialSource, Settings},
    contexts::Running,
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

    async fn context_status(&self) -> Result<ContextStatus, Status> {
        let path = self.edge.contexts.path().display().to_string();
        // A file that was mended meanwhile is noticed here too.
        match self.edge.contexts.get(None).await {
            Err(fault) => Ok(ContextStatus {
                settings_path: path,
                usable: false,
                problem: Some(to_detail(&fault)),
                ..ContextStatus::default()
            }),
            Ok(running) => usable_status(&running, path).await,
        }
    }
}

#[tonic::async_trait]
impl Daemon for DaemonService {
    async fn hello(
        &self,
        request: Request<HelloRequest>,
    ) -> Result<Response<HelloResponse>, Status> {
        let hello = request.into_inner();
        let running = self.edge.contexts.current().ok();
        let warnings = running
            .and_then(|running| other_key_warning(&running.scope.settings, &hello.key_fingerprint));
        Ok(Response::new(HelloResponse {
            protocol_major: PROTOCOL_MAJOR,
            protocol_minor: PROTOCOL_MINOR,
            daemon_version: env!("CARGO_PKG_VERSION").into(),
            instance: self.edge.instance.clone(),
            store_id: self.edge.journal.store_id().into(),
            pid: std::process::id(),
            warnings: warnings.into_iter().collect(),
        }))
    }

    async fn get_status(
        &self,
        _request: Request<GetStatusRequest>,
    ) -> Result<Response<GetStatusResponse>, Status> {
        let edge = &self.edge;
        let contexts = vec![self.context_status().await?];
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
        let running = self
            .edge
            .context(request.metadata())
            .await
            .map_err(to_status)?;
        Ok(Response::new(config(&running.scope.settings)))
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
        let who = running.scope.provider.identity().await.map_err(to_status)?;
        Ok(Response::new(WhoAmIResponse {
            account_id: who.account_id,
            user_id: who.user_id,
            identity_type: who.identity_type,
            arn: who.arn,
            credential_source: running.scope.settings.credential_source.to_string(),
        }))
    }
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

async fn usable_status(running: &Running, path: String) -> Result<ContextStatus, Status> {
    let scope = &running.scope;
    let context = scope.context;
    let (active, known) = scope
        .journal
        .read(move |reader| reader.count(context))
        .await
        .map_err(store_status)?;
    let looks = scope.looks.get();
    let settings = &scope.settings;
    Ok(ContextStatus {
        settings_path: path,
        usable: true,
        problem: None,
        region: settings.region.clone(),
        workspace_id: settings.workspace_id.clone(),
        prefix: settings.prefix.clone(),
        endpoint: settings.endpoints.dlc.to_string(),
        credential_source: settings.credential_source.to_string(),
        active_jobs: active,
        known_jobs: known,
        waiters: scope.interest.waiters(),
        last_look_ms: looks.last_ok_ms,
        next_look_ms: looks.next_ms,
        stale_since_ms: looks.stale_since_ms,
        last_error: looks.last_error.as_ref().map(to_detail),
        calls: scope.provider.calls().into_iter().collect(),
        dropped_observations: looks.dropped,
        ..ContextStatus::default()
    })
}

fn config(settings: &Settings) -> GetConfigResponse {
    GetConfigResponse {
        settings_path: settings.path.display().to_string(),
        version: settings.version.clone(),
        prefix: settings.prefix.clone(),
        region: settings.region.clone(),
        workspace_id: settings.workspace_id.clone(),
        resource_id: settings.resource_id.clone(),
        endpoint: settings.endpoints.dlc.to_string(),
        credential_source: settings.credential_source.to_string(),
        limits: Some(v1::Limits {
            max_running_jobs: settings.limits.max_running_jobs,
            max_gpu: settings.limits.max_gpu,
            max_cpu: settings.limits.max_cpu,
            ..v1::Limits::default()
        }),
        profiles: settings
            .profiles
            .iter()
            .map(|(name, profile)| v1::Profile {
                name: name.clone(),
                job_type: profile.job_type.clone(),
                replicas: profile.job_specs.iter().map(profile_replica).collect(),
                ..v1::Profile::default()
            })
            .collect(),
        mounts: settings
            .mounts
            .iter()
            .map(|mount| v1::Mount {
                name: mount.name.clone(),
                uri: mount.uri.clone(),
                mount_path: mount.mount_path.clone(),
                read_only: mount.wire_access() == "RO",
            })
            .collect(),
        code_source: settings.code_source.as_ref().map(|source| v1::CodeSource {
            code_source_id: source.code_source_id.clone(),
            mount_path: source.mount_path.clone(),
            default_branch: source.default_branch.clone().unwrap_or_default(),
            default_commit: source.default_commit.clone().unwrap_or_default(),
        }),
        warnings: settings.warnings.clone(),
        ..GetConfigResponse::default()
    }
}

/// A role as it stands in the settings: amounts are shown as written, nothing else of the role is.
fn profile_replica(spec: &serde_json::Value) -> v1::ProfileReplica {
    let spec = crate::provider::dlc::request::wire_case(spec);
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let amounts = &spec["ResourceConfig"];
    v1::ProfileReplica {
        role: text(&spec["Type"]),
        count: spec["PodCount"]
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(0),
        image: text(&spec["Image"]),
        instance_type: text(&spec["EcsSpec"]),
        cpu: text(&amounts["CPU"]),
        gpu: text(&amounts["GPU"]),
        memory: text(&amounts["Memory"]),
    }
}
