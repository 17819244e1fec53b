//! Table `context`: the settings files that were ever served.

use rusqlite::{Connection, params};

use super::StoreError;

pub(crate) fn get_or_make(
    connection: &Connection,
    settings_path: &str,
    now_ms: i64,
) -> Result<i64, StoreError> {
    connection.execute(
        "INSERT INTO context (settings_path, created_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![settings_path, now_ms],
    )?;
    Ok(connection.query_row(
        "SELECT id FROM context WHERE settings_path = ?1",
        [settings_path],
        |row| row.get(0),
    )?)
}
