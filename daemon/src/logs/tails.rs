//! Which jobs are read, and for whom. A job is read while somebody follows it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
};

use super::{progress::Progress, tail};
use crate::{scope::Scope, sys::clock::Mono};

/// For so long a look serves those who ask for one: their number must not matter.
const SERVES: Duration = Duration::from_secs(1);

/// All reading of a context's logs. It ends when this is dropped.
#[derive(Debug)]
pub struct Tails {
    scope: Arc<Scope>,
    jobs: Jobs,
}

/// The tasks, by the job's uid.
#[derive(Debug, Clone, Default)]
pub(super) struct Jobs(Arc<Mutex<HashMap<String, Entry>>>);

#[derive(Debug)]
struct Entry {
    shared: Arc<Shared>,
    task: AbortHandle,
}

/// What a reading task and its followers share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) progress: watch::Sender<Progress>,
    /// Somebody waits for a look that begins after now.
    pub(super) wake: Notify,
    /// Looks up to this number are waited for.
    pub(super) wanted: Mutex<u64>,
}

/// A follower's end: the job is read until all of them are dropped.
#[derive(Debug)]
pub struct Followed {
    shared: Arc<Shared>,
    /// What has been read.
    pub progress: watch::Receiver<Progress>,
}

impl Followed {
    /// Asks for a look that begins now, or began just now. It is finished once `progress.finished` is at least the answer.
    pub fn look_now(&self, now: Mono) -> u64 {
        let next = {
            let progress = self.progress.borrow();
            let began = progress.began.filter(|_| progress.fault.is_none());
            if began.is_some_and(|began| now.saturating_sub(began) < SERVES) {
                return progress.started;
            }
            progress.started + 1
        };
        let mut wanted = lock(&self.shared.wanted);
        *wanted = next.max(*wanted);
        self.shared.wake.notify_one();
        next
    }
}

impl Tails {
    /// Nothing is read yet.
    pub fn new(scope: Arc<Scope>) -> Self {
        Self {
            scope,
            jobs: Jobs::default(),
        }
    }

    /// Reads the log of a job from now on, for as long as the answer lives.
    pub fn follow(&self, job_uid: &str) -> Followed {
        let mut jobs = lock(&self.jobs.0);
        if let Some(entry) = jobs.get(job_uid).filter(|entry| !entry.task.is_finished()) {
            return Followed {
                progress: entry.shared.progress.subscribe(),
                shared: Arc::clone(&entry.shared),
            };
        }
        let shared = Arc::new(Shared::default());
        let progress = shared.progress.subscribe();
        let reading = tail::run(
            Arc::clone(&self.scope),
            job_uid.to_owned(),
            Arc::clone(&shared),
            self.jobs.clone(),
        );
        let task = tokio::spawn(reading).abort_handle();
        let entry = Entry {
            shared: Arc::clone(&shared),
            task,
        };
        jobs.insert(job_uid.to_owned(), entry);
        Followed { shared, progress }
    }

    /// How many jobs are read.
    pub fn active(&self) -> usize {
        let jobs = lock(&self.jobs.0);
        // One that failed is replaced by the next follower, and reads nothing until then.
        jobs.values()
            .filter(|entry| !entry.task.is_finished())
            .count()
    }
}

impl Drop for Tails {
    fn drop(&mut self) {
        for entry in lock(&self.jobs.0).values() {
            entry.task.abort();
        }
    }
}

impl Jobs {
    /// Takes a job out, unless somebody has come to follow it; true when it is out.
    pub(super) fn leave(&self, job_uid: &str, shared: &Shared) -> bool {
        let mut jobs = lock(&self.0);
        let alone = shared.progress.receiver_count() == 0;
        if alone {
            jobs.remove(job_uid);
        }
        alone
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
