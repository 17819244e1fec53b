//! Jobs that run until the test says so.

use std::{fs, path::PathBuf};

use crate::world::World;

/// A door in front of a job's end.
#[derive(Debug)]
pub struct Gate(PathBuf);

impl Gate {
    /// A closed one.
    pub fn new(world: &World, name: &str) -> Self {
        Self(world.path(&format!("gate-{name}")))
    }

    /// A command that ends well once the gate is open.
    pub fn command(&self) -> String {
        format!("until test -e {}; do sleep 0.05; done", self.0.display())
    }

    /// Opens it.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn open(&self) {
        fs::write(&self.0, "").expect("a file can be made");
    }
}
