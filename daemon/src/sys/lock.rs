//! One daemon per state folder: a lock on a file, held for life. The lock is trusted, never the pid inside.

use std::{
    fs::{File, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Why the lock cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another daemon holds it.
    #[error("another daemon ({holder}) already uses {}", state_dir.display())]
    Held {
        /// The state folder.
        state_dir: PathBuf,
        /// What the other one wrote into the file, for example `pid 4711, version 0.1.0`.
        holder: String,
    },
    /// The file cannot be opened or locked.
    #[error("cannot lock {}: {source}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

/// The held lock; dropping it, or the end of the process, frees it.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
}

impl StateLock {
    /// Takes the lock of a state folder.
    ///
    /// # Errors
    /// [`LockError::Held`] when another process has it.
    pub fn take(state_dir: &Path) -> Result<Self, LockError> {
        let path = state_dir.join("paid.lock");
        let io = |source| LockError::Io {
            path: path.clone(),
            source,
        };
        let mut file = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // A holder that has not written its name yet is still a holder.
                let _unnamed = file.read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => "just starting".to_owned(),
                    name => name.to_owned(),
                };
                return Err(LockError::Held {
                    state_dir: state_dir.into(),
                    holder,
                });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(io)?;
        writeln!(
            file,
            "pid {}, version {}",
            std::process::id(),
            env!("CARGO_PKG_VERSION")
        )
        .map_err(io)?;
        Ok(Self { _file: file })
    }

    /// Holds it until the process ends: threads that nobody joins may write until then.
    pub fn keep(self) {
        std::mem::forget(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_taker_hears_who_the_first_is() {
        let dir = tempfile::tempdir().unwrap();
        let first = StateLock::take(dir.path()).unwrap();
        let error = StateLock::take(dir.path()).unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&format!("pid {}", std::process::id())),
            "{error}"
        );
        drop(first);
        StateLock::take(dir.path()).unwrap().keep();
        StateLock::take(dir.path()).unwrap_err();
    }
}
