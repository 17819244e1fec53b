//! A live list: what the key may see of the workspace, asked of the backend and not stored.

use std::collections::HashSet;

use pai_proto::v1;

use super::list::TagFilter;
use crate::{
    contexts::Running,
    journal::Reader,
    model::{Fault, Observation, Phase},
    poll::{diff, hide_as_submitted, keep_hidden},
    provider::{Listing, Priority},
    rpc::convert,
};

/// Jobs that are told where no number is asked for, and the most.
const SHOWN: u32 = 200;
const SHOWN_MAX: u32 = 1000;
/// Jobs that are read at the most to find those that are asked for.
const READ_MAX: u64 = 5000;

/// Newest first, and how many more there are (as far as the backend tells).
pub(super) async fn read(
    running: &Running,
    limit: u32,
    phases: &[Phase],
    tags: &[TagFilter],
) -> Result<(Vec<v1::Job>, u64), Fault> {
    let limit = match limit {
        0 => SHOWN,
        limit => limit.min(SHOWN_MAX),
    };
    let scope = &running.scope;
    let (mut jobs, mut met, mut received, mut total) = (Vec::new(), HashSet::new(), 0_u64, 0);
    for page in 1.. {
        let listing = Listing {
            page,
            ..Listing::default()
        };
        let seq = scope.journal.next_seq();
        let provider = scope.provider();
        let found = provider.list(listing, seq, Priority::Interactive).await?;
        received += found.received as u64;
        total = found.total.unwrap_or(received).max(received);
        let last = found.is_last(received, &scope.nature);
        let fresh = found.jobs.into_iter();
        // New jobs push others to the next page meanwhile.
        let fresh = fresh.filter(|seen| met.insert(seen.native_id.clone()));
        let wanted = fresh.filter(|seen| {
            let phase = phases.is_empty() || phases.contains(&seen.phase);
            let told = seen.tags.clone().unwrap_or_default();
            phase && tags.iter().all(|tag| tag.admits(&told))
        });
        for seen in wanted {
            jobs.push(message(running, seen).await?);
            if jobs.len() >= limit as usize {
                break;
            }
        }
        if last || jobs.len() >= limit as usize || received >= READ_MAX {
            break;
        }
    }
    // With a filter nobody knows how many of the others would match.
    let filtered = !phases.is_empty() || !tags.is_empty();
    let left_out = match filtered {
        true => 0,
        false => total.saturating_sub(jobs.len() as u64),
    };
    Ok((jobs, left_out))
}

/// As the backend shows it; one that is known here has its uid and is own where it is.
async fn message(running: &Running, seen: Observation) -> Result<v1::Job, Fault> {
    let scope = &running.scope;
    let (context, id, name) = (scope.context, seen.native_id.clone(), seen.name.clone());
    let read = move |reader: &Reader<'_>| {
        Ok((
            reader.job_by_native(context, &id)?,
            reader.intent_named(&name)?,
        ))
    };
    let (known, intent) = scope.journal.read(read).await?;
    let (mut job, _) = diff::first_sight(String::new(), false, &seen);
    if let Some(intent) = intent {
        hide_as_submitted(&intent.request, &mut job);
    }
    if let Some(known) = known {
        keep_hidden(&known, &mut job);
        job.uid = known.uid;
        job.own = known.own;
        job.profile = known.profile;
    }
    let mut message = convert::job(&job, None);
    message.user_name = seen.user_name;
    Ok(message)
}
