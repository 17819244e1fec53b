//! `paictl audit`

use clap::Args;
use pai_proto::{
    Client,
    v1::{AuditEntry, ListAuditRequest},
};

use crate::{context::Context, error::CliError, exit::Exit, json, view};

/// Entries that are shown unless somebody wants more.
const LIMIT: u32 = 50;
/// Entries of one answer of the daemon.
const PAGE: u32 = 1000;

/// Show who changed what through this daemon, newest first.
///
/// Submits, stops and other changes of jobs, changes of the settings, those that were refused too. On a terminal a table;
/// elsewhere tab-separated columns without a header: time, who, action, target, outcome, details; with --all-contexts the
/// settings file stands before the action.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Show at most this many.
    #[arg(long, short = 'n', value_name = "N", default_value_t = LIMIT)]
    limit: u32,
    /// Of all settings, not only of those that are meant.
    #[arg(long)]
    all_contexts: bool,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &AuditArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.connect().await?;
    let entries = read(&client, args).await?;
    if context.json {
        let entries: Vec<_> = entries.iter().map(json::AuditEntry::from).collect();
        context.out.answer_json(&entries);
        return Ok(Exit::Ok);
    }
    if entries.is_empty() {
        context.out.note("nothing was changed through this daemon");
    }
    let clock = view::audit::Clock {
        now_ms: context.now_ms(),
        zone: context.zone.clone(),
        terminal: context.out.width().is_some(),
    };
    for line in view::audit::lines(&entries, args.all_contexts, &clock) {
        context.out.answer(line);
    }
    Ok(Exit::Ok)
}

/// Page after page, until there are enough or no more.
async fn read(client: &Client, args: &AuditArgs) -> Result<Vec<AuditEntry>, CliError> {
    let mut entries: Vec<AuditEntry> = Vec::new();
    let mut left = args.limit;
    while left > 0 {
        let request = ListAuditRequest {
            limit: left.min(PAGE),
            all_contexts: args.all_contexts,
            before: entries.last().map(|entry| entry.id),
        };
        let page = client.audit(request).await?.entries;
        if page.is_empty() {
            break;
        }
        left = left.saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX));
        entries.extend(page);
    }
    Ok(entries)
}
