//! `paictl dump-job-specs`

mod block;

use clap::Args;
use pai_proto::ClientError;

use crate::{context::Context, error::CliError, exit::Exit};

/// Print what a job is made of, as JSON that can be pasted into the settings.
///
/// jobType, jobSpecs, codeSource, dataSources, resourceId and workspaceId, as the cloud shows them, in the spelling of the
/// settings: without workspaceId it is a profile of pai.json; jobType and jobSpecs alone are one of settings.json.
/// `paictl config import` makes a profile of a job by itself.
#[derive(Debug, Args)]
pub struct DumpJobSpecsArgs {
    /// The job: its id, name, a beginning of one of these (4 characters or more), or @last.
    #[arg(value_parser = super::id)]
    id: String,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &DumpJobSpecsArgs, context: &mut Context) -> Result<Exit, CliError> {
    let raw = context.connect().await?.get_raw(&args.id).await?.raw;
    let broken = |_| ClientError::Protocol("a job that is no JSON".into());
    let job = serde_json::from_str(&raw).map_err(broken)?;
    let block = block::of(&job);
    context.out.answer_json(&block);
    let what = match block.redacted() {
        0 => return Ok(Exit::Ok),
        1 => "1 secret value is".to_owned(),
        n => format!("{n} secret values are"),
    };
    context.out.note(format_args!(
        "{what} [redacted]: put the true text in before you use it"
    ));
    Ok(Exit::Ok)
}
