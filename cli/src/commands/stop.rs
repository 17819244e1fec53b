//! `paictl stop`

use clap::Args;
use pai_proto::{
    ClientError,
    v1::{Job, stop_job_response::Outcome},
};

use super::the_job;
use crate::{context::Context, error::CliError, exit::Exit, json, view::word};

/// Stop a job.
///
/// Asks for the stop and does not wait for it: `paictl wait` does. Stopping a job that has ended is no error.
#[derive(Debug, Args)]
pub struct StopArgs {
    /// The job: its id, name, a beginning of one of these (4 characters or more), or @last.
    id: String,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &StopArgs, context: &mut Context) -> Result<Exit, CliError> {
    let response = context.connect().await?.stop(&args.id).await?;
    let outcome = response.outcome();
    let job = the_job(response.job)?;
    let text = told(&job, outcome)?;
    match context.json {
        true => context.out.answer_json(&json::Stopped::new(&job, outcome)),
        false => context.out.answer(text),
    }
    Ok(Exit::Ok)
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
