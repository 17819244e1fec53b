//! `ListJobs`: a consistent snapshot, in parts.

use std::sync::Arc;

use pai_proto::v1::{
    Cursor, ListJobsRequest, ListJobsResponse, SnapshotEnd, list_jobs_response::Part,
};

use crate::{
    contexts::Running,
    journal::Listed,
    model::Fault,
    rpc::{
        Edge, convert, first_look,
        frames::{Frames, feed},
    },
};

/// A store that has never seen a look knows no job: "none" would be a guess, which may cost somebody a second job.
async fn know_something(running: &Running) -> Result<(), Fault> {
    let context = running.scope.context;
    let journal = &running.scope.journal;
    let (_, known) = journal.read(move |reader| reader.count(context)).await?;
    if known == 0 {
        first_look::done(running, first_look::PATIENCE).await?;
    }
    Ok(())
}

pub(super) async fn list(
    edge: &Arc<Edge>,
    running: &Running,
    request: ListJobsRequest,
) -> Result<Frames<ListJobsResponse>, Fault> {
    let scope = &running.scope;
    let what = Listed {
        ended_after_ms: scope.ended_from_ms(),
        foreign: request.include_foreign,
        phases: request
            .phases
            .iter()
            .filter_map(|number| convert::phase_from(*number))
            .collect(),
        limit: match request.limit {
            0 => usize::MAX,
            limit => limit as usize,
        },
    };
    let context = scope.context;
    know_something(running).await?;
    let looks = scope.looks.get();
    let stale = looks.stale_since_ms;
    // All the work is done where the store is read: ten thousand jobs must not hold up those who wait.
    let view = scope.journal.read(move |reader| {
        let (jobs, left_out) = reader.listed(context, &what)?;
        let chunks = convert::chunks(jobs.iter().map(|job| convert::job(job, stale)));
        Ok((chunks, left_out, reader.rev()?))
    });
    let (chunks, left_out, rev) = view.await?;
    // "No jobs" would be a guess as long as the cloud has never answered.
    if let (true, None, Some(fault)) = (chunks.is_empty(), looks.last_ok, &looks.last_error) {
        return Err(Fault {
            message: format!("the cloud has not been reached yet: {}", fault.message),
            ..fault.clone()
        });
    }
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
            .await;
        }
        sink.send(ListJobsResponse {
            part: Some(Part::End(end)),
        })
        .await
    }))
}
