//! What the cloud does beside what it is asked for.

use std::time::Duration;

use paid::model::{Fault, FaultKind};
use rand::{RngExt as _, rngs::StdRng};

use crate::cloud::{Cloud, Create};

/// Longest time after which a list shows a new job: less than the looks for a lost submit take together.
const LATEST_MS: i64 = 15_000;

/// What the next calls meet.
pub(super) fn change(cloud: &Cloud, rng: &mut StdRng) {
    let create = match rng.random_range(0..10) {
        0 | 1 => Create::Lost,
        2 | 3 => Create::LostAndLate(rng.random_range(0..LATEST_MS)),
        4 => Create::LostBefore,
        5 => Create::Refuse,
        6 => Create::Throttle(rng.random_range(0..3) * 1_000),
        7 => Create::Away,
        _ => Create::Answer,
    };
    let takes = Duration::from_millis(rng.random_range(0..1_500));
    let lag = rng.random_range(0..5_000);
    let fails = rng.random_ratio(1, 6);
    cloud.with(|state| {
        state.creates.push_back(create);
        state.list_takes = takes;
        state.list_lag_ms = lag;
        if fails {
            let fault = Fault::new(FaultKind::Unavailable, "scripted");
            state.list_faults.push_back(fault.clone());
            state.get_faults.push_back(fault);
        }
    });
}

/// Everything is answered at once and as it is.
pub(super) fn clear(cloud: &Cloud) {
    cloud.with(|state| {
        state.creates.clear();
        state.list_faults.clear();
        state.get_faults.clear();
        state.list_takes = Duration::ZERO;
        state.list_lag_ms = 0;
    });
}

/// Jobs go on: one of them by one step. Those with a command for which `may_fail` says no end well.
pub(super) fn jobs_go_on(
    cloud: &Cloud,
    rng: &mut StdRng,
    now_ms: i64,
    may_fail: impl Fn(&str) -> bool,
) {
    cloud.with(|state| {
        let mut going: Vec<_> = state
            .jobs
            .iter_mut()
            .filter(|job| job.takes_gpus())
            .collect();
        if going.is_empty() {
            return;
        }
        let which = rng.random_range(0..going.len());
        let job = &mut going[which];
        job.status = match job.status {
            "Creating" => "Queuing",
            "Queuing" => "Running",
            "SucceededReserving" => "Succeeded",
            _ if rng.random_ratio(1, 4) && may_fail(&job.command) => "Failed",
            _ if rng.random_ratio(1, 4) => "SucceededReserving",
            _ => "Succeeded",
        };
        if !job.is_active() && job.ended_ms.is_none() {
            job.ended_ms = Some(now_ms);
        }
    });
}

/// All jobs come to an end.
pub(super) fn jobs_end(cloud: &Cloud, now_ms: i64) {
    cloud.with(|state| {
        for job in &mut state.jobs {
            if job.takes_gpus() {
                job.status = "Succeeded";
                job.ended_ms = Some(now_ms);
            }
        }
    });
}
