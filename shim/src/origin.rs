//! Where this process was started, by whom its settings and its folder were chosen.

use std::{path::PathBuf, sync::Arc};

use pai_proto::{
    context::{self, ContextError, Name},
    paths,
};

/// Looks up an environment variable.
pub(crate) type Env = Arc<dyn Fn(&str) -> Option<PathBuf> + Send + Sync>;

/// What calls inherit. No argument of a tool changes it.
#[derive(Clone)]
pub(crate) struct Origin {
    /// The environment.
    pub(crate) env: Env,
    /// The context that the command line names.
    pub(crate) named: Option<Name>,
    /// The folder in which it was started: the project of the agent. `None` where nobody can tell.
    pub(crate) folder: Option<PathBuf>,
}

impl Origin {
    /// Of this process.
    pub(crate) fn of_process(named: Option<Name>) -> Self {
        Self {
            env: Arc::new(paths::process_env),
            named,
            folder: std::env::current_dir().ok(),
        }
    }

    /// The settings that are meant.
    pub(crate) fn settings(&self) -> Result<PathBuf, ContextError> {
        let chosen = context::chosen(self.named.as_ref(), &*self.env)?;
        Ok(chosen.path)
    }

    /// A variable that is set, and is text.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.env)(name)?.into_os_string().into_string().ok()
    }
}
