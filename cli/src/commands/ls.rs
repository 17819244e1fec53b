//! `paictl ls`

use clap::Args;
use pai_proto::v1;

use crate::{context::Context, error::CliError, exit::Exit, json, view};

/// Jobs that are shown unless somebody wants more.
const LIMIT: u32 = 200;

/// List the jobs, newest first.
///
/// On a terminal a table; elsewhere tab-separated columns without a header: id, name, status, age, time running, GPUs; with
/// --all the user stands before the status.
#[derive(Debug, Args)]
pub struct LsArgs {
    /// Show at most this many; 0 shows all, with --all 200.
    #[arg(long, short = 'n', value_name = "N", default_value_t = LIMIT)]
    limit: u32,
    /// Only jobs with this tag, whatever its value or with this one. May be given several times: with all of them.
    #[arg(long, value_name = "KEY[=VALUE]")]
    label: Vec<String>,
    /// Ask the cloud now for the jobs of everybody in the workspace, as far as the key may see them. Nothing of it is
    /// stored; at most 1000.
    #[arg(long)]
    all: bool,
    /// Also jobs of others that this daemon watches because somebody named them.
    #[arg(long, conflicts_with = "all")]
    watched: bool,
}

impl Default for LsArgs {
    fn default() -> Self {
        Self {
            limit: LIMIT,
            label: Vec::new(),
            all: false,
            watched: false,
        }
    }
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &LsArgs, context: &mut Context) -> Result<Exit, CliError> {
    let request = v1::ListJobsRequest {
        include_foreign: args.watched,
        limit: args.limit,
        all: args.all,
        tags: args.label.clone(),
        ..Default::default()
    };
    let listing = context.connect().await?.list(request).await?;
    let (now, width) = (context.now_ms(), context.out.width());
    let lines = match args.all {
        true => view::jobs::live_lines,
        false => view::jobs::lines,
    };
    if context.json {
        let jobs: Vec<_> = listing.jobs.iter().map(json::Job::from).collect();
        context.out.answer_json(&jobs);
    } else if listing.jobs.is_empty() {
        context.out.note(none(args));
    } else {
        for line in lines(&listing.jobs, now, width) {
            context.out.answer(line);
        }
    }
    if args.all {
        context
            .out
            .note("as the cloud shows them now; the daemon does not follow jobs of others");
    }
    for remark in view::jobs::remarks(&listing.end, now, more(args)) {
        context.out.note(remark);
    }
    Ok(Exit::Ok)
}

fn none(args: &LsArgs) -> &'static str {
    match (args.label.is_empty(), args.all) {
        (false, _) => "no jobs with these labels",
        (true, true) => "no jobs that the key may see",
        (true, false) => "no jobs; make one with `paictl submit NAME -- COMMAND`",
    }
}

fn more(args: &LsArgs) -> &'static str {
    match args.all {
        true => "paictl ls --all --limit 1000",
        false => "paictl ls --limit 0",
    }
}
