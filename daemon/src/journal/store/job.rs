//! Table `job`: every job that is known, its newest state.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Params, params};

use super::StoreError;
use crate::{
    model::{DELETED, Job, Phase},
    sys::turns::Turns,
};

pub(crate) fn put(connection: &Connection, context: i64, job: &Job) -> Result<(), StoreError> {
    let doc = serde_json::to_string(job).map_err(|error| unreadable(&error))?;
    connection
        .prepare_cached(
            "INSERT INTO job (uid, context, native_id, name, own, active, created_ms, ended_ms,
                              observed_seq, rev, doc)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (uid) DO UPDATE SET native_id = ?3, name = ?4, own = ?5, active = ?6,
                 created_ms = ?7, ended_ms = ?8, observed_seq = ?9, rev = ?10, doc = ?11",
        )?
        .execute(params![
            job.uid,
            context,
            job.native_id,
            job.name,
            job.own,
            job.is_active(),
            job.created_ms,
            job.ended_ms,
            i64::try_from(job.observed_seq).unwrap_or(i64::MAX),
            i64::try_from(job.rev).unwrap_or(i64::MAX),
            doc
        ])?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection, uid: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM job WHERE uid = ?1")?
        .execute([uid])?;
    Ok(())
}

pub(crate) fn by_uid(connection: &Connection, uid: &str) -> Result<Option<Job>, StoreError> {
    one(connection, "SELECT doc FROM job WHERE uid = ?1", [uid])
}

/// Like [`by_uid`], but only of this context: for ids that a client wrote.
pub(crate) fn by_uid_in(
    connection: &Connection,
    context: i64,
    uid: &str,
) -> Result<Option<Job>, StoreError> {
    one(
        connection,
        "SELECT doc FROM job WHERE context = ?1 AND uid = ?2",
        params![context, uid],
    )
}

pub(crate) fn by_native(
    connection: &Connection,
    context: i64,
    id: &str,
) -> Result<Option<Job>, StoreError> {
    one(
        connection,
        "SELECT doc FROM job WHERE context = ?1 AND native_id = ?2",
        params![context, id],
    )
}

pub(crate) fn newest_own(connection: &Connection, context: i64) -> Result<Option<Job>, StoreError> {
    one(
        connection,
        // The one that was known last: created_ms has seconds by the backend's clock and milliseconds by ours.
        "SELECT doc FROM job WHERE context = ?1 AND own = 1
         ORDER BY json_extract(doc, '$.milestones[0].rev') DESC LIMIT 1",
        params![context],
    )
}

pub(crate) fn by_name(
    connection: &Connection,
    context: i64,
    name: &str,
) -> Result<Vec<Job>, StoreError> {
    many(
        connection,
        "SELECT doc FROM job WHERE context = ?1 AND name = ?2 ORDER BY created_ms, uid",
        params![context, name],
    )
}

pub(crate) fn beginning(
    connection: &Connection,
    context: i64,
    start: &str,
    limit: u32,
) -> Result<Vec<Job>, StoreError> {
    many(
        connection,
        "SELECT doc FROM job
         WHERE context = ?1 AND (substr(uid, 1, length(?2)) = ?2 OR substr(name, 1, length(?2)) = ?2
                                 OR substr(native_id, 1, length(?2)) = ?2)
         ORDER BY created_ms / 1000 DESC, json_extract(doc, '$.milestones[0].rev') DESC LIMIT ?3",
        params![context, start, limit],
    )
}

pub(crate) fn active(connection: &Connection, context: i64) -> Result<Vec<Job>, StoreError> {
    many(
        connection,
        // By itself SQLite goes through all jobs in the order of their making.
        "SELECT doc FROM job INDEXED BY job_active WHERE context = ?1 AND active = 1 ORDER BY created_ms",
        params![context],
    )
}

/// The same without those that wait for room.
pub(crate) fn busy(connection: &Connection, context: i64) -> Result<Vec<Job>, StoreError> {
    many(
        connection,
        "SELECT doc FROM job INDEXED BY job_active WHERE context = ?1 AND active = 1
            AND uid NOT IN (SELECT uid FROM intent WHERE context = ?1 AND state = 'held')
         ORDER BY created_ms",
        params![context],
    )
}

/// Also those that were deleted since: that gives back nothing of what they have used.
pub(crate) fn own_ended_since(
    connection: &Connection,
    context: i64,
    since_ms: i64,
) -> Result<Vec<Job>, StoreError> {
    many(
        connection,
        "SELECT doc FROM job INDEXED BY job_counted
         WHERE context = ?1 AND active = 0 AND coalesce(ended_ms, created_ms, 0) >= ?2 AND ended_ms >= ?2
           AND (own = 1 OR json_extract(doc, '$.reason.code') = ?3)",
        params![context, since_ms, DELETED],
    )
}

/// A tag that a job must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFilter {
    key: String,
    /// `None` is any value.
    value: Option<String>,
}

impl TagFilter {
    /// `KEY=VALUE`, or `KEY` for any value.
    pub fn of(text: &str) -> Self {
        match text.split_once('=') {
            Some((key, value)) => Self {
                key: key.into(),
                value: Some(value.into()),
            },
            None => Self {
                key: text.into(),
                value: None,
            },
        }
    }

    /// Whether these tags are such.
    pub fn admits(&self, tags: &BTreeMap<String, String>) -> bool {
        let told = tags.get(&self.key);
        told.is_some_and(|told| self.value.as_ref().is_none_or(|value| value == told))
    }
}

/// What is listed.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// Ended jobs only when they ended after this, Unix ms.
    pub ended_after_ms: i64,
    /// Also jobs that are not our own.
    pub foreign: bool,
    /// Only these phases; none means all.
    pub phases: Vec<Phase>,
    /// Only jobs with all of these tags.
    pub tags: Vec<TagFilter>,
    /// No more than this.
    pub limit: usize,
}

impl Listed {
    /// What was refused, and heard by its caller, is no job of anybody's.
    fn whose(&self) -> &'static str {
        match self.foreign {
            true => "(own = 1 OR native_id IS NOT NULL)",
            false => "own = 1",
        }
    }
}

/// Jobs, newest first, and how many more there are.
pub(crate) fn listed(
    connection: &Connection,
    context: i64,
    what: &Listed,
) -> Result<(Vec<Job>, u64), StoreError> {
    let whose = what.whose();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT doc FROM job
         WHERE context = ?1 AND (active = 1 OR coalesce(ended_ms, created_ms, 0) >= ?2) AND {whose}
         ORDER BY created_ms / 1000 DESC, json_extract(doc, '$.milestones[0].rev') DESC",
    ))?;
    let mut rows = statement.query(params![context, what.ended_after_ms])?;
    let (mut jobs, mut more, mut turns) = (Vec::new(), 0, Turns::default());
    while let Some(row) = rows.next()? {
        let unfiltered = what.phases.is_empty() && what.tags.is_empty();
        if jobs.len() >= what.limit && unfiltered {
            let all = count_listed(connection, context, what)?;
            return Ok((jobs, all.saturating_sub(what.limit as u64)));
        }
        turns.next();
        let job = parse(&row.get::<_, String>(0)?)?;
        if !what.phases.is_empty() && !what.phases.contains(&job.phase)
            || !what.tags.iter().all(|tag| tag.admits(&job.tags))
        {
            continue;
        }
        match jobs.len() < what.limit {
            true => jobs.push(job),
            false => more += 1,
        }
    }
    Ok((jobs, more))
}

fn count_listed(connection: &Connection, context: i64, what: &Listed) -> Result<u64, StoreError> {
    let whose = what.whose();
    let count: i64 = connection
        .prepare_cached(&format!(
            "SELECT (SELECT count(*) FROM job WHERE context = ?1 AND active = 1 AND {whose})
                  + (SELECT count(*) FROM job WHERE context = ?1 AND active = 0
                       AND coalesce(ended_ms, created_ms, 0) >= ?2 AND {whose})",
        ))?
        .query_row(params![context, what.ended_after_ms], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

pub(crate) fn own_created_since(
    connection: &Connection,
    context: i64,
    since_ms: i64,
) -> Result<u64, StoreError> {
    let count: i64 = connection.query_row(
        "SELECT count(*) FROM job WHERE context = ?1 AND own = 1 AND created_ms >= ?2",
        params![context, since_ms],
        |row| row.get(0),
    )?;
    Ok(count.unsigned_abs())
}

/// Active and known jobs.
pub(crate) fn count(connection: &Connection, context: i64) -> Result<(u32, u32), StoreError> {
    Ok(connection.query_row(
        "SELECT coalesce(sum(active), 0), count(*) FROM job WHERE context = ?1",
        [context],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?)
}

pub(crate) fn prune(
    connection: &Connection,
    ended_before_ms: i64,
    ours_before_ms: i64,
) -> Result<(), StoreError> {
    connection.execute(
        "DELETE FROM job
         WHERE active = 0
           AND coalesce(ended_ms, created_ms, 0) < CASE WHEN native_id IS NULL THEN ?2 ELSE ?1 END
           AND uid NOT IN (SELECT uid FROM intent WHERE state = 'open')",
        [ended_before_ms, ours_before_ms],
    )?;
    Ok(())
}

fn one(connection: &Connection, sql: &str, params: impl Params) -> Result<Option<Job>, StoreError> {
    let doc: Option<String> = connection
        .prepare_cached(sql)?
        .query_row(params, |row| row.get(0))
        .optional()?;
    doc.map(|doc| parse(&doc)).transpose()
}

fn many(connection: &Connection, sql: &str, params: impl Params) -> Result<Vec<Job>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let docs = statement.query_map(params, |row| row.get::<_, String>(0))?;
    docs.map(|doc| parse(&doc?)).collect()
}

fn parse(doc: &str) -> Result<Job, StoreError> {
    serde_json::from_str(doc).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::Row {
        table: "job",
        reason: error.to_string(),
    }
}
