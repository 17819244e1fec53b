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
        max_run_minutes: None,
        max_gpu_milli_hours_per_day: None,
    }
}

fn house(active: Vec<Job>) -> House {
    House {
        active,
        ended_today: Vec::new(),
        now_ms: 1_800_000_000_000,
    }
}

fn gpus(milli: u64) -> Ask {
    Ask {
        resources: Resources {
            gpu_milli: Some(milli),
            cpu_milli: Some(1000),
            memory_bytes: None,
        },
        max_minutes: None,
        unknown_types: Vec::new(),
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
        let refusal = decide(&limits(1, None), &house(vec![job]), &gpus(0)).unwrap_err();
        assert_eq!(refusal.limit, "maxRunningJobs");
        let fault = refusal.into_fault();
        assert!(
            fault.message.contains("job-1")
                && fault.hint.contains("config set limits.maxRunningJobs")
        );
    }
}

#[test]
fn what_never_fits_is_told_with_what_is_in_use() {
    let house = house(vec![job(Phase::Running, Some(2000), false)]);
    let refusal = never_fits(&limits(9, Some(4)), &house, &gpus(8000)).unwrap();
    assert!(refusal.message.contains("2 GPUs are in use"), "{refusal:?}");
    assert!(never_fits(&limits(9, Some(4)), &house, &gpus(3000)).is_none());
}

#[test]
fn an_instance_type_of_unknown_size_is_named() {
    let ask = Ask {
        unknown_types: vec!["ecs.nonsense".into()],
        ..Ask::default()
    };
    let refusal = decide(&limits(9, Some(4)), &House::default(), &ask).unwrap_err();
    assert!(refusal.message.contains("ecs.nonsense"), "{refusal:?}");
    let fault = refusal.into_fault();
    assert!(fault.hint.contains("instance type"), "{fault}");
}

#[test]
fn held_resources_count_for_gpus_and_not_for_jobs() {
    let held = job(Phase::Succeeded, Some(4000), true);
    assert!(decide(&limits(1, None), &house(vec![held.clone()]), &gpus(1000)).is_ok());
    let refusal = decide(&limits(1, Some(4)), &house(vec![held]), &gpus(1000)).unwrap_err();
    assert_eq!(refusal.limit, "maxGPU");
}

#[test]
fn an_unknown_quantity_is_refused_where_a_limit_needs_it() {
    let wish = Ask::default();
    assert!(decide(&limits(1, None), &house(Vec::new()), &wish).is_ok());
    assert_eq!(
        decide(&limits(1, Some(8)), &house(Vec::new()), &wish)
            .unwrap_err()
            .limit,
        "maxGPU"
    );
    let unknown = job(Phase::Running, None, false);
    assert!(
        decide(
            &limits(2, Some(8)),
            &house(vec![unknown.clone()]),
            &gpus(1000)
        )
        .is_err()
    );
    assert!(decide(&limits(2, Some(8)), &house(vec![unknown]), &gpus(0)).is_ok());
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
        let mut house = house(Vec::new());
        for wish in wishes {
            if decide(&limits, &house, &gpus(wish)).is_ok() {
                house.active.push(job(Phase::Submitting, Some(wish), false));
            }
        }
        let admitted = &house.active;
        let used: u64 = admitted.iter().filter_map(|job| job.requested.gpu_milli).sum();
        prop_assert!(admitted.len() <= most_jobs as usize);
        prop_assert!(used <= most_gpu * 1000);
    }
}

#[test]
fn gpu_hours_of_the_day_are_kept_and_told() {
    let day = |most| Limits {
        max_gpu_milli_hours_per_day: Some(most),
        ..limits(9, None)
    };
    // It is 08:00: without a cap a job counts for sixteen hours.
    let refusal = decide(&day(15_000), &house(Vec::new()), &gpus(1000)).unwrap_err();
    assert_eq!(refusal.limit, "maxGPUHoursPerDay");
    assert!(
        refusal.message.contains("asks for more than is left of today (it has no time limit, so it counts to 24:00 UTC); alone it fits from 09:00 UTC on"),
        "{}",
        refusal.message
    );
    assert!(!refusal.never, "tomorrow it may fit");
    assert!(decide(&day(16_000), &house(Vec::new()), &gpus(1000)).is_ok());
    let capped = Ask {
        max_minutes: Some(90),
        ..gpus(2000)
    };
    assert!(decide(&day(3_000), &house(Vec::new()), &capped).is_ok());
    for (most, never) in [(2_999, false), (1, false), (0, true)] {
        let refusal = decide(&day(most), &house(Vec::new()), &capped).unwrap_err();
        assert_eq!(refusal.never, never, "{refusal:?}");
    }
    let mut running = job(Phase::Running, Some(1000), false);
    running.running_ms = Some(1_800_000_000_000);
    running.max_minutes = Some(60);
    let house = house(vec![running]);
    assert!(decide(&day(4_000), &house, &capped).is_ok());
    let refusal = decide(&day(3_999), &house, &capped).unwrap_err();
    assert!(!refusal.never);
    assert_eq!(refusal.holders.len(), 1);
    assert!(decide(&day(0), &house, &gpus(0)).is_ok(), "no GPU, no hour");
}

#[test]
fn every_limit_says_what_it_found() {
    let all = Limits {
        max_cpu: Some(8),
        max_gpu_milli_hours_per_day: Some(100_000),
        ..limits(2, Some(4))
    };
    let house = house(vec![job(Phase::Running, Some(1500), false)]);
    let told: Vec<_> = checks(&all, &house, &gpus(500))
        .into_iter()
        .map(|(limit, checked)| format!("{limit}: {}", checked.unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "maxRunningJobs: 1 of 2 jobs are active",
            "maxGPU: 1.5 and 0.5 of 4 GPUs",
            "maxCPU: 1 and 1 of 8 cores",
            "maxGPUHoursPerDay: 24 and 8 of 100 GPU-hours of today",
        ]
    );
}
