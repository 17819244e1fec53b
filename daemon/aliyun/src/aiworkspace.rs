//! AIWorkSpace, version 2021-02-04: the code sources of a workspace (PAI-DLC fact sheet §10.1).
//!
//! Invariants: an access token, which the service returns in clear, is dropped while an answer is
//! read. A code source that is missing is an [`Error::Invalid`] of the field `CodeSource`, however
//! the service says it: [`Error::NotFound`] is kept for jobs, which callers declare gone by it.

mod code_source;

pub use code_source::{CodeSourceItem, CodeSourceUpdate};

use crate::encode::ApiPath;
use crate::error::Error;
use crate::fields::{self, Fields};
use crate::{Answer, Endpoint, Priority, Request, Transport};
use bytes::Bytes;
use reqwest::Method;
use std::mem::take;
use std::sync::Arc;

/// API version of AIWorkSpace.
pub const VERSION: &str = "2021-02-04";

/// The workspace service of one region, for one principal.
#[derive(Clone, Debug)]
pub struct AiWorkspace {
    transport: Arc<Transport>,
    endpoint: Endpoint,
}

/// The answer to an operation that only acknowledges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Id of the code source, when the answer repeats it.
    pub code_source_id: Option<String>,
    /// Id of the request.
    pub request_id: Option<String>,
}

impl AiWorkspace {
    /// Talks to AIWorkSpace at `endpoint`.
    pub fn new(transport: Arc<Transport>, endpoint: Endpoint) -> Self {
        Self {
            transport,
            endpoint,
        }
    }

    /// GetCodeSource, without its token.
    pub async fn get_code_source(
        &self,
        id: &str,
        priority: Priority,
    ) -> Result<CodeSourceItem, Error> {
        let request = self.request("GetCodeSource", Method::GET, id, priority)?;
        let mut answer = self.call(&request).await?;
        let object = take(&mut answer.body);
        if !fields::names(&object, "CodeSourceId") {
            return Err(answer.unreadable("no CodeSourceId"));
        }
        Ok(CodeSourceItem::from_object(object))
    }

    /// UpdateCodeSource. The whole workspace may share what it changes; read it back afterwards.
    pub async fn update_code_source(
        &self,
        id: &str,
        update: &CodeSourceUpdate,
        priority: Priority,
    ) -> Result<Accepted, Error> {
        let mut request = self.request("UpdateCodeSource", Method::PUT, id, priority)?;
        request.body = Some(Bytes::from(update.body()?.to_string()));
        let answer = self.call(&request).await?;
        Ok(Accepted {
            code_source_id: Fields::new(answer.body).text("CodeSourceId"),
            request_id: answer.request_id,
        })
    }

    /// A request for `/api/v1/codesources/{id}`.
    fn request(
        &self,
        action: &'static str,
        method: Method,
        id: &str,
        priority: Priority,
    ) -> Result<Request, Error> {
        let path = ApiPath::new(&["api", "v1", "codesources", id])?;
        Ok(Request::new(
            &self.endpoint,
            VERSION,
            action,
            method,
            path,
            priority,
        ))
    }

    async fn call(&self, request: &Request) -> Result<Answer, Error> {
        self.transport.call(request).await.map_err(no_job)
    }
}

/// Nothing of what is asked here is a job: a bare "not found" is about the code source.
fn no_job(error: Error) -> Error {
    match error {
        Error::NotFound { detail } => Error::Invalid {
            field: Some("CodeSource".to_owned()),
            detail,
        },
        error => error,
    }
}
