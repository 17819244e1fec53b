//! `ListJobs`: a consistent snapshot, in parts.

use std::sync::Arc;

use pai_proto::v1::{
    Cursor, JobChunk, ListJobsRequest, ListJobsResponse, SnapshotEnd, list_jobs_response::Part,
};

use super::live;
pub(super) use crate::journal::TagFilter;
use crate::{
    contexts::Running,
    journal::{Listed, StoreError},
    model::Fault,
    poll::Freshness,
    rpc::{
        Edge, convert, first_look,
        frames::{Frames, feed},
    },
    scope::Scope,
};

/// What the store knows.
struct View {
    looks: Freshness,
    chunks: Vec<JobChunk>,
    left_out: u64,
    rev: u64,
}

impl View {
    /// All the work is done where the store is read: ten thousand jobs must not hold up those who wait.
    async fn read(scope: &Scope, what: Listed) -> Result<Self, StoreError> {
        let (context, looks) = (scope.context, scope.looks.get());
        let stale = looks.old_since_ms();
        let view = scope.journal.read(move |reader| {
            let (jobs, left_out) = reader.listed(context, &what)?;
            let held = reader.held(context)?;
            let chunks = convert::chunks(jobs.iter().map(|job| {
                let mut message = convert::job(job, stale);
                message.queue_position = convert::place_in(&held, &job.uid);
                message
            }));
            Ok((chunks, left_out, reader.rev()?))
        });
        let (chunks, left_out, rev) = view.await?;
        Ok(Self {
            looks,
            chunks,
            left_out,
            rev,
        })
    }

    /// As long as no look was answered "none" would be a guess, which may cost somebody a second job.
    fn is_guess(&self) -> bool {
        self.chunks.is_empty() && self.looks.last_ok.is_none()
    }
}

pub(super) async fn list(
    edge: &Arc<Edge>,
    running: &Running,
    request: ListJobsRequest,
) -> Result<Frames<ListJobsResponse>, Fault> {
    let scope = &running.scope;
    let phases: Vec<_> = request
        .phases
        .iter()
        .filter_map(|number| convert::phase_from(*number))
        .collect();
    let tags: Vec<_> = request
        .tags
        .iter()
        .map(|text| TagFilter::of(text))
        .collect();
    if request.all {
        let (jobs, left_out) = live::read(running, request.limit, &phases, &tags).await?;
        let end = SnapshotEnd {
            cursor: None,
            left_out,
            stale_since_ms: None,
            stale_reason: String::new(),
        };
        return Ok(told(edge, convert::chunks(jobs), end));
    }
    let what = Listed {
        ended_after_ms: scope.ended_from_ms(),
        foreign: request.include_foreign,
        phases,
        tags,
        limit: match request.limit {
            0 => usize::MAX,
            limit => limit as usize,
        },
    };
    first_look::briefly(running).await;
    let mut view = View::read(scope, what.clone()).await?;
    if view.is_guess() {
        first_look::done(running).await?;
        view = View::read(scope, what).await?;
    }
    let View {
        looks,
        chunks,
        left_out,
        rev,
    } = view;
    let end = SnapshotEnd {
        cursor: Some(Cursor {
            store_id: edge.journal.store_id().into(),
            rev,
            context: scope.context,
        }),
        left_out,
        stale_since_ms: looks.old_since_ms(),
        stale_reason: looks.reason(),
    };
    Ok(told(edge, chunks, end))
}

fn told(edge: &Arc<Edge>, chunks: Vec<JobChunk>, end: SnapshotEnd) -> Frames<ListJobsResponse> {
    feed(edge, None, |sink| async move {
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
    })
}
