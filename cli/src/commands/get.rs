//! `paictl get`

use clap::Args;

use super::the_job;
use crate::{context::Context, error::CliError, exit::Exit, json, view};

/// Show everything about one job: state, reason, times, pods, command.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// The job: its id, name, a beginning of one of these (4 characters or more), or @last.
    #[arg(value_parser = super::id)]
    id: String,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &GetArgs, context: &mut Context) -> Result<Exit, CliError> {
    let response = context.connect().await?.get(&args.id).await?;
    let job = the_job(response.job)?;
    let now = context.now_ms();
    if context.json {
        let detail = json::JobDetail::new(&job, &response.stale_reason, response.log.as_ref());
        context.out.answer_json(&detail);
    } else {
        for line in view::job::lines(&job, response.log.as_ref(), now) {
            context.out.answer(line);
        }
    }
    if let Some(since) = response.stale_since_ms {
        let remark = view::jobs::stale(since, &response.stale_reason, now);
        context.out.note(remark);
    }
    Ok(Exit::Ok)
}
