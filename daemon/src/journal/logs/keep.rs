//! What is kept, and what is dropped.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use super::{Asked, LogLimits, LogStore, Pruned, StoreError, asked, retain, stream};

/// Pages that are given back to the system at a time.
const PAGES: i64 = 2_000;

/// What is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogsHeld {
    /// Jobs.
    pub jobs: u32,
    /// Bytes as stored.
    pub bytes: u64,
}

/// Says that a job's log is being read: it is shortened at most, never dropped.
#[derive(Debug)]
pub struct Reading {
    job_uid: String,
    busy: Arc<Mutex<HashMap<String, usize>>>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = busy.get_mut(&self.job_uid) {
            *count -= 1;
            if *count == 0 {
                busy.remove(&self.job_uid);
            }
        }
    }
}

impl LogStore {
    /// A job's log is being read for as long as the answer lives.
    pub fn reading(&self, job_uid: &str) -> Reading {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        *busy.entry(job_uid.to_owned()).or_default() += 1;
        Reading {
            job_uid: job_uid.to_owned(),
            busy: Arc::clone(&self.busy),
        }
    }

    /// What is noted of a job.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn asked(&self, job_uid: &str) -> Result<Asked, StoreError> {
        let job_uid = job_uid.to_owned();
        self.read(move |connection| asked::of(connection, &job_uid))
            .await
    }

    /// Notes something of a job.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn ask(
        &self,
        job_uid: &str,
        change: impl FnOnce(&mut Asked) + Send + 'static,
    ) -> Result<(), StoreError> {
        let job_uid = job_uid.to_owned();
        self.write(move |connection| {
            let tx = connection.transaction()?;
            let mut now = asked::of(&tx, &job_uid)?;
            change(&mut now);
            asked::put(&tx, &job_uid, now)?;
            Ok(tx.commit()?)
        })
        .await
    }

    /// What is stored of all jobs.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn held(&self) -> Result<LogsHeld, StoreError> {
        self.read(|connection| {
            let held = stream::held(connection)?;
            Ok(LogsHeld {
                jobs: u32::try_from(held.len()).unwrap_or(u32::MAX),
                bytes: held.iter().map(|one| one.bytes).sum(),
            })
        })
        .await
    }

    /// How many jobs are being read.
    pub fn busy(&self) -> usize {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.len()
    }

    /// Drops what of the logs of these jobs is over these limits at `now_ms`, or says what would be (`dry`).
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn prune(
        &self,
        job_uids: HashSet<String>,
        limits: LogLimits,
        now_ms: i64,
        dry: bool,
    ) -> Result<Pruned, StoreError> {
        let busy = Arc::clone(&self.busy);
        self.write(move |connection| {
            let mut held = stream::held(connection)?;
            held.retain(|one| job_uids.contains(&one.job_uid));
            // Asked when its turn has come: somebody may have begun to read since.
            let is_busy = |uid: &str| {
                let busy = busy.lock().unwrap_or_else(PoisonError::into_inner);
                busy.contains_key(uid)
            };
            let plan = retain::plan(&held, &limits, &is_busy, now_ms);
            if dry {
                return Ok(retain::foretell(&plan, &held));
            }
            let pruned = retain::carry_out(connection, &plan, &is_busy)?;
            if pruned.jobs > 0 {
                shrink(connection)?;
            }
            Ok(pruned)
        })
        .await
    }

    /// Drops the whole logs of these jobs, or says what they take (`dry`).
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn drop_logs(&self, job_uids: Vec<String>, dry: bool) -> Result<Pruned, StoreError> {
        self.write(move |connection| {
            let held = stream::held(connection)?;
            let named = held.iter().filter(|one| job_uids.contains(&one.job_uid));
            let plan: Vec<_> = named
                .map(|one| retain::Drop::Whole(one.job_uid.clone()))
                .collect();
            if dry {
                return Ok(retain::foretell(&plan, &held));
            }
            let pruned = retain::carry_out(connection, &plan, &|_| false)?;
            shrink(connection)?;
            Ok(pruned)
        })
        .await
    }
}

/// Gives free pages back to the system.
fn shrink(connection: &rusqlite::Connection) -> Result<(), StoreError> {
    let free = || connection.pragma_query_value(None, "freelist_count", |row| row.get::<_, i64>(0));
    let mut left = free()?;
    while left > 0 {
        connection.pragma(None, "incremental_vacuum", PAGES, |_| Ok(()))?;
        let now = free()?;
        if now >= left {
            break;
        }
        left = now;
        std::thread::yield_now();
    }
    // Where somebody reads it is done the next time.
    connection.pragma(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()))?;
    Ok(())
}
