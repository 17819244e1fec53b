//! Table `event`: the one counter.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use crate::model::{Event, EventDraft};

pub(crate) fn append(
    connection: &Connection,
    context: i64,
    job_uid: Option<&str>,
    now_ms: i64,
    what: &EventDraft,
) -> Result<u64, StoreError> {
    let doc = serde_json::to_string(what).map_err(|error| unreadable(&error))?;
    connection
        .prepare_cached(
            "INSERT INTO event (context, job_uid, observed_ms, doc) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![context, job_uid, now_ms, doc])?;
    Ok(connection.last_insert_rowid().unsigned_abs())
}

/// The newest revision ever given, also when its row was pruned.
pub(crate) fn newest(connection: &Connection) -> Result<u64, StoreError> {
    let rev: Option<i64> = connection
        .query_row(
            "SELECT seq FROM sqlite_sequence WHERE name = 'event'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    Ok(rev.unwrap_or(0).unsigned_abs())
}

pub(crate) fn oldest(connection: &Connection) -> Result<Option<u64>, StoreError> {
    let rev: Option<i64> =
        connection.query_row("SELECT min(rev) FROM event", [], |row| row.get(0))?;
    Ok(rev.map(i64::unsigned_abs))
}

/// What the newest event of the context as a whole says.
pub(crate) fn newest_of_scope(
    connection: &Connection,
    context: i64,
) -> Result<Option<EventDraft>, StoreError> {
    let doc: Option<String> = connection
        .query_row(
            "SELECT doc FROM event WHERE context = ?1 AND job_uid IS NULL ORDER BY rev DESC LIMIT 1",
            [context],
            |row| row.get(0),
        )
        .optional()?;
    doc.map(|doc| serde_json::from_str(&doc).map_err(|error| unreadable(&error)))
        .transpose()
}

/// When the newest event of the context was observed, Unix ms.
pub(crate) fn newest_observation(
    connection: &Connection,
    context: i64,
) -> Result<Option<i64>, StoreError> {
    let observed = connection
        .query_row(
            "SELECT observed_ms FROM event WHERE context = ?1 ORDER BY rev DESC LIMIT 1",
            [context],
            |row| row.get(0),
        )
        .optional()?;
    Ok(observed)
}

pub(crate) fn after(
    connection: &Connection,
    context: i64,
    rev: u64,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT rev, job_uid, observed_ms, doc FROM event
         WHERE rev > ?1 AND context = ?2 ORDER BY rev LIMIT ?3",
    )?;
    let after = i64::try_from(rev).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![after, context, limit])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let rev: i64 = row.get(0)?;
        let doc: String = row.get(3)?;
        events.push(Event {
            rev: rev.unsigned_abs(),
            context,
            job_uid: row.get(1)?,
            observed_ms: row.get(2)?,
            what: serde_json::from_str(&doc).map_err(|error| unreadable(&error))?,
        });
    }
    Ok(events)
}

pub(crate) fn prune(connection: &Connection, before_ms: i64) -> Result<(), StoreError> {
    // Always a beginning of the table: a wall clock that was set back must not leave a hole behind a cursor.
    connection.execute(
        "DELETE FROM event WHERE rev < coalesce(
             (SELECT min(rev) FROM event WHERE observed_ms >= ?1), 9223372036854775807)",
        [before_ms],
    )?;
    Ok(())
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::Row {
        table: "event",
        reason: error.to_string(),
    }
}
