//! GetJob. `NeedDetail=false` leaves out the pods; what the real service leaves out is not known.

use serde_json::Value;

use super::query::Query;
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::view::job_detail;

pub(super) fn get_job(cloud: &Cloud, job_id: &str, query: &Query) -> Result<Value, ApiError> {
    let with_pods = query.flag("NeedDetail")?.unwrap_or(true);
    let now_ms = cloud.now_ms();
    cloud.with_job(job_id, |job| job_detail(job, now_ms, with_pods))
}
