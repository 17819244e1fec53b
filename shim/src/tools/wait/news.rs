//! What a wait tells while it lasts, and what it knows when its time is over. Pure.

use std::{collections::BTreeMap, time::Duration};

use pai_proto::{
    v1::{Change, Event, EventKind, Job, Phase, Stale},
    wait::WaitUpdate,
};

use crate::{
    record::{self, Staleness},
    time,
};

/// Turns updates into lines, and remembers the jobs.
#[derive(Debug, Default)]
pub(super) struct News {
    known: Vec<Job>,
    stale: Option<Stale>,
    away: bool,
}

impl News {
    /// The line for an update, if there is something to say.
    pub(super) fn line(&mut self, update: &WaitUpdate) -> Option<String> {
        match update {
            WaitUpdate::Change(change) => {
                self.remember(change);
                told(change)
            }
            WaitUpdate::Stale(stale) => self.staleness_line(stale),
            WaitUpdate::Reconnecting(_) => {
                self.away = true;
                Some("the daemon is away; trying again".into())
            }
            WaitUpdate::Unattended => Some(
                "no daemon serves and none is started by itself: the user can start it with `paictl daemon start`; trying again"
                    .into(),
            ),
            WaitUpdate::Reconnected => {
                self.away = false;
                Some("the daemon is back; still waiting".into())
            }
            WaitUpdate::Ended(_) => None,
        }
    }

    /// A sign of life: how long already, and where the jobs are.
    pub(super) fn summary(&self, waited: Duration) -> String {
        let state = match (self.known.as_slice(), self.away) {
            (_, true) => "the daemon is away; trying again".into(),
            ([], _) => "nothing heard of the jobs yet".into(),
            ([job], _) => format!("{} {}", record::name(job), record::status(job)),
            (jobs, _) => {
                let mut count = BTreeMap::<String, usize>::new();
                for job in jobs {
                    *count.entry(record::status(job)).or_default() += 1;
                }
                let parts = count
                    .into_iter()
                    .map(|(status, jobs)| format!("{jobs} {status}"));
                parts.collect::<Vec<_>>().join(", ")
            }
        };
        format!("waiting for {} s: {state}", waited.as_secs())
    }

    /// The jobs as they were last seen.
    pub(super) fn jobs(&self) -> &[Job] {
        &self.known
    }

    /// Whether the connection is broken.
    pub(super) fn is_away(&self) -> bool {
        self.away
    }

    /// How old the data is.
    pub(super) fn staleness(&self) -> Staleness {
        let stale = self.stale.as_ref();
        Staleness::new(
            stale.and_then(|stale| stale.since_ms),
            stale.map_or("", |stale| &stale.reason),
        )
    }

    fn remember(&mut self, change: &Change) {
        let Some(job) = &change.job else { return };
        match self.known.iter_mut().find(|known| known.uid == job.uid) {
            Some(known) => known.clone_from(job),
            None => self.known.push(job.clone()),
        }
    }

    fn staleness_line(&mut self, stale: &Stale) -> Option<String> {
        let was = self.stale.is_some();
        self.stale = stale.since_ms.is_some().then(|| stale.clone());
        match (was, time::utc(stale.since_ms)) {
            (false, Some(since)) => {
                let reason = match stale.reason.as_str() {
                    "" => String::new(),
                    reason => format!(" ({reason})"),
                };
                Some(format!(
                    "the cloud has not been reached since {since}{reason}; still waiting"
                ))
            }
            (true, None) => Some("the cloud is reached again".into()),
            _ => None,
        }
    }
}

/// `me-train: Queuing → Running`
fn told(change: &Change) -> Option<String> {
    let name = change.job.as_ref().map(record::name);
    let Some(event) = &change.event else {
        return Some(format!(
            "{}: {}",
            name?,
            record::status(change.job.as_ref()?)
        ));
    };
    Some(format!(
        "{}: {}",
        name.unwrap_or_else(|| event.job_uid.clone()),
        happened(event)?
    ))
}

fn happened(event: &Event) -> Option<String> {
    let from = word(&event.from_status, event.from_phase());
    let to = word(&event.to_status, event.to_phase());
    match event.kind() {
        EventKind::NotSubmitted => Some("the submit did not take place".into()),
        EventKind::StopRequested => Some("stop requested".into()),
        EventKind::Twin => {
            Some("a second job of this name turned up after a repeated submit".into())
        }
        EventKind::Stale | EventKind::Fresh => None,
        _ if from == to => None,
        EventKind::Discovered => Some(to),
        // A status that was learnt later than the one after it: what was before it is not known.
        _ if event.from_phase() == Phase::Unspecified && event.from_status.is_empty() => Some(to),
        _ => Some(format!("{from} → {to}")),
    }
}

/// The cloud's word, or our phase while it has none.
fn word(status: &str, phase: Phase) -> String {
    match status {
        "" => record::phase(phase),
        status => status.into(),
    }
}
