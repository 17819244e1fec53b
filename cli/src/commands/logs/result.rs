//! A follow that ends with the job's result, for a submit.

use pai_proto::{
    Client,
    v1::{Job, Phase},
};

use super::{LogsArgs, Told, sink::Sink, tell};
use crate::{commands::wait, context::Context, error::CliError, exit::Exit, json};

/// Follows the log of a job that is just made, and exits with the job's result.
///
/// # Errors
/// See [`CliError`].
pub(in crate::commands) async fn follow_to_the_result(
    client: &Client,
    job: Job,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let id = json::job_id(&job).to_owned();
    let args = LogsArgs {
        id: id.clone(),
        follow: true,
        tail: None,
        pods: Vec::new(),
        raw: false,
    };
    let last = match tell(client, job, &args, context, Sink::of_process()?).await? {
        Told::ReaderLeft => return Ok(Exit::Ok),
        Told::ToTheEnd(last) => last,
    };
    if let Some(job) = last.filter(|job| is_over(job)) {
        return Ok(Exit::of_job(Some(&job)));
    }
    // The log may end before the job is known to have ended.
    let ends = wait::ends(client, vec![id], context).await?;
    Ok(Exit::of_job(ends.first().and_then(|end| end.job.as_ref())))
}

fn is_over(job: &Job) -> bool {
    let ends = [Phase::Succeeded, Phase::Failed, Phase::Stopped, Phase::Gone];
    job.result_unknown || ends.contains(&job.phase())
}
