//! Who is read although nobody follows, and when the store is tidied up. It watches the journal as a client does.

use std::{sync::Arc, time::Duration};

use super::{Tails, wanted};
use crate::{
    config,
    journal::{LogLimits, WatchStart},
    model::{Fault, Job},
    scope::Scope,
};

/// Between two times at which the limits are looked at, and every job.
const TIDY: Duration = Duration::from_secs(600);
/// Logs of jobs that ended longer ago than the backend keeps them are not asked for (fact sheet §6.8).
const READABLE_MS: i64 = 7 * 86_400_000;

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
        match self.scope.journal.logs().prune(limits, false).await {
            Ok(pruned) if pruned.jobs > 0 => {
                tracing::info!(
                    jobs = pruned.jobs,
                    bytes = pruned.bytes,
                    "stored logs were dropped to keep the limits"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "stored logs over the limits cannot be dropped"),
        }
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

/// The limits of settings, in the units of the store.
pub fn limits(own: &config::Logs) -> LogLimits {
    LogLimits {
        job_bytes: u64::from(own.job_megabytes) << 20,
        total_bytes: u64::from(own.total_megabytes) << 20,
        age_ms: i64::from(own.days) * 86_400_000,
    }
}
