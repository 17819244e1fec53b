//! Opens `logs.db`, and moves one aside that cannot be used.

use std::{
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use rand::RngExt as _;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    StoreError, block,
    broken::{Broken, is_broken},
};
use crate::journal::store::migrate::migrate;

const STEPS: &[&str] = &[include_str!("schema/1.sql"), include_str!("schema/2.sql")];
/// Bytes of the write-ahead log that stay on the disk.
const WAL_LEFT: i64 = 16 << 20;
/// "PAIl".
const APPLICATION_ID: i64 = 0x5041_496c;

/// The file's place below the state folder.
pub(super) fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("logs.db")
}

/// Opens it for writing, with its id. One that cannot be used, because it is broken or of a newer version, is moved aside in
/// place of an earlier such one: the cloud may still have the lines.
pub(super) fn open(state_dir: &Path) -> Result<(Connection, String), StoreError> {
    let path = path(state_dir);
    let aside = state_dir.join("logs.db.unusable");
    if Broken::beside(&path).take() {
        tracing::warn!(moved_to = %aside.display(), "the stored logs were found to be broken");
        move_aside(&path, &aside)?;
    }
    match try_open(&path) {
        Err(error) if is_useless(&error) => {
            tracing::warn!(%error, moved_to = %aside.display(), "the stored logs cannot be used");
            move_aside(&path, &aside)?;
            try_open(&path)
        }
        opened => opened,
    }
}

/// Whether the file can never be used, by this program or at all: not when it is locked, or the disk is full.
fn is_useless(error: &StoreError) -> bool {
    matches!(error, StoreError::TooNew { .. }) || is_broken(error)
}

fn try_open(path: &Path) -> Result<(Connection, String), StoreError> {
    // Made by us first, so that it is the owner's alone from the start.
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // Takes effect where the file is new.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "journal_size_limit", WAL_LEFT)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    if migrate(&mut connection, path, STEPS)? == 1 {
        note_seconds(&mut connection)?;
        // Files of the first version cannot shrink otherwise.
        if let Err(error) = connection.execute_batch("VACUUM") {
            tracing::warn!(%error, "the file of stored logs keeps its size");
        }
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    let tx = connection.transaction()?;
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

/// Notes the seconds of the lines of each chunk, which files of the first version have in the chunks only.
fn note_seconds(connection: &mut Connection) -> Result<(), StoreError> {
    let tx = connection.transaction()?;
    let chunks: Vec<(i64, i64)> = {
        let mut chunks = tx.prepare("SELECT stream, first FROM chunk WHERE to_second IS NULL")?;
        let keys = chunks.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        keys.collect::<Result<_, _>>()?
    };
    for (stream, first) in chunks {
        let lines: Vec<u8> = tx.query_row(
            "SELECT lines FROM chunk WHERE stream = ?1 AND first = ?2",
            [stream, first],
            |row| row.get(0),
        )?;
        // One that cannot be read is told of where it is read.
        let Ok(block) = block::unpack(first.unsigned_abs(), &lines) else {
            continue;
        };
        let seconds = || (0..block.len()).filter_map(|place| block.second(place));
        tx.execute(
            "UPDATE chunk SET from_second = ?3, to_second = ?4 WHERE stream = ?1 AND first = ?2",
            params![stream, first, seconds().min(), seconds().max()],
        )?;
    }
    Ok(tx.commit()?)
}

fn move_aside(path: &Path, aside: &Path) -> io::Result<()> {
    for end in ["", "-wal", "-shm"] {
        let named = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        match std::fs::rename(named(path), named(aside)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // What lies there belongs to an earlier one.
                match std::fs::remove_file(named(aside)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            moved => moved?,
        }
    }
    Ok(())
}
