//! What must be found nowhere.

use std::fs;

use crate::{daemon::Daemon, world::World};

/// A text holds none of these.
///
/// # Panics
/// When it holds one.
#[track_caller]
pub fn holds_none(hidden: &[&str], place: &str, text: &[u8]) {
    for secret in hidden {
        let mut windows = text.windows(secret.len());
        let found = windows.any(|window| window == secret.as_bytes());
        assert!(!found, "{place} holds {secret:?}");
    }
}

/// No file of the state folder holds one of these, nor what the daemon wrote to stderr.
///
/// # Panics
/// When one is found, or there is nothing to look through.
#[track_caller]
pub fn stored_nowhere(hidden: &[&str], world: &World, daemon: &Daemon) {
    let mut files = 0;
    let entries = fs::read_dir(world.state()).expect("a state folder");
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let bytes = fs::read(entry.path()).expect("a file of the daemon can be read");
        holds_none(hidden, &name, &bytes);
        files += 1;
    }
    assert!(files >= 2, "there is a store");
    assert!(!daemon.log().is_empty());
    holds_none(hidden, "the log", daemon.log().as_bytes());
}
