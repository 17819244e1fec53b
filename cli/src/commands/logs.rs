//! `paictl logs`: shows the log of a job, searches stored logs, and says which are kept.

mod args;
mod attempts;
mod hits;
mod keep;
mod news;
mod numbers;
mod pods;
mod printer;
mod prune;
mod read;
mod result;
mod search;
mod since;
mod sink;

use pai_proto::{Client, v1::Job};

pub use args::LogsArgs;

use self::{args::Task, sink::Sink};
use crate::{context::Context, error::CliError, exit::Exit};

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: LogsArgs, context: &mut Context) -> Result<Exit, CliError> {
    run_into(&args, context, Sink::of_process()?).await
}

async fn run_into(args: &LogsArgs, context: &mut Context, sink: Sink) -> Result<Exit, CliError> {
    match args.task()? {
        Task::Read(id) => read::run(id, args, context, sink).await,
        Task::Search(pattern) => search::run(pattern, args, context, sink).await,
        Task::Prune => prune::run(&args.ids, &args.prune, context).await,
        Task::Keep(keep) => keep::run(&args.ids, keep, context).await,
    }
}

/// Follows the log of a job that is just made, and exits with the job's result.
///
/// # Errors
/// See [`CliError`].
pub(super) async fn follow(
    client: &Client,
    job: Job,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let args = LogsArgs::following();
    read::show(client, job, &args, context, Sink::of_process()?).await
}

#[cfg(test)]
mod tests;
