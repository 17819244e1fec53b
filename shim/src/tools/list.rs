//! `pai_job_list`

use pai_proto::v1;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, Effect, Outcome, Verb};
use crate::{
    answer::{Answer, SIZE_MAX},
    args::Arguments,
    error::Failure,
    record::{Row, Staleness, is_default},
};

/// Jobs that are shown at most.
const JOBS_MAX: u32 = 50;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {}

#[derive(Debug, Serialize)]
struct Listed {
    /// Newest first.
    jobs: Vec<Row>,
    #[serde(skip_serializing_if = "is_default")]
    left_out: u64,
    #[serde(flatten)]
    staleness: Staleness,
    #[serde(skip_serializing_if = "is_default")]
    hint: Option<&'static str>,
}

impl Arguments for Args {
    const TOOL: &'static str = "pai_job_list";
    const EXAMPLE: &'static str = "{}";
}

impl Verb for Args {
    const TITLE: &'static str = "List training jobs";
    const DESCRIPTION: &'static str = "The newest of our jobs, 50 at most, newest first: id, name, status, result. \
left_out counts older ones that are not shown.";
    const EFFECT: Effect = Effect::Reads;

    async fn run(self, call: Call) -> Outcome {
        let request = v1::ListJobsRequest {
            limit: JOBS_MAX,
            ..Default::default()
        };
        let listing = call
            .daemon
            .call(|client| async move { client.list(request).await })
            .await?;
        Answer::record(&listed(&listing.jobs, &listing.end)?)
    }
}

fn listed(jobs: &[v1::Job], end: &v1::SnapshotEnd) -> Result<Listed, Failure> {
    let mut rows = Vec::new();
    let mut size = 0;
    for job in jobs {
        let row = Row::from(job);
        let length = serde_json::to_string(&row).map_or(0, |text| text.len() + 1);
        if size + length > SIZE_MAX {
            break;
        }
        size += length;
        rows.push(row);
    }
    let cut = u64::try_from(jobs.len() - rows.len()).unwrap_or(u64::MAX);
    Ok(Listed {
        hint: jobs
            .is_empty()
            .then_some("no job of ours is known; pai_job_submit makes one"),
        jobs: rows,
        left_out: end.left_out.saturating_add(cut),
        staleness: Staleness::new(end.stale_since_ms, &end.stale_reason),
    })
}
