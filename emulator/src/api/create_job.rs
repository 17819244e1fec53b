//! CreateJob. There is no idempotency key: the same body sent twice makes two jobs.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::spec::Submission;

pub(super) fn create_job(cloud: &Arc<Cloud>, body: &[u8]) -> Result<Value, ApiError> {
    let submission = Submission::parse(body, &cloud.options.workspace_id)?;
    Ok(json!({"JobId": cloud.submit(submission)}))
}
