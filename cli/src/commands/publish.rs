//! `paictl publish`

use clap::Args;
use pai_proto::v1::UpdateJobRequest;

use super::{changed, the_job};
use crate::{ask, context::Context, error::CliError, exit::Exit, json, view::word};

const UNTOUCHED: &str = "nothing was published";

/// Let every member of the workspace see a job. Cannot be taken back.
///
/// Asks first, unless --yes is given.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The job: its id, name, a beginning of one of these (4 characters or more), or @last.
    #[arg(value_parser = super::id)]
    id: String,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &PublishArgs, context: &mut Context) -> Result<Exit, CliError> {
    if !args.yes {
        ask::possible("publish", context)?;
    }
    let client = context.connect().await?;
    let mut id = args.id.clone();
    if !args.yes {
        let job = the_job(client.get(&id).await?.job)?;
        let (shown, name) = (word::id(&job), word::name(&job));
        let question = format!(
            "let every member of the workspace see {shown} ({name})? it cannot be taken back"
        );
        if !ask::agreed(&question, UNTOUCHED, context).await? {
            return Err(CliError::other(UNTOUCHED, ""));
        }
        // What was shown, whatever `@last` is by now.
        json::job_id(&job).clone_into(&mut id);
    }
    let request = UpdateJobRequest {
        id,
        priority: None,
        publish: true,
    };
    let done = "visible to every member of the workspace";
    changed::ask(&client, request, done, context).await
}
