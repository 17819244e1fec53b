//! GPU-hours of a day. Pure.
//!
//! The day begins at 00:00 UTC. What has run since then counts as it was, and what is active is counted ahead: to the end
//! of its own time, or to the end of the day where it has none. So the sum never grows by the passing of time alone.

use crate::model::{Job, Phase};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: u128 = 3_600_000;

/// When the day of this time began, Unix ms.
pub fn day_start_ms(now_ms: i64) -> i64 {
    now_ms - now_ms.rem_euclid(DAY_MS)
}

/// When it ends, Unix ms.
pub fn day_end_ms(now_ms: i64) -> i64 {
    day_start_ms(now_ms) + DAY_MS
}

/// What these own jobs use of the day, in thousandths of a GPU times hours, rounded up. Fails with the first one whose GPUs
/// are not known.
///
/// # Errors
/// That job.
pub fn used<'a>(jobs: impl Iterator<Item = &'a Job>, now_ms: i64) -> Result<u64, &'a Job> {
    let mut sum = 0_u128;
    for job in jobs {
        let span = span_ms(job, now_ms);
        if span == 0 {
            continue;
        }
        let gpus = job.requested.gpu_milli.ok_or(job)?;
        sum += u128::from(gpus) * u128::from(span);
    }
    Ok(hours(sum))
}

/// What a job that begins now would use of the day at the most.
pub fn wanted(gpu_milli: u64, max_minutes: Option<u32>, now_ms: i64) -> u64 {
    let span = ahead_ms(max_minutes, 0, now_ms);
    hours(u128::from(gpu_milli) * u128::from(span))
}

/// What they have used of the day so far, whatever becomes of them; where GPUs are not known, of the others.
pub fn used_up<'a>(jobs: impl Iterator<Item = &'a Job>, now_ms: i64) -> u64 {
    let one = |job: &Job| {
        let began = job.running_ms?;
        let ended = match job.is_active() {
            true => now_ms,
            false => job.ended_ms?,
        };
        let span = since_midnight_ms(began, ended, now_ms);
        Some(u128::from(job.requested.gpu_milli?) * u128::from(span))
    };
    hours(jobs.filter_map(one).sum())
}

/// From when on a job without a time limit, with nothing else in the house, asks for no more than this of the day, Unix ms.
/// `None` where it never does.
pub fn fits_from_ms(most: u64, gpu_milli: u64, now_ms: i64) -> Option<i64> {
    let left_ms = (u128::from(most) * HOUR_MS).checked_div(u128::from(gpu_milli))?;
    let left_ms = i64::try_from(left_ms).unwrap_or(DAY_MS).min(DAY_MS);
    (left_ms > 0).then(|| day_end_ms(now_ms) - left_ms)
}

fn hours(gpu_milli_ms: u128) -> u64 {
    u64::try_from(gpu_milli_ms.div_ceil(HOUR_MS)).unwrap_or(u64::MAX)
}

/// For how long a job holds its GPUs today: what was, and what is still to come.
fn span_ms(job: &Job, now_ms: i64) -> u64 {
    let began_ms = match job.phase {
        // When it began to run is not told; it may have done so at once.
        Phase::Unknown => job.running_ms.or(job.created_ms),
        _ => job.running_ms,
    };
    if !job.is_active() {
        let (Some(began), Some(ended)) = (began_ms, job.ended_ms) else {
            return 0;
        };
        return since_midnight_ms(began, ended, now_ms);
    }
    let ran_today = began_ms.map_or(0, |began| since_midnight_ms(began, now_ms, now_ms));
    let ran = began_ms.map_or(0, |began| non_negative(now_ms - began));
    // For how long compute is held after the end, nobody tells.
    let limit = job.max_minutes.filter(|_| !job.has_ended());
    ran_today.saturating_add(ahead_ms(limit, ran, now_ms))
}

/// The part of a time that lies in today, before now.
fn since_midnight_ms(from_ms: i64, to_ms: i64, now_ms: i64) -> u64 {
    non_negative(to_ms.min(now_ms) - from_ms.max(day_start_ms(now_ms)))
}

/// What is left of its own time, or of the day.
fn ahead_ms(max_minutes: Option<u32>, ran_ms: u64, now_ms: i64) -> u64 {
    let day = non_negative(day_end_ms(now_ms) - now_ms);
    match max_minutes {
        None => day,
        Some(minutes) => {
            let whole = non_negative(i64::from(minutes) * MINUTE_MS);
            whole.saturating_sub(ran_ms).min(day)
        }
    }
}

fn non_negative(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2027-01-15T08:00:00Z, a day's third part.
    const NOW: i64 = 1_800_000_000_000;
    const HOUR: i64 = 3_600_000;

    fn job(phase: Phase, gpus: u64, running_h: Option<i64>, ended_h: Option<i64>) -> Job {
        let mut job = Job::new("job-1".into(), "me-a".into(), phase, NOW);
        job.requested.gpu_milli = Some(gpus * 1000);
        job.created_ms = Some(NOW - 100 * HOUR);
        job.running_ms = running_h.map(|h| NOW + h * HOUR);
        job.ended_ms = ended_h.map(|h| NOW + h * HOUR);
        job
    }

    fn used_by(job: &Job) -> u64 {
        used(std::iter::once(job), NOW).unwrap()
    }

    #[test]
    fn the_day_is_that_of_utc() {
        assert_eq!(NOW - day_start_ms(NOW), 8 * HOUR);
        assert_eq!(day_end_ms(NOW) - NOW, 16 * HOUR);
        assert_eq!(day_start_ms(-1), -DAY_MS);
    }

    #[test]
    fn what_has_run_counts_from_midnight_on() {
        for (running, ended, hours) in [
            (Some(-20), Some(-9), 0),
            (Some(-20), Some(-6), 2),
            (Some(-4), Some(-1), 3),
            (Some(-4), Some(-4), 0),
            (None, Some(-1), 0),
        ] {
            let job = job(Phase::Succeeded, 2, running, ended);
            assert_eq!(used_by(&job), hours * 2000, "{running:?} {ended:?}");
        }
    }

    #[test]
    fn what_is_active_counts_ahead_to_its_cap_or_to_midnight() {
        let mut running = job(Phase::Running, 4, Some(-2), None);
        assert_eq!(used_by(&running), 4000 * (2 + 16));
        running.max_minutes = Some(180);
        assert_eq!(used_by(&running), 4000 * (2 + 1));
        running.max_minutes = Some(60);
        assert_eq!(used_by(&running), 4000 * 2, "overdue");
        let mut queued = job(Phase::Queued, 4, None, None);
        assert_eq!(used_by(&queued), 4000 * 16);
        queued.max_minutes = Some(120);
        assert_eq!(used_by(&queued), 4000 * 2);
        queued.max_minutes = Some(60 * 48);
        assert_eq!(used_by(&queued), 4000 * 16);
    }

    #[test]
    fn held_compute_counts_to_midnight_and_an_unknown_status_for_all() {
        let mut reserving = job(Phase::Succeeded, 1, Some(-2), Some(-1));
        reserving.resources_held = true;
        reserving.max_minutes = Some(60);
        assert_eq!(used_by(&reserving), 1000 * (2 + 16));
        let unknown = job(Phase::Unknown, 1, None, None);
        assert_eq!(used_by(&unknown), 1000 * 24);
    }

    #[test]
    fn gpus_that_are_not_known_are_told_unless_nothing_ran() {
        let mut job = job(Phase::Running, 1, Some(-1), None);
        job.requested.gpu_milli = None;
        assert_eq!(used(std::iter::once(&job), NOW).unwrap_err().uid, "job-1");
        job.phase = Phase::Stopped;
        job.ended_ms = Some(NOW - 10 * HOUR);
        assert_eq!(used_by(&job), 0);
    }

    proptest! {
        /// Time alone never makes the sum grow: what was counted ahead becomes what was.
        #[test]
        fn the_sum_never_grows_by_the_passing_of_time(
            gpus in 0_u64..16,
            began in proptest::option::of(-30_i64..=0),
            cap in proptest::option::of(1_u32..3000),
            later_minutes in 0_i64..(16 * 60),
        ) {
            let phase = if began.is_some() { Phase::Running } else { Phase::Queued };
            let mut one = job(phase, gpus, began, None);
            one.max_minutes = cap;
            let before = used(std::iter::once(&one), NOW).unwrap();
            let then = NOW + later_minutes * MINUTE_MS;
            // The cloud stops it at its cap.
            if let (Some(began), Some(cap)) = (one.running_ms, cap) {
                let end = began + i64::from(cap) * MINUTE_MS;
                if end <= then {
                    one.phase = Phase::Stopped;
                    one.ended_ms = Some(end.max(NOW));
                }
            }
            let after = used(std::iter::once(&one), then).unwrap();
            prop_assert!(after <= before, "{after} > {before}");
        }
    }
}
