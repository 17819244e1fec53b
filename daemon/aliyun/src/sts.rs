//! Who am I (PAI-DLC fact sheet §10.3). RPC style: everything is in the headers.

use crate::encode::ApiPath;
use crate::error::Error;
use crate::{Endpoint, Priority, Request, Transport};
use reqwest::Method;
use serde_json::Value;
use std::sync::Arc;

/// API version of STS.
pub const VERSION: &str = "2015-04-01";

/// The identity service.
#[derive(Clone, Debug)]
pub struct Sts {
    transport: Arc<Transport>,
    endpoint: Endpoint,
}

/// The principal behind the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The main account.
    pub account_id: String,
    /// The RAM user; absent for a role session.
    pub user_id: Option<String>,
    /// Resource name of the principal.
    pub arn: Option<String>,
    /// `Account`, `RAMUser` or `AssumedRoleUser`.
    pub identity_type: Option<String>,
    /// Id of the principal; for a role session it holds the session's name too.
    pub principal_id: Option<String>,
    /// The role of a role session.
    pub role_id: Option<String>,
    /// Id of the request.
    pub request_id: Option<String>,
}

impl Sts {
    /// Talks to STS at `endpoint`.
    pub fn new(transport: Arc<Transport>, endpoint: Endpoint) -> Self {
        Self {
            transport,
            endpoint,
        }
    }

    /// GetCallerIdentity: needs no permission, so it tells whether credentials work at all.
    pub async fn get_caller_identity(&self, priority: Priority) -> Result<CallerIdentity, Error> {
        let request = Request::new(
            &self.endpoint,
            VERSION,
            "GetCallerIdentity",
            Method::POST,
            ApiPath::root(),
            priority,
        );
        let answer = self.transport.call(&request).await?;
        let text = |key| match answer.body.get(key) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        Ok(CallerIdentity {
            account_id: text("AccountId").ok_or_else(|| answer.unreadable("no AccountId"))?,
            user_id: text("UserId"),
            arn: text("Arn"),
            identity_type: text("IdentityType"),
            principal_id: text("PrincipalId"),
            role_id: text("RoleId"),
            request_id: answer.request_id.clone(),
        })
    }
}
