//! Calls about the settings.

use pai_proto::v1::{self, config_server};
use tonic::{Request, Response, Status};

use super::{Call, Fake};

#[tonic::async_trait]
impl config_server::Config for Fake {
    async fn get_schema(
        &self,
        request: Request<v1::GetConfigSchemaRequest>,
    ) -> Result<Response<v1::GetConfigSchemaResponse>, Status> {
        self.heard.hear(Call::Schema(request.into_inner()));
        self.answer(self.schema.clone())
    }

    async fn check_config(
        &self,
        _: Request<v1::CheckConfigRequest>,
    ) -> Result<Response<v1::CheckConfigResponse>, Status> {
        self.answer(self.checked.clone())
    }

    async fn update_config(
        &self,
        request: Request<v1::UpdateConfigRequest>,
    ) -> Result<Response<v1::ConfigChanged>, Status> {
        self.heard.hear(Call::Change(request.into_inner()));
        self.answer(self.changed.clone())
    }

    async fn put_profile(
        &self,
        request: Request<v1::PutProfileRequest>,
    ) -> Result<Response<v1::ConfigChanged>, Status> {
        self.heard.hear(Call::Profile(request.into_inner()));
        self.answer(self.changed.clone())
    }

    async fn delete_profile(
        &self,
        request: Request<v1::DeleteProfileRequest>,
    ) -> Result<Response<v1::ConfigChanged>, Status> {
        self.heard.hear(Call::NoProfile(request.into_inner()));
        self.answer(self.changed.clone())
    }

    async fn import_profile(
        &self,
        request: Request<v1::ImportProfileRequest>,
    ) -> Result<Response<v1::ConfigChanged>, Status> {
        self.heard.hear(Call::Import(request.into_inner()));
        self.answer(self.changed.clone())
    }

    async fn migrate_config(
        &self,
        request: Request<v1::MigrateConfigRequest>,
    ) -> Result<Response<v1::ConfigChanged>, Status> {
        self.heard.hear(Call::Migrate(request.into_inner()));
        self.answer(self.changed.clone())
    }

    async fn get_code_source(
        &self,
        request: Request<v1::GetCodeSourceRequest>,
    ) -> Result<Response<v1::GetCodeSourceResponse>, Status> {
        self.heard.hear(Call::CodeSource(request.into_inner()));
        match &self.code {
            Some(code) => self.answer(code.clone()),
            None => Err(Status::unimplemented("GetCodeSource")),
        }
    }

    async fn update_code_source(
        &self,
        request: Request<v1::UpdateCodeSourceRequest>,
    ) -> Result<Response<v1::UpdateCodeSourceResponse>, Status> {
        self.heard.hear(Call::NewCode(request.into_inner()));
        self.answer(v1::UpdateCodeSourceResponse {
            code_source: self.code.clone(),
            changed: Some(self.changed.clone()),
            verified: self.verified,
        })
    }
}
