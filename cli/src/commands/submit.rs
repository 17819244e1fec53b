//! `paictl submit`

mod answer;
mod check;
mod file;
mod job;
mod options;

use std::path::PathBuf;

use clap::Args;
use pai_proto::{Client, v1, worktree};

use crate::{context::Context, error::CliError, exit::Exit, view::clean};

pub(crate) use options::{JobOptions, pair};

use job::Job;

/// Submit a job. Prints its id.
///
/// Image, resources and mounts come from the profile of the settings. The submit happens once, even when the connection
/// breaks meanwhile; an equal one within 60 s is joined to the first, unless --new is given.
///
/// In a git repository the job gets its remote (without user and password), commit and branch as tags, and you are warned
/// of what the job will not run: another branch or commit, changes that are not committed or not pushed.
#[derive(Debug, Args)]
#[command(
    override_usage = "paictl submit [OPTIONS] NAME -- COMMAND...\n       paictl submit [OPTIONS] --file FILE [NAME] [-- COMMAND...]\n       for example: paictl submit train -- python train.py",
    after_help = "A FILE is YAML or JSON with any of these keys, before which options go: name, command, profile, codeBranch, \
codeCommit, env (map), secretEnv (list of variables), priority, maxMinutes, set (map), tags (map), session, queue (true or \
false), key.\n\nWith --wait the exit code is that of `paictl wait`, with --follow that of `paictl logs -f`. With --json these print \
the submit's answer as the first line, and after it what `wait` or `logs` prints."
)]
pub struct SubmitArgs {
    /// Short name; the full one gets prefix, time and four characters.
    name: Option<String>,
    /// Read the job from this file; - is stdin.
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    options: JobOptions,
    /// Do not look at the git repository of this folder.
    #[arg(long)]
    no_git: bool,
    /// Command to run in every pod. One word is taken as it is (shell text), several are quoted for the shell.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: SubmitArgs, context: &mut Context) -> Result<Exit, CliError> {
    let job = match &args.file {
        Some(path) => file::read(path).await?,
        None => Job::default(),
    };
    let job = job
        .with(args.name, args.command, &args.options)?
        .complete()?;
    let mut request = job.request(&context.env)?;
    request.another = args.options.another;
    let client = context.connect().await?;
    let warnings = match args.no_git {
        true => Vec::new(),
        false => look_around(&client, &mut request, context).await,
    };
    send(&client, request, warnings, &args.options, context).await
}

/// Makes a job like another one.
///
/// # Errors
/// See [`CliError`].
pub(super) async fn run_again(
    of: String,
    name: Option<String>,
    command: Vec<String>,
    options: &JobOptions,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let job = Job::default().with(name, command, options)?;
    let mut request = job.request(&context.env)?;
    request.another = options.another;
    request.clone_of = of;
    let client = context.connect().await?;
    send(&client, request, Vec::new(), options, context).await
}

/// Adds the tags that tell of the working tree, and says what the job will not run.
async fn look_around(
    client: &Client,
    request: &mut v1::SubmitJobRequest,
    context: &mut Context,
) -> Vec<String> {
    let Some(folder) = context.folder.clone() else {
        return Vec::new();
    };
    let (branch, commit) = (&request.code_branch, &request.code_commit);
    let report = worktree::report(client, &folder, branch, commit).await;
    for (key, value) in report.tags {
        request.tags.entry(key).or_insert(value);
    }
    for warning in &report.warnings {
        context.out.warn(clean::line(warning));
    }
    report.warnings
}

async fn send(
    client: &Client,
    request: v1::SubmitJobRequest,
    warnings: Vec<String>,
    options: &JobOptions,
    context: &mut Context,
) -> Result<Exit, CliError> {
    if options.dry_run {
        let checked = client.check_submit(request).await?;
        return check::tell(&checked, &warnings, context);
    }
    let response = client.submit(request).await?;
    answer::tell(client, response, warnings, options, context).await
}

/// So that a submit that is repeated after a broken connection finds its first.
pub(crate) fn nonce() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

#[cfg(test)]
mod tests;
