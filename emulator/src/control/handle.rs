//! The in-process handle.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::timeout;

use super::{CallRecord, JobView};
use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::code_source::CodeSource;
use crate::fault::FaultRule;
use crate::job::Status;
use crate::runner::Order;
use crate::spec::Submission;
use crate::sync::lock;

/// Looks into a running emulator and makes it fail. Cheap to clone.
#[derive(Clone)]
pub struct Control {
    pub(super) cloud: Arc<Cloud>,
}

impl Control {
    pub(crate) fn new(cloud: Arc<Cloud>) -> Self {
        Self { cloud }
    }

    /// Puts a rule in force and returns its id. Rules are asked in the order they were added. One
    /// that [`FaultRule::validate`] refuses is taken and may never strike.
    pub fn add_fault(&self, rule: FaultRule) -> u64 {
        lock(&self.cloud.faults).add(rule)
    }

    /// Takes a rule back; false when it is spent or unknown.
    pub fn remove_fault(&self, id: u64) -> bool {
        lock(&self.cloud.faults).remove(id)
    }

    /// Takes all rules back.
    pub fn clear_faults(&self) {
        lock(&self.cloud.faults).clear();
    }

    /// The rules in force with their ids, counts showing what is left.
    #[must_use]
    pub fn faults(&self) -> Vec<(u64, FaultRule)> {
        lock(&self.cloud.faults).rules().to_vec()
    }

    /// The newest 100 000 calls since the start or the last reset, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<CallRecord> {
        self.cloud.calls.records()
    }

    /// Calls per operation since the start or the last reset.
    #[must_use]
    pub fn call_counts(&self) -> BTreeMap<String, u64> {
        self.cloud.calls.counts()
    }

    /// Calls of one operation since the start or the last reset.
    #[must_use]
    pub fn call_count(&self, action: &str) -> u64 {
        self.call_counts().get(action).copied().unwrap_or(0)
    }

    /// Forgets the calls so far.
    pub fn reset_calls(&self) {
        self.cloud.calls.reset();
    }

    /// All jobs that are not deleted, oldest first.
    #[must_use]
    pub fn jobs(&self) -> Vec<JobView> {
        self.cloud.with_jobs(|jobs| {
            let kept = jobs.filter(|job| !job.is_deleted());
            kept.map(JobView::from).collect()
        })
    }

    /// One job by id; none when it is deleted.
    #[must_use]
    pub fn job(&self, job_id: &str) -> Option<JobView> {
        self.cloud.with_job(job_id, |job| JobView::from(&*job)).ok()
    }

    /// The CreateJob body that made a job, secrets and all.
    #[must_use]
    pub fn request(&self, job_id: &str) -> Option<Value> {
        let raw = self
            .cloud
            .with_job(job_id, |job| job.submission.raw.clone());
        raw.ok().map(Value::Object)
    }

    /// Makes a job of this CreateJob body that no call made: as if a user had sent it from elsewhere,
    /// the one who has the key ([`crate::USER_ID`]) or another. Its id.
    ///
    /// # Errors
    /// When CreateJob would refuse the body.
    pub fn submit_as(&self, user_id: &str, body: &Value) -> io::Result<String> {
        let body = body.to_string();
        let sent = Submission::parse(body.as_bytes(), &self.cloud.options.workspace_id);
        let mut sent = sent.map_err(io::Error::other)?;
        user_id.clone_into(&mut sent.user_id);
        Ok(self.cloud.submit(sent))
    }

    /// A code source as it is now.
    #[must_use]
    pub fn code_source(&self, id: &str) -> Option<CodeSource> {
        let sources = &self.cloud.code_sources;
        sources.with(id, |kept| kept.source.clone()).ok()
    }

    /// Replaces all pods of a running job by new incarnations, as a node failure would; false
    /// when it does not run.
    pub fn restart_job(&self, job_id: &str) -> bool {
        self.order_running(job_id, Order::Restart)
    }

    /// Ends all pods of a running job as if each had ended with that exit code by itself; false
    /// when it does not run.
    pub fn end_job(&self, job_id: &str, exit_code: i32) -> bool {
        self.order_running(job_id, Order::End(exit_code))
    }

    fn order_running(&self, job_id: &str, order: Order) -> bool {
        let running = self
            .job(job_id)
            .is_some_and(|job| job.status == Status::Running);
        if running {
            self.cloud.order(job_id, order);
        }
        running
    }

    /// The cloud's wall clock, to be moved by the test.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.cloud.options.clock.clone()
    }

    /// Changes whenever a job, a pod, a log or the list of calls does.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.cloud.subscribe()
    }

    /// Looks now and after every change until `found` says something, at most for `limit`.
    pub async fn wait_for<T>(
        &self,
        limit: Duration,
        mut found: impl FnMut(&Self) -> Option<T>,
    ) -> Option<T> {
        let mut changes = self.subscribe();
        let looking = async {
            loop {
                changes.mark_unchanged();
                if let Some(value) = found(self) {
                    return Some(value);
                }
                changes.changed().await.ok()?;
            }
        };
        timeout(limit, looking).await.ok().flatten()
    }

    /// Waits until a job has had a status, even if it has moved on since; at most for `limit`.
    pub async fn wait_status(
        &self,
        job_id: &str,
        status: Status,
        limit: Duration,
    ) -> Option<JobView> {
        let reached = |control: &Self| {
            let job = control.job(job_id)?;
            job.transitions
                .iter()
                .any(|each| each.status == status)
                .then_some(job)
        };
        self.wait_for(limit, reached).await
    }

    /// Waits until a job has ended; at most for `limit`.
    pub async fn wait_final(&self, job_id: &str, limit: Duration) -> Option<JobView> {
        let ended = |control: &Self| control.job(job_id).filter(|job| job.status.is_final());
        self.wait_for(limit, ended).await
    }
}
