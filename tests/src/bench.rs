//! What the benches share.

use std::time::Duration;

use paid::{
    journal::Journal,
    model::{EventDraft, EventKind, Job, Phase, Resources},
};

/// Jobs of a commit.
const BATCH: usize = 500;

/// A job as the cloud would describe it.
pub fn job(uid: &str, phase: Phase) -> Job {
    let name = format!("e2e-train-20261121-120000-{uid}");
    let mut job = Job::new(uid.into(), name, phase, 1_800_000_000_000);
    job.native_id = Some(format!("dlc{uid}"));
    job.status = phase.as_str().into();
    job.command = "python train.py --config configs/base.yaml --steps 10000 --lr 1e-4".into();
    job.created_ms = Some(1_800_000_000_000);
    job.ended_ms = phase.is_end().then_some(1_800_000_100_000);
    job.requested = Resources {
        cpu_milli: Some(8_000),
        gpu_milli: Some(8_000),
        memory_bytes: Some(64 << 30),
    };
    job
}

/// Fills a store with ended jobs.
///
/// # Panics
/// When it cannot be written.
pub async fn fill(journal: &Journal, context: i64, count: usize) {
    for start in (0..count).step_by(BATCH) {
        let work = move |tx: &mut paid::journal::Tx<'_>| {
            for n in start..(start + BATCH).min(count) {
                let mut job = job(&format!("job-{n:08}"), Phase::Succeeded);
                let event = EventDraft {
                    to_phase: Some(Phase::Succeeded),
                    ..EventDraft::new(EventKind::Status)
                };
                tx.put_job(context, &mut job, vec![event])?;
            }
            Ok(())
        };
        journal.write(work).await.expect("the store can be written");
    }
}

/// Runs something on a runtime of this thread.
///
/// # Panics
/// When there is none to be had.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(work)
}

/// The value below which this share of sorted values lies.
///
/// # Panics
/// Without values.
pub fn quantile(sorted: &[Duration], share: f64) -> Duration {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list"
    )]
    let place = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len());
    sorted[place - 1]
}

/// For so long, in ms, the host of this virtual machine has kept its processors since it started: all of them together, in steps
/// of 10 ms. 0 where the system does not tell.
pub fn stolen_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    // proc_stat(5): "cpu" user nice system idle iowait irq softirq steal …
    let steal = stat.split_whitespace().nth(8);
    steal
        .and_then(|ticks| ticks.parse::<u64>().ok())
        .unwrap_or_default()
        * 10
}

/// Milliseconds.
pub fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

/// Resident memory of a process in MB (10^6 bytes).
///
/// # Panics
/// Where the system does not show it as a file.
pub fn resident_mb(pid: i32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("/proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.expect("VmRSS in kB") * 1024.0 / 1e6
}
