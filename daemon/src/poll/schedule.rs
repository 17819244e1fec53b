//! When is the next look due, and which? Pure; the cadence is the architecture's ("Looks").

use std::time::Duration;

use crate::{
    model::{Job, Phase},
    sys::clock::Mono,
};

/// While something is in transition or somebody waits.
pub const BRISK: Duration = Duration::from_secs(3);
/// For [`CALMING`] after the last change or the last waiter.
pub const STEADY: Duration = Duration::from_secs(10);
/// For what nobody waits for.
pub const SLOW: Duration = Duration::from_secs(30);
/// How long it takes from steady to slow.
pub const CALMING: Duration = Duration::from_secs(3600);
/// A complete look for newcomers.
pub const SWEEP: Duration = Duration::from_secs(300);
/// For how long a queued job counts as in transition.
pub const FRESHLY_QUEUED_MS: i64 = 600_000;

/// Which look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// At the active jobs, and newcomers since.
    Regular,
    /// At every active status from the beginning of time.
    Sweep,
}

/// Everything the decision needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scene {
    /// When the newest look (of either kind) began.
    pub last_look: Option<Mono>,
    /// When the newest complete sweep began.
    pub last_sweep: Option<Mono>,
    /// A job is pending, preparing, stopping, or freshly queued.
    pub in_transition: bool,
    /// A job has not ended, or holds compute.
    pub active: bool,
    /// Somebody waits for a job that has not ended.
    pub waited_for: bool,
    /// When something last changed.
    pub last_change: Option<Mono>,
    /// When the last waiter left.
    pub last_waiter_left: Option<Mono>,
    /// Not before this, after failed looks.
    pub held_off_until: Option<Mono>,
    /// Whether newcomers are looked for while nothing is active.
    pub sweeping: bool,
}

/// The next look; `None` when there is nothing to look at.
pub fn next(scene: &Scene, now: Mono) -> Option<(Mono, Look)> {
    let sweep = match scene.last_sweep {
        None => Some(now),
        Some(last) => scene.sweeping.then_some(last + SWEEP),
    };
    let regular = scene
        .last_look
        .zip(interval(scene, now))
        .map(|(last, every)| last + every);
    let (due, look) = match (regular, sweep) {
        (Some(regular), Some(sweep)) if regular < sweep => (regular, Look::Regular),
        (_, Some(sweep)) => (sweep, Look::Sweep),
        (Some(regular), None) => (regular, Look::Regular),
        (None, None) => return None,
    };
    Some((
        scene.held_off_until.map_or(due, |until| due.max(until)),
        look,
    ))
}

/// How often the regular look is due.
fn interval(scene: &Scene, now: Mono) -> Option<Duration> {
    if !scene.active && !scene.waited_for {
        return None;
    }
    if scene.in_transition || scene.waited_for {
        return Some(BRISK);
    }
    let recent = |at: Option<Mono>| at.is_some_and(|at| now.saturating_sub(at) < CALMING);
    match recent(scene.last_change) || recent(scene.last_waiter_left) {
        true => Some(STEADY),
        false => Some(SLOW),
    }
}

/// Whether a job is worth a brisk look.
pub fn in_transition(job: &Job, now_ms: i64) -> bool {
    let freshly_queued = || {
        job.milestones
            .iter()
            .rev()
            .find(|mile| mile.phase == Phase::Queued)
            .is_some_and(|mile| now_ms - mile.observed_ms < FRESHLY_QUEUED_MS)
    };
    job.phase.in_transition() || (job.phase == Phase::Queued && freshly_queued())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn at(seconds: u64) -> Mono {
        Duration::from_secs(seconds)
    }

    fn calm() -> Scene {
        Scene {
            last_look: Some(at(1000)),
            last_sweep: Some(at(1000)),
            sweeping: true,
            ..Scene::default()
        }
    }

    #[test]
    fn the_first_look_is_a_sweep_at_once() {
        assert_eq!(next(&Scene::default(), at(5)), Some((at(5), Look::Sweep)));
    }

    #[test]
    fn nothing_active_and_no_sweep_means_no_look_at_all() {
        let scene = Scene {
            sweeping: false,
            ..calm()
        };
        assert_eq!(next(&scene, at(1001)), None);
        assert_eq!(next(&calm(), at(1001)), Some((at(1300), Look::Sweep)));
    }

    #[test]
    fn the_cadence_follows_what_is_going_on() {
        let active = Scene {
            active: true,
            ..calm()
        };
        let due = |scene: &Scene, now| next(scene, at(now)).unwrap();
        assert_eq!(due(&active, 1001), (at(1030), Look::Regular));
        let changed = Scene {
            last_change: Some(at(999)),
            ..active.clone()
        };
        assert_eq!(due(&changed, 1001), (at(1010), Look::Regular));
        let long_ago = Scene {
            last_look: Some(at(5000)),
            last_sweep: Some(at(5000)),
            last_change: Some(at(1000)),
            ..active.clone()
        };
        assert_eq!(due(&long_ago, 5001), (at(5030), Look::Regular));
        let left = Scene {
            last_waiter_left: Some(at(4000)),
            ..long_ago
        };
        assert_eq!(due(&left, 5001), (at(5010), Look::Regular));
        let waited = Scene {
            waited_for: true,
            ..active.clone()
        };
        assert_eq!(due(&waited, 1001), (at(1003), Look::Regular));
        let moving = Scene {
            in_transition: true,
            ..active
        };
        assert_eq!(due(&moving, 1001), (at(1003), Look::Regular));
    }

    #[test]
    fn a_new_waiter_makes_the_look_due_at_once_when_the_last_one_is_old() {
        let scene = Scene {
            active: true,
            waited_for: true,
            ..calm()
        };
        let (due, _) = next(&scene, at(1020)).unwrap();
        assert!(due <= at(1020));
    }

    #[test]
    fn after_failed_looks_even_a_waiter_does_not_hurry() {
        let scene = Scene {
            active: true,
            waited_for: true,
            held_off_until: Some(at(1060)),
            ..calm()
        };
        assert_eq!(next(&scene, at(1020)).unwrap().0, at(1060));
    }

    #[test]
    fn queued_is_brisk_for_ten_minutes() {
        let mut job = Job::new("u".into(), "n".into(), Phase::Queued, 0);
        job.milestones.push(crate::model::Milestone {
            status: "Queuing".into(),
            phase: Phase::Queued,
            rev: 1,
            at_ms: None,
            observed_ms: 1_000,
        });
        assert!(in_transition(&job, 1_000 + FRESHLY_QUEUED_MS - 1));
        assert!(!in_transition(&job, 1_000 + FRESHLY_QUEUED_MS));
    }

    proptest! {
        /// However many clients there are, the time between two looks is never under the brisk interval, and while
        /// anything is active it is never over the slow one.
        #[test]
        fn looks_are_neither_hasty_nor_forgotten(
            last in 100_u64..10_000,
            sweep_age in 0_u64..200,
            transition: bool,
            active: bool,
            waited: bool,
            change in proptest::option::of(0_u64..10_000),
            ahead in 0_u64..100,
        ) {
            let scene = Scene {
                last_look: Some(at(last)),
                last_sweep: Some(at(last - sweep_age.min(last))),
                in_transition: transition,
                active,
                waited_for: waited,
                last_change: change.map(at),
                last_waiter_left: None,
                held_off_until: None,
                sweeping: true,
            };
            let (due, _) = next(&scene, at(last + ahead)).unwrap();
            prop_assert!(due >= at(last) + BRISK);
            if active || waited {
                prop_assert!(due <= at(last) + SLOW);
            }
        }
    }
}
