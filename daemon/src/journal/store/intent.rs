//! Table `intent`: what was meant to be submitted, and what became of it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};

use super::StoreError;

/// Whether the outcome is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentState {
    /// Being sent, or the answer was lost.
    Open,
    /// The backend has the job.
    Confirmed,
    /// The backend does not have it and will not get it from us.
    Dropped,
}

impl IntentState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Dropped => "dropped",
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "confirmed" => Self::Confirmed,
            "dropped" => Self::Dropped,
            _ => Self::Open,
        }
    }
}

/// One submit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The job's uid.
    pub uid: String,
    /// Whose it is.
    pub context: i64,
    /// Unique display name.
    pub name: String,
    /// The client's nonce.
    pub nonce: Option<String>,
    /// Profile that the request was made from.
    pub profile: String,
    /// Wire body as JSON with references in place of secrets.
    pub request: String,
    /// False when a secret was given with the call and is not stored: it may be looked up, never sent again.
    pub resendable: bool,
    /// Whether the outcome is known.
    pub state: IntentState,
    /// How often the request was (or may have been) sent.
    pub sends: u32,
    /// Looks by name since the last send that were answered and found nothing.
    pub empty_looks: u32,
    /// To be stopped as soon as it is found, and not to be sent again.
    pub stop_wanted: bool,
    /// The backend's id.
    pub native_id: Option<String>,
    /// When it was made, Unix ms.
    pub created_ms: i64,
    /// When the request was last about to be sent, Unix ms.
    pub last_sent_ms: i64,
}

const COLUMNS: &str = "uid, context, name, nonce, profile, request, resendable, state, sends,
    empty_looks, stop_wanted, native_id, created_ms, last_sent_ms";

pub(crate) fn insert(connection: &Connection, intent: &Intent) -> Result<(), StoreError> {
    connection
        .prepare_cached(&format!(
            "INSERT INTO intent ({COLUMNS})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        ))?
        .execute(params![
            intent.uid,
            intent.context,
            intent.name,
            intent.nonce,
            intent.profile,
            intent.request,
            intent.resendable,
            intent.state.as_str(),
            intent.sends,
            intent.empty_looks,
            intent.stop_wanted,
            intent.native_id,
            intent.created_ms,
            intent.last_sent_ms,
        ])?;
    Ok(())
}

pub(crate) fn update(connection: &Connection, intent: &Intent) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE intent SET state = ?2, sends = ?3, empty_looks = ?4, stop_wanted = ?5,
                 native_id = ?6, last_sent_ms = ?7 WHERE uid = ?1",
        )?
        .execute(params![
            intent.uid,
            intent.state.as_str(),
            intent.sends,
            intent.empty_looks,
            intent.stop_wanted,
            intent.native_id,
            intent.last_sent_ms,
        ])?;
    Ok(())
}

pub(crate) fn by_uid(connection: &Connection, uid: &str) -> Result<Option<Intent>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM intent WHERE uid = ?1"))?
        .query_row([uid], from_row)
        .optional()?)
}

pub(crate) fn by_nonce(
    connection: &Connection,
    context: i64,
    nonce: &str,
) -> Result<Option<Intent>, StoreError> {
    Ok(connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM intent WHERE context = ?1 AND nonce = ?2"
        ))?
        .query_row(params![context, nonce], from_row)
        .optional()?)
}

pub(crate) fn open(connection: &Connection, context: i64) -> Result<Vec<Intent>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM intent WHERE context = ?1 AND state = 'open' ORDER BY created_ms, uid"
    ))?;
    let intents = statement.query_map([context], from_row)?;
    intents.map(|intent| Ok(intent?)).collect()
}

/// Settled intents are of no use any more once their job is old.
pub(crate) fn prune(connection: &Connection, made_before_ms: i64) -> Result<(), StoreError> {
    connection.execute(
        "DELETE FROM intent WHERE state <> 'open' AND created_ms < ?1",
        [made_before_ms],
    )?;
    Ok(())
}

/// Copies what can still be read of the intents (and the contexts they belong to) out of a corrupt database, row by
/// row. Returns how many.
pub(crate) fn salvage(into: &Connection, from: &Path) -> usize {
    let Ok(old) = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY) else {
        return 0;
    };
    salvage_contexts(&old, into);
    let Ok(mut statement) = old.prepare(&format!("SELECT {COLUMNS} FROM intent")) else {
        return 0;
    };
    let Ok(mut rows) = statement.query([]) else {
        return 0;
    };
    let mut saved = 0;
    // A row that cannot be read ends the walk: what SQLite gives after corruption is not to be trusted.
    while let Ok(Some(row)) = rows.next() {
        if from_row(row).is_ok_and(|intent| insert(into, &intent).is_ok()) {
            saved += 1;
        }
    }
    saved
}

fn salvage_contexts(old: &Connection, into: &Connection) {
    let Ok(mut statement) = old.prepare("SELECT id, settings_path, place, created_ms FROM context")
    else {
        return;
    };
    let Ok(mut rows) = statement.query([]) else {
        return;
    };
    while let Ok(Some(row)) = rows.next() {
        let row = row.get::<_, i64>(0).and_then(|id| {
            Ok((
                id,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, i64>(3)?,
            ))
        });
        if let Ok((id, path, place, created)) = row {
            // One that is not saved is made anew when its settings are served.
            let _skipped = into.execute(
                "INSERT OR IGNORE INTO context (id, settings_path, place, created_ms)
                 VALUES (?1, ?2, ?3, ?4)",
                params![id, path, place, created],
            );
        }
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Intent> {
    Ok(Intent {
        uid: row.get(0)?,
        context: row.get(1)?,
        name: row.get(2)?,
        nonce: row.get(3)?,
        profile: row.get(4)?,
        request: row.get(5)?,
        resendable: row.get(6)?,
        state: IntentState::parse(&row.get::<_, String>(7)?),
        sends: row.get(8)?,
        empty_looks: row.get(9)?,
        stop_wanted: row.get(10)?,
        native_id: row.get(11)?,
        created_ms: row.get(12)?,
        last_sent_ms: row.get(13)?,
    })
}
