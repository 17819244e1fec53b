//! `/_control/…`: the handle over HTTP, for tests in other processes.
//!
//! | call | effect |
//! |---|---|
//! | `GET faults`, `POST faults`, `DELETE faults`, `DELETE faults/{id}` | rules in force; add one (JSON rule, or `{"rule": "CreateJob:cut_after"}`); clear; remove |
//! | `GET calls` | `{"counts": {…}, "calls": […]}` |
//! | `POST reset` | forget the calls so far |
//! | `GET jobs`, `GET jobs/{id}` | exact transitions, pods, process ids |
//! | `POST jobs/{id}/restart` | new incarnations of all pods |
//!
//! Every call needs `Authorization: Bearer <access key secret>`, since a submitter runs commands
//! as this user and the same secret opens both doors.

use axum::Router;
use axum::extract::{Json, Path, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use http::StatusCode;
use serde_json::{Value, json};

use super::Control;
use crate::fault::FaultRule;
use crate::signature::same_secret;

/// The routes below `/_control`.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(
    control: Control,
    secret: String,
) -> Router<S> {
    Router::new()
        .route(
            "/faults",
            get(list_faults).post(add_fault).delete(clear_faults),
        )
        .route("/faults/{id}", delete(remove_fault))
        .route("/calls", get(calls))
        .route("/reset", post(reset))
        .route("/jobs", get(jobs))
        .route("/jobs/{id}", get(job))
        .route("/jobs/{id}/restart", post(restart))
        .layer(from_fn_with_state(secret, authorize))
        .with_state(control)
}

async fn authorize(State(secret): State<String>, request: Request, next: Next) -> Response {
    let sent = request
        .headers()
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let token = sent
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    if same_secret(token, &secret) {
        next.run(request).await
    } else {
        let hint = json!({"error": "send Authorization: Bearer <access key secret>"});
        (StatusCode::UNAUTHORIZED, Json(hint)).into_response()
    }
}

async fn list_faults(State(control): State<Control>) -> Json<Value> {
    let rules: Vec<Value> = control
        .faults()
        .into_iter()
        .map(|(id, rule)| json!({"id": id, "rule": rule}))
        .collect();
    Json(json!(rules))
}

async fn add_fault(State(control): State<Control>, Json(body): Json<Value>) -> Response {
    let rule: Result<FaultRule, String> = match body["rule"].as_str() {
        Some(text) => text.parse().map_err(|error| format!("{error}")),
        None => serde_json::from_value(body)
            .map_err(|error| error.to_string())
            .and_then(|rule: FaultRule| {
                let checked = rule.validate().map_err(|error| error.to_string());
                checked.map(|()| rule)
            }),
    };
    match rule {
        Ok(rule) => Json(json!({"id": control.add_fault(rule)})).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response(),
    }
}

async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.clear_faults();
    StatusCode::NO_CONTENT
}

async fn remove_fault(State(control): State<Control>, Path(id): Path<u64>) -> StatusCode {
    found(control.remove_fault(id))
}

async fn calls(State(control): State<Control>) -> Json<Value> {
    Json(json!({"counts": control.call_counts(), "calls": control.calls()}))
}

async fn reset(State(control): State<Control>) -> StatusCode {
    control.reset_calls();
    StatusCode::NO_CONTENT
}

async fn jobs(State(control): State<Control>) -> Json<Value> {
    Json(json!(control.jobs()))
}

async fn job(State(control): State<Control>, Path(id): Path<String>) -> Response {
    match control.job(&id) {
        Some(job) => Json(json!(job)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn restart(State(control): State<Control>, Path(id): Path<String>) -> StatusCode {
    found(control.restart_job(&id))
}

fn found(done: bool) -> StatusCode {
    if done {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}
