//! Folders and files that only their owner may read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

/// Makes a folder and its missing parents with mode 0700; one that is there stays as it is.
///
/// # Errors
/// When the system refuses.
pub fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Opens a file of mode 0600 to append to.
///
/// # Errors
/// When the system refuses.
pub fn appended(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}

/// Replaces a file in one step, by one of mode 0600: readers see the old or the new text, never a part.
///
/// # Errors
/// When the system refuses; the old text stays then.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let digits = hex::encode(rand::random::<[u8; 4]>());
    let draft = path.with_extension(format!("{digits}.draft"));
    let written = write_new(&draft, text).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // It may not have been made at all.
        let _left = fs::remove_file(&draft);
    }
    written
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::folder::Folder;
    use std::os::unix::fs::PermissionsExt as _;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn everything_is_the_owners_alone_and_replaced_whole() {
        let base = Folder::create(&std::env::temp_dir()).unwrap();
        let inner = base.path().join("a/b");
        folder(&inner).unwrap();
        folder(&inner).unwrap();
        assert_eq!(mode(&inner), 0o700);
        let file = inner.join("x.json");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        replace(&file, "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(mode(&file), 0o600);
        let log = inner.join("x.log");
        for _ in 0..2 {
            appended(&log).unwrap().write_all(b"line\n").unwrap();
        }
        assert_eq!(fs::read_to_string(&log).unwrap(), "line\nline\n");
        assert_eq!(mode(&log), 0o600);
        assert_eq!(inner.read_dir().unwrap().count(), 2, "no draft is left");
        base.remove().unwrap();
    }

    #[test]
    fn what_cannot_be_replaced_leaves_no_draft() {
        let base = Folder::create(&std::env::temp_dir()).unwrap();
        let taken = base.path().join("taken");
        fs::create_dir(&taken).unwrap();
        fs::write(taken.join("inside"), "").unwrap();
        let before = base.path().read_dir().unwrap().count();
        assert!(replace(&taken, "text").is_err());
        assert_eq!(base.path().read_dir().unwrap().count(), before);
        base.remove().unwrap();
    }
}
