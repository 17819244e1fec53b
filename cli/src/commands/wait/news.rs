//! What a wait says while it goes on: one line per change.

use jiff::tz::TimeZone;
use pai_proto::{
    v1::{Change, Event, EventKind, Job, Phase, Stale, WaitResult},
    wait::WaitUpdate,
};

use crate::{
    context::UNATTENDED,
    json,
    view::{clean, job, jobs, time, word},
};

/// Turns updates into lines, and remembers the jobs for when the last word is missing.
#[derive(Debug, Default)]
pub(super) struct News {
    known: Vec<Job>,
    stale: bool,
}

impl News {
    /// The line for an update, if there is something to say.
    pub(super) fn line(
        &mut self,
        update: &WaitUpdate,
        zone: &TimeZone,
        now_ms: i64,
    ) -> Option<String> {
        match update {
            WaitUpdate::Change(change) => {
                self.remember(change);
                told(change, zone, now_ms)
            }
            WaitUpdate::Stale(stale) => self.staleness(stale, zone, now_ms),
            WaitUpdate::Reconnecting(reason) => Some(format!(
                "{} the connection to the daemon broke ({}); trying again",
                time::of_day(now_ms, zone),
                clean::line(reason)
            )),
            WaitUpdate::Unattended => {
                let clock = time::of_day(now_ms, zone);
                Some(format!("{clock} {UNATTENDED}"))
            }
            WaitUpdate::Reconnected => {
                Some(format!("{} the daemon is back", time::of_day(now_ms, zone)))
            }
            WaitUpdate::Ended(_) => None,
        }
    }

    /// Results from what was seen last, for a wait whose time ran out while the daemon was away.
    pub(super) fn last_known(&self) -> Vec<WaitResult> {
        let result = |job: &Job| WaitResult {
            id: json::job_id(job).to_owned(),
            job: Some(job.clone()),
            ..Default::default()
        };
        self.known.iter().map(result).collect()
    }

    fn remember(&mut self, change: &Change) {
        let Some(job) = &change.job else { return };
        match self.known.iter_mut().find(|known| known.uid == job.uid) {
            Some(known) => known.clone_from(job),
            None => self.known.push(job.clone()),
        }
    }

    /// Said once when it begins and once when it is over.
    fn staleness(&mut self, stale: &Stale, zone: &TimeZone, now_ms: i64) -> Option<String> {
        let was = std::mem::replace(&mut self.stale, stale.since_ms.is_some());
        let clock = time::of_day(now_ms, zone);
        match (was, stale.since_ms) {
            (false, Some(since)) => {
                let age = jobs::stale(since, &stale.reason, now_ms);
                Some(format!("{clock} {age}; the wait goes on"))
            }
            (true, None) => Some(format!("{clock} the data is fresh again")),
            _ => None,
        }
    }
}

/// `12:03:04 train-x  Queuing → Running`, at the time of the change, and not of its telling.
fn told(change: &Change, zone: &TimeZone, now_ms: i64) -> Option<String> {
    let name = change.job.as_ref().map(word::name);
    let Some(event) = &change.event else {
        let job = change.job.as_ref()?;
        let since = reached_ms(job).map(|at| time::clock(at, now_ms, zone));
        let clock = since.unwrap_or_else(|| " ".repeat("12:03:04".len()));
        return Some(format!("{clock} {}  {}", name?, word::of_job(job)));
    };
    let name = name.unwrap_or_else(|| clean::line(&event.job_uid));
    let clock = time::clock(event.at_ms.unwrap_or(event.observed_at_ms), now_ms, zone);
    Some(format!("{clock} {name}  {}", happened(event)?))
}

/// When the job came to its present status, as far as its milestones tell.
fn reached_ms(job: &Job) -> Option<i64> {
    let newest = job
        .milestones
        .iter()
        .rev()
        .find(|milestone| milestone.status == job.status && milestone.phase() == job.phase())?;
    Some(newest.at_ms.unwrap_or(newest.observed_at_ms))
}

fn happened(event: &Event) -> Option<String> {
    let from = word::status(&event.from_status, event.from_phase());
    let to = word::status(&event.to_status, event.to_phase());
    let reason = match event.to_phase() {
        // Success needs no reason.
        Phase::Succeeded => String::new(),
        _ => job::reason(event.reason.as_ref()),
    };
    let text = match event.kind() {
        EventKind::NotSubmitted => "the submit did not take place".into(),
        EventKind::StopRequested => "stop requested".into(),
        EventKind::Twin => "a second job of this name turned up after a repeated submit".into(),
        EventKind::Stale | EventKind::Fresh => return None,
        _ if from == to => return None,
        EventKind::Discovered => to,
        // A status that was learnt later than the one after it: what was before it is not known.
        _ if event.from_phase() == Phase::Unspecified && event.from_status.is_empty() => to,
        _ => format!("{from} → {to}"),
    };
    Some(match reason.is_empty() {
        true => text,
        false => format!("{text} ({reason})"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_was_learnt_late_is_told_alone() {
        let event = Event {
            kind: EventKind::Status.into(),
            to_status: "Queuing".into(),
            to_phase: Phase::Queued.into(),
            ..Default::default()
        };
        assert_eq!(happened(&event).unwrap(), "Queuing");
    }
}
