//! A file whose pages are broken is noted beside it, and moved aside when it is opened the next time.

use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Once,
};

use super::StoreError;

/// The note beside a file.
#[derive(Debug)]
pub(super) struct Broken {
    path: PathBuf,
    noted: Once,
}

impl Broken {
    pub(super) fn beside(file: &Path) -> Self {
        Self {
            path: file.with_extension("db.broken"),
            noted: Once::new(),
        }
    }

    /// Whether it was found to be broken. The note is gone then.
    pub(super) fn take(&self) -> bool {
        std::fs::remove_file(&self.path).is_ok()
    }

    /// Looks at how a piece of work ended.
    pub(super) fn seen<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &done
            && is_broken(error)
        {
            self.noted.call_once(|| self.note(error));
        }
        done
    }

    fn note(&self, error: &StoreError) {
        tracing::error!(%error, "the file of stored logs is broken; the next daemon begins a new one");
        let mut options = OpenOptions::new();
        let made = options.write(true).create(true).truncate(true).mode(0o600);
        if let Err(error) = made.open(&self.path) {
            tracing::error!(%error, "that it is broken cannot be noted");
        }
    }
}

/// Whether the file itself is at fault.
pub(super) fn is_broken(error: &StoreError) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    let StoreError::Sqlite(error) = error else {
        return false;
    };
    let code = error.sqlite_error_code();
    matches!(code, Some(DatabaseCorrupt | NotADatabase))
}
