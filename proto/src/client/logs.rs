//! Calls of the service `Logs` that are no follow.

use tonic::Streaming;

use super::{Client, MESSAGE_MAX, Service};
use crate::{
    error::ClientError,
    v1::{self, logs_client::LogsClient, search_logs_response::Frame},
};

/// A search in progress; dropping it ends the search.
#[derive(Debug)]
pub struct Search(Streaming<v1::SearchLogsResponse>);

/// What a search has to say.
#[derive(Debug, Clone)]
pub enum SearchUpdate {
    /// Lines of one pod.
    Hits(v1::LogHits),
    /// The last word.
    Ended(v1::SearchEnded),
}

impl Search {
    /// The next thing to say; nothing comes after [`SearchUpdate::Ended`].
    ///
    /// # Errors
    /// See [`ClientError`]; [`ClientError::Broken`] when the stream ends without a last word.
    pub async fn next(&mut self) -> Result<SearchUpdate, ClientError> {
        while let Some(message) = self.0.message().await? {
            match message.frame {
                Some(Frame::Hits(hits)) => return Ok(SearchUpdate::Hits(hits)),
                Some(Frame::Ended(ended)) => return Ok(SearchUpdate::Ended(ended)),
                None => {}
            }
        }
        Err(ClientError::Broken(
            "the search ended before its last word".into(),
        ))
    }
}

impl Client {
    /// Searches stored logs.
    ///
    /// # Errors
    /// See [`ClientError`]; kind INVALID when the pattern is none.
    pub async fn search_logs(&self, request: v1::SearchLogsRequest) -> Result<Search, ClientError> {
        let stream = self
            .call(|| {
                let (mut logs, request) = (self.logs(), request.clone());
                async move { logs.search_logs(request).await }
            })
            .await?;
        Ok(Search(stream))
    }

    /// Reads a piece of a log as text.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn read_log_text(
        &self,
        request: v1::ReadLogTextRequest,
    ) -> Result<v1::ReadLogTextResponse, ClientError> {
        self.call(|| {
            let (mut logs, request) = (self.logs(), request.clone());
            async move { logs.read_log_text(request).await }
        })
        .await
    }

    /// Drops stored logs. Repeating it is harmless.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn prune_logs(
        &self,
        request: v1::PruneLogsRequest,
    ) -> Result<v1::PruneLogsResponse, ClientError> {
        self.call(|| {
            let (mut logs, request) = (self.logs(), request.clone());
            async move { logs.prune_logs(request).await }
        })
        .await
    }

    /// Keeps the logs of all pods of a job, or does not any more.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn keep_logs(
        &self,
        id: &str,
        keep: bool,
    ) -> Result<v1::KeepLogsResponse, ClientError> {
        self.call(|| {
            let mut logs = self.logs();
            let request = v1::KeepLogsRequest {
                id: id.into(),
                keep,
            };
            async move { logs.keep_logs(request).await }
        })
        .await
    }

    pub(super) fn logs(&self) -> LogsClient<Service> {
        LogsClient::new(self.service.clone()).max_decoding_message_size(MESSAGE_MAX)
    }
}
