//! Table `context`: the settings files that were ever served, and the places they named.

use rusqlite::{Connection, params};

use super::StoreError;

pub(crate) fn of_place(connection: &Connection, place: &str) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id FROM context WHERE place = ?1")?;
    let ids = statement.query_map([place], |row| row.get(0))?;
    ids.map(|id| Ok(id?)).collect()
}

/// The settings files that named this place, with their numbers.
pub(crate) fn files_of_place(
    connection: &Connection,
    place: &str,
) -> Result<Vec<(i64, String)>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT id, settings_path FROM context WHERE place = ?1 ORDER BY id")?;
    let files = statement.query_map([place], |row| Ok((row.get(0)?, row.get(1)?)))?;
    files.map(|file| Ok(file?)).collect()
}

/// The settings file has another name now.
pub(crate) fn rename(
    connection: &Connection,
    id: i64,
    settings_path: &str,
) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE context SET settings_path = ?2 WHERE id = ?1",
        params![id, settings_path],
    )?;
    Ok(())
}

pub(crate) fn all(connection: &Connection) -> Result<Vec<(i64, String)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, place FROM context ORDER BY id")?;
    let contexts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    contexts.map(|context| Ok(context?)).collect()
}

/// Files of contexts with something left to do; true where submits are open or held.
pub(crate) fn with_work(connection: &Connection) -> Result<Vec<(String, bool)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT settings_path, max(submits) FROM (
             SELECT settings_path,
                    EXISTS (SELECT 1 FROM intent WHERE context = context.id
                              AND state IN ('open', 'held')) AS submits,
                    EXISTS (SELECT 1 FROM job WHERE context = context.id AND active = 1) AS jobs
             FROM context)
         WHERE submits OR jobs GROUP BY settings_path ORDER BY settings_path",
    )?;
    let files = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    files.map(|file| Ok(file?)).collect()
}

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
