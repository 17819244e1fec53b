//! An answer before it is sent: it can still be replaced, halved or withheld.

use std::io;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::StreamExt as _;
use futures_util::stream;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::api::USER_ID;
use crate::error::ApiError;

/// Marks a response that must not be sent.
#[derive(Clone, Copy)]
pub(crate) struct Cut;

/// How much of an answer reaches the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Whole,
    /// Half the body, though all of it is announced.
    Half,
    Nothing,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    pub(crate) retry_after_ms: Option<u64>,
    pub(crate) sent: Sent,
}

impl Answer {
    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        Self {
            status,
            content_type: "application/json;charset=utf-8",
            body: value.to_string(),
            retry_after_ms: None,
            sent: Sent::Whole,
        }
    }

    pub(crate) fn refusal(error: &ApiError, request_id: &str) -> Self {
        let mut value = json!({
            "Code": error.code,
            "Message": error.message,
            "RequestId": request_id,
            "HostId": "127.0.0.1",
            "Recommend": format!("https://api.aliyun.com/troubleshoot?q={}", error.code),
        });
        if let Some(action) = &error.denied_action {
            value["AccessDeniedDetail"] = json!({
                "AuthAction": action,
                "AuthPrincipalType": "SubUser",
                "AuthPrincipalDisplayName": USER_ID,
                "PolicyType": "AccountLevelIdentityBasedPolicy",
                "NoPermissionType": "ImplicitDeny",
            });
        }
        Self {
            retry_after_ms: error.retry_after_ms,
            ..Self::json(error.status, &value)
        }
    }

    /// HTTP status for the records; 0 when nothing is sent.
    pub(crate) fn recorded_status(&self) -> u16 {
        if self.sent == Sent::Nothing {
            0
        } else {
            self.status.as_u16()
        }
    }

    pub(crate) fn into_response(self, request_id: &str, date: &str) -> Response {
        let length = self.body.len();
        let body = match self.sent {
            Sent::Half => half(&self.body),
            Sent::Whole | Sent::Nothing => Body::from(self.body),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        if self.sent == Sent::Nothing {
            response.extensions_mut().insert(Cut);
        }
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(self.content_type),
        );
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        let retry_after = self.retry_after_ms.map(|ms| ms.to_string());
        let texts = [
            ("date", Some(date)),
            ("x-acs-request-id", Some(request_id)),
            ("x-acs-retry-after", retry_after.as_deref()),
        ];
        for (name, text) in texts {
            if let Some(value) = text.and_then(|text| HeaderValue::from_str(text).ok()) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// Sends half and breaks off; the pause in between lets hyper flush what it has.
fn half(whole: &str) -> Body {
    let half = Bytes::copy_from_slice(&whole.as_bytes()[..whole.len() / 2]);
    let break_off = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    Body::from_stream(stream::iter([Ok(half)]).chain(break_off))
}
