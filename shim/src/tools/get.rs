//! `pai_job_get`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, Effect, Outcome, Verb, next, the_job};
use crate::{
    answer::Answer,
    args::Arguments,
    record::{self, Detail, Staleness, is_default},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// Id, full name, an unambiguous beginning of one, or @last.
    job_id: String,
}

#[derive(Debug, Serialize)]
struct Got {
    #[serde(flatten)]
    job: Detail,
    #[serde(flatten)]
    staleness: Staleness,
    #[serde(skip_serializing_if = "is_default")]
    hint: Option<String>,
}

impl Arguments for Args {
    const TOOL: &'static str = "pai_job_get";
    const EXAMPLE: &'static str = r#"{"job_id": "dlc1abc2def3ghi4"}"#;
}

impl Verb for Args {
    const TITLE: &'static str = "Show a training job";
    const DESCRIPTION: &'static str = "Everything about one job: status, reason, times, command, machines, pods, history. \
To wait for a change, use pai_job_wait instead of calling this repeatedly.";
    const EFFECT: Effect = Effect::Reads;

    async fn run(self, call: Call) -> Outcome {
        let id = self.job_id;
        let response = call
            .daemon
            .call(|client| async move { client.get(&id).await })
            .await?;
        let job = the_job(response.job)?;
        let failed = job.phase() == pai_proto::v1::Phase::Failed;
        Answer::record(&Got {
            job: (&job).into(),
            staleness: Staleness::new(response.stale_since_ms, &response.stale_reason),
            hint: failed.then(|| {
                let logs = next("pai_job_logs", "job_id", &record::id(&job));
                format!("{logs} shows its last output")
            }),
        })
    }
}
