//! Calls about the settings. Changes are not repeated after a broken connection: the files may have changed meanwhile.

use super::Client;
use crate::{ClientError, v1};

impl Client {
    /// What may stand in the settings, and what does.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn config_schema(
        &self,
        request: v1::GetConfigSchemaRequest,
    ) -> Result<v1::GetConfigSchemaResponse, ClientError> {
        self.call(|| {
            let (mut settings, request) = (self.settings(), request);
            async move { settings.get_schema(request).await }
        })
        .await
    }

    /// Whether the files as they are can be used.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn check_config(
        &self,
        request: v1::CheckConfigRequest,
    ) -> Result<v1::CheckConfigResponse, ClientError> {
        self.call(|| {
            let (mut settings, request) = (self.settings(), request);
            async move { settings.check_config(request).await }
        })
        .await
    }

    /// Sets and removes keys.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn update_config(
        &self,
        request: v1::UpdateConfigRequest,
    ) -> Result<v1::ConfigChanged, ClientError> {
        Ok(self.settings().update_config(request).await?.into_inner())
    }

    /// Makes or replaces a profile.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn put_profile(
        &self,
        request: v1::PutProfileRequest,
    ) -> Result<v1::ConfigChanged, ClientError> {
        Ok(self.settings().put_profile(request).await?.into_inner())
    }

    /// Deletes a profile.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn delete_profile(
        &self,
        request: v1::DeleteProfileRequest,
    ) -> Result<v1::ConfigChanged, ClientError> {
        Ok(self.settings().delete_profile(request).await?.into_inner())
    }

    /// Makes a profile of a job.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn import_profile(
        &self,
        request: v1::ImportProfileRequest,
    ) -> Result<v1::ConfigChanged, ClientError> {
        Ok(self.settings().import_profile(request).await?.into_inner())
    }

    /// Brings the file to today's shape.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn migrate_config(
        &self,
        request: v1::MigrateConfigRequest,
    ) -> Result<v1::ConfigChanged, ClientError> {
        Ok(self.settings().migrate_config(request).await?.into_inner())
    }

    /// The code source of the settings, and the object at the cloud.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn code_source(
        &self,
        request: v1::GetCodeSourceRequest,
    ) -> Result<v1::GetCodeSourceResponse, ClientError> {
        self.call(|| {
            let (mut settings, request) = (self.settings(), request);
            async move { settings.get_code_source(request).await }
        })
        .await
    }

    /// Changes the branch or the commit.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn update_code_source(
        &self,
        request: v1::UpdateCodeSourceRequest,
    ) -> Result<v1::UpdateCodeSourceResponse, ClientError> {
        Ok(self
            .settings()
            .update_code_source(request)
            .await?
            .into_inner())
    }
}
