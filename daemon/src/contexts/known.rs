//! What there is to say of a context.

use std::{path::PathBuf, sync::Arc};

use pai_proto::context;

use crate::model::{Fault, FaultKind};

use super::{Env, entry::real, running::Running};

/// What there is to say of a context.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its settings file.
    pub path: PathBuf,
    /// Its work; `None` where it has no settings that can be used.
    pub running: Option<Arc<Running>>,
    /// Why the file as it is cannot be used.
    pub problem: Option<Fault>,
    /// When the settings in force were read, Unix ms.
    pub read_ms: Option<i64>,
    /// Submits that are held, and such as are open, and that nobody goes on with: the file named another place when they were
    /// made, or cannot be used.
    pub left: (u32, u32),
}

impl Known {
    /// Its name as clients choose it: `default`, `local`, or that of `contexts/NAME.json`; empty for a file that was named by
    /// its path.
    pub fn name(&self, env: &Env) -> String {
        let lookup = |key: &str| env(key).map(PathBuf::from);
        let named = context::all(&lookup).unwrap_or_default();
        let known = named
            .into_iter()
            .find(|known| real(&known.path) == self.path);
        known.map_or_else(String::new, |known| known.name.to_string())
    }

    /// What a client should hear of it, each one line: that the settings in force are not those of the file, that the policy
    /// cannot be read, and that submits wait which nobody goes on with.
    pub fn warnings(&self) -> Vec<String> {
        let fault = self.problem.as_ref().filter(|_| self.running.is_some());
        let broken = fault.map(|fault| {
            format!(
                "the settings were changed and cannot be used; those from before are in force: {}",
                fault.message
            )
        });
        let left = self.running.is_some() && self.left != (0, 0);
        let left = left.then(|| {
            let (held, open) = self.left;
            format!(
                "submits of the place that these settings named before are not gone on with: {held} held, {open} unconfirmed; \
                 to see, send or stop them let the settings name it again"
            )
        });
        let closed = self.running.as_ref().filter(|_| fault.is_none());
        let closed = closed.and_then(|running| running.scope.settings().policy.closed.clone());
        let closed =
            closed.map(|why| format!("agents may change nothing until this is mended: {why}"));
        broken.into_iter().chain(closed).chain(left).collect()
    }

    /// The fault of a context that cannot be used.
    pub fn fault(&self) -> Fault {
        let unknown = || {
            Fault::new(
                FaultKind::Unavailable,
                "the settings have not been read yet",
            )
        };
        self.problem.clone().unwrap_or_else(unknown)
    }
}
