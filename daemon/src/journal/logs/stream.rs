//! Table `stream`: the logs that were begun, in segments, and how far each was read.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::StoreError;
use crate::model::{LogKey, LogPod, LogStream, Track};

/// Numbers of segments begin here.
const FIRST_SEGMENT: u32 = 1;

const COLUMNS: &str =
    "id, job_uid, pod_id, pod_uid, role, segment, last, dropped, complete, begin_second,
    (SELECT coalesce(max(gap.id), 0) FROM gap WHERE gap.stream = stream.id)";

/// The newest segment of a pod's log, and how far it was read; made where there is none.
pub(super) fn get_or_make(
    connection: &Connection,
    pod: &LogPod,
    anchor: i64,
    now_ms: i64,
) -> Result<(LogStream, Track), StoreError> {
    if let Some(known) = newest(connection, &pod.key)? {
        return Ok(known);
    }
    // It was begun before the backend named the incarnation.
    let key = &pod.key;
    let named = connection.execute(
        "UPDATE stream SET pod_uid = ?3, born_ms = max(born_ms, ?4) WHERE job_uid = ?1 AND pod_id = ?2 AND pod_uid = ''",
        params![key.job_uid, key.pod_id, key.pod_uid, pod.born_ms],
    )?;
    if named == 0 {
        make(connection, pod, FIRST_SEGMENT, anchor, now_ms)?;
    }
    newest(connection, key)?.ok_or(StoreError::Fault("a log that was begun is not there"))
}

/// Begins the next segment of a pod's log.
pub(super) fn next_segment(
    connection: &Connection,
    pod: &LogPod,
    anchor: i64,
    now_ms: i64,
) -> Result<(LogStream, Track), StoreError> {
    let before = newest(connection, &pod.key)?;
    // One that was dropped meanwhile begins anew with its first line.
    let (before, _) = before.ok_or(StoreError::Fault("the log before a segment is gone"))?;
    make(connection, pod, before.segment + 1, anchor, now_ms)?;
    newest(connection, &pod.key)?.ok_or(StoreError::Fault("a log that was begun is not there"))
}

fn make(
    connection: &Connection,
    pod: &LogPod,
    segment: u32,
    anchor: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    let key = &pod.key;
    let mut count = connection.prepare_cached(
        "UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'streams' RETURNING CAST(value AS INTEGER)",
    )?;
    let id: i64 = count.query_row([], |row| row.get(0))?;
    connection.execute(
        "INSERT INTO stream (job_uid, pod_id, pod_uid, segment, role, anchor, begin_second, zone, changed_ms, born_ms, id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, x'', ?7, ?8, ?9)",
        params![key.job_uid, key.pod_id, key.pod_uid, segment, pod.role, anchor, now_ms, pod.born_ms, id],
    )?;
    Ok(())
}

fn newest(connection: &Connection, key: &LogKey) -> Result<Option<(LogStream, Track)>, StoreError> {
    let mut streams = of_job(connection, &key.job_uid)?;
    streams.retain(|stream| stream.key == *key);
    let Some(stream) = streams.pop() else {
        return Ok(None);
    };
    let track = track(connection, stream.id)?;
    Ok(Some((stream, track)))
}

/// How far a log was read.
pub(super) fn track(connection: &Connection, id: i64) -> Result<Track, StoreError> {
    let read = |row: &Row<'_>| {
        Ok(Track {
            anchor: row.get(0)?,
            zone: unpack(&row.get::<_, Vec<u8>>(1)?),
        })
    };
    let mut select = connection.prepare_cached("SELECT anchor, zone FROM stream WHERE id = ?1")?;
    Ok(select.query_row([id], read).optional()?.unwrap_or_default())
}

/// The logs of a job: those of a pod in the order in which they were written, pods in the order in which their first logs
/// were begun.
pub(super) fn of_job(connection: &Connection, job_uid: &str) -> Result<Vec<LogStream>, StoreError> {
    let select = format!(
        "SELECT {COLUMNS} FROM stream WHERE job_uid = ?1
         ORDER BY (SELECT min(pod.id) FROM stream AS pod WHERE pod.job_uid = ?1 AND pod.pod_id = stream.pod_id),
                  (SELECT max(one.born_ms) FROM stream AS one
                   WHERE one.job_uid = ?1 AND one.pod_id = stream.pod_id AND one.pod_uid = stream.pod_uid),
                  (SELECT min(one.id) FROM stream AS one
                            WHERE one.job_uid = ?1 AND one.pod_id = stream.pod_id AND one.pod_uid = stream.pod_uid),
                  segment"
    );
    let mut statement = connection.prepare_cached(&select)?;
    let streams = statement.query_map([job_uid], stream)?;
    let mut streams = streams.collect::<Result<Vec<_>, _>>()?;
    count_attempts(&mut streams);
    Ok(streams)
}

fn count_attempts(streams: &mut [LogStream]) {
    let mut newest: HashMap<String, (String, u32)> = HashMap::new();
    for stream in streams {
        let (pod_uid, attempt) = newest.entry(stream.key.pod_id.clone()).or_default();
        if *attempt == 0 || *pod_uid != stream.key.pod_uid {
            pod_uid.clone_from(&stream.key.pod_uid);
            *attempt += 1;
        }
        stream.attempt = *attempt;
    }
}

/// Whether lines came before the one behind this number that are not in this segment, or not any more.
pub(super) fn is_cut(connection: &Connection, id: i64, number: u64) -> Result<bool, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT (segment > ?2 OR dropped > 0) AND dropped >= ?3 FROM stream WHERE id = ?1",
    )?;
    let is_cut = select.query_row(params![id, FIRST_SEGMENT, super::sql(number)], |row| {
        row.get(0)
    });
    Ok(is_cut.optional()?.unwrap_or(false))
}

/// The jobs of which lines are stored, the one that was read last first.
pub(super) fn jobs(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT job_uid FROM stream GROUP BY job_uid ORDER BY max(changed_ms) DESC, job_uid",
    )?;
    let jobs = statement.query_map([], |row| row.get(0))?;
    Ok(jobs.collect::<Result<_, _>>()?)
}

/// Notes how far a log was read; `new` lines came with it.
pub(super) fn put_track(
    connection: &Connection,
    id: i64,
    track: &Track,
    now_ms: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE stream SET anchor = ?2, zone = ?3, changed_ms = ?4 WHERE id = ?1")?
        .execute(params![id, track.anchor, pack(&track.zone), now_ms])?;
    Ok(())
}

/// Marks a log as read to its end.
pub(super) fn complete(connection: &Connection, id: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE stream SET complete = 1, zone = CASE WHEN EXISTS
               (SELECT 1 FROM stream AS next WHERE next.job_uid = stream.job_uid AND next.pod_id = stream.pod_id
                AND next.pod_uid = stream.pod_uid AND next.segment > stream.segment)
             THEN x'' ELSE zone END
             WHERE id = ?1",
        )?
        .execute([id])?;
    Ok(())
}

/// A log that was read to its end goes on where it was read to.
pub(super) fn reopen(connection: &Connection, id: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE stream SET complete = 0 WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// Drops the logs of a job; the bytes that they took. That they were read to their ends stays noted: they are not fetched again by
/// themselves.
pub(super) fn drop_job(connection: &Connection, job_uid: &str) -> Result<u64, StoreError> {
    let bytes = bytes_of(connection, job_uid)?;
    connection.execute("DELETE FROM stream WHERE job_uid = ?1", [job_uid])?;
    Ok(bytes)
}

/// What the logs of a job take.
pub(super) fn bytes_of(connection: &Connection, job_uid: &str) -> Result<u64, StoreError> {
    let mut sum = connection.prepare_cached(
        "SELECT coalesce(sum(packed_bytes + tail_bytes), 0) FROM stream WHERE job_uid = ?1",
    )?;
    Ok(sum
        .query_row([job_uid], |row| row.get::<_, i64>(0))?
        .unsigned_abs())
}

/// What a job's logs take, and when one of them was last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) job_uid: String,
    pub(super) bytes: u64,
    pub(super) changed_ms: i64,
    /// Somebody asked to keep it.
    pub(super) keep: bool,
}

/// All jobs of which logs are stored, the one that was not read for longest first.
pub(super) fn held(connection: &Connection) -> Result<Vec<Held>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT job_uid, sum(packed_bytes + tail_bytes), max(changed_ms),
           EXISTS (SELECT 1 FROM job WHERE job.job_uid = stream.job_uid AND keep)
         FROM stream GROUP BY job_uid ORDER BY max(changed_ms), job_uid",
    )?;
    let held = statement.query_map([], |row| {
        Ok(Held {
            job_uid: row.get(0)?,
            bytes: row.get::<_, i64>(1)?.unsigned_abs(),
            changed_ms: row.get(2)?,
            keep: row.get(3)?,
        })
    })?;
    Ok(held.collect::<Result<_, _>>()?)
}

fn stream(row: &Row<'_>) -> rusqlite::Result<LogStream> {
    Ok(LogStream {
        id: row.get(0)?,
        key: LogKey {
            job_uid: row.get(1)?,
            pod_id: row.get(2)?,
            pod_uid: row.get(3)?,
        },
        role: row.get(4)?,
        segment: row.get(5)?,
        attempt: 0,
        last: row.get::<_, i64>(6)?.unsigned_abs(),
        dropped: row.get::<_, i64>(7)?.unsigned_abs(),
        complete: row.get(8)?,
        begin: row.get(9)?,
        gap: row.get::<_, i64>(10)?.unsigned_abs(),
    })
}

fn pack(zone: &[u64]) -> Vec<u8> {
    zone.iter().flat_map(|print| print.to_le_bytes()).collect()
}

fn unpack(bytes: &[u8]) -> Vec<u64> {
    let (whole, _) = bytes.as_chunks::<8>();
    whole
        .iter()
        .map(|bytes| u64::from_le_bytes(*bytes))
        .collect()
}
