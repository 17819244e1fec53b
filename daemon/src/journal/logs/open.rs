//! Opens `logs.db`, and drops one that cannot be used.

use std::{
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use rand::RngExt as _;
use rusqlite::{Connection, OptionalExtension as _};

use super::StoreError;

/// Grows with each change of the schema: there are no migrations, the cloud has the lines.
const VERSION: i64 = 1;
/// "PAIl".
const APPLICATION_ID: i64 = 0x5041_496c;
/// Logs that nobody has read anew for so long are dropped when the daemon starts.
const KEEP_MS: i64 = 30 * 86_400_000;

/// The file's place below the state folder.
pub(super) fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("logs.db")
}

/// Opens it for writing, with its id.
pub(super) fn open(state_dir: &Path, now_ms: i64) -> Result<(Connection, String), StoreError> {
    let path = path(state_dir);
    match try_open(&path, now_ms) {
        Ok(opened) => Ok(opened),
        Err(error) if !is_useless(&error) => Err(error),
        Err(error) => {
            tracing::warn!(%error, file = %path.display(), "stored logs are dropped; they are read from the cloud again");
            remove(&path)?;
            try_open(&path, now_ms)
        }
    }
}

/// Whether the file can never be used, by this program or at all: not when it is locked, or the disk is full.
fn is_useless(error: &StoreError) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match error {
        StoreError::TooNew { .. } => true,
        StoreError::Sqlite(error) => matches!(
            error.sqlite_error_code(),
            Some(DatabaseCorrupt | NotADatabase)
        ),
        _ => false,
    }
}

fn try_open(path: &Path, now_ms: i64) -> Result<(Connection, String), StoreError> {
    // Made by us first, so that it is the owner's alone from the start.
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tx = connection.transaction()?;
    match version {
        VERSION => {}
        0 => {
            tx.execute_batch(include_str!("schema.sql"))?;
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            tx.pragma_update(None, "user_version", VERSION)?;
        }
        found => {
            return Err(StoreError::TooNew {
                path: path.into(),
                found,
                known: VERSION,
            });
        }
    }
    tx.execute(
        "DELETE FROM stream WHERE changed_ms < ?1",
        [now_ms.saturating_sub(KEEP_MS)],
    )?;
    let known: Option<String> = tx
        .query_row("SELECT value FROM meta WHERE key = 'id'", [], |row| {
            row.get(0)
        })
        .optional()?;
    let id = match known {
        Some(id) => id,
        None => {
            let id = hex::encode(rand::rng().random::<[u8; 8]>());
            tx.execute("INSERT INTO meta (key, value) VALUES ('id', ?1)", [&id])?;
            id
        }
    };
    tx.commit()?;
    Ok((connection, id))
}

fn remove(path: &Path) -> io::Result<()> {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match std::fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
