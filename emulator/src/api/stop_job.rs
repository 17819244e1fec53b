//! StopJob. It answers at once; the job passes Stopping on its way to Stopped. A second call
//! while it is stopping changes nothing and succeeds; a finished job cannot be stopped.

use http::StatusCode;
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::job::Status;
use crate::runner::Order;

pub(super) fn stop_job(cloud: &Cloud, job_id: &str) -> Result<Value, ApiError> {
    let (id, status) = cloud.with_job(job_id, |job| (job.id.clone(), job.status()))?;
    if cloud.advance(&id, Status::Stopping, "", "") {
        cloud.order(&id, Order::Stop);
    } else if status.is_final() {
        let message = format!("Job can't be stopped, because it is {status}");
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "OperationNotAllowed",
            message,
        ));
    }
    Ok(json!({"JobId": id}))
}
