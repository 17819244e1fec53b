//! Last known + observation → changes. Pure: what may be believed is decided here (invariants 2 and 6).

use crate::model::{EventDraft, EventKind, Job, Observation, Passed, Phase, Source};

/// What an observation means for what is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Its request was sent before that of the answer now held: dropped.
    Outdated,
    /// Nothing that anybody would be told of; the job with its fields brought up to date.
    Same(Box<Job>),
    /// Something happened.
    Changed {
        /// The job after it.
        job: Box<Job>,
        /// In order; the newest state last, unless earlier steps are learnt later.
        events: Vec<EventDraft>,
    },
}

/// Compares. `known` is the job of the same native id, or our own not yet confirmed job of the same name.
pub fn diff(known: &Job, seen: &Observation) -> Verdict {
    if seen.seq < known.observed_seq {
        return Verdict::Outdated;
    }
    let mut job = updated(known, seen);
    let mut events = Vec::new();
    if known.phase.is_ours() || known.native_id.is_none() {
        events.push(step_event(EventKind::Confirmed, known, seen));
        attach_history(&mut events, seen);
    } else {
        let (steps, last) = missed_steps(known, seen);
        let moved = seen.status != known.status
            || job.phase != known.phase
            || job.result_unknown != known.result_unknown;
        events.extend(steps);
        if moved {
            let mut event = step_event(EventKind::Status, known, seen);
            if let Some(last) = last {
                event.from_status = last.status;
                event.from_phase = Some(last.phase);
            }
            events.push(event);
        }
    }
    if events.is_empty() {
        return Verdict::Same(Box::new(job));
    }
    if job.has_ended() && job.ended_ms.is_none() {
        job.ended_ms = events
            .last()
            .and_then(|event| event.at_ms)
            .or(Some(seen.observed_ms));
    }
    Verdict::Changed {
        job: Box::new(job),
        events,
    }
}

/// A job that was not known before.
pub fn first_sight(uid: String, own: bool, seen: &Observation) -> (Job, Vec<EventDraft>) {
    let mut blank = Job::new(uid, seen.name.clone(), seen.phase, seen.observed_ms);
    blank.own = own;
    let mut job = updated(&blank, seen);
    job.own = own;
    let mut event = step_event(EventKind::Discovered, &blank, seen);
    event.from_phase = None;
    let mut events = vec![event];
    attach_history(&mut events, seen);
    if job.has_ended() && job.ended_ms.is_none() {
        job.ended_ms = Some(seen.observed_ms);
    }
    (job, events)
}

/// The backend said "not found" about a job that it had.
pub fn gone(known: &Job, now_ms: i64) -> (Job, EventDraft) {
    let mut job = known.clone();
    job.phase = Phase::Gone;
    job.resources_held = false;
    job.ended_ms = job.ended_ms.or(Some(now_ms));
    job.observed_ms = now_ms;
    let event = EventDraft {
        from_status: known.status.clone(),
        to_status: known.status.clone(),
        from_phase: Some(known.phase),
        to_phase: Some(Phase::Gone),
        at_ms: None,
        ..EventDraft::new(EventKind::Status)
    };
    (job, event)
}

/// A list may lag: a change is worth asking the job itself, and so is an unknown status that may be an end.
pub fn wants_answer_of_its_own(known: &Job, seen: &Observation) -> bool {
    seen.status != known.status
        || seen.phase != known.phase && !known.result_unknown
        || (seen.phase == Phase::Unknown && seen.ended_ms.is_some() && !known.result_unknown)
}

/// A step backwards that only a list shows is not believed before the job itself confirms it.
pub fn is_doubtful(known: &Job, seen: &Observation) -> bool {
    if seen.source == Source::Get {
        return false;
    }
    match (known.phase.rank(), seen.phase.rank()) {
        (Some(before), Some(after)) => after < before,
        // From an end to an unknown status, or back from "gone".
        _ => known.has_ended() && !seen.phase.is_end(),
    }
}

/// A list item that shows a status which the job is known to have left: most likely the list is late.
pub fn may_be_late(known: &Job, seen: &Observation) -> bool {
    is_doubtful(known, seen)
        && (known.phase == Phase::Gone || known.milestone(&seen.status, seen.phase).is_some())
}

/// The fields of the answer over those that are known; what an answer does not tell stays.
fn updated(known: &Job, seen: &Observation) -> Job {
    let mut job = known.clone();
    job.native_id = Some(seen.native_id.clone());
    if !seen.name.is_empty() {
        job.name.clone_from(&seen.name);
    }
    job.phase = seen.phase;
    job.status.clone_from(&seen.status);
    job.sub_status.clone_from(&seen.sub_status);
    job.reason.clone_from(&seen.reason);
    job.resources_held = seen.resources_held;
    job.result_unknown =
        seen.phase == Phase::Unknown && seen.source == Source::Get && seen.ended_ms.is_some();
    if seen.phase == Phase::Unknown && seen.source == Source::List && seen.status == known.status {
        job.result_unknown = known.result_unknown;
    }
    keep_told(&mut job.job_type, &seen.job_type);
    keep_told(&mut job.command, &seen.command);
    keep_told(&mut job.workspace_id, &seen.workspace_id);
    keep_told(&mut job.resource_id, &seen.resource_id);
    keep_told(&mut job.user_id, &seen.user_id);
    if !seen.replicas.is_empty() {
        job.replicas.clone_from(&seen.replicas);
    }
    let requested = &mut job.requested;
    requested.cpu_milli = seen.requested.cpu_milli.or(requested.cpu_milli);
    requested.gpu_milli = seen.requested.gpu_milli.or(requested.gpu_milli);
    requested.memory_bytes = seen.requested.memory_bytes.or(requested.memory_bytes);
    job.priority = seen.priority.or(job.priority);
    job.created_ms = seen.created_ms.or(job.created_ms);
    job.submitted_ms = seen.submitted_ms.or(job.submitted_ms);
    job.running_ms = seen.running_ms.or(job.running_ms);
    job.ended_ms = match job.has_ended() {
        true => seen.ended_ms.or(known.ended_ms),
        false => None,
    };
    job.restart_count = job.restart_count.max(seen.restart_count);
    for mile in job
        .milestones
        .iter_mut()
        .filter(|mile| mile.at_ms.is_none())
    {
        let told = seen.history.iter().find(|step| step.status == mile.status);
        mile.at_ms = told.and_then(|step| step.at_ms);
    }
    job.observed_ms = seen.observed_ms;
    job.observed_seq = seen.seq;
    job
}

fn keep_told(known: &mut String, told: &str) {
    if !told.is_empty() {
        told.clone_into(known);
    }
}

fn step_event(kind: EventKind, known: &Job, seen: &Observation) -> EventDraft {
    let at = seen
        .history
        .iter()
        .rev()
        .find(|step| step.status == seen.status);
    EventDraft {
        from_status: known.status.clone(),
        to_status: seen.status.clone(),
        from_phase: Some(known.phase),
        to_phase: Some(seen.phase),
        at_ms: at
            .and_then(|step| step.at_ms)
            .or(match seen.phase.is_end() {
                true => seen.ended_ms,
                false => None,
            }),
        reason: seen.reason.clone(),
        ..EventDraft::new(kind)
    }
}

fn attach_history(events: &mut [EventDraft], seen: &Observation) {
    if let Some(first) = events.first_mut() {
        first.reached = seen
            .history
            .iter()
            .filter(|step| step.status != seen.status)
            .cloned()
            .collect();
    }
}

/// Statuses that the job passed without being seen in them, each an event of its own, and the last of those that came
/// after the state that is known.
fn missed_steps(known: &Job, seen: &Observation) -> (Vec<EventDraft>, Option<Passed>) {
    let since = known
        .milestone(&known.status, known.phase)
        .and_then(|mile| mile.at_ms);
    let mut previous: Option<Passed> = None;
    let mut events = Vec::new();
    for step in &seen.history {
        if step.status == seen.status || known.milestone(&step.status, step.phase).is_some() {
            continue;
        }
        let after_known = match (step.at_ms, since) {
            (Some(at), Some(since)) => at >= since,
            _ => step.phase.rank() > known.phase.rank(),
        };
        let (from_status, from_phase) = match (&previous, after_known) {
            (Some(before), true) => (before.status.clone(), Some(before.phase)),
            (None, true) => (known.status.clone(), Some(known.phase)),
            (_, false) => (String::new(), None),
        };
        events.push(EventDraft {
            from_status,
            to_status: step.status.clone(),
            from_phase,
            to_phase: Some(step.phase),
            at_ms: step.at_ms,
            ..EventDraft::new(EventKind::Status)
        });
        if after_known {
            previous = Some(step.clone());
        }
    }
    (events, previous)
}

#[cfg(test)]
mod tests;
