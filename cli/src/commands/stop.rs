//! `paictl stop`

use clap::Args;
use pai_proto::{
    Client, ClientError,
    v1::{Job, stop_job_response::Outcome},
};

use super::{each::Each, the_job, wait};
use crate::{context::Context, error::CliError, exit::Exit, json, view::word};

/// Stop jobs.
///
/// Asks for the stop and does not wait for it: --wait does. Stopping a job that has ended is no error; a held one is taken
/// out of the queue.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0 when every stop was taken, and with --wait when every job has ended, however; else that of \
the first failure."
)]
pub struct StopArgs {
    /// The jobs: ids, names, beginnings of these (4 characters or more), or @last.
    #[arg(required = true, value_name = "ID", value_parser = super::id)]
    ids: Vec<String>,
    /// Wait until the jobs have ended.
    #[arg(long)]
    wait: bool,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &StopArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.connect().await?;
    let mut each = Each::new(args.ids.len());
    let mut open = Vec::new();
    for id in &args.ids {
        match stop(&client, id).await {
            Ok((job, outcome, told)) => {
                if !context.json {
                    context.out.answer(told);
                }
                if matches!(outcome, Outcome::Requested | Outcome::WhenFound) {
                    open.push(json::job_id(&job).to_owned());
                }
                each.done(json::Stopped::new(&job, outcome));
            }
            Err(error) => {
                if !each.failed(id, error, context)? {
                    break;
                }
            }
        }
    }
    if args.wait && !open.is_empty() {
        context.last_words = "the wait ends here; the stops were asked for";
        wait_for(&client, open, &mut each, context).await?;
    }
    Ok(each.conclude(context))
}

/// The job, what will happen to it, and how that is told.
async fn stop(client: &Client, id: &str) -> Result<(Job, Outcome, String), CliError> {
    let response = client.stop(id).await?;
    let outcome = response.outcome();
    let job = the_job(response.job)?;
    let told = told(&job, outcome)?;
    Ok((job, outcome, told))
}

async fn wait_for(
    client: &Client,
    ids: Vec<String>,
    each: &mut Each<json::Stopped>,
    context: &mut Context,
) -> Result<(), CliError> {
    for end in wait::ends(client, ids, context).await? {
        let Some(job) = &end.job else { continue };
        if !context.json {
            let (id, status) = (word::id(job), word::of_job(job));
            context.out.answer(format_args!("{id}  {status}"));
        }
        each.all_done().for_each(|stopped| stopped.ended(job));
    }
    Ok(())
}

fn told(job: &Job, outcome: Outcome) -> Result<String, CliError> {
    let id = word::id(job);
    match outcome {
        Outcome::Requested => Ok(format!("{id}  stop requested")),
        Outcome::AlreadyEnded => Ok(format!("{id}  had already ended ({})", word::of_job(job))),
        Outcome::WhenFound => Ok(format!(
            "{id}  its submit is not confirmed: it will be stopped as soon as it is found, and not be sent again"
        )),
        Outcome::NotSent => Ok(format!("{id}  was held and will not be submitted")),
        Outcome::Unspecified => {
            Err(ClientError::Protocol("a stop with an unknown outcome".into()).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn each_outcome_is_told() {
        let (running, ended) = (sample::running(), sample::succeeded());
        assert_eq!(
            told(&running, Outcome::Requested).unwrap(),
            "dlc1running  stop requested"
        );
        assert_eq!(
            told(&ended, Outcome::AlreadyEnded).unwrap(),
            "dlc1ended  had already ended (Succeeded)"
        );
        let lost = sample::unconfirmed();
        let text = told(&lost, Outcome::WhenFound).unwrap();
        assert!(text.starts_with("uid-3  its submit is not confirmed"));
        let text = told(&lost, Outcome::NotSent).unwrap();
        assert_eq!(text, "uid-3  was held and will not be submitted");
        assert!(told(&running, Outcome::Unspecified).is_err());
    }
}
