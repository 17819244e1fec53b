//! `pai_config`

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Effect, Outcome, Verb};
use crate::{answer::Answer, args::Arguments, record::Config};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {}

impl Arguments for Args {
    const TOOL: &'static str = "pai_config";
    const EXAMPLE: &'static str = "{}";
}

impl Verb for Args {
    const TITLE: &'static str = "Show the settings";
    const DESCRIPTION: &'static str = "The settings in force, without secrets: the profiles that pai_job_submit takes, with \
images and machines; limits on jobs and GPUs; where data and code are mounted in a job.";
    const EFFECT: Effect = Effect::Reads;

    async fn run(self, call: Call) -> Outcome {
        let config = call
            .daemon
            .call(|client| async move { client.config().await })
            .await?;
        Answer::record(&Config::from(&config))
    }
}
