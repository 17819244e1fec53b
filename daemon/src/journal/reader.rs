//! Two threads that read, each on a connection of its own.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{
    pool::{Pool, Rank},
    store::{self, Listed, StoreError, audit, context, event, intent, job},
};
use crate::model::{Event, EventDraft, Job, Pod};

const THREADS: usize = 2;

#[derive(Debug, Clone)]
pub(super) struct Readers {
    pool: Pool,
}

impl Readers {
    pub(super) fn start(path: &Path) -> Result<Self, StoreError> {
        let mut connections = Vec::with_capacity(THREADS);
        for _ in 0..THREADS {
            connections.push(open_reader(path)?);
        }
        Ok(Self {
            pool: Pool::start("journal-reader", connections, Rank::Behind)?,
        })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.pool
            .run(move |connection| {
                let view = connection.transaction()?;
                work(&Reader { view: &view })
            })
            .await
    }
}

/// A connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    store::configure_reader(&connection)?;
    Ok(connection)
}

/// A consistent view of the store. The same reads are offered inside a write by [`super::Tx`].
#[derive(Debug)]
pub struct Reader<'a> {
    view: &'a Connection,
}

impl<'a> Reader<'a> {
    pub(super) fn new(view: &'a Connection) -> Self {
        Self { view }
    }

    /// The newest revision of this view.
    ///
    /// # Errors
    /// When the store cannot be read; so do all reads.
    pub fn rev(&self) -> Result<u64, StoreError> {
        event::newest(self.view)
    }

    /// The oldest revision that is still in the table; `None` when there is none.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn oldest_event(&self) -> Result<Option<u64>, StoreError> {
        event::oldest(self.view)
    }

    /// What the newest event of the context as a whole says.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn newest_scope_event(&self, context: i64) -> Result<Option<EventDraft>, StoreError> {
        event::newest_of_scope(self.view, context)
    }

    /// At most `limit` events after `rev`, in order, each with its job as it is now.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn events_after(
        &self,
        context: i64,
        rev: u64,
        limit: u32,
    ) -> Result<Vec<(Event, Option<Job>)>, StoreError> {
        let events = event::after(self.view, context, rev, limit)?;
        events
            .into_iter()
            .map(|event| {
                let job = match &event.job_uid {
                    Some(uid) => job::by_uid(self.view, uid)?,
                    None => None,
                };
                Ok((event, job))
            })
            .collect()
    }

    /// When the newest event of this context was observed, Unix ms.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn newest_observation(&self, context: i64) -> Result<Option<i64>, StoreError> {
        event::newest_observation(self.view, context)
    }

    /// A job by our uid.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn job(&self, uid: &str) -> Result<Option<Job>, StoreError> {
        job::by_uid(self.view, uid)
    }

    /// A job of this context by our uid: for ids that a client wrote.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn job_in(&self, context: i64, uid: &str) -> Result<Option<Job>, StoreError> {
        job::by_uid_in(self.view, context, uid)
    }

    /// A job by the backend's id.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn job_by_native(&self, context: i64, id: &str) -> Result<Option<Job>, StoreError> {
        job::by_native(self.view, context, id)
    }

    /// Jobs of exactly this name, oldest first: more than one only when there is a twin.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn jobs_named(&self, context: i64, name: &str) -> Result<Vec<Job>, StoreError> {
        job::by_name(self.view, context, name)
    }

    /// Jobs whose uid, native id or name begins with `start`; at most `limit`.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn jobs_beginning(
        &self,
        context: i64,
        start: &str,
        limit: u32,
    ) -> Result<Vec<Job>, StoreError> {
        job::beginning(self.view, context, start, limit)
    }

    /// The newest own job.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn newest_own(&self, context: i64) -> Result<Option<Job>, StoreError> {
        job::newest_own(self.view, context)
    }

    /// Jobs that have not ended, or hold compute.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn active_jobs(&self, context: i64) -> Result<Vec<Job>, StoreError> {
        job::active(self.view, context)
    }

    /// The same without those that wait for room: what may hold some.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn busy_jobs(&self, context: i64) -> Result<Vec<Job>, StoreError> {
        job::busy(self.view, context)
    }

    /// All jobs of a context, newest first; ended ones only when they ended after `ended_after_ms`.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn jobs(&self, context: i64, ended_after_ms: i64) -> Result<Vec<Job>, StoreError> {
        let all = Listed {
            ended_after_ms,
            foreign: true,
            phases: Vec::new(),
            tags: Vec::new(),
            limit: usize::MAX,
        };
        Ok(self.listed(context, &all)?.0)
    }

    /// Jobs of a context, newest first, and how many more the limit left out.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn listed(&self, context: i64, what: &Listed) -> Result<(Vec<Job>, u64), StoreError> {
        job::listed(self.view, context, what)
    }

    /// How many own jobs were created at or after this time.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn own_created_since(&self, context: i64, since_ms: i64) -> Result<u64, StoreError> {
        job::own_created_since(self.view, context, since_ms)
    }

    /// Active and known jobs, counted.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn count(&self, context: i64) -> Result<(u32, u32), StoreError> {
        job::count(self.view, context)
    }

    /// The pods of a job, in the backend's order.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn pods(&self, uid: &str) -> Result<Vec<Pod>, StoreError> {
        store::pod::of(self.view, uid)
    }

    /// The intent of a job.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn intent(&self, uid: &str) -> Result<Option<store::Intent>, StoreError> {
        intent::by_uid(self.view, uid)
    }

    /// The intent that a client made with this nonce, in whichever context.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn intent_by_nonce(&self, nonce: &str) -> Result<Option<store::Intent>, StoreError> {
        intent::by_nonce(self.view, nonce)
    }

    /// Uid of the submit that became this job of the backend.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn submitted_as(
        &self,
        context: i64,
        native_id: &str,
    ) -> Result<Option<String>, StoreError> {
        intent::uid_by_native(self.view, context, native_id)
    }

    /// Uids of submits that are open or held, the oldest first.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn waiting(&self, context: i64) -> Result<Vec<String>, StoreError> {
        intent::waiting(self.view, context)
    }

    /// How many submits are held, and how many are open, of this context's settings file at other places.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn waiting_elsewhere(&self, context: i64) -> Result<(u32, u32), StoreError> {
        intent::waiting_elsewhere(self.view, context)
    }

    /// How many submits are held, and how many are open, of a settings file at all its places.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn waiting_of_file(&self, settings_path: &str) -> Result<(u32, u32), StoreError> {
        intent::waiting_of_file(self.view, settings_path)
    }

    /// The intent that a client named so, in this context or another one of its place.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn intent_by_key(
        &self,
        context: i64,
        key: &str,
    ) -> Result<Option<store::Intent>, StoreError> {
        intent::by_key(self.view, context, key)
    }

    /// The submit that a job of this name is of, by whichever settings file: its own, that of its twin, or one of another file
    /// of the same place.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn intent_named(&self, name: &str) -> Result<Option<store::Intent>, StoreError> {
        intent::by_name(self.view, name)
    }

    /// Intents that asked for the same, those whose outcome is not known first, then the newest; a hundred at most.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn intents_by_print(
        &self,
        context: i64,
        print: &str,
    ) -> Result<Vec<store::Intent>, StoreError> {
        intent::by_print(self.view, context, print)
    }

    /// Uids of the submits that wait for room, in the order in which they are sent.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn held(&self, context: i64) -> Result<Vec<String>, StoreError> {
        intent::held(self.view, context)
    }

    /// How many submits wait for room.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn held_count(&self, context: i64) -> Result<u32, StoreError> {
        intent::held_count(self.view, context)
    }

    /// Whether a submit of this context has this name.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn has_submitted(&self, context: i64, name: &str) -> Result<bool, StoreError> {
        intent::is_named(self.view, context, name)
    }

    /// Whether a submit of any context has this name.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn is_name_taken(&self, name: &str) -> Result<bool, StoreError> {
        intent::is_taken(self.view, name)
    }

    /// Other contexts of this place, by whatever file they were named.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn siblings(&self, context: i64, place: &str) -> Result<Vec<i64>, StoreError> {
        let ids = context::of_place(self.view, place)?;
        Ok(ids.into_iter().filter(|id| *id != context).collect())
    }

    /// The contexts of a place, with their settings files.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn contexts_of(&self, place: &str) -> Result<Vec<(i64, String)>, StoreError> {
        context::files_of_place(self.view, place)
    }

    /// All contexts and their places.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn contexts(&self) -> Result<Vec<(i64, String)>, StoreError> {
        context::all(self.view)
    }

    /// Settings files of contexts with open or held submits, or with active jobs: true for those with submits.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn files_with_work(&self) -> Result<Vec<(String, bool)>, StoreError> {
        context::with_work(self.view)
    }

    /// Own jobs that ended at or after this time, Unix ms; also those that were deleted since.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn own_ended_since(&self, context: i64, since_ms: i64) -> Result<Vec<Job>, StoreError> {
        job::own_ended_since(self.view, context, since_ms)
    }

    /// Entries of the audit, newest first.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn audit(&self, what: &audit::Page) -> Result<Vec<audit::Entry>, StoreError> {
        audit::page(self.view, what)
    }

    /// Intents whose outcome is not known, oldest first.
    ///
    /// # Errors
    /// See [`Self::rev`].
    pub fn open_intents(&self, context: i64) -> Result<Vec<store::Intent>, StoreError> {
        intent::open(self.view, context)
    }
}
