//! Schema versions, one step each, kept in `user_version`. A step that was released is never edited.

use std::path::Path;

use rusqlite::Connection;

use super::StoreError;

/// Of `pai.db`.
pub(crate) const STEPS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
];

/// Brings a database to the newest version of this program, in one transaction; the version that was found.
pub(crate) fn migrate(
    connection: &mut Connection,
    path: &Path,
    steps: &[&str],
) -> Result<i64, StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    let newest = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if done > steps.len() {
        return Err(StoreError::TooNew {
            path: path.into(),
            found,
            known: newest,
        });
    }
    let transaction = connection.transaction()?;
    for step in &steps[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", newest)?;
    transaction.commit()?;
    Ok(found)
}
