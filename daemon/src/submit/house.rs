//! What counts for the limits: everything active of the place, also what another settings file has under way.

use crate::{
    config::Limits,
    journal::{StoreError, Tx},
    model::{Job, Phase},
    scope::Scope,
    sys::clock::millis,
};

use super::budget;

/// The jobs that a decision looks at.
#[derive(Debug, Default)]
pub struct House {
    /// Own jobs that have not ended or hold compute, and submits under way; none that is held.
    pub active: Vec<Job>,
    /// Own jobs that ended today, where a limit counts hours.
    pub ended_today: Vec<Job>,
    /// The present by the backend's clock, Unix ms: its times are what hours are counted from.
    pub now_ms: i64,
}

impl House {
    /// The same when everything that is active has ended this very moment: what it has used of the day is used.
    pub fn emptied(&self) -> Self {
        let ended = self.active.iter().filter(|job| job.running_ms.is_some());
        let ended = ended.map(|job| Job {
            phase: Phase::Stopped,
            resources_held: false,
            ended_ms: job.ended_ms.or(Some(self.now_ms)),
            ..job.clone()
        });
        Self {
            active: Vec::new(),
            ended_today: self.ended_today.iter().cloned().chain(ended).collect(),
            now_ms: self.now_ms,
        }
    }

    /// The instance types that must be asked for before limits can be checked on it, for this job, too.
    pub(super) fn unknown_sizes(&self, scope: &Scope, limits: &Limits, job: &Job) -> Vec<String> {
        let jobs = self.active.iter().chain(&self.ended_today).chain([job]);
        scope.sizes.missing(limits, jobs, &scope.clock)
    }

    /// Reads it inside the transaction that decides.
    pub(super) fn read(tx: &Tx<'_>, scope: &Scope, limits: &Limits) -> Result<Self, StoreError> {
        let (context, now_ms) = (scope.context, scope.now_ms());
        let mut active = tx.busy_jobs(context)?;
        active.retain(counts);
        for sibling in tx.siblings(context, &scope.place)? {
            for job in tx.busy_jobs(sibling)? {
                if counts(&job) && is_news(tx, scope, &job)? {
                    active.push(job);
                }
            }
        }
        let ended_today = match limits.max_gpu_milli_hours_per_day {
            Some(_) => ended_since(tx, scope, budget::day_start_ms(now_ms))?,
            None => Vec::new(),
        };
        let mut house = Self {
            active,
            ended_today,
            now_ms,
        };
        let jobs = house.active.iter_mut().chain(&mut house.ended_today);
        for job in jobs {
            scope.sizes.complete(job);
        }
        Ok(house)
    }
}

/// Own jobs that ended since then; of other settings files of this place those that are gone from the backend before our own
/// looks have ever shown them.
fn ended_since(tx: &Tx<'_>, scope: &Scope, since_ms: i64) -> Result<Vec<Job>, StoreError> {
    let mut ended = tx.own_ended_since(scope.context, since_ms)?;
    for sibling in tx.siblings(scope.context, &scope.place)? {
        for job in tx.own_ended_since(sibling, since_ms)? {
            // Whatever is there our looks show, and what they do not is another user's.
            let Some(id) = job.native_id.as_ref().filter(|_| job.phase == Phase::Gone) else {
                continue;
            };
            if tx.job_by_native(scope.context, id)?.is_none() {
                ended.push(job);
            }
        }
    }
    Ok(ended)
}

fn counts(job: &Job) -> bool {
    job.own && job.phase != Phase::Held
}

/// A job of another settings file of this place that our own looks cannot have shown: what is being sent there, and what
/// the backend has had for so short a time that lists may not show it. Of everything else our own looks tell the truth.
fn is_news(tx: &Tx<'_>, scope: &Scope, job: &Job) -> Result<bool, StoreError> {
    let Some(id) = &job.native_id else {
        return Ok(tx.jobs_named(scope.context, &job.name)?.is_empty());
    };
    let lag = millis(scope.nature.visibility_lag);
    let old = tx.now_ms().saturating_sub(job.known_since_ms()) >= lag;
    let shown_by_now = scope.looks.shows(job.known_since_rev(), old);
    Ok(!shown_by_now && tx.job_by_native(scope.context, id)?.is_none())
}
