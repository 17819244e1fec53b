//! Table `audit`: every call that changed something, or tried to. Its texts are redacted before they come here.

use rusqlite::{Connection, Row, params};

use super::StoreError;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// Refused; nothing was changed.
    Refused,
    /// Failed at the backend or in the daemon.
    Failed,
    /// Its effect is not known (yet).
    Unknown,
}

impl AuditOutcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "done" => Self::Done,
            "refused" => Self::Refused,
            "failed" => Self::Failed,
            _ => Self::Unknown,
        }
    }
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number; 0 before it is stored.
    pub id: u64,
    /// Whose settings were meant.
    pub context: i64,
    /// Settings file of the context; empty before it is stored.
    pub settings_path: String,
    /// When, Unix ms; 0 before it is stored.
    pub at_ms: i64,
    /// `person`, `tool`, or `daemon` for what it did by itself.
    pub client_kind: String,
    /// Program and version.
    pub client: String,
    /// What was asked for, for example `submit`.
    pub action: String,
    /// What it was about.
    pub target: String,
    /// More of what was asked for.
    pub detail: String,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// Why it did not work.
    pub message: String,
    /// The cloud's id of the request; empty when none is known.
    pub request_id: String,
}

/// Which entries are read.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Of this context; `None` is all.
    pub context: Option<i64>,
    /// Only before this entry.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: u32,
}

pub(crate) fn insert(
    connection: &Connection,
    entry: &Entry,
    now_ms: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO audit (context, at_ms, client_kind, client, action, target, detail, outcome, message, request_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            entry.context,
            now_ms,
            entry.client_kind,
            entry.client,
            entry.action,
            entry.target,
            entry.detail,
            entry.outcome.as_str(),
            entry.message,
            entry.request_id,
        ])?;
    Ok(())
}

pub(crate) fn page(connection: &Connection, what: &Page) -> Result<Vec<Entry>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT audit.id, context, settings_path, at_ms, client_kind, client, action, target, detail, outcome, message,
                request_id
         FROM audit JOIN context ON context.id = audit.context
         WHERE (?1 IS NULL OR context = ?1) AND audit.id < ?2 ORDER BY audit.id DESC LIMIT ?3",
    )?;
    let before = what.before.and_then(|id| i64::try_from(id).ok());
    let rows = statement.query_map(
        params![what.context, before.unwrap_or(i64::MAX), what.limit],
        from_row,
    )?;
    rows.map(|row| Ok(row?)).collect()
}

pub(crate) fn prune(connection: &Connection, before_ms: i64) -> Result<(), StoreError> {
    connection.execute("DELETE FROM audit WHERE at_ms < ?1", [before_ms])?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get::<_, i64>(0)?.unsigned_abs(),
        context: row.get(1)?,
        settings_path: row.get(2)?,
        at_ms: row.get(3)?,
        client_kind: row.get(4)?,
        client: row.get(5)?,
        action: row.get(6)?,
        target: row.get(7)?,
        detail: row.get(8)?,
        outcome: AuditOutcome::parse(&row.get::<_, String>(9)?),
        message: row.get(10)?,
        request_id: row.get(11)?,
    })
}
