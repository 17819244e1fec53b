//! Table `stream`: the logs that were begun, and how far each was read.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::StoreError;
use crate::model::{LogKey, LogStream, Track};

/// Numbers begin here; earlier lines that are fetched later are an earlier segment.
const FIRST_SEGMENT: u32 = 1;

const COLUMNS: &str = "id, job_uid, pod_id, pod_uid, role, segment, last, complete,
    (SELECT coalesce(max(gap.id), 0) FROM gap WHERE gap.stream = stream.id)";

pub(super) fn get_or_make(
    connection: &Connection,
    key: &LogKey,
    role: &str,
    anchor: i64,
    now_ms: i64,
) -> Result<(LogStream, Track), StoreError> {
    let which = params![key.job_uid, key.pod_id, key.pod_uid, FIRST_SEGMENT];
    let select = format!(
        "SELECT {COLUMNS}, anchor, zone FROM stream
         WHERE job_uid = ?1 AND pod_id = ?2 AND pod_uid = ?3 AND segment = ?4"
    );
    let read = |row: &Row<'_>| {
        let track = Track {
            anchor: row.get(9)?,
            zone: unpack(&row.get::<_, Vec<u8>>(10)?),
        };
        Ok((stream(row)?, track))
    };
    let mut statement = connection.prepare_cached(&select)?;
    if let Some(known) = statement.query_row(which, read).optional()? {
        return Ok(known);
    }
    // It was begun before the backend named the incarnation.
    let named = connection.execute(
        "UPDATE stream SET pod_uid = ?3 WHERE job_uid = ?1 AND pod_id = ?2 AND pod_uid = '' AND segment = ?4",
        which,
    )?;
    if named > 0 {
        return Ok(statement.query_row(which, read)?);
    }
    connection.execute(
        "INSERT INTO stream (job_uid, pod_id, pod_uid, segment, role, anchor, zone, changed_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, x'', ?7)",
        params![
            key.job_uid,
            key.pod_id,
            key.pod_uid,
            FIRST_SEGMENT,
            role,
            anchor,
            now_ms
        ],
    )?;
    Ok(statement.query_row(which, read)?)
}

pub(super) fn of_job(connection: &Connection, job_uid: &str) -> Result<Vec<LogStream>, StoreError> {
    let select = format!("SELECT {COLUMNS} FROM stream WHERE job_uid = ?1 ORDER BY id");
    let mut statement = connection.prepare_cached(&select)?;
    let streams = statement.query_map([job_uid], stream)?;
    Ok(streams.collect::<Result<_, _>>()?)
}

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

pub(super) fn complete(connection: &Connection, id: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE stream SET complete = 1, zone = x'' WHERE id = ?1")?
        .execute([id])?;
    Ok(())
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
        last: row.get::<_, i64>(6)?.unsigned_abs(),
        complete: row.get(7)?,
        gap: row.get::<_, i64>(8)?.unsigned_abs(),
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
