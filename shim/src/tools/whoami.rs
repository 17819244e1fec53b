//! `pai_whoami`

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Effect, Outcome, Verb};
use crate::{answer::Answer, args::Arguments, record::WhoAmI};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {}

impl Arguments for Args {
    const TOOL: &'static str = "pai_whoami";
    const EXAMPLE: &'static str = "{}";
}

impl Verb for Args {
    const TITLE: &'static str = "Whose key it is";
    const DESCRIPTION: &'static str = "Asks the cloud whose key the daemon uses: account, user and where the key comes from. \
For when calls are refused for want of permission.";
    const EFFECT: Effect = Effect::Reads;

    async fn run(self, call: Call) -> Outcome {
        let who = call
            .daemon
            .call(|client| async move { client.whoami().await })
            .await?;
        Answer::record(&WhoAmI::from(&who))
    }
}
