//! StopJob. It answers at once; the job passes Stopping on its way to Stopped. A second call
//! while it is stopping changes nothing and succeeds; a finished job cannot be stopped. One that
//! is kept after its command has ended goes to its own end at once: whether the real service lets
//! go of it like that is not known.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::job::Status;
use crate::runner::Order;

pub(super) fn stop_job(cloud: &Cloud, job_id: &str, effect: bool) -> Result<Value, ApiError> {
    let id = cloud.with_job(job_id, |job| job.id.clone())?;
    let stopping = effect && cloud.advance(&id, Status::Stopping, "", "");
    let status = cloud.with_job(&id, |job| job.status())?;
    if stopping || (effect && status.is_reserving()) {
        cloud.order(&id, Order::Stop);
    } else if status.is_final() {
        return Err(ApiError::not_allowed("stopped", status));
    }
    Ok(json!({"JobId": id}))
}
