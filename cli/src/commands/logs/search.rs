//! Searching stored logs. The exit code is grep's: 0 where something matched, 1 where nothing did.

use std::{io::ErrorKind, pin::pin};

use pai_proto::{
    Client,
    client::{Search, SearchUpdate},
    v1::{Job, SearchEnded, SearchLogsRequest},
};

use super::{
    args::{LogsArgs, Prefix},
    hits::Printer,
    pods,
    printer::{Clock, Look},
    sink::Sink,
};
use crate::{commands::the_job, context::Context, error::CliError, exit::Exit, json, view::clean};

/// Shows the lines that match.
///
/// # Errors
/// See [`CliError`].
pub(super) async fn run(
    pattern: &str,
    args: &LogsArgs,
    context: &mut Context,
    mut sink: Sink,
) -> Result<Exit, CliError> {
    let client = context.connect().await?;
    let jobs = jobs(&client, &args.ids).await?;
    let mut printer = printer(args, &jobs, context);
    let request = request(pattern, args, &jobs, context);
    let mut search = client
        .search_logs(request)
        .await
        .map_err(CliError::of_words)?;
    let ended = tell(&mut search, &mut printer, &mut sink, context).await;
    // Lines that came before an error are written before it is told.
    match (ended, sink.finish().await) {
        (Err(error), _) => Err(error),
        (_, Err(error)) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::io("cannot write what was found", error))
        }
        (Ok(Some(ended)), Ok(())) => Ok(conclude(&ended, context)),
        // Nobody reads any more, which is no failure.
        _ => Ok(Exit::Ok),
    }
}

/// By their ids, whatever `@last` is a moment later.
async fn jobs(client: &Client, ids: &[String]) -> Result<Vec<Job>, CliError> {
    let mut jobs = Vec::with_capacity(ids.len());
    for id in ids {
        jobs.push(the_job(client.get(id).await?.job)?);
    }
    Ok(jobs)
}

/// The last word, if somebody read up to there.
async fn tell(
    search: &mut Search,
    printer: &mut Printer,
    sink: &mut Sink,
    context: &Context,
) -> Result<Option<SearchEnded>, CliError> {
    let zone = context.zone.clone();
    loop {
        let update = {
            let mut next = pin!(search.next());
            tokio::select! {
                biased;
                () = sink.closed() => return Ok(None),
                update = &mut next => update.map_err(CliError::of_words)?,
            }
        };
        let hits = match update {
            SearchUpdate::Hits(hits) => hits,
            SearchUpdate::Ended(ended) => return Ok(Some(ended)),
        };
        let clock = Clock {
            now_ms: context.now_ms(),
            zone: &zone,
        };
        if sink.write(printer.lines(&hits, clock)).await.is_err() {
            return Ok(None);
        }
    }
}

fn conclude(ended: &SearchEnded, context: &mut Context) -> Exit {
    if ended.more {
        let matches = ended.matches;
        context.out.note(format_args!(
            "only the first {matches} matches are shown; --max N shows more"
        ));
    }
    if !ended.note.is_empty() {
        context.out.note(clean::line(&ended.note));
    }
    if ended.matches > 0 {
        return Exit::Ok;
    }
    let (lines, jobs) = (ended.lines, ended.jobs);
    let text = format!("nothing matches; lines searched: {lines}, jobs: {jobs}");
    match context.json {
        true => {
            let failure = json::Failure::new("no_match", &text, "");
            context.out.note(json::compact(&failure));
        }
        false => context.out.note(text),
    }
    Exit::Error
}

fn printer(args: &LogsArgs, jobs: &[Job], context: &Context) -> Printer {
    let (pods, roles) = (&args.chosen.pods, &args.chosen.roles);
    let prefixed = match (args.look.prefix(), jobs) {
        (Prefix::Auto, [job]) => pods::several(job, pods, roles),
        (Prefix::Auto | Prefix::Always, _) => true,
        (Prefix::Never, _) => false,
    };
    let look = Look {
        prefixed,
        timestamps: args.look.timestamps,
        colours: context.out.colours(),
    };
    let look = Some(look).filter(|_| !context.json);
    let (before, after) = neighbours(args);
    Printer::new(look, jobs.len() != 1, before + after > 0)
}

fn neighbours(args: &LogsArgs) -> (u32, u32) {
    let search = &args.search;
    let lines = |one: Option<u32>| one.or(search.around).unwrap_or(0);
    (lines(search.before), lines(search.after))
}

fn request(pattern: &str, args: &LogsArgs, jobs: &[Job], context: &Context) -> SearchLogsRequest {
    let (before, after) = neighbours(args);
    let since = args.chosen.since.as_ref();
    SearchLogsRequest {
        pattern: pattern.into(),
        ignore_case: args.search.ignore_case,
        ids: jobs
            .iter()
            .map(|job| json::job_id(job).to_owned())
            .collect(),
        pods: args.chosen.pods.clone(),
        roles: args.chosen.roles.clone(),
        since_ms: since.map(|since| since.ms(context.now_ms(), &context.zone)),
        before,
        after,
        max_matches: args.search.max.unwrap_or(0),
        stored_only: args.read.stored,
    }
}
