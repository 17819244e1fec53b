//! DeleteJob, for jobs that have ended. Their processes have gone at their end; their folders and
//! logs go now. GetJob forgets the job at once, ListJobs as late as it learns everything.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::error::ApiError;

pub(super) fn delete_job(cloud: &Cloud, job_id: &str, effect: bool) -> Result<Value, ApiError> {
    let now_ms = cloud.now_ms();
    let id = cloud.with_job(job_id, |job| {
        if !job.status().is_final() {
            return Err(ApiError::not_allowed("deleted", job.status()));
        }
        if effect {
            job.delete(now_ms);
        }
        Ok(job.id.clone())
    })??;
    if effect {
        cloud.remove_folder(&id);
    }
    Ok(json!({"JobId": id}))
}
