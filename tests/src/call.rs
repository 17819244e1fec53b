//! A `paictl` in another environment or folder than usual.

use std::{ffi::OsStr, path::Path};

use tokio::process::Command;

use crate::{
    cli::{Finished, Running, command},
    programs::programs,
    world::World,
};

/// One that is to be started.
#[derive(Debug)]
pub struct Call(Command);

impl Call {
    pub(crate) fn new(world: &World, args: &[&str]) -> Self {
        let mut command = command(world, &programs().paictl);
        command.args(args);
        Self(command)
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(key, value);
        self
    }

    /// Takes a variable away.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.0.env_remove(key);
        self
    }

    /// Starts it in this folder.
    #[must_use]
    pub fn folder(mut self, path: &Path) -> Self {
        self.0.current_dir(path);
        self
    }

    /// Starts it.
    pub fn start(self) -> Running {
        Running::spawn(self.0)
    }

    /// Starts it now and waits for its end.
    pub fn finish(self) -> impl Future<Output = Finished> {
        self.start().finish()
    }
}
