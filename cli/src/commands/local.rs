//! `paictl local`

mod down;
mod place;
mod settings;
mod status;
mod up;

use clap::{Args, Subcommand};

use crate::{context::Context, error::CliError, exit::Exit};

/// A cloud on this machine, for trying things out without an account.
///
/// `pai-emulator` speaks the API of PAI-DLC and runs jobs as processes of yours, without isolation. Its settings are those
/// of the context `local`: use them with `paictl --context local …`, or with PAI_CONTEXT=local for all commands.
#[derive(Debug, Args)]
pub struct LocalArgs {
    /// What to do with it.
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start it, if it is not up, and write its settings. Settings that are there keep everything but endpoint, key and
    /// workspace.
    Up,
    /// End it, with all its jobs.
    Down,
    /// Show whether it is up: exit code 0 when it is, else 1.
    Status,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &LocalArgs, context: &mut Context) -> Result<Exit, CliError> {
    match args.verb {
        Verb::Up => up::run(context).await,
        Verb::Down => down::run(context).await,
        Verb::Status => status::run(context),
    }
}

#[cfg(test)]
mod tests;
