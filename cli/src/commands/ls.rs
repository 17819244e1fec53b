//! `paictl ls`

use clap::Args;
use pai_proto::v1;

use crate::{context::Context, error::CliError, exit::Exit, json, view};

/// Jobs that are shown unless somebody wants more.
const LIMIT: u32 = 200;

/// List the jobs, newest first.
///
/// On a terminal a table; elsewhere tab-separated columns without a header: id, name, status, age, time running, GPUs.
#[derive(Debug, Args)]
pub struct LsArgs {
    /// Show at most this many; 0 shows all.
    #[arg(long, short = 'n', value_name = "N", default_value_t = LIMIT)]
    limit: u32,
    /// Also jobs of others that this daemon watches because somebody named them.
    #[arg(long)]
    all: bool,
}

impl Default for LsArgs {
    fn default() -> Self {
        Self {
            limit: LIMIT,
            all: false,
        }
    }
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &LsArgs, context: &mut Context) -> Result<Exit, CliError> {
    let request = v1::ListJobsRequest {
        include_foreign: args.all,
        limit: args.limit,
        ..Default::default()
    };
    let listing = context.connect().await?.list(request).await?;
    let now = context.now_ms();
    if context.json {
        let jobs: Vec<_> = listing.jobs.iter().map(json::Job::from).collect();
        context.out.answer_json(&jobs);
    } else if listing.jobs.is_empty() {
        context
            .out
            .note("no jobs; make one with `paictl submit NAME -- COMMAND`");
    } else {
        for line in view::jobs::lines(&listing.jobs, now, context.out.width()) {
            context.out.answer(line);
        }
    }
    for remark in view::jobs::remarks(&listing.end, now) {
        context.out.note(remark);
    }
    Ok(Exit::Ok)
}
