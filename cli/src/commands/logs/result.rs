//! What becomes of a job whose log was followed to its end: the exit code of every follow.

use pai_proto::{
    Client,
    v1::{Job, Phase},
};

use super::news;
use crate::{commands::wait, context::Context, error::CliError, exit::Exit, view::clean};

/// Says it, behind the log. `last` is the job as it was at the end of its log; that may be before it is known to have ended,
/// which is waited for then.
///
/// # Errors
/// See [`CliError`].
pub(super) async fn tell(
    client: &Client,
    id: String,
    last: Option<Job>,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let ended = match last.filter(is_over) {
        Some(job) => Some(job),
        None => {
            let ends = wait::ends(client, vec![id.clone()], context).await?;
            ends.into_iter().next().and_then(|end| end.job)
        }
    };
    context.out.note(match &ended {
        Some(job) => news::result(job),
        None => format!("{} is gone", clean::line(&id)),
    });
    Ok(Exit::of_job(ended.as_ref()))
}

/// How a follow ends that nobody reads any more, of a job that was last known to be like this.
pub(super) fn without_reader(job: &Job) -> Exit {
    match is_over(job) {
        true => Exit::of_job(Some(job)),
        false => Exit::ReaderLeft,
    }
}

fn is_over(job: &Job) -> bool {
    let ends = [Phase::Succeeded, Phase::Failed, Phase::Stopped, Phase::Gone];
    job.result_unknown || ends.contains(&job.phase())
}
