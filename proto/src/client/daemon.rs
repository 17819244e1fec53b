//! Calls about the daemon itself.

use super::Client;
use crate::{ClientError, v1};

impl Client {
    /// The daemon's state.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn status(&self) -> Result<v1::GetStatusResponse, ClientError> {
        self.call(|| {
            let mut daemon = self.daemon();
            async move { daemon.get_status(v1::GetStatusRequest {}).await }
        })
        .await
    }

    /// The settings in force, without secrets.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn config(&self) -> Result<v1::GetConfigResponse, ClientError> {
        self.call(|| {
            let mut daemon = self.daemon();
            async move { daemon.get_config(v1::GetConfigRequest {}).await }
        })
        .await
    }

    /// Who the key is.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn whoami(&self) -> Result<v1::WhoAmIResponse, ClientError> {
        self.call(|| {
            let mut daemon = self.daemon();
            async move { daemon.who_am_i(v1::WhoAmIRequest {}).await }
        })
        .await
    }

    /// Asks the daemon to leave.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn shutdown(&self) -> Result<v1::ShutdownResponse, ClientError> {
        Ok(self
            .daemon()
            .shutdown(v1::ShutdownRequest {})
            .await?
            .into_inner())
    }

    /// Who changed what.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn audit(
        &self,
        request: v1::ListAuditRequest,
    ) -> Result<v1::ListAuditResponse, ClientError> {
        self.call(|| {
            let (mut daemon, request) = (self.daemon(), request);
            async move { daemon.list_audit(request).await }
        })
        .await
    }
}
