//! How much room is left on a disk.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

const ASK_THE_SYSTEM: u64 = u64::MAX;

/// The room on the disk of a folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Space {
    folder: PathBuf,
    set: Arc<AtomicU64>,
}

impl Space {
    /// That of the disk on which this folder lies.
    pub fn of(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            set: Arc::new(AtomicU64::new(ASK_THE_SYSTEM)),
        }
    }

    /// Bytes that this user may still write.
    ///
    /// # Errors
    /// What the system said.
    pub fn free(&self) -> io::Result<u64> {
        match self.set.load(Ordering::Relaxed) {
            ASK_THE_SYSTEM => {
                let stat = rustix::fs::statvfs(&self.folder)?;
                Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
            }
            set => Ok(set),
        }
    }

    /// For tests: so many bytes from now on; `None` asks the system again.
    pub fn set(&self, free: Option<u64>) {
        self.set
            .store(free.unwrap_or(ASK_THE_SYSTEM), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_there_has_a_number_and_one_that_is_not_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let space = Space::of(folder.path());
        assert!(space.free().unwrap() > 0);
        space.set(Some(7));
        assert_eq!(space.clone().free().unwrap(), 7);
        space.set(None);
        assert_ne!(space.free().unwrap(), 7);
        Space::of(folder.path().join("not there"))
            .free()
            .unwrap_err();
    }
}
