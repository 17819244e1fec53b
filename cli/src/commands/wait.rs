//! `paictl wait`

mod news;
mod target;

use std::time::Duration;

use clap::Args;
use pai_proto::{
    Client,
    v1::{
        Job, WaitEnded, WaitJobsRequest, WaitResult,
        wait_jobs_request::{Condition, Mode, Terminal},
    },
    wait::WaitUpdate,
};

use crate::{
    context::{Context, HANDSHAKE, PATIENCE},
    duration,
    error::CliError,
    exit::{Exit, Target},
    json,
    view::{clean, log, time, word},
};

/// `--timeout 0` looks once: on the wire 0 means no timeout, and a single millisecond could be over before the request
/// is sent.
const ONCE: Duration = Duration::from_millis(50);

/// A handshake is given that long whatever the timeout.
const LEAST: Duration = Duration::from_secs(1);

/// Wait for jobs; the exit code is the result.
///
/// Prints every change of a status on stderr and, at the end, one line per job on stdout. Waits through restarts of the
/// daemon and failures of the network. Ctrl-C ends the wait, never the job.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0 when all Succeeded, 10 when one Failed, else 11 when one was \
Stopped, else 12; 124 when the time ran out. With --for running: 0 once they have run; with --for STATUS: 0 once they \
have reached it, 1 when one ended without; with --for log:/REGEX/: 0 once they have printed it, else as they ended, 1 for one \
that Succeeded without. See `paictl help exit-codes`."
)]
pub struct WaitArgs {
    /// The jobs: ids, names, beginnings of these (4 characters or more), or @last.
    #[arg(required = true, value_name = "ID", value_parser = super::id)]
    ids: Vec<String>,
    /// What to wait for: running, terminal, a status of the backend such as EnvPreparing, or a line of the log as
    /// log:/REGEX/ (log:/REGEX/i ignores case). A job that passed through it, or printed it, has reached it.
    #[arg(long = "for", value_name = "WHAT", default_value = "terminal", value_parser = target::parse)]
    target: Target,
    /// Wait until one of the jobs is there, not all.
    #[arg(long)]
    any: bool,
    /// Longest wait: 60s, 5m, 1h30m, a number of seconds; 0 looks once.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = duration::parse)]
    timeout: Option<Duration>,
}

impl WaitArgs {
    fn for_the_end(ids: Vec<String>) -> Self {
        Self {
            ids,
            target: Target::Terminal,
            any: false,
            timeout: None,
        }
    }
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: WaitArgs, context: &mut Context) -> Result<Exit, CliError> {
    if let Some(remark) = target::remark(&args.target) {
        context.out.note(remark);
    }
    let client = context.connect_within(patience(args.timeout)).await?;
    let ended = watch(&client, request(&args), context).await?;
    Ok(conclude(&args, &ended, context))
}

/// Waits for the end of one job, as the command does.
///
/// # Errors
/// See [`CliError`].
pub(super) async fn until_end(
    client: &Client,
    job: &Job,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let args = WaitArgs::for_the_end(vec![json::job_id(job).to_owned()]);
    let ended = watch(client, request(&args), context).await?;
    Ok(conclude(&args, &ended, context))
}

/// Waits until jobs have ended, however; what became of them.
///
/// # Errors
/// See [`CliError`].
pub(super) async fn ends(
    client: &Client,
    ids: Vec<String>,
    context: &mut Context,
) -> Result<Vec<WaitResult>, CliError> {
    let args = WaitArgs::for_the_end(ids);
    Ok(watch(client, request(&args), context).await?.results)
}

/// Tells every change, up to the last word.
async fn watch(
    client: &Client,
    request: WaitJobsRequest,
    context: &mut Context,
) -> Result<WaitEnded, CliError> {
    let mut wait = client.wait(request);
    let mut news = news::News::default();
    while let Some(update) = wait.next().await {
        let update = update.map_err(CliError::of_words)?;
        if let Some(line) = news.line(&update, &context.zone, context.now_ms()) {
            context.out.note(line);
        }
        if let WaitUpdate::Ended(mut ended) = update {
            if ended.results.is_empty() {
                ended.results = news.last_known();
            }
            return Ok(ended);
        }
    }
    Err(CliError::other("the wait ended without a result", ""))
}

/// How long the daemon may take to answer: not longer than the wait.
fn patience(timeout: Option<Duration>) -> Duration {
    let usual = PATIENCE + HANDSHAKE;
    timeout.map_or(usual, |timeout| timeout.clamp(LEAST, usual))
}

/// Says how it ended.
fn conclude(args: &WaitArgs, ended: &WaitEnded, context: &mut Context) -> Exit {
    let timed_out = ended.timed_out && !ended.met;
    if timed_out {
        context.out.note(out_of_time(args.timeout));
    }
    for result in ended.results.iter().filter(|result| result.unreachable) {
        context.out.note(never(result, &args.target));
    }
    if context.json {
        let results = ended.results.iter();
        let results: Vec<_> = results.map(|r| json::Waited::new(r, timed_out)).collect();
        context.out.answer_json(&results);
    } else {
        for result in &ended.results {
            context.out.answer(result_line(result));
        }
    }
    Exit::of_wait(&args.target, ended)
}

/// The job has ended otherwise.
fn never(result: &WaitResult, target: &Target) -> String {
    let id = result
        .job
        .as_ref()
        .map_or_else(|| clean::line(&result.id), word::id);
    let wanted = match target {
        Target::Terminal => "an end".into(),
        Target::Running => "Running".into(),
        Target::Status(status) => clean::line(status),
        Target::Line(_) => {
            let ended = result.job.as_ref().map_or("gone".into(), word::of_job);
            return format!(
                "{id} {ended} without such a line{}",
                as_far_as(&result.log_note)
            );
        }
    };
    format!("{id} has ended and never reached {wanted}")
}

/// What the daemon says was not searched of the log.
fn as_far_as(log_note: &str) -> String {
    match log_note {
        "" => String::new(),
        note => format!(" as far as its log is known: {}", clean::line(note)),
    }
}

/// `dlc1abc Succeeded`, and with a line of its log `dlc1abc Running [worker-0] epoch 3`
fn result_line(result: &WaitResult) -> String {
    let told = match &result.job {
        Some(job) => format!("{} {}", word::id(job), word::of_job(job)),
        None => format!("{} gone", clean::line(&result.id)),
    };
    if result.line_pod_id.is_empty() {
        return told;
    }
    let job_id = result.job.as_ref().map_or("", json::job_id);
    let pod = log::prefix(log::pod(&result.line_pod_id, job_id));
    let at = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
    let matched = at(result.line_start)..at(result.line_end);
    let mut line = Vec::new();
    match matched.end {
        // An older daemon does not tell.
        0 => log::push_line(&mut line, result.line.as_bytes(), false),
        _ => log::push_match(&mut line, result.line.as_bytes(), false, matched),
    }
    format!("{told} {pod}{}", String::from_utf8_lossy(&line))
}

fn request(args: &WaitArgs) -> WaitJobsRequest {
    let condition = match &args.target {
        Target::Terminal => Condition::Terminal(Terminal {}),
        Target::Running => Condition::Phase(pai_proto::v1::Phase::Running.into()),
        Target::Status(status) => Condition::Status(status.clone()),
        Target::Line(pattern) => Condition::LogPattern(pattern.clone()),
    };
    let mode = if args.any { Mode::Any } else { Mode::All };
    WaitJobsRequest {
        ids: args.ids.clone(),
        mode: mode.into(),
        condition: Some(condition),
        timeout_ms: args.timeout.map_or(0, |limit| millis(limit.max(ONCE))),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What to say when the time ran out.
fn out_of_time(limit: Option<Duration>) -> String {
    match limit.map_or(0, millis) {
        0 => "not there yet".into(),
        limit => format!("timed out after {}; jobs are untouched", time::span(limit)),
    }
}

#[cfg(test)]
mod tests;
