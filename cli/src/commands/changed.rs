//! A change of a job, and whether it has shown itself.

use std::{pin::pin, time::Duration};

use pai_proto::{
    Client, ClientError,
    v1::{UpdateJobRequest, update_job_response::Outcome},
};
use tokio::time::timeout;

use super::the_job;
use crate::{
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::{clean, word},
};

/// After so long without an answer a word is said.
const SILENCE_MAX: Duration = Duration::from_secs(3);

/// Asks for it, and says in the words of `done` what was done.
///
/// # Errors
/// See [`CliError`].
pub(super) async fn ask(
    client: &Client,
    request: UpdateJobRequest,
    done: &str,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let mut call = pin!(client.update(request));
    let response = match timeout(SILENCE_MAX, &mut call).await {
        Ok(answer) => answer?,
        Err(_) => {
            context
                .out
                .note("waiting until the cloud shows it, a minute at most");
            call.await?
        }
    };
    let outcome = response.outcome();
    let job = the_job(response.job)?;
    let (told, exit) = match outcome {
        Outcome::Applied => (done, Exit::Ok),
        Outcome::Accepted => ("accepted, not applied", Exit::Error),
        Outcome::Unspecified => {
            let what = "a change with an unknown outcome";
            return Err(ClientError::Protocol(what.into()).into());
        }
    };
    match context.json {
        true => context
            .out
            .answer_json(&json::Updated::new(&job, outcome, &response.note)),
        false => context
            .out
            .answer(format_args!("{}  {told}", word::id(&job))),
    }
    if !context.json && !response.note.is_empty() {
        context.out.note(clean::line(&response.note));
    }
    Ok(exit)
}
