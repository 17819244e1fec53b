//! Is there room? Pure; called within the transaction that takes the room.

use std::{fmt::Write as _, path::Path};

use crate::{
    config::Limits,
    model::{Fault, FaultKind, Job, Resources},
};

/// Why there is no room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The limit's key in the settings.
    pub limit: &'static str,
    /// One sentence.
    pub message: String,
    /// Jobs that hold the room: id, name, state.
    pub holders: Vec<String>,
}

/// Decides on everything that is active or being submitted under the prefix. Held resources count for GPUs and cores,
/// an unknown status for everything.
///
/// # Errors
/// The first limit that would be broken, or that cannot be checked because a quantity is unknown.
pub fn decide(limits: &Limits, active: &[&Job], wish: &Resources) -> Result<(), Refusal> {
    let running: Vec<_> = active
        .iter()
        .copied()
        .filter(|job| !job.has_ended())
        .collect();
    if running.len() >= limits.max_running_jobs as usize {
        return Err(Refusal {
            limit: "maxRunningJobs",
            message: format!(
                "limits.maxRunningJobs is {} and {} job{} already active",
                limits.max_running_jobs,
                running.len(),
                if running.len() == 1 { " is" } else { "s are" },
            ),
            holders: running.into_iter().map(describe).collect(),
        });
    }
    within(
        "maxGPU",
        "GPUs",
        limits.max_gpu,
        active,
        wish.gpu_milli,
        |r| r.gpu_milli,
    )?;
    within(
        "maxCPU",
        "cores",
        limits.max_cpu,
        active,
        wish.cpu_milli,
        |r| r.cpu_milli,
    )
}

fn within(
    limit: &'static str,
    unit: &str,
    most: Option<u64>,
    active: &[&Job],
    wish: Option<u64>,
    part: fn(&Resources) -> Option<u64>,
) -> Result<(), Refusal> {
    let Some(most) = most else { return Ok(()) };
    let refuse = |message, holders: Vec<&Job>| Refusal {
        limit,
        message,
        holders: holders.into_iter().map(describe).collect(),
    };
    let Some(wish) = wish else {
        let message = format!(
            "limits.{limit} cannot be kept: the profile does not tell how many {unit} it asks for"
        );
        return Err(refuse(message, Vec::new()));
    };
    let unknown: Vec<_> = active
        .iter()
        .copied()
        .filter(|job| part(&job.requested).is_none())
        .collect();
    if !unknown.is_empty() && wish > 0 {
        let message =
            format!("limits.{limit} cannot be kept: an active job does not tell its {unit}");
        return Err(refuse(message, unknown));
    }
    let used = active
        .iter()
        .filter_map(|job| part(&job.requested))
        .fold(0_u64, u64::saturating_add);
    if wish > 0 && used.saturating_add(wish) > most.saturating_mul(1000) {
        let message = format!(
            "limits.{limit} is {most}: {} {unit} are in use and this job asks for {}",
            plain(used),
            plain(wish)
        );
        let holders = active
            .iter()
            .copied()
            .filter(|job| part(&job.requested) != Some(0))
            .collect();
        return Err(refuse(message, holders));
    }
    Ok(())
}

fn plain(milli: u64) -> String {
    match milli % 1000 {
        0 => (milli / 1000).to_string(),
        rest => format!("{}.{rest:03}", milli / 1000)
            .trim_end_matches('0')
            .to_owned(),
    }
}

fn describe(job: &Job) -> String {
    let state = match job.status.as_str() {
        "" => job.phase.as_str(),
        status => status,
    };
    format!("{} ({}, {state})", job.display_id(), job.name)
}

impl Refusal {
    /// For the client; `settings` is the file in which the limit can be raised.
    pub fn into_fault(self, settings: &Path) -> Fault {
        let mut message = format!("nothing was submitted: {}", self.message);
        if !self.holders.is_empty() {
            // Writing into a string does not fail.
            let _infallible = write!(message, "; the room is held by {}", self.holders.join(", "));
        }
        Fault::new(FaultKind::Limit, message)
            .hint(format!(
                "wait for one of them or stop it, or raise limits.{} in {}, then restart the daemon",
                self.limit,
                settings.display()
            ))
            .field(format!("limits.{}", self.limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Phase;
    use proptest::prelude::*;

    fn job(phase: Phase, gpu: Option<u64>, held: bool) -> Job {
        let mut job = Job::new("job-1".into(), "me-a".into(), phase, 0);
        job.requested.gpu_milli = gpu;
        job.requested.cpu_milli = Some(1000);
        job.resources_held = held;
        job
    }

    fn limits(jobs: u32, gpu: Option<u64>) -> Limits {
        Limits {
            max_running_jobs: jobs,
            max_gpu: gpu,
            max_cpu: None,
        }
    }

    fn gpus(milli: u64) -> Resources {
        Resources {
            gpu_milli: Some(milli),
            cpu_milli: Some(1000),
            memory_bytes: None,
        }
    }

    #[test]
    fn what_is_being_submitted_and_what_is_unknown_counts() {
        for phase in [
            Phase::Submitting,
            Phase::Unconfirmed,
            Phase::Unknown,
            Phase::Running,
        ] {
            let job = job(phase, Some(0), false);
            let refusal = decide(&limits(1, None), &[&job], &gpus(0)).unwrap_err();
            assert_eq!(refusal.limit, "maxRunningJobs");
            let fault = refusal.into_fault(Path::new("/s.json"));
            assert!(
                fault.message.contains("job-1") && fault.hint.contains("maxRunningJobs in /s.json")
            );
        }
    }

    #[test]
    fn held_resources_count_for_gpus_and_not_for_jobs() {
        let held = job(Phase::Succeeded, Some(4000), true);
        assert!(decide(&limits(1, None), &[&held], &gpus(1000)).is_ok());
        let refusal = decide(&limits(1, Some(4)), &[&held], &gpus(1000)).unwrap_err();
        assert_eq!(refusal.limit, "maxGPU");
    }

    #[test]
    fn an_unknown_quantity_is_refused_where_a_limit_needs_it() {
        let wish = Resources::default();
        assert!(decide(&limits(1, None), &[], &wish).is_ok());
        assert_eq!(
            decide(&limits(1, Some(8)), &[], &wish).unwrap_err().limit,
            "maxGPU"
        );
        let unknown = job(Phase::Running, None, false);
        assert!(decide(&limits(2, Some(8)), &[&unknown], &gpus(1000)).is_err());
        assert!(decide(&limits(2, Some(8)), &[&unknown], &gpus(0)).is_ok());
    }

    proptest! {
        /// Whatever is admitted one after the other never breaks a limit.
        #[test]
        fn admitted_jobs_never_exceed_the_limits(
            most_jobs in 1_u32..6,
            most_gpu in 0_u64..16,
            wishes in proptest::collection::vec(0_u64..6000, 1..40),
        ) {
            let limits = limits(most_jobs, Some(most_gpu));
            let mut admitted: Vec<Job> = Vec::new();
            for wish in wishes {
                let active: Vec<_> = admitted.iter().collect();
                if decide(&limits, &active, &gpus(wish)).is_ok() {
                    admitted.push(job(Phase::Submitting, Some(wish), false));
                }
            }
            let used: u64 = admitted.iter().filter_map(|job| job.requested.gpu_milli).sum();
            prop_assert!(admitted.len() <= most_jobs as usize);
            prop_assert!(used <= most_gpu * 1000);
        }
    }
}
