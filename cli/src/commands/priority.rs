//! `paictl priority`

use clap::{Args, value_parser};
use pai_proto::v1::UpdateJobRequest;

use super::changed;
use crate::{context::Context, error::CliError, exit::Exit};

/// Change the priority of a job.
///
/// The cloud takes the request also where it has no effect, for example of a job that runs. So the job is looked at again: exit
/// code 1 where it does not show the new priority.
#[derive(Debug, Args)]
pub struct PriorityArgs {
    /// The job: its id, name, a beginning of one of these (4 characters or more), or @last.
    #[arg(value_parser = super::id)]
    id: String,
    /// 1 lowest to 9 highest.
    #[arg(value_name = "N", value_parser = value_parser!(i32).range(1..=9))]
    priority: i32,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &PriorityArgs, context: &mut Context) -> Result<Exit, CliError> {
    let request = UpdateJobRequest {
        id: args.id.clone(),
        priority: Some(args.priority),
        publish: false,
    };
    let client = context.connect().await?;
    let done = format!("priority {}", args.priority);
    changed::ask(&client, request, &done, context).await
}
