//! GPU-hours by the cloud's own count: what has run today, and what what is active may still use of the day.

use std::collections::BTreeMap;

use crate::cloud::{Cloud, CloudJob};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// Every job that there ever was, as it was seen last: also what was deleted has used its hours.
#[derive(Debug, Default)]
pub(super) struct Hours {
    jobs: BTreeMap<String, CloudJob>,
}

impl Hours {
    /// Jobs begin to run when they are said to, and are stopped at their time limit to the millisecond.
    pub(super) fn pass(&mut self, cloud: &Cloud) {
        let now_ms = cloud.now_ms();
        cloud.with(|state| {
            for job in &mut state.jobs {
                if job.status == "Running" {
                    let began = *job.running_ms.get_or_insert(now_ms);
                    let end = job.max_minutes.map(|m| began + i64::from(m) * MINUTE_MS);
                    if let Some(end) = end.filter(|end| *end <= now_ms) {
                        job.status = "Succeeded";
                        job.ended_ms = Some(end);
                    }
                }
                self.jobs.insert(job.id.clone(), job.clone());
            }
        });
    }

    /// Whether anything was made since then, and today: not within the minutes after midnight in which what was reserved before is
    /// still being sent.
    pub(super) fn made_since(&self, since_ms: &mut i64, now_ms: i64) -> bool {
        let from = (now_ms - now_ms.rem_euclid(DAY_MS) + 20 * MINUTE_MS).max(*since_ms);
        *since_ms = now_ms;
        self.jobs.values().any(|job| job.created_ms >= from)
    }

    /// What is used or promised of the day, in thousandths of a GPU times ms.
    pub(super) fn used(&self, now_ms: i64) -> i128 {
        let used = self.jobs.values().map(|job| {
            let gpus = i128::from(job.gpu_milli);
            gpus * i128::from(span_ms(job, now_ms))
        });
        used.sum()
    }
}

fn span_ms(job: &CloudJob, now_ms: i64) -> i64 {
    let from = now_ms - now_ms.rem_euclid(DAY_MS);
    let until = from + DAY_MS;
    let took = |began: i64, ended: i64| (ended - began.max(from)).max(0);
    if !job.takes_gpus() {
        return match (job.running_ms, job.ended_ms) {
            (Some(began), Some(ended)) => took(began, ended),
            _ => 0,
        };
    }
    // Nobody can know beforehand that compute is held beyond the time limit.
    let whole = job
        .max_minutes
        .map_or(DAY_MS * 9, |minutes| i64::from(minutes) * MINUTE_MS);
    let began = job.running_ms.unwrap_or(now_ms);
    let ran_today = took(began, now_ms.min(began + whole));
    ran_today + (whole - (now_ms - began)).clamp(0, until - now_ms)
}
