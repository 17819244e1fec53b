//! A refused call: HTTP status, `Code` and `Message` as the API shapes them.

use http::StatusCode;

/// What a handler answers instead of a result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// Goes out as `x-acs-retry-after`.
    pub(crate) retry_after_ms: Option<u64>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after_ms: None,
        }
    }

    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
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

    pub(crate) fn job_not_found(id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Job.NotFound",
            format!("Job {id} does not exist."),
        )
    }

    pub(crate) fn pod_not_found(id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Pod.NotFound",
            format!("Pod {id} does not exist."),
        )
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
