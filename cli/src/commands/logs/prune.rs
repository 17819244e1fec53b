//! Dropping stored logs. What is dropped is told in bytes as stored; jobs and their logs at the cloud are untouched.

use pai_proto::{
    Client,
    v1::{PruneLogsRequest, PruneLogsResponse},
};

use super::args::Prune;
use crate::{
    ask,
    commands::the_job,
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::{clean, log, word},
};

const UNTOUCHED: &str = "nothing was dropped";

/// Drops the logs of these jobs, or what is over the limits.
///
/// # Errors
/// See [`CliError`].
pub(super) async fn run(
    ids: &[String],
    args: &Prune,
    context: &mut Context,
) -> Result<Exit, CliError> {
    context.last_words = "interrupted; the logs may still be dropped";
    let client = context.connect().await?;
    let age = args.older_than.map(|age| age.as_millis());
    let mut request = PruneLogsRequest {
        ids: ids.to_vec(),
        older_than_ms: age.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
        dry_run: args.dry_run,
    };
    let asks = !args.yes && !args.dry_run && context.person.is_some();
    match ids.is_empty() {
        _ if !asks => {}
        true => agreed_to_limits(&client, request.clone(), context).await?,
        false => request.ids = agreed(&client, ids, context).await?,
    }
    let pruned = client.prune_logs(request).await?;
    match context.json {
        true => {
            let answer = json::LogsPruned::new(&pruned, args.dry_run);
            context.out.answer_json(&answer);
        }
        false => context.out.answer(told(&pruned, args.dry_run)),
    }
    Ok(Exit::Ok)
}

/// Shows the jobs and asks; the ids of those that were shown, whatever `@last` is a moment later.
async fn agreed(
    client: &Client,
    ids: &[String],
    context: &mut Context,
) -> Result<Vec<String>, CliError> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let job = the_job(client.get(id).await?.job)?;
        let (shown, name) = (word::id(&job), clean::line(&job.name));
        let status = word::of_job(&job);
        context.out.note(format_args!("{shown}  {name}  {status}"));
        found.push(json::job_id(&job).to_owned());
    }
    let would = PruneLogsRequest {
        ids: found.clone(),
        dry_run: true,
        ..PruneLogsRequest::default()
    };
    let size = log::size(client.prune_logs(would).await?.dropped_bytes);
    let question = match found.len() {
        1 => format!("drop the stored log of 1 job ({size})?"),
        n => format!("drop the stored logs of {n} jobs ({size})?"),
    };
    match ask::agreed(&question, UNTOUCHED, context).await? {
        true => Ok(found),
        false => Err(CliError::other(UNTOUCHED, "")),
    }
}

/// Says what is over the limits, and asks.
async fn agreed_to_limits(
    client: &Client,
    request: PruneLogsRequest,
    context: &mut Context,
) -> Result<(), CliError> {
    let would = PruneLogsRequest {
        dry_run: true,
        ..request
    };
    let would = client.prune_logs(would).await?;
    let size = log::size(would.dropped_bytes);
    let question = match would.jobs {
        0 => return Ok(()),
        1 => format!("drop {size} of the stored log of 1 job?"),
        n => format!("drop {size} of the stored logs of {n} jobs?"),
    };
    match ask::agreed(&question, UNTOUCHED, context).await? {
        true => Ok(()),
        false => Err(CliError::other(UNTOUCHED, "")),
    }
}

fn told(pruned: &PruneLogsResponse, dry_run: bool) -> String {
    let (dropped, left) = (
        log::size(pruned.dropped_bytes),
        log::size(pruned.left_bytes),
    );
    let of = match pruned.jobs {
        0 if dry_run => return format!("nothing would be dropped; {left} are stored"),
        0 => return format!("nothing was dropped; {left} are stored"),
        1 => "1 job".to_owned(),
        n => format!("{n} jobs"),
    };
    match dry_run {
        true => format!("would drop {dropped} of {of}; {left} would be left"),
        false => format!("dropped {dropped} of {of}; {left} are left"),
    }
}
