//! Which jobs are read, and for whom. A job is read while somebody follows it, and for as long as its log is to be kept.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
};

use super::{
    progress::{Missing, Progress},
    tail,
};
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
    /// It is read although nobody follows.
    pub(super) keep: watch::Sender<bool>,
    /// So many last lines are wanted before what lies before them; 0: the first ones come first.
    last: AtomicU64,
    /// How often somebody asked to keep it.
    pub(super) asked: AtomicU64,
}

impl Shared {
    /// Whether somebody follows who was not told the end.
    pub(super) fn is_awaited(&self) -> bool {
        self.progress.receiver_count() > 0 && self.progress.borrow().ended.is_none()
    }

    /// Returns when it is neither followed nor kept.
    pub(super) async fn unwanted(&self) {
        let mut kept = self.keep.subscribe();
        loop {
            self.progress.closed().await;
            // Its sender lives as long as this.
            let _given_up = kept.wait_for(|kept| !kept).await;
            if self.progress.receiver_count() == 0 {
                return;
            }
        }
    }

    /// Something was stored.
    pub(super) fn committed(&self) {
        self.progress.send_modify(|progress| progress.commits += 1);
    }

    /// See [`Followed::last_first`].
    pub(super) fn last_lines(&self) -> u64 {
        self.last.load(Ordering::Relaxed)
    }
}

/// A follower's end: the job is read until all of them are dropped.
#[derive(Debug)]
pub struct Followed {
    shared: Arc<Shared>,
    /// What has been read.
    pub progress: watch::Receiver<Progress>,
}

impl Followed {
    /// So many last lines are wanted before what lies before them.
    pub fn last_first(&self, lines: u64) {
        self.shared.last.fetch_max(lines.max(1), Ordering::Relaxed);
    }

    /// Asks for a look that begins now, or began just now. It is finished once `progress.finished` is at least the answer.
    pub fn look_now(&self, now: Mono) -> u64 {
        let next = {
            let progress = self.progress.borrow();
            if progress.ended.is_some() {
                return progress.finished;
            }
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
        self.entered(job_uid, |shared, is_new| {
            let ended = shared.progress.borrow().ended.is_some();
            if !is_new && !ended && shared.progress.receiver_count() == 0 {
                // A look that nobody waits for is given up.
                shared.wake.notify_one();
            }
            Followed {
                progress: shared.progress.subscribe(),
                shared: Arc::clone(shared),
            }
        })
    }

    /// Reads the log of a job from now on, for as long as it is to be kept.
    pub fn keep(&self, job_uid: &str) {
        self.entered(job_uid, |shared, is_new| {
            shared.asked.fetch_add(1, Ordering::Relaxed);
            if !shared.keep.send_replace(true) && !is_new {
                shared.wake.notify_one();
            }
        });
    }

    /// What is kept of this job is looked at now.
    pub fn hurry(&self, job_uid: &str) {
        if let Some(entry) = lock(&self.jobs.0).get(job_uid) {
            entry.shared.wake.notify_one();
        }
    }

    /// Begins to read where nobody does. `enter` says why, before the reading can end.
    fn entered<T>(&self, job_uid: &str, enter: impl FnOnce(&Arc<Shared>, bool) -> T) -> T {
        let mut jobs = lock(&self.jobs.0);
        if let Some(entry) = jobs.get_mut(job_uid) {
            let is_over = entry.task.is_finished();
            let entered = enter(&entry.shared, is_over);
            if is_over {
                entry.task = self.read(job_uid, &entry.shared);
            }
            return entered;
        }
        let shared = Arc::new(Shared::default());
        let entered = enter(&shared, true);
        let task = self.read(job_uid, &shared);
        jobs.insert(job_uid.to_owned(), Entry { shared, task });
        entered
    }

    /// Whether everything that the cloud has of the log of an ended job was read to its end.
    pub fn has_all(&self, job_uid: &str) -> bool {
        let jobs = lock(&self.jobs.0);
        let ended = |entry: &Entry| entry.shared.progress.borrow().ended.clone();
        jobs.get(job_uid)
            .and_then(ended)
            .is_some_and(|ended| ended.complete)
    }

    /// What was read of a job counts no more, and nobody reads on: it is about to be dropped. Follow with [`Self::read_anew`].
    pub fn forget(&self, job_uid: &str) {
        if let Some(entry) = lock(&self.jobs.0).get(job_uid) {
            entry.task.abort();
            entry.shared.progress.send_modify(|progress| {
                progress.ended = None;
                progress.missing = Missing::Dropped;
                progress.over = false;
                progress.began = None;
            });
        }
    }

    /// Whoever reads a job begins as if nothing were known of it; its followers stay.
    pub fn read_anew(&self, job_uid: &str) {
        let mut jobs = lock(&self.jobs.0);
        if let Some(entry) = jobs.get_mut(job_uid) {
            entry.task.abort();
            entry.task = self.read(job_uid, &entry.shared);
        }
    }

    fn read(&self, job_uid: &str, shared: &Arc<Shared>) -> AbortHandle {
        let reading = tail::run(
            Arc::clone(&self.scope),
            job_uid.to_owned(),
            Arc::clone(shared),
            self.jobs.clone(),
        );
        tokio::spawn(reading).abort_handle()
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
        let alone = shared.progress.receiver_count() == 0 && !*shared.keep.borrow();
        if alone {
            jobs.remove(job_uid);
        }
        alone
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
