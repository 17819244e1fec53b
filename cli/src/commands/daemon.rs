//! `paictl daemon`

mod silent;
mod start;
mod status;
mod stop;

use clap::{Args, Subcommand};

use crate::{context::Context, error::CliError, exit::Exit};

/// Start, stop and look at the daemon.
#[derive(Debug, Args)]
pub struct DaemonArgs {
    /// What to do with it.
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start the daemon in the background, if none answers.
    Start,
    /// Ask the daemon to leave, and wait until it has.
    Stop,
    /// Show whether it runs, and what it does: exit code 0 when it runs, else 6.
    Status,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &DaemonArgs, context: &mut Context) -> Result<Exit, CliError> {
    match args.verb {
        Verb::Start => start::run(context).await,
        Verb::Stop => stop::run(context).await,
        Verb::Status => status::run(context).await,
    }
}
