//! One transaction: reads, and writes that carry their events with them.

use std::sync::{Arc, OnceLock};

use rusqlite::Connection;

use super::{
    Published, Reader,
    store::{StoreError, audit, context, event, intent, job, pod},
};
use crate::model::{Event, EventDraft, EventKind, Job, Milestone, Passed, Pod};

/// Entries of the audit are kept this long: 180 days.
const AUDIT_KEPT_MS: i64 = 180 * 86_400_000;

/// A transaction in progress on the writer's thread. Everything that [`Reader`] reads can be read here too.
#[derive(Debug)]
pub struct Tx<'a> {
    connection: &'a Connection,
    reader: Reader<'a>,
    now_ms: i64,
    published: Vec<Published>,
}

impl<'a> std::ops::Deref for Tx<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Self::Target {
        &self.reader
    }
}

impl<'a> Tx<'a> {
    pub(super) fn new(connection: &'a Connection, now_ms: i64) -> Self {
        Self {
            connection,
            reader: Reader::new(connection),
            now_ms,
            published: Vec::new(),
        }
    }

    pub(super) fn into_published(self) -> Vec<Published> {
        self.published
    }

    /// When this transaction began, Unix ms.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// The context of a settings path and the place that the settings name (endpoint, region, workspace); made when it is
    /// new.
    ///
    /// # Errors
    /// When the store cannot be written; so do all writes.
    pub fn context(&mut self, settings_path: &str, place: &str) -> Result<i64, StoreError> {
        context::get_or_make(self.connection, settings_path, place, self.now_ms)
    }

    /// A context's settings file has another name now.
    ///
    /// # Errors
    /// See [`Self::context`].
    pub fn move_context(&mut self, id: i64, settings_path: &str) -> Result<(), StoreError> {
        context::rename(self.connection, id, settings_path)
    }

    /// Another context of its place goes on with a submit; false where that one knows its job already.
    ///
    /// # Errors
    /// See [`Self::context`].
    pub fn move_submit(&mut self, uid: &str, to: i64) -> Result<bool, StoreError> {
        let Some(mut job) = self.job(uid)? else {
            return Ok(false);
        };
        if let Some(id) = &job.native_id
            && self.job_by_native(to, id)?.is_some()
        {
            return Ok(false);
        }
        intent::move_to(self.connection, uid, to)?;
        let event = EventDraft {
            to_phase: Some(job.phase),
            ..EventDraft::new(EventKind::Discovered)
        };
        self.put_job(to, &mut job, vec![event])?;
        Ok(true)
    }

    /// Stores a job together with what happened to it. Each event gets a revision; statuses that are reached for the
    /// first time become milestones. Without events only the silent fields change.
    ///
    /// # Errors
    /// See [`Self::context`].
    pub fn put_job(
        &mut self,
        context: i64,
        job: &mut Job,
        events: Vec<EventDraft>,
    ) -> Result<(), StoreError> {
        let mut committed = Vec::with_capacity(events.len());
        for mut what in events {
            let reached = std::mem::take(&mut what.reached);
            let event = self.append(context, Some(&job.uid), what)?;
            job.rev = event.rev;
            note_milestones(job, &event, reached, self.now_ms);
            committed.push(event);
        }
        job::put(self.connection, context, job)?;
        let shared = Arc::new(job.clone());
        self.published
            .extend(committed.into_iter().map(|event| Published {
                event,
                job: Some(Arc::clone(&shared)),
                committed: None,
                encoded: OnceLock::new(),
            }));
        Ok(())
    }

    /// Forgets a job that never came to be; its last state is published with the event.
    ///
    /// # Errors
    /// See [`Self::context`].
    pub fn forget_job(
        &mut self,
        context: i64,
        mut job: Job,
        what: EventDraft,
    ) -> Result<(), StoreError> {
        let event = self.append(context, Some(&job.uid), what)?;
        job.rev = event.rev;
        job::remove(self.connection, &job.uid)?;
        self.published.push(Published {
            event,
            job: Some(Arc::new(job)),
            committed: None,
            encoded: OnceLock::new(),
        });
        Ok(())
    }

    /// An event of a whole context.
    ///
    /// # Errors
    /// See [`Self::context`].
    pub fn note(&mut self, context: i64, what: EventDraft) -> Result<(), StoreError> {
        let event = self.append(context, None, what)?;
        self.published.push(Published {
            event,
            job: None,
            committed: None,
            encoded: OnceLock::new(),
        });
        Ok(())
    }

    /// Replaces what is known of a job's pods.
    ///
    /// # Errors
    /// See [`Self::context`].
    pub fn put_pods(&mut self, uid: &str, pods: &[Pod]) -> Result<(), StoreError> {
        pod::replace(self.connection, uid, pods)
    }

    /// Stores a new intent.
    ///
    /// # Errors
    /// See [`Self::context`]; also when its name or nonce is taken.
    pub fn insert_intent(&mut self, intent: &intent::Intent) -> Result<(), StoreError> {
        intent::insert(self.connection, intent)
    }

    /// Stores an intent's progress.
    ///
    /// # Errors
    /// See [`Self::context`].
    pub fn update_intent(&mut self, intent: &intent::Intent) -> Result<(), StoreError> {
        intent::update(self.connection, intent)
    }

    /// Gives a held submit another priority, and its job; `None` when it is not held any more.
    ///
    /// # Errors
    /// See [`Self::context`].
    pub fn requeue(
        &mut self,
        context: i64,
        uid: &str,
        priority: u8,
    ) -> Result<Option<Job>, StoreError> {
        let Some(mut job) = self.job(uid)? else {
            return Ok(None);
        };
        if !intent::requeue(self.connection, uid, priority)? {
            return Ok(None);
        }
        job.priority = Some(i32::from(priority));
        self.put_job(context, &mut job, Vec::new())?;
        Ok(Some(job))
    }

    /// Notes a call that changed something, or tried to.
    ///
    /// # Errors
    /// See [`Self::context`].
    pub fn note_audit(&mut self, entry: &audit::Entry) -> Result<(), StoreError> {
        audit::insert(self.connection, entry, self.now_ms)
    }

    /// Deletes events and settled intents older than this, jobs that ended before `jobs_before_ms` by the backend's clock, and
    /// those that the backend never had and that ended before `ours_before_ms` by ours.
    ///
    /// # Errors
    /// See [`Self::context`].
    pub fn prune(
        &mut self,
        events_before_ms: i64,
        jobs_before_ms: i64,
        ours_before_ms: i64,
    ) -> Result<(), StoreError> {
        event::prune(self.connection, events_before_ms)?;
        audit::prune(self.connection, self.now_ms - AUDIT_KEPT_MS)?;
        job::prune(self.connection, jobs_before_ms, ours_before_ms)?;
        intent::prune(self.connection, events_before_ms)
    }

    fn append(
        &mut self,
        context: i64,
        job_uid: Option<&str>,
        what: EventDraft,
    ) -> Result<Event, StoreError> {
        let rev = event::append(self.connection, context, job_uid, self.now_ms, &what)?;
        Ok(Event {
            rev,
            context,
            job_uid: job_uid.map(ToOwned::to_owned),
            observed_ms: self.now_ms,
            what,
        })
    }
}

fn note_milestones(job: &mut Job, event: &Event, reached: Vec<Passed>, now_ms: i64) {
    let own_step = event.what.to_phase.filter(|_| {
        matches!(
            event.what.kind,
            EventKind::Discovered | EventKind::Status | EventKind::Confirmed
        )
    });
    let step = own_step.map(|phase| Passed {
        status: event.what.to_status.clone(),
        phase,
        at_ms: event.what.at_ms,
    });
    for passed in reached.into_iter().chain(step) {
        if job.milestone(&passed.status, passed.phase).is_none() {
            job.milestones.push(Milestone {
                status: passed.status,
                phase: passed.phase,
                rev: event.rev,
                at_ms: passed.at_ms,
                observed_ms: now_ms,
            });
        }
    }
}
