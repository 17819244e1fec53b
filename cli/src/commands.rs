//! The commands: one per file, named after the verb. Each has its arguments and a `run`.

pub mod audit;
mod changed;
pub mod clone;
pub mod codesource;
pub mod config;
pub mod context;
pub mod daemon;
pub mod delete;
pub mod demo;
pub mod dump_job_specs;
mod each;
pub mod get;
pub mod help;
pub mod local;
pub mod logs;
pub mod ls;
pub mod priority;
pub mod publish;
pub mod stop;
pub mod submit;
pub mod wait;
pub mod whoami;

use pai_proto::{ClientError, v1};

use crate::{args::Command, context::Context, error::CliError, exit::Exit, signals::Signals};

/// Runs one command; Ctrl-C, SIGTERM and SIGHUP end it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(command: Command, context: &mut Context) -> Result<Exit, CliError> {
    context.last_words = match &command {
        // Has folders and processes of its own to clear away, and listens for signals itself.
        Command::Demo(args) => return demo::run(args, context).await,
        Command::Wait(_) => "the wait ends here; the job goes on",
        Command::Logs(_) => "no more of the log is shown; jobs are untouched",
        Command::Submit(_) | Command::Clone(_) => {
            "interrupted; the submit may still take place: see `paictl ls`"
        }
        Command::Config(_) | Command::Codesource(_) => {
            "interrupted; a change of the settings may have taken place: see `paictl config get`"
        }
        Command::Delete(_) | Command::Priority(_) | Command::Publish(_) => {
            "interrupted; the change may still take place: see `paictl get`"
        }
        Command::Stop(_) => "interrupted; the stop may still take place: see `paictl ls`",
        _ => context.last_words,
    };
    let mut signals = Signals::listen()?;
    let exit = tokio::select! {
        done = dispatch(command, context) => return done,
        exit = signals.any() => exit,
    };
    context.out.interrupted(context.last_words, context.json);
    Ok(exit)
}

async fn dispatch(command: Command, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        Command::Submit(args) => submit::run(args, context).await,
        Command::Clone(args) => clone::run(args, context).await,
        Command::Ls(args) => ls::run(&args, context).await,
        Command::Get(args) => get::run(&args, context).await,
        Command::Wait(args) => wait::run(args, context).await,
        Command::Logs(args) => logs::run(args, context).await,
        Command::Stop(args) => stop::run(&args, context).await,
        Command::Delete(args) => delete::run(&args, context).await,
        Command::Priority(args) => priority::run(&args, context).await,
        Command::Publish(args) => publish::run(&args, context).await,
        Command::DumpJobSpecs(args) => dump_job_specs::run(&args, context).await,
        Command::Audit(args) => audit::run(&args, context).await,
        Command::Config(args) => config::run(&args, context).await,
        Command::Codesource(args) => codesource::run(&args, context).await,
        Command::Context(args) => self::context::run(&args, context),
        Command::Daemon(args) => daemon::run(&args, context).await,
        Command::Whoami(_) => whoami::run(context).await,
        Command::Local(args) => local::run(&args, context).await,
        Command::Demo(args) => demo::run(&args, context).await,
        Command::Help(args) => help::run(&args, context),
    }
}

/// The job that an answer must carry.
///
/// # Errors
/// When the daemon broke the contract.
pub(crate) fn the_job(job: Option<v1::Job>) -> Result<v1::Job, CliError> {
    job.ok_or_else(|| ClientError::Protocol("an answer without its job".into()).into())
}

/// What names a job on the command line. An unset variable of a shell is none.
///
/// # Errors
/// A sentence for clap to print.
pub(crate) fn id(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("the job id is empty; `paictl ls` lists the jobs, @last is the newest".into()),
        _ => Ok(text.into()),
    }
}
