//! The start lock: of many clients that find no daemon, one starts it at a time.
//!
//! It lies beside the socket and is never removed: whoever removed it would let two clients hold two locks.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::OFlags;

/// Longest pause between two looks at a lock that another client holds.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// The held lock; dropping it, or the end of the process, frees it. A daemon that is started does not inherit it.
#[derive(Debug)]
pub(super) struct Turn {
    file: File,
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Closing it is not enough: a program that another thread is just starting still has it open.
        let _freed = self.file.unlock();
    }
}

impl Turn {
    /// Takes the lock where nobody holds it; makes its folder (0700) and its file (0600).
    ///
    /// # Errors
    /// The system's. A symbolic link in the lock's place is not followed: the folder may be a shared one.
    pub(super) fn try_take(path: &Path) -> io::Result<Option<Self>> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)?;
        }
        let flags = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(flags)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// The lock of the daemon at this socket.
pub(super) fn path(socket: &Path) -> PathBuf {
    let mut path = socket.as_os_str().to_owned();
    path.push(".start");
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn one_at_a_time_and_nobody_else_may_look() {
        let dir = tempfile::tempdir().unwrap();
        let lock = path(&dir.path().join("run/pai/paid.sock"));
        assert_eq!(lock.file_name().unwrap(), "paid.sock.start");
        let first = Turn::try_take(&lock).unwrap();
        assert!(first.is_some());
        assert!(Turn::try_take(&lock).unwrap().is_none());
        drop(first);
        assert!(Turn::try_take(&lock).unwrap().is_some());
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&lock), 0o600);
        assert_eq!(mode(&dir.path().join("run/pai")), 0o700);
    }

    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (lock, elsewhere) = (dir.path().join("s.start"), dir.path().join("elsewhere"));
        std::os::unix::fs::symlink(&elsewhere, &lock).unwrap();
        assert!(Turn::try_take(&lock).is_err());
        assert!(!elsewhere.exists());
    }
}
