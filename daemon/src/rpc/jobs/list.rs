//! `ListJobs`: a consistent snapshot, in parts.

use std::sync::Arc;

use pai_proto::v1::{
    Cursor, ListJobsRequest, ListJobsResponse, SnapshotEnd, list_jobs_response::Part,
};

use crate::{
    contexts::Running,
    model::Fault,
    rpc::{
        Edge, convert,
        frames::{Frames, feed},
    },
};

pub(super) async fn list(
    edge: &Arc<Edge>,
    running: &Running,
    request: ListJobsRequest,
) -> Result<Frames<ListJobsResponse>, Fault> {
    let scope = &running.scope;
    let (context, ended_from) = (scope.context, scope.ended_from_ms());
    let (mut jobs, rev) = scope
        .journal
        .read(move |reader| Ok((reader.jobs(context, ended_from)?, reader.rev()?)))
        .await?;
    // "No jobs" would be a guess as long as the cloud has never answered.
    let looks = scope.looks.get();
    if let (true, None, Some(fault)) = (jobs.is_empty(), looks.last_ok, looks.last_error) {
        return Err(Fault {
            message: format!("the cloud has not been reached yet: {}", fault.message),
            ..fault
        });
    }
    let phases: Vec<_> = request
        .phases
        .iter()
        .filter_map(|number| convert::phase_from(*number))
        .collect();
    jobs.retain(|job| {
        (job.own || request.include_foreign)
            && (request.phases.is_empty() || phases.contains(&job.phase))
    });
    let limit = match request.limit {
        0 => usize::MAX,
        limit => limit as usize,
    };
    let left_out = jobs.len().saturating_sub(limit) as u64;
    jobs.truncate(limit);

    let looks = scope.looks.get();
    let stale = looks.stale_since_ms;
    let chunks = convert::chunks(jobs.iter().map(|job| convert::job(job, stale)));
    let end = SnapshotEnd {
        cursor: Some(Cursor {
            store_id: edge.journal.store_id().into(),
            rev,
        }),
        left_out,
        stale_since_ms: stale,
        stale_reason: looks
            .last_error
            .map(|fault| fault.message)
            .unwrap_or_default(),
    };
    Ok(feed(edge, |sink| async move {
        for chunk in chunks {
            sink.send(ListJobsResponse {
                part: Some(Part::Chunk(chunk)),
            })
            .await?;
        }
        sink.send(ListJobsResponse {
            part: Some(Part::End(end)),
        })
        .await
    }))
}
