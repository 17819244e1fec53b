//! Which steps of a backend's history nobody was told of yet. Pure.

use crate::model::{Job, Milestone, Observation, Passed, Phase};

/// The steps of an answer's history that are news.
#[derive(Debug, Default)]
pub(super) struct Missed {
    /// Passed before the known state: learnt later.
    pub earlier: Vec<Passed>,
    /// Passed since, in order and with repeats; the present state is not among them.
    pub since: Vec<Passed>,
    /// When the present state was entered after the known one, which may be of the same name.
    pub entered: Option<Passed>,
}

/// Compares the history with what is known; `milestones` are the known ones with the times that this answer has told.
pub(super) fn missed(known: &Job, milestones: &[Milestone], seen: &Observation) -> Missed {
    let history = &seen.history;
    let Some(cut) = told_until(known, milestones, history) else {
        return scattered(known, seen);
    };
    let present = history
        .iter()
        .rposition(|step| step.status == seen.status)
        .filter(|at| *at > cut);
    let end = match present {
        Some(at) => at,
        // What the history has after the present state will be told when that is left.
        None if seen.status == known.status => cut + 1,
        None => history.len(),
    };
    let mut earlier: Vec<Passed> = Vec::new();
    for (at, step) in history.iter().enumerate() {
        let before = at < cut || (at >= end && step.at_ms.is_none());
        let told = known.milestone(&step.status, step.phase).is_some()
            || earlier.iter().any(|other| other.status == step.status)
            || (present.is_none_or(|present| present == at) && step.status == seen.status);
        if before && !told {
            earlier.push(step.clone());
        }
    }
    Missed {
        earlier,
        since: history[cut + 1..end].to_vec(),
        entered: present.map(|at| history[at].clone()),
    }
}

/// How often a history goes back from running to a state before it.
pub(super) fn restarts(history: &[Passed]) -> u32 {
    let mut runs = Runs::default();
    for step in history {
        runs.pass(step);
    }
    runs.restarts
}

/// Whether a job that runs is on its way to run again.
pub(super) fn is_restart(from: Phase, to: Phase) -> bool {
    from == Phase::Running && matches!(to, Phase::Pending | Phase::Queued | Phase::Preparing)
}

/// Whether a step is the recorded first time in its status.
pub(super) fn is_first(milestones: &[Milestone], step: &Passed) -> bool {
    step.at_ms.is_some()
        && milestones.iter().any(|mile| {
            (mile.status.as_str(), mile.phase, mile.at_ms)
                == (step.status.as_str(), step.phase, step.at_ms)
        })
}

/// The place in the history of the newest step that was told: the known state, which may have been entered several
/// times, or what is recorded. Restarts tell the times apart; a state that is found after more of them than are known was
/// entered once.
fn told_until(known: &Job, milestones: &[Milestone], history: &[Passed]) -> Option<usize> {
    let mut runs = Runs::default();
    let (mut here, mut later, mut recorded) = (None, None, None);
    for (at, step) in history.iter().enumerate() {
        let restarts = runs.pass(step);
        let known_run = runs.restarts <= known.restart_count;
        if step.status == known.status {
            match known_run {
                true => here = Some(at),
                false => later = later.or(Some(at)),
            }
        }
        if restarts && known_run || is_first(milestones, step) {
            recorded = Some(at);
        }
    }
    here.or(later).max(recorded)
}

/// Without a common point: what is no milestone is news, and its time or its place in a normal life says since when.
fn scattered(known: &Job, seen: &Observation) -> Missed {
    let since = known
        .milestone(&known.status, known.phase)
        .and_then(|mile| mile.at_ms);
    let mut missed = Missed::default();
    for step in &seen.history {
        if step.status == seen.status || known.milestone(&step.status, step.phase).is_some() {
            continue;
        }
        let after_known = match (step.at_ms, since) {
            (Some(at), Some(since)) => at >= since,
            _ => step.phase.rank() > known.phase.rank(),
        };
        match after_known {
            true => missed.since.push(step.clone()),
            false => missed.earlier.push(step.clone()),
        }
    }
    missed
}

/// Counts restarts along a history.
#[derive(Default)]
struct Runs {
    last: Option<Phase>,
    restarts: u32,
}

impl Runs {
    /// Whether this step begins a restart. The place of a step without a time proves nothing.
    fn pass(&mut self, step: &Passed) -> bool {
        let told = step.at_ms.is_some() && step.phase.rank().is_some();
        if !told {
            return false;
        }
        let restarts = self.last.is_some_and(|last| is_restart(last, step.phase));
        self.last = Some(step.phase);
        self.restarts += u32::from(restarts);
        restarts
    }
}
