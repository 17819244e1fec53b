//! Opens the store: checks, migrations, and what to do with a broken one.

use std::{
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use rand::RngExt as _;
use rusqlite::{Connection, ErrorCode, OptionalExtension};

use super::{StoreError, event, intent, migrate};
use crate::sys::fs::network_kind;

/// Says in the file's header whose it is: "PAId".
const APPLICATION_ID: i64 = 0x5041_4964;

/// What was found.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Identifies this store in cursors.
    pub store_id: String,
    /// Newest revision.
    pub rev: u64,
    /// Newest request number.
    pub seq: u64,
    /// A corrupt store was found and lies here now.
    pub moved_aside: Option<PathBuf>,
    /// Intents that were saved from it.
    pub salvaged: usize,
}

/// The database's place below the state folder.
pub(crate) fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("pai.db")
}

/// Opens the store for writing, and makes it where there is none.
pub(crate) fn open(state_dir: &Path, now_ms: i64) -> Result<(Connection, Opened), StoreError> {
    if let Some(kind) = network_kind(state_dir) {
        return Err(StoreError::Network {
            path: state_dir.into(),
            kind,
        });
    }
    let path = path(state_dir);
    match open_sound(&path) {
        Ok(connection) => describe(connection, None, 0),
        Err(StoreError::Sqlite(error)) if is_corrupt(&error) => {
            let aside = state_dir.join(format!("pai.db.corrupt-{now_ms}"));
            move_aside(&path, &aside)?;
            let connection = open_sound(&path)?;
            let salvaged = intent::salvage(&connection, &aside);
            describe(connection, Some(aside), salvaged)
        }
        Err(error) => Err(error),
    }
}

/// Settings of a connection that only reads.
pub(crate) fn configure_reader(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(())
}

fn open_sound(path: &Path) -> Result<Connection, StoreError> {
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
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    let verdict: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if verdict != "ok" {
        return Err(corrupt(&verdict).into());
    }
    migrate::migrate(&mut connection, path, migrate::STEPS)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    Ok(connection)
}

fn describe(
    connection: Connection,
    moved_aside: Option<PathBuf>,
    salvaged: usize,
) -> Result<(Connection, Opened), StoreError> {
    let known: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE key = 'store_id'", [], |row| {
            row.get(0)
        })
        .optional()?;
    let store_id = match known {
        Some(id) => id,
        None => {
            let id = hex::encode(rand::rng().random::<[u8; 8]>());
            connection.execute(
                "INSERT INTO meta (key, value) VALUES ('store_id', ?1)",
                [&id],
            )?;
            id
        }
    };
    let seq: i64 = connection.query_row(
        "SELECT coalesce(max(observed_seq), 0) FROM job",
        [],
        |row| row.get(0),
    )?;
    let opened = Opened {
        store_id,
        rev: event::newest(&connection)?,
        seq: seq.unsigned_abs(),
        moved_aside,
        salvaged,
    };
    Ok((connection, opened))
}

fn is_corrupt(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

fn corrupt(verdict: &str) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error {
            code: ErrorCode::DatabaseCorrupt,
            extended_code: 11,
        },
        Some(verdict.to_owned()),
    )
}

fn move_aside(path: &Path, aside: &Path) -> io::Result<()> {
    std::fs::rename(path, aside)?;
    for end in ["-wal", "-shm"] {
        let (from, to) = (with_end(path, end), with_end(aside, end));
        if from.exists() {
            std::fs::rename(from, to)?;
        }
    }
    Ok(())
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
