//! One settings file, and what was last read of it.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    config::{self, Stamp},
    model::Fault,
};

use super::{known::Known, running::Running};

/// One settings file.
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) state: Mutex<State>,
    /// One reads at a time.
    pub(super) reading: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) running: Option<Arc<Running>>,
    /// Of the files as they were last read; `None` before that.
    pub(super) stamp: Option<Stamp>,
    /// Why the files as they are cannot be used.
    pub(super) problem: Option<Fault>,
    /// When the settings in force were read, Unix ms.
    pub(super) read_ms: Option<i64>,
    /// Submits that are held, and such as are open, at places that the file named before.
    pub(super) left: (u32, u32),
}

impl Entry {
    /// Whether the files are those that were read. Files that are not there are looked for again at each call, and so are
    /// those that cannot be used: what is wrong may lie elsewhere, for example in the environment's rights.
    pub(super) fn is_current(&self) -> bool {
        let stamp = {
            let state = self.state();
            if state.running.is_none() {
                return false;
            }
            state.stamp.clone()
        };
        stamp.is_some_and(|stamp| stamp == config::stamp(&self.path))
    }

    /// The journal's number of the context that is served.
    pub(super) fn serves(&self) -> Option<i64> {
        let state = self.state();
        state.running.as_ref().map(|running| running.scope.context)
    }

    pub(super) fn known(&self) -> Known {
        let state = self.state().clone();
        Known {
            path: self.path.clone(),
            running: state.running,
            problem: state.problem,
            read_ms: state.read_ms,
            left: state.left,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file itself, whatever links lead there; one that is not there by its name.
pub(super) fn real(path: &Path) -> PathBuf {
    let real = path.canonicalize().or_else(|error| {
        // Not there yet: its folder tells.
        let (folder, name) = (path.parent(), path.file_name());
        match (folder, name) {
            (Some(folder), Some(name)) => Ok(folder.canonicalize()?.join(name)),
            _ => Err(error),
        }
    });
    real.unwrap_or_else(|_| path.into())
}
