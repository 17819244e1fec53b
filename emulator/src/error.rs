//! A refused call: HTTP status, `Code` and `Message` as the API shapes them.

use std::borrow::Cow;

use http::StatusCode;

use crate::job::Status;

/// What a handler answers instead of a result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    /// Goes out as `x-acs-retry-after`.
    pub(crate) retry_after_ms: Option<u64>,
    /// The action the caller may not do, for `AccessDeniedDetail`.
    pub(crate) denied_action: Option<String>,
}

impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            retry_after_ms: None,
            denied_action: None,
        }
    }

    pub(crate) fn bad(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn missing(field: &str) -> Self {
        Self::bad(
            "MissingParameter",
            format!("The required parameter {field} is not supplied."),
        )
    }

    pub(crate) fn invalid(field: &str, why: &str) -> Self {
        let message = format!("The specified parameter {field} is not valid: {why}.");
        Self::bad("InvalidParameter", message)
    }

    pub(crate) fn not_emulated(key: &str) -> Self {
        Self::bad("InvalidParameter", format!("not emulated: {key}"))
    }

    /// A user without the right to call an operation.
    pub(crate) fn no_permission(operation: &str) -> Self {
        let product = match operation {
            "GetCallerIdentity" => "sts",
            "GetCodeSource" | "UpdateCodeSource" => "paicodesource",
            _ => "paidlc",
        };
        let message = "You are not authorized to do this action.";
        Self {
            denied_action: Some(format!("{product}:{operation}")),
            ..Self::new(StatusCode::FORBIDDEN, "NoPermission", message)
        }
    }

    pub(crate) fn job_not_found(id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Job.NotFound",
            format!("Job {id} does not exist."),
        )
    }

    /// What a job in that status cannot be, e.g. stopped. The real code is not known.
    pub(crate) fn not_allowed(what: &str, status: Status) -> Self {
        let message = format!("Job can't be {what}, because it is {status}");
        Self::bad("OperationNotAllowed", message)
    }

    pub(crate) fn pod_not_found(id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Pod.NotFound",
            format!("Pod {id} does not exist."),
        )
    }

    /// AIWorkSpace has numbers for codes. That this one comes with a 400 is not known.
    pub(crate) fn code_source_not_found(id: &str) -> Self {
        Self::bad("201400002", format!("CodeSource {id} is not found."))
    }

    pub(crate) fn no_such_api() -> Self {
        let message = "Specified api is not found, please check your url and method.";
        Self::new(StatusCode::NOT_FOUND, "InvalidApi.NotFound", message)
    }

    pub(crate) fn throttled(retry_after_ms: Option<u64>) -> Self {
        let message = "Request was denied due to user flow control.";
        Self {
            retry_after_ms,
            ..Self::bad("Throttling.User", message)
        }
    }
}
