//! Service `Config`: one file per kind of call. What the caller may change is decided by the policy, on the resulting values.

mod change;
mod code;
mod import;
mod read;

use std::sync::Arc;

use pai_proto::v1::{
    CheckConfigRequest, CheckConfigResponse, ConfigChanged, DeleteProfileRequest,
    GetCodeSourceRequest, GetCodeSourceResponse, GetConfigSchemaRequest, GetConfigSchemaResponse,
    ImportProfileRequest, MigrateConfigRequest, PutProfileRequest, UpdateCodeSourceRequest,
    UpdateCodeSourceResponse, UpdateConfigRequest, config_server::Config,
};
use tonic::{Request, Response, Status, metadata::MetadataMap};

use super::{Edge, caller, error::to_status, task::to_its_end};
use change::Changer;

#[derive(Debug)]
pub(super) struct ConfigService {
    edge: Arc<Edge>,
}

impl ConfigService {
    pub(super) fn new(edge: Arc<Edge>) -> Self {
        Self { edge }
    }

    /// Whoever changes the settings that a call means.
    async fn changer(&self, metadata: &MetadataMap) -> Result<Changer, Status> {
        let running = self.edge.context(metadata).await.map_err(to_status)?;
        Ok(Changer {
            edge: Arc::clone(&self.edge),
            running,
            caller: caller(metadata),
        })
    }
}

#[tonic::async_trait]
impl Config for ConfigService {
    async fn get_schema(
        &self,
        request: Request<GetConfigSchemaRequest>,
    ) -> Result<Response<GetConfigSchemaResponse>, Status> {
        let running = self.edge.context(request.metadata()).await;
        let running = running.map_err(to_status)?;
        let caller = caller(request.metadata());
        let answer = read::schema(running.scope.settings(), &caller, request.get_ref().raw).await;
        answer.map(Response::new).map_err(to_status)
    }

    async fn check_config(
        &self,
        request: Request<CheckConfigRequest>,
    ) -> Result<Response<CheckConfigResponse>, Status> {
        let known = self.edge.known(request.metadata()).await;
        let known = known.map_err(to_status)?;
        let answer = read::check(known.path, self.edge.contexts.env()).await;
        answer.map(Response::new).map_err(to_status)
    }

    async fn update_config(
        &self,
        request: Request<UpdateConfigRequest>,
    ) -> Result<Response<ConfigChanged>, Status> {
        let changer = self.changer(request.metadata()).await?;
        let request = request.into_inner();
        to_its_end(async move { changer.update(request).await }).await
    }

    async fn put_profile(
        &self,
        request: Request<PutProfileRequest>,
    ) -> Result<Response<ConfigChanged>, Status> {
        let changer = self.changer(request.metadata()).await?;
        let request = request.into_inner();
        to_its_end(async move { changer.put_profile(request).await }).await
    }

    async fn delete_profile(
        &self,
        request: Request<DeleteProfileRequest>,
    ) -> Result<Response<ConfigChanged>, Status> {
        let changer = self.changer(request.metadata()).await?;
        let request = request.into_inner();
        to_its_end(async move { changer.delete_profile(request).await }).await
    }

    async fn import_profile(
        &self,
        request: Request<ImportProfileRequest>,
    ) -> Result<Response<ConfigChanged>, Status> {
        let changer = self.changer(request.metadata()).await?;
        let request = request.into_inner();
        to_its_end(async move { import::import(&changer, request).await }).await
    }

    async fn migrate_config(
        &self,
        request: Request<MigrateConfigRequest>,
    ) -> Result<Response<ConfigChanged>, Status> {
        let changer = self.changer(request.metadata()).await?;
        let request = request.into_inner();
        to_its_end(async move { changer.migrate(request).await }).await
    }

    async fn get_code_source(
        &self,
        request: Request<GetCodeSourceRequest>,
    ) -> Result<Response<GetCodeSourceResponse>, Status> {
        let running = self.edge.context(request.metadata()).await;
        let running = running.map_err(to_status)?;
        let answer = code::get(&running.scope, request.get_ref().local_only).await;
        answer.map(Response::new).map_err(to_status)
    }

    async fn update_code_source(
        &self,
        request: Request<UpdateCodeSourceRequest>,
    ) -> Result<Response<UpdateCodeSourceResponse>, Status> {
        let changer = self.changer(request.metadata()).await?;
        let request = request.into_inner();
        to_its_end(async move { code::update(&changer, request).await }).await
    }
}
