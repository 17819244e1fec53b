//! Table `intent`: what was meant to be submitted, and what became of it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};

use super::StoreError;

/// Whether the outcome is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentState {
    /// Waits for room; nothing was sent.
    Held,
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
            Self::Held => "held",
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Dropped => "dropped",
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "held" => Self::Held,
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
    /// When the request was last about to be sent, or its answer was lost, Unix ms: at the latest, as far as that is known.
    pub last_sent_ms: i64,
    /// The client's key: two submits with the same one are one.
    pub key: Option<String>,
    /// Of what was asked for: equal submits have the same. Empty when it is not to be found by it any more.
    pub print: String,
    /// 1 lowest to 9 highest: who waits for room goes first.
    pub priority: u8,
    /// Revision under which it was first told: its age among those who wait.
    pub place: u64,
    /// `person` or `tool`.
    pub client_kind: String,
    /// Program and version.
    pub client: String,
}

const COLUMNS: &str = "uid, context, name, nonce, profile, request, resendable, state, sends,
    empty_looks, stop_wanted, native_id, created_ms, last_sent_ms, idem_key, print, priority, place,
    client_kind, client";
/// The same of a store before version 3.
const COLUMNS_2: &str = "uid, context, name, nonce, profile, request, resendable, state, sends,
    empty_looks, stop_wanted, native_id, created_ms, last_sent_ms, NULL, '', 1, 0, '', ''";

pub(crate) fn insert(connection: &Connection, intent: &Intent) -> Result<(), StoreError> {
    connection
        .prepare_cached(&format!(
            "INSERT INTO intent ({COLUMNS})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
                     ?19, ?20)"
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
            intent.key,
            intent.print,
            intent.priority,
            i64::try_from(intent.place).unwrap_or(i64::MAX),
            intent.client_kind,
            intent.client,
        ])?;
    Ok(())
}

pub(crate) fn update(connection: &Connection, intent: &Intent) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE intent SET state = ?2, sends = ?3, empty_looks = ?4, stop_wanted = ?5,
                 native_id = ?6, last_sent_ms = ?7, idem_key = ?8, print = ?9 WHERE uid = ?1",
        )?
        .execute(params![
            intent.uid,
            intent.state.as_str(),
            intent.sends,
            intent.empty_looks,
            intent.stop_wanted,
            intent.native_id,
            intent.last_sent_ms,
            intent.key,
            intent.print,
        ])?;
    Ok(())
}

pub(crate) fn by_uid(connection: &Connection, uid: &str) -> Result<Option<Intent>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM intent WHERE uid = ?1"))?
        .query_row([uid], from_row)
        .optional()?)
}

/// The submit of this call, whichever settings file it meant.
pub(crate) fn by_nonce(connection: &Connection, nonce: &str) -> Result<Option<Intent>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM intent WHERE nonce = ?1"))?
        .query_row([nonce], from_row)
        .optional()?)
}

/// The submit that a client named so, by whichever settings file of this context's place.
pub(crate) fn by_key(
    connection: &Connection,
    context: i64,
    key: &str,
) -> Result<Option<Intent>, StoreError> {
    Ok(connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM intent WHERE idem_key = ?2 AND context IN (
                 SELECT id FROM context WHERE place = (SELECT place FROM context WHERE id = ?1))
             ORDER BY context = ?1 DESC LIMIT 1"
        ))?
        .query_row(params![context, key], from_row)
        .optional()?)
}

/// The submit of this name, by whichever settings file: names are drawn at random.
pub(crate) fn by_name(connection: &Connection, name: &str) -> Result<Option<Intent>, StoreError> {
    Ok(connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM intent WHERE name = ?1 LIMIT 1"
        ))?
        .query_row([name], from_row)
        .optional()?)
}

/// Uid of the submit that became this job.
pub(crate) fn uid_by_native(
    connection: &Connection,
    context: i64,
    native_id: &str,
) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT uid FROM intent WHERE context = ?1 AND native_id = ?2 LIMIT 1")?
        .query_row(params![context, native_id], |row| row.get(0))
        .optional()?)
}

/// Uids of submits that are open or held.
pub(crate) fn waiting(connection: &Connection, context: i64) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT uid FROM intent WHERE context = ?1 AND state IN ('open', 'held') ORDER BY place",
    )?;
    let uids = statement.query_map([context], |row| row.get(0))?;
    uids.map(|uid| Ok(uid?)).collect()
}

/// How many are held, and how many are open, of this settings file at other places.
pub(crate) fn waiting_elsewhere(
    connection: &Connection,
    context: i64,
) -> Result<(u32, u32), StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT coalesce(sum(state = 'held'), 0), coalesce(sum(state = 'open'), 0) FROM intent
             WHERE state IN ('open', 'held') AND context IN (
                 SELECT id FROM context WHERE id != ?1
                   AND settings_path = (SELECT settings_path FROM context WHERE id = ?1))",
        )?
        .query_row([context], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// How many are held, and how many are open, of this settings file.
pub(crate) fn waiting_of_file(
    connection: &Connection,
    settings_path: &str,
) -> Result<(u32, u32), StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT coalesce(sum(state = 'held'), 0), coalesce(sum(state = 'open'), 0) FROM intent
             WHERE state IN ('open', 'held')
               AND context IN (SELECT id FROM context WHERE settings_path = ?1)",
        )?
        .query_row([settings_path], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Another settings file of its place goes on with it.
pub(crate) fn move_to(connection: &Connection, uid: &str, context: i64) -> Result<(), StoreError> {
    for table in ["intent", "job"] {
        connection.execute(
            &format!("UPDATE {table} SET context = ?2 WHERE uid = ?1"),
            params![uid, context],
        )?;
    }
    Ok(())
}

/// Submits that asked for the same: those whose outcome is not known first, then the newest.
pub(crate) fn by_print(
    connection: &Connection,
    context: i64,
    print: &str,
) -> Result<Vec<Intent>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM intent WHERE context = ?1 AND print = ?2
         ORDER BY state = 'open' DESC, place DESC LIMIT 100"
    ))?;
    let intents = statement.query_map(params![context, print], from_row)?;
    intents.map(|intent| Ok(intent?)).collect()
}

/// Uids of those that wait for room, in the order in which they are sent.
pub(crate) fn held(connection: &Connection, context: i64) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT uid FROM intent WHERE context = ?1 AND state = 'held' ORDER BY priority DESC, place",
    )?;
    let uids = statement.query_map([context], |row| row.get(0))?;
    uids.map(|uid| Ok(uid?)).collect()
}

/// Another priority for one that waits for room, in its request, too; false when it does not wait.
pub(crate) fn requeue(
    connection: &Connection,
    uid: &str,
    priority: u8,
) -> Result<bool, StoreError> {
    let changed = connection.execute(
        "UPDATE intent SET priority = ?2, request = json_set(request, '$.Priority', ?2)
         WHERE uid = ?1 AND state = 'held'",
        params![uid, priority],
    )?;
    Ok(changed > 0)
}

/// How many wait for room.
pub(crate) fn held_count(connection: &Connection, context: i64) -> Result<u32, StoreError> {
    Ok(connection
        .prepare_cached("SELECT count(*) FROM intent WHERE context = ?1 AND state = 'held'")?
        .query_row([context], |row| row.get(0))?)
}

/// Whether a submit of this context has this name.
pub(crate) fn is_named(
    connection: &Connection,
    context: i64,
    name: &str,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM intent WHERE name = ?2 AND context = ?1)")?
        .query_row(params![context, name], |row| row.get(0))?)
}

/// Whether any submit has this name: no two may.
pub(crate) fn is_taken(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM intent WHERE name = ?1)")?
        .query_row([name], |row| row.get(0))?)
}

pub(crate) fn open(connection: &Connection, context: i64) -> Result<Vec<Intent>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM intent WHERE context = ?1 AND state = 'open' ORDER BY created_ms, uid"
    ))?;
    let intents = statement.query_map([context], from_row)?;
    intents.map(|intent| Ok(intent?)).collect()
}

/// Settled intents are of no use any more once nobody is shown their job, and they are old: by their keys and requests a job
/// is known for as long as there is one.
pub(crate) fn prune(connection: &Connection, sent_before_ms: i64) -> Result<(), StoreError> {
    connection.execute(
        "DELETE FROM intent
         WHERE state NOT IN ('open', 'held') AND max(created_ms, last_sent_ms) < ?1
           AND uid NOT IN (SELECT uid FROM job)",
        [sent_before_ms],
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
    let prepare = |columns| old.prepare(&format!("SELECT {columns} FROM intent"));
    let Ok(mut statement) = prepare(COLUMNS).or_else(|_| prepare(COLUMNS_2)) else {
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
    go_on_behind(into);
    saved
}

/// New submits come behind those that were held, and revisions go on.
fn go_on_behind(into: &Connection) {
    // Without it what is new may be sent first; nothing is lost.
    let _in_another_order = into.execute(
        "INSERT INTO sqlite_sequence (name, seq)
         SELECT 'event', max(place) FROM intent HAVING max(place) > 0
           AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'event')",
        [],
    );
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
        key: row.get(14)?,
        print: row.get(15)?,
        priority: row.get(16)?,
        place: row.get::<_, i64>(17)?.unsigned_abs(),
        client_kind: row.get(18)?,
        client: row.get(19)?,
    })
}
