//! Table `context`: the settings files that were ever served, and the places they named.

use rusqlite::{Connection, params};

use super::StoreError;

pub(crate) fn get_or_make(
    connection: &Connection,
    settings_path: &str,
    place: &str,
    now_ms: i64,
) -> Result<i64, StoreError> {
    connection.execute(
        "INSERT INTO context (settings_path, place, created_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT DO NOTHING",
        params![settings_path, place, now_ms],
    )?;
    Ok(connection.query_row(
        "SELECT id FROM context WHERE settings_path = ?1 AND place = ?2",
        [settings_path, place],
        |row| row.get(0),
    )?)
}
