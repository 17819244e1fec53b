//! One API call: signature, rate, fault, effect, fault again, record.
//!
//! Faults strike only calls whose signature is right, so that a refused call does not use up a
//! rule. A fault says for itself whether the effect happens.

use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::request::Parts;
use serde_json::Value;

use crate::answer::{Answer, Sent};
use crate::api::{self, Operation};
use crate::clock::http_date;
use crate::cloud::Cloud;
use crate::control::CallRecord;
use crate::error::ApiError;
use crate::fault::{Decision, FaultKind, FaultRule};
use crate::signature::{Received, verify};
use crate::sync::lock;

/// Bodies longer than this are not read to the end; CreateJob refuses much shorter ones.
const MAX_READ: usize = 1024 * 1024;

/// The action on record for a call that nobody known signed and that no path names.
const UNAUTHENTICATED: &str = "unauthenticated";

/// Answers a call. It runs in a task of its own: a caller that hangs up does not undo its call.
pub(crate) async fn call(State(cloud): State<Arc<Cloud>>, request: Request) -> Response {
    let answered = tokio::spawn(answer_and_record(cloud, request)).await;
    answered.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn answer_and_record(cloud: Arc<Cloud>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let operation = Operation::of(&parts);
    let request_id = crate::ids::request_id();
    let mut fault = None;
    let mut known_caller = false;
    let admitted = match to_bytes(body, MAX_READ).await {
        Ok(body) => authenticate(&cloud, &parts, &body).and_then(|nonce| {
            known_caller = true;
            admit(&cloud, &nonce)?;
            Ok(body)
        }),
        Err(_) => Err(ApiError::invalid(
            "body",
            "it is too long or was broken off",
        )),
    };
    let answer = match admitted {
        Ok(body) => {
            let decision = lock(&cloud.faults).decide(operation.name());
            fault = decision.broken_by.as_ref().map(|rule| rule.fault);
            carry_out(&cloud, &operation, &parts, &body, decision, &request_id).await
        }
        Err(error) => Answer::refusal(&error, &request_id),
    };
    let ms = cloud.now_ms();
    let action = match &operation {
        Operation::Other(_) if !known_caller => UNAUTHENTICATED,
        operation => operation.name(),
    };
    let record = CallRecord {
        ms,
        action: action.to_owned(),
        http_status: answer.recorded_status(),
        request_id: request_id.clone(),
        fault,
    };
    cloud.journal.call(&record, known_caller);
    cloud.calls.add(record);
    cloud.changed();
    answer.into_response(&request_id, &http_date(ms))
}

/// Checks the signature and that the signed `Host` is this one; returns the nonce.
fn authenticate(cloud: &Cloud, parts: &Parts, body: &[u8]) -> Result<String, ApiError> {
    let received = Received {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body,
    };
    let nonce = verify(&received, &cloud.key, cloud.now_ms())?;
    let host = parts
        .headers
        .get("host")
        .and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| cloud.is_own_host(host)) {
        Ok(nonce)
    } else {
        let message = "Specified product is not served by the host of the request.";
        Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "InvalidProduct.NotFound",
            message,
        ))
    }
}

/// Nonce and rate.
fn admit(cloud: &Cloud, nonce: &str) -> Result<(), ApiError> {
    let now_ms = cloud.now_ms();
    if !lock(&cloud.nonces).admit(nonce, now_ms) {
        let message = "Specified signature nonce was used already.";
        return Err(ApiError::bad("SignatureNonceUsed", message));
    }
    match &cloud.bucket {
        Some(bucket) => lock(bucket)
            .take(now_ms)
            .map_err(|wait| ApiError::throttled(Some(wait.max(1)))),
        None => Ok(()),
    }
}

async fn carry_out(
    cloud: &Arc<Cloud>,
    operation: &Operation,
    parts: &Parts,
    body: &[u8],
    decision: Decision,
    request_id: &str,
) -> Answer {
    tokio::time::sleep(Duration::from_millis(decision.delay_ms)).await;
    let rule = decision.broken_by.as_ref();
    if let Some(answer) = rule.and_then(|rule| instead(rule, operation, request_id)) {
        return answer;
    }
    let effect = rule.is_none_or(|rule| rule.fault != FaultKind::NoEffect);
    let arrives = rule.is_none_or(|rule| !rule.fault.spoils_the_answer());
    let answer = match api::execute(cloud, operation, parts, body, effect, arrives) {
        Ok(mut value) => {
            if let Some(status) = &decision.status {
                replace_status(&mut value, status);
            }
            value["RequestId"] = Value::from(request_id);
            Answer::json(StatusCode::OK, &value)
        }
        Err(error) => Answer::refusal(&error, request_id),
    };
    tokio::time::sleep(Duration::from_millis(decision.delay_after_ms)).await;
    match rule.map(|rule| (rule, rule.fault)) {
        Some((rule, FaultKind::ServerError)) => server_error(rule, request_id),
        Some((_, FaultKind::CutAfter)) => Answer {
            sent: Sent::Nothing,
            ..answer
        },
        Some((_, FaultKind::Truncated)) => Answer {
            sent: Sent::Half,
            ..answer
        },
        _ => answer,
    }
}

/// The answer of a fault that keeps the call from having an effect.
fn instead(rule: &FaultRule, operation: &Operation, request_id: &str) -> Option<Answer> {
    let answer = match rule.fault {
        FaultKind::Throttle => {
            let wait = rule.retry_after_ms.unwrap_or(1000);
            Answer::refusal(&ApiError::throttled(Some(wait)), request_id)
        }
        FaultKind::ThrottleNoHeader => Answer::refusal(&ApiError::throttled(None), request_id),
        FaultKind::ServerError if !rule.after => server_error(rule, request_id),
        FaultKind::Forbidden => {
            Answer::refusal(&ApiError::no_permission(operation.name()), request_id)
        }
        FaultKind::Refuse => Answer::refusal(&refused(rule), request_id),
        FaultKind::CutBefore => Answer {
            sent: Sent::Nothing,
            ..Answer::json(StatusCode::OK, &Value::Null)
        },
        FaultKind::Html => Answer {
            content_type: "text/html",
            body: "<html><head><title>502 Bad Gateway</title></head>\
                   <body><h1>502 Bad Gateway</h1></body></html>\n"
                .to_owned(),
            ..Answer::json(StatusCode::BAD_GATEWAY, &Value::Null)
        },
        _ => return None,
    };
    Some(Answer {
        status: status(rule).unwrap_or(answer.status),
        ..answer
    })
}

fn refused(rule: &FaultRule) -> ApiError {
    let code = rule.code.as_deref().unwrap_or("InvalidParameter");
    match &rule.field {
        Some(field) => ApiError::bad(
            format!("{code}.{field}"),
            format!("The specified parameter {field} is not valid."),
        ),
        None => ApiError::bad(code.to_owned(), "The request is not valid."),
    }
}

fn status(rule: &FaultRule) -> Option<StatusCode> {
    rule.http_status
        .and_then(|code| StatusCode::from_u16(code).ok())
}

fn server_error(rule: &FaultRule, request_id: &str) -> Answer {
    let status = status(rule).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let (code, message) = if status == StatusCode::SERVICE_UNAVAILABLE {
        (
            "ServiceUnavailable",
            "The request has failed due to a temporary failure.",
        )
    } else {
        (
            "InternalError",
            "The request processing has failed due to some unknown error.",
        )
    };
    Answer::refusal(&ApiError::new(status, code, message), request_id)
}

/// Puts a made-up status into an answer of GetJob or ListJobs.
fn replace_status(answer: &mut Value, status: &str) {
    match answer.get_mut("Jobs").and_then(Value::as_array_mut) {
        Some(jobs) => jobs
            .iter_mut()
            .for_each(|job| job["Status"] = Value::from(status)),
        None => answer["Status"] = Value::from(status),
    }
}
