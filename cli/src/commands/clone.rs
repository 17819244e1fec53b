//! `paictl clone`

use clap::Args;

use super::submit::{self, JobOptions};
use crate::{context::Context, error::CliError, exit::Exit};

/// Submit a job like another one, with changes. Prints its id.
///
/// Takes the request of the other job as it was stored, and where it was not made here what the cloud shows of it; what that
/// copy has lost is told. Every option that is given changes it; secrets given to the other job by --secret-env are stored
/// nowhere and have to be given again. With --profile the job is made by that profile; of the other one it keeps what belongs to the
/// job itself: command, code, environment, tags, priority and run time.
#[derive(Debug, Args)]
#[command(
    override_usage = "paictl clone [OPTIONS] ID [-- COMMAND...]\n       for example: paictl clone dlc1abc --profile gpu-8 --env LR=0.2"
)]
pub struct CloneArgs {
    /// The job: its id, name, a beginning of one of these (4 characters or more), or @last.
    #[arg(value_parser = super::id)]
    id: String,
    /// Another short name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    options: JobOptions,
    /// Another command, as for `submit`.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: CloneArgs, context: &mut Context) -> Result<Exit, CliError> {
    let CloneArgs {
        id,
        name,
        options,
        command,
    } = args;
    submit::run_again(id, name, command, &options, context).await
}
