//! Table `job`: whose logs somebody asked to keep, and of whom everything was read after the end.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;

/// What is noted of a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// Somebody asked to keep the logs of all its pods.
    pub keep: bool,
    /// It has ended, and its logs were read for the last time.
    pub closed: bool,
}

pub(super) fn of(connection: &Connection, job_uid: &str) -> Result<Asked, StoreError> {
    let mut select =
        connection.prepare_cached("SELECT keep, closed FROM job WHERE job_uid = ?1")?;
    let asked = select.query_row([job_uid], |row| {
        Ok(Asked {
            keep: row.get(0)?,
            closed: row.get(1)?,
        })
    });
    Ok(asked.optional()?.unwrap_or_default())
}

pub(super) fn put(connection: &Connection, job_uid: &str, asked: Asked) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO job (job_uid, keep, closed) VALUES (?1, ?2, ?3)
             ON CONFLICT (job_uid) DO UPDATE SET keep = ?2, closed = ?3",
        )?
        .execute(params![job_uid, asked.keep, asked.closed])?;
    Ok(())
}
