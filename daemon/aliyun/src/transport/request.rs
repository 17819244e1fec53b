//! What to send, before it is signed.

use crate::encode::ApiPath;
use crate::{Endpoint, Priority};
use bytes::Bytes;
use reqwest::Method;
use std::borrow::Cow;
use std::fmt;

/// One operation with its parameters.
#[derive(Clone)]
pub struct Request {
    /// Where the product lives.
    pub endpoint: Endpoint,
    /// Operation name, such as `ListJobs`; also the key of [`crate::Transport::calls`].
    pub action: Cow<'static, str>,
    /// API version of the product, such as `2020-12-03`.
    pub version: Cow<'static, str>,
    /// HTTP method; RPC style products use POST.
    pub method: Method,
    /// Path below the endpoint.
    pub path: ApiPath,
    /// Query pairs, not encoded, in any order.
    pub query: Vec<(String, String)>,
    /// JSON body; `None` sends neither a body nor a content type.
    pub body: Option<Bytes>,
    /// Place in the queue for a token.
    pub priority: Priority,
}

impl Request {
    /// A request without query and body.
    pub fn new(
        endpoint: &Endpoint,
        version: &'static str,
        action: &'static str,
        method: Method,
        path: ApiPath,
        priority: Priority,
    ) -> Self {
        Self {
            endpoint: endpoint.clone(),
            action: action.into(),
            version: version.into(),
            method,
            path,
            query: Vec::new(),
            body: None,
            priority,
        }
    }
}

impl fmt::Debug for Request {
    /// Leaves query values and the body out: they may hold secrets of the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("action", &self.action)
            .field("method", &self.method)
            .field("endpoint", &self.endpoint)
            .field("path", &self.path.as_str())
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}
