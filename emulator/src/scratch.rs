//! Files and folders only this user can read.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::Path;

/// Makes the scratch folder with mode 0700, or takes an existing one that is ours alone. A folder
/// open to others is closed only while empty, so that a slip like `--scratch /tmp` does no harm.
pub(crate) fn prepare(dir: &Path) -> io::Result<()> {
    make_private_dir(dir)?;
    let meta = dir.metadata()?;
    let refuse = |why: &str| Err(io::Error::other(format!("{}: {why}", dir.display())));
    if !meta.is_dir() {
        return refuse("is not a folder");
    }
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return refuse("belongs to another user");
    }
    if meta.mode() & 0o077 != 0 {
        if dir.read_dir()?.next().is_some() {
            return refuse("is open to other users and not empty");
        }
        std::fs::set_permissions(dir, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Takes the folder for one emulator, as long as the file stays open.
pub(crate) fn lock_folder(dir: &Path) -> io::Result<File> {
    let file = open_private(&dir.join("emulator.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(error)) => Err(error),
        Err(TryLockError::WouldBlock) => {
            let text = format!("{}: another emulator uses this folder", dir.display());
            Err(io::Error::new(io::ErrorKind::AlreadyExists, text))
        }
    }
}

/// Makes a folder and its missing parents with mode 0700; an existing one is left as it is.
pub(crate) fn make_private_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Opens a file of mode 0600 to append to and read from.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .read(true)
        .mode(0o600)
        .open(path)
}

/// Replaces a file of mode 0600 in one step: readers see the old or the new text, never a part.
pub(crate) fn replace_private(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o777
    }

    #[test]
    fn folders_are_private_or_refused() {
        let base = tempfile::tempdir().unwrap();
        let fresh = base.path().join("a/b");
        prepare(&fresh).unwrap();
        assert_eq!(mode(&fresh), 0o700);

        let open = base.path().join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
        prepare(&open).unwrap();
        assert_eq!(mode(&open), 0o700);

        std::fs::set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
        std::fs::write(open.join("x"), "").unwrap();
        assert!(
            prepare(&open)
                .unwrap_err()
                .to_string()
                .contains("open to other users")
        );
    }

    #[test]
    fn a_folder_is_taken_once_until_it_is_given_free() {
        let base = tempfile::tempdir().unwrap();
        let held = lock_folder(base.path()).unwrap();
        let error = lock_folder(base.path()).unwrap_err().to_string();
        assert!(error.contains("another emulator"), "{error}");
        drop(held);
        lock_folder(base.path()).unwrap();
    }

    #[test]
    fn files_are_private_and_replaced_whole() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("x.json");
        replace_private(&path, "one").unwrap();
        replace_private(&path, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(base.path().read_dir().unwrap().count(), 1);
    }
}
