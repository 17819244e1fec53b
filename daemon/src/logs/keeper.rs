//! Who is read although nobody follows, and when the store is tidied up. It watches the journal as a client does.

use std::{collections::HashSet, sync::Arc, time::Duration};

use super::{Tails, wanted};
use crate::{
    config,
    journal::{LogLimits, Pruned, WatchStart},
    model::{Fault, Job},
    scope::Scope,
};

/// Between two times at which the limits are looked at, and every job.
const TIDY: Duration = Duration::from_secs(600);
/// Logs of jobs that ended longer ago than the backend keeps them are not asked for (fact sheet §6.8).
pub(super) const READABLE_MS: i64 = 7 * 86_400_000;

/// Keeps for ever.
pub async fn run(scope: Arc<Scope>, tails: Arc<Tails>) {
    let keeper = Keeper { scope, tails };
    let mut watch = keeper
        .scope
        .journal
        .watch(keeper.scope.context, WatchStart::Now);
    let mut tidy = keeper.scope.clock.mono();
    loop {
        if keeper.scope.clock.mono() >= tidy {
            tidy = keeper.scope.clock.mono() + TIDY;
            keeper.look_at_all().await;
        }
        tokio::select! {
            published = watch.next() => match published {
                Ok(published) => if let Some(job) = &published.job {
                    keeper.consider(job).await;
                },
                Err(error) => {
                    tracing::error!(%error, "logs are kept by looking at all jobs now and then");
                    keeper.scope.clock.sleep(TIDY).await;
                    watch = keeper.scope.journal.watch(keeper.scope.context, WatchStart::Now);
                }
            },
            () = keeper.scope.clock.sleep_until(tidy) => {}
        }
    }
}

struct Keeper {
    scope: Arc<Scope>,
    tails: Arc<Tails>,
}

impl Keeper {
    async fn look_at_all(&self) {
        if let Err(fault) = self.try_all().await {
            tracing::warn!(%fault, "which logs are to be kept cannot be read");
        }
        let limits = limits(&self.scope.settings().own.logs);
        // Nothing is too old by a clock that nobody has confirmed.
        let now_ms = self.scope.looks.at_complete().map(|_| self.now_ms());
        match prune(&self.scope, limits, now_ms.unwrap_or(i64::MIN), false).await {
            Ok(pruned) if pruned.jobs > 0 => {
                tracing::info!(
                    jobs = pruned.jobs,
                    bytes = pruned.bytes,
                    "stored logs were dropped to keep the limits"
                );
            }
            Ok(_) => {}
            Err(fault) => tracing::warn!(%fault, "stored logs over the limits cannot be dropped"),
        }
    }

    /// By the clock that is behind the other one: one that is ahead for a moment makes nothing old.
    fn now_ms(&self) -> i64 {
        self.scope.now_ms().min(self.scope.clock.wall_ms())
    }

    async fn try_all(&self) -> Result<(), Fault> {
        let (context, since_ms) = (self.scope.context, self.scope.now_ms() - READABLE_MS);
        let jobs = self
            .scope
            .journal
            .read(move |reader| reader.jobs(context, since_ms))
            .await?;
        for job in &jobs {
            self.consider(job).await;
        }
        Ok(())
    }

    async fn consider(&self, job: &Job) {
        let setting = self.scope.settings().own.logs.keep;
        match self.scope.journal.logs().asked(&job.uid).await {
            Ok(asked) => {
                if wanted::of_job(job, setting, asked).is_some() {
                    self.tails.keep(&job.uid);
                }
            }
            Err(error) => {
                tracing::warn!(%error, job = %job.uid, "whether the log is to be kept cannot be read")
            }
        }
    }
}

/// Drops what of the logs of a context is over these limits at `now_ms`, or says what would be (`dry`). Logs whose jobs nobody knows any more
/// are of every context.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn prune(
    scope: &Scope,
    limits: LogLimits,
    now_ms: i64,
    dry: bool,
) -> Result<Pruned, Fault> {
    let (stored, context) = (scope.journal.logs().jobs().await?, scope.context);
    let read = scope.journal.read(move |reader| {
        let mut ours = HashSet::new();
        for uid in stored {
            if reader.job_in(context, &uid)?.is_some() || reader.job(&uid)?.is_none() {
                ours.insert(uid);
            }
        }
        Ok(ours)
    });
    let ours = read.await?;
    Ok(scope
        .journal
        .logs()
        .prune(ours, limits, now_ms, dry)
        .await?)
}

/// The limits of settings, in the units of the store.
pub fn limits(own: &config::Logs) -> LogLimits {
    LogLimits {
        job_bytes: u64::from(own.job_megabytes) << 20,
        total_bytes: u64::from(own.total_megabytes) << 20,
        age_ms: i64::from(own.days) * 86_400_000,
    }
}
