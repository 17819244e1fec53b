//! Last known + observation → changes. Pure: what may be believed is decided here (invariants 2 and 6).

mod steps;

use crate::model::{EventDraft, EventKind, Job, Observation, Passed, Phase, Source};

use super::hidden::keep_hidden;
use steps::{Missed, is_first, is_restart, missed, restarts};

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
        let missed = missed(known, &job.milestones, seen);
        let moved = missed.entered.is_some()
            || seen.status != known.status
            || job.phase != known.phase
            || job.result_unknown != known.result_unknown;
        let restarted = seen.restart_count > known.restart_count && !known.has_ended();
        let last = missed.since.last().cloned();
        let entered_ms = missed.entered.as_ref().and_then(|step| step.at_ms);
        events.extend(step_events(known, missed));
        // A restart of which only the count is known is told as such.
        if moved || (restarted && last.is_none()) {
            let mut event = step_event(EventKind::Status, known, seen);
            event.at_ms = entered_ms.or(event.at_ms);
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
        || seen.restart_count > known.restart_count
        || (seen.phase == Phase::Unknown && seen.ended_ms.is_some() && !known.result_unknown)
}

/// A step backwards that only a list shows is not believed before the job itself confirms it; nor is another end than the
/// known one, compute that is held again, or a status of the same rank that the job has been in already.
pub fn is_doubtful(known: &Job, seen: &Observation) -> bool {
    if seen.source == Source::Get {
        return false;
    }
    match (known.phase.rank(), seen.phase.rank()) {
        (Some(before), Some(after)) if before == after => {
            let other_end = known.phase.is_end() && seen.phase != known.phase;
            let held_again = known.phase.is_end() && seen.resources_held && !known.resources_held;
            let been_there = seen.status != known.status
                && !known.phase.is_end()
                && known.milestone(&seen.status, seen.phase).is_some();
            other_end || held_again || been_there
        }
        (Some(before), Some(after)) => after < before,
        // From an end to an unknown status, or back from "gone".
        _ => known.has_ended() && (!seen.phase.is_end() || known.phase == Phase::Gone),
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
    keep_told(&mut job.accessibility, &seen.accessibility);
    // Not every answer repeats what a job was submitted with.
    if let Some(tags) = seen.tags.as_ref().filter(|tags| !tags.is_empty()) {
        job.tags.clone_from(tags);
    }
    if let Some(code) = &seen.code {
        job.code = Some(code.clone());
    }
    keep_hidden(known, &mut job);
    if let Some(minutes) = seen.max_minutes {
        job.max_minutes = (minutes > 0).then_some(minutes);
    }
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
    job.restart_count = (known.restart_count + u32::from(is_restart(known.phase, seen.phase)))
        .max(seen.restart_count)
        .max(restarts(&seen.history));
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
        .find(|step| step.status == seen.status && !is_first(&known.milestones, step));
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

/// An event for each step that was passed without being seen.
fn step_events(known: &Job, missed: Missed) -> Vec<EventDraft> {
    let event = |step: &Passed| EventDraft {
        to_status: step.status.clone(),
        to_phase: Some(step.phase),
        at_ms: step.at_ms,
        ..EventDraft::new(EventKind::Status)
    };
    let mut events: Vec<_> = missed.earlier.iter().map(event).collect();
    let mut from = (known.status.clone(), known.phase);
    for step in &missed.since {
        events.push(EventDraft {
            from_status: from.0,
            from_phase: Some(from.1),
            ..event(step)
        });
        from = (step.status.clone(), step.phase);
    }
    events
}

#[cfg(test)]
mod tests;
