//! All SQL. One file per table; `pai.db` with WAL and `synchronous=FULL`, since an acknowledged intent must survive.

pub mod audit;
pub(super) mod context;
pub(super) mod event;
pub(super) mod intent;
pub(super) mod job;
pub(super) mod migrate;
mod open;
pub(super) mod pod;

pub use intent::{Intent, IntentState};
pub use job::{Listed, TagFilter};
pub use open::Opened;
pub(super) use open::{configure_reader, open, path};

use std::{io, path::PathBuf};

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite's word.
    #[error("the store failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The store was written by a newer program.
    #[error("{} has schema version {found}, this program knows {known}", path.display())]
    TooNew {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version of this program.
        known: i64,
    },
    /// WAL does not work there.
    #[error("{} lies on a network file system ({kind})", path.display())]
    Network {
        /// The state folder.
        path: PathBuf,
        /// For example `NFS`.
        kind: &'static str,
    },
    /// A row that this program cannot read.
    #[error("the store holds a {table} row that cannot be read: {reason}")]
    Row {
        /// The table.
        table: &'static str,
        /// Why.
        reason: String,
    },
    /// The system's word.
    #[error("the store cannot be opened: {0}")]
    Io(#[from] io::Error),
    /// So little room is left on the disk that nothing large is stored.
    #[error("the disk with the stored logs is full ({} MB are left)", free >> 20)]
    DiskFull {
        /// Bytes that are left.
        free: u64,
    },
    /// A fault of ours, on the store's threads.
    #[error("a fault of the daemon: {0}")]
    Fault(&'static str),
    /// The store's threads have ended.
    #[error("the store is closed")]
    Gone,
}

impl StoreError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooNew { .. } => {
                "install the newer paid again, or set PAI_STATE_DIR to another folder"
            }
            Self::Network { .. } => "set PAI_STATE_DIR to a folder on a local disk",
            Self::DiskFull { .. } => {
                "make room, or `paictl logs --prune`; what is stored can be read, and reading goes on by itself"
            }
            Self::Io(_) => "check the folder's owner and the free space, or set PAI_STATE_DIR",
            _ => "",
        }
    }
}
