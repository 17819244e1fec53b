//! Table `gap`: where lines may be missing.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::{LogStore, StoreError, sql};
use crate::model::LogGap;

const BROKEN: &str = "the stored lines cannot be read: the file is damaged";

impl LogStore {
    /// How many gaps the logs of a job have, by id and uid of the pod.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn gaps(&self, job_uid: &str) -> Result<HashMap<(String, String), u64>, StoreError> {
        let job_uid = job_uid.to_owned();
        self.read(move |connection| count(connection, &job_uid))
            .await
    }
}

fn count(view: &Connection, job_uid: &str) -> Result<HashMap<(String, String), u64>, StoreError> {
    let mut statement = view.prepare_cached(
        "SELECT pod_id, pod_uid, count(*) FROM gap JOIN stream ON stream.id = gap.stream
         WHERE job_uid = ?1 GROUP BY pod_id, pod_uid",
    )?;
    let counts = statement.query_map([job_uid], |row| {
        let count = row.get::<_, i64>(2)?.unsigned_abs();
        Ok(((row.get(0)?, row.get(1)?), count))
    })?;
    Ok(counts.collect::<Result<_, _>>()?)
}

/// A gap behind line `after`.
pub(super) fn put(
    tx: &Connection,
    stream: i64,
    after: u64,
    from_second: i64,
    to_second: i64,
    reason: &str,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO gap (stream, after, from_second, to_second, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![stream, sql(after), from_second, to_second, reason])?;
    Ok(())
}

/// Gaps with an id above `seen` that lie at or before line `end`.
pub(super) fn up_to(
    view: &Connection,
    stream: i64,
    seen: u64,
    end: u64,
) -> Result<Vec<LogGap>, StoreError> {
    let mut statement = view.prepare_cached(
        "SELECT id, after, from_second, to_second, reason FROM gap
         WHERE stream = ?1 AND id > ?2 AND after <= ?3 ORDER BY id",
    )?;
    let gaps = statement.query_map(params![stream, sql(seen), sql(end)], |row| {
        Ok(LogGap {
            id: row.get::<_, i64>(0)?.unsigned_abs(),
            after: row.get::<_, i64>(1)?.unsigned_abs(),
            from_second: row.get(2)?,
            to_second: row.get(3)?,
            reason: row.get(4)?,
        })
    })?;
    Ok(gaps.collect::<Result<_, _>>()?)
}

/// The lines of a chunk up to this number cannot be read. It is in no table, and so it has no number of its own.
pub(super) fn broken(last: u64, seen: u64) -> LogGap {
    LogGap {
        id: seen,
        after: last,
        from_second: 0,
        to_second: 0,
        reason: BROKEN.into(),
    }
}
