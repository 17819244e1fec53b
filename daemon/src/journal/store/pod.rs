//! Table `pod`: the pods of a job, as its newest full answer listed them.

use rusqlite::{Connection, params};

use super::StoreError;
use crate::model::Pod;

pub(crate) fn replace(connection: &Connection, uid: &str, pods: &[Pod]) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM pod WHERE job_uid = ?1")?
        .execute([uid])?;
    let mut insert = connection
        .prepare_cached("INSERT INTO pod (job_uid, place, pod_uid, doc) VALUES (?1, ?2, ?3, ?4)")?;
    for (place, pod) in pods.iter().enumerate() {
        let doc = serde_json::to_string(pod).map_err(|error| unreadable(&error))?;
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        insert.execute(params![uid, place, pod.pod_uid, doc])?;
    }
    Ok(())
}

pub(crate) fn of(connection: &Connection, uid: &str) -> Result<Vec<Pod>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT doc FROM pod WHERE job_uid = ?1 ORDER BY place")?;
    let docs = statement.query_map([uid], |row| row.get::<_, String>(0))?;
    docs.map(|doc| serde_json::from_str(&doc?).map_err(|error| unreadable(&error)))
        .collect()
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::Row {
        table: "pod",
        reason: error.to_string(),
    }
}
