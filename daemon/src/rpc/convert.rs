//! Our types as messages.

use pai_proto::v1;

use crate::{
    journal::{Published, StoreError},
    model::{Code, Event, EventKind, Job, Milestone, Phase, Pod, Reason, Replica},
    scope::Scope,
    sys::turns::Turns,
};

/// Largest part of a snapshot, in encoded bytes: small, since a part is copied and written where all clients are served.
const CHUNK_MAX: usize = 64 * 1024;

pub(super) fn phase(phase: Phase) -> v1::Phase {
    match phase {
        Phase::Held => v1::Phase::Held,
        Phase::Submitting => v1::Phase::Submitting,
        Phase::Unconfirmed => v1::Phase::Unconfirmed,
        Phase::Pending => v1::Phase::Pending,
        Phase::Queued => v1::Phase::Queued,
        Phase::Preparing => v1::Phase::Preparing,
        Phase::Running => v1::Phase::Running,
        Phase::Stopping => v1::Phase::Stopping,
        Phase::Succeeded => v1::Phase::Succeeded,
        Phase::Failed => v1::Phase::Failed,
        Phase::Stopped => v1::Phase::Stopped,
        Phase::Gone => v1::Phase::Gone,
        Phase::Unknown => v1::Phase::Unknown,
    }
}

/// `None` for a number that this version does not know, and for "unspecified".
pub(super) fn phase_from(number: i32) -> Option<Phase> {
    let wanted = v1::Phase::try_from(number).ok()?;
    Phase::ALL.into_iter().find(|ours| phase(*ours) == wanted)
}

pub(super) fn job(job: &Job, stale_since_ms: Option<i64>) -> v1::Job {
    v1::Job {
        uid: job.uid.clone(),
        native_id: job.native_id.clone().unwrap_or_default(),
        name: job.name.clone(),
        backend: "dlc".into(),
        phase: phase(job.phase).into(),
        status: job.status.clone(),
        sub_status: job.sub_status.clone(),
        reason: job.reason.as_ref().map(reason),
        resources_held: job.resources_held,
        own: job.own,
        job_type: job.job_type.clone(),
        command: job.command.clone(),
        replicas: job.replicas.iter().map(replica).collect(),
        requested: Some(v1::Resources {
            cpu_milli: job.requested.cpu_milli,
            gpu_milli: job.requested.gpu_milli,
            memory_bytes: job.requested.memory_bytes,
        }),
        priority: job.priority,
        workspace_id: job.workspace_id.clone(),
        resource_id: job.resource_id.clone(),
        user_id: job.user_id.clone(),
        created_at_ms: job.created_ms,
        submitted_at_ms: job.submitted_ms,
        running_at_ms: job.running_ms,
        ended_at_ms: job.ended_ms,
        observed_at_ms: job.observed_ms,
        // What has ended does not age.
        stale_since_ms: stale_since_ms.filter(|_| job.is_active()),
        restart_count: job.restart_count,
        pods: Vec::new(),
        milestones: job.milestones.iter().map(milestone).collect(),
        rev: job.rev,
        stop_requested: job.stop_requested,
        twin_of: job.twin_of.clone(),
        profile: job.profile.clone(),
        result_unknown: job.result_unknown,
        tags: job.tags.clone(),
        max_run_minutes: job.max_minutes,
        code: job.code.as_ref().map(code),
        queue_position: None,
        accessibility: job.accessibility.clone(),
        user_name: String::new(),
    }
}

/// The place in the queue of a job that is held, from 1.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn queue_position(scope: &Scope, job: &Job) -> Result<Option<u32>, StoreError> {
    if job.phase != Phase::Held {
        return Ok(None);
    }
    let context = scope.context;
    let held = scope.journal.read(move |reader| reader.held(context));
    Ok(place_in(&held.await?, &job.uid))
}

/// The place of a job among those that are held, from 1.
pub(super) fn place_in(held: &[String], uid: &str) -> Option<u32> {
    let place = held.iter().position(|one| one == uid)?;
    u32::try_from(place + 1).ok()
}

fn code(code: &Code) -> v1::JobCode {
    v1::JobCode {
        code_source_id: code.source_id.clone(),
        branch: code.branch.clone(),
        commit: code.commit.clone(),
        mount_path: code.mount_path.clone(),
    }
}

pub(super) fn milestone(mile: &Milestone) -> v1::Milestone {
    v1::Milestone {
        status: mile.status.clone(),
        phase: phase(mile.phase).into(),
        rev: mile.rev,
        at_ms: mile.at_ms,
        observed_at_ms: mile.observed_ms,
    }
}

pub(super) fn pod(pod: &Pod) -> v1::Pod {
    v1::Pod {
        pod_id: pod.pod_id.clone(),
        pod_uid: pod.pod_uid.clone(),
        role: pod.role.clone(),
        status: pod.status.clone(),
        sub_status: pod.sub_status.clone(),
        node: pod.node.clone(),
        ip: pod.ip.clone(),
        created_at_ms: pod.created_ms,
        started_at_ms: pod.started_ms,
        finished_at_ms: pod.finished_ms,
        historic: pod.historic,
    }
}

fn replica(replica: &Replica) -> v1::Replica {
    v1::Replica {
        role: replica.role.clone(),
        count: replica.count,
        image: replica.image.clone(),
        instance_type: replica.instance_type.clone(),
        cpu_milli: replica.each.cpu_milli,
        gpu_milli: replica.each.gpu_milli,
        memory_bytes: replica.each.memory_bytes,
    }
}

fn reason(reason: &Reason) -> v1::Reason {
    v1::Reason {
        code: reason.code.clone(),
        message: reason.message.clone(),
    }
}

pub(super) fn event(event: &Event) -> v1::Event {
    let optional = |known: Option<Phase>| known.map_or(v1::Phase::Unspecified, phase).into();
    v1::Event {
        rev: event.rev,
        kind: event_kind(event.what.kind).into(),
        job_uid: event.job_uid.clone().unwrap_or_default(),
        from_status: event.what.from_status.clone(),
        to_status: event.what.to_status.clone(),
        from_phase: optional(event.what.from_phase),
        to_phase: optional(event.what.to_phase),
        at_ms: event.what.at_ms,
        observed_at_ms: event.observed_ms,
        reason: event.what.reason.as_ref().map(reason),
    }
}

fn event_kind(kind: EventKind) -> v1::EventKind {
    match kind {
        EventKind::Discovered => v1::EventKind::Discovered,
        EventKind::Status => v1::EventKind::Status,
        EventKind::Confirmed => v1::EventKind::Confirmed,
        EventKind::NotSubmitted => v1::EventKind::NotSubmitted,
        EventKind::StopRequested => v1::EventKind::StopRequested,
        EventKind::Twin => v1::EventKind::Twin,
        EventKind::Stale => v1::EventKind::Stale,
        EventKind::Fresh => v1::EventKind::Fresh,
    }
}

/// Made and encoded by the first of those who tell of it.
pub(super) fn change(published: &Published) -> v1::Change {
    use prost::Message as _;
    let bytes = published.encoded.get_or_init(|| {
        let change = v1::Change {
            event: Some(event(&published.event)),
            job: published.job.as_deref().map(|known| job(known, None)),
            encoded: None,
        };
        change.encode_to_vec().into()
    });
    v1::Change::encoded(bytes.clone())
}

/// Jobs in parts of at most [`CHUNK_MAX`], ready to be sent.
pub(super) fn chunks(jobs: impl IntoIterator<Item = v1::Job>) -> Vec<v1::JobChunk> {
    use prost::Message as _;
    let mut chunks = Vec::new();
    let (mut part, mut size, mut turns) = (Vec::new(), 0, Turns::default());
    for job in jobs {
        turns.next();
        let len = job.encoded_len() + 8;
        if size + len > CHUNK_MAX && !part.is_empty() {
            chunks.push(v1::JobChunk::encoded(std::mem::take(&mut part)));
            size = 0;
        }
        size += len;
        part.push(job);
    }
    if !part.is_empty() {
        chunks.push(v1::JobChunk::encoded(part));
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;

    #[test]
    fn every_phase_has_its_own_number() {
        for ours in Phase::ALL {
            assert_eq!(phase_from(phase(ours).into()), Some(ours));
        }
        assert_eq!(phase_from(0), None);
        assert_eq!(phase_from(99), None);
    }

    #[test]
    fn a_snapshot_is_cut_into_small_parts() {
        let big = v1::Job {
            command: "x".repeat(10_000),
            ..v1::Job::default()
        };
        let jobs_in = |part: &v1::JobChunk| {
            let read = v1::JobChunk::decode(&*part.encode_to_vec()).unwrap();
            read.jobs.len()
        };
        let parts = chunks(std::iter::repeat_n(big.clone(), 200));
        // Six of them have less than 64 KB.
        let most = parts.iter().map(jobs_in).max();
        assert_eq!(
            (most, parts.iter().map(jobs_in).sum()),
            (Some(6), 200_usize)
        );
        assert!(parts.iter().all(|part| part.encoded_len() <= 64 * 1024));
        let huge = v1::Job {
            command: "x".repeat(100_000),
            ..v1::Job::default()
        };
        let parts = chunks([big.clone(), huge, big]);
        assert_eq!(parts.iter().map(jobs_in).collect::<Vec<_>>(), [1, 1, 1]);
        assert!(chunks([]).is_empty());
    }
}
