//! Private folders, and the kinds of file system that a database must not lie on.

use std::{
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::Path,
};

/// Makes a folder that only its owner may enter (0700). An existing one is closed to others only where it is ours: empty,
/// or with our `marks` in it. Whoever names `/tmp` by mistake keeps it open.
///
/// # Errors
/// When it cannot be made, is no folder, is a symbolic link, belongs to somebody else, or is open and holds other things.
pub fn private_dir(path: &Path, marks: &[&str]) -> io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)?;
    let meta = std::fs::symlink_metadata(path)?;
    if !meta.is_dir() {
        return Err(io::Error::other(format!(
            "{} is not a folder",
            path.display()
        )));
    }
    let uid = rustix::process::getuid().as_raw();
    if meta.uid() != uid {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "{} belongs to user {}, not to you ({uid})",
                path.display(),
                meta.uid()
            ),
        ));
    }
    if meta.mode() & 0o077 != 0 {
        let empty = std::fs::read_dir(path)?.next().is_none();
        if !empty && !marks.iter().any(|mark| path.join(mark).exists()) {
            let mode = meta.mode() & 0o777;
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!(
                    "{} holds other things and is open to others (mode {mode:03o})",
                    path.display()
                ),
            ));
        }
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// The kind of network file system that `path` lies on, where it is one: SQLite's WAL does not work there
/// (engineering sheet C.6).
#[cfg(target_os = "linux")]
pub fn network_kind(path: &Path) -> Option<&'static str> {
    let kind = rustix::fs::statfs(path).ok()?.f_type;
    // Magic numbers of statfs(2).
    match kind & 0xffff_ffff {
        0x6969 => Some("NFS"),
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => Some("SMB"),
        0x5346_414f | 0x6b41_4653 => Some("AFS"),
        0x0102_1997 => Some("9p"),
        0x0bd0_0bd0 => Some("Lustre"),
        0x4750_4653 => Some("GPFS"),
        0x1983_0326 => Some("BeeGFS"),
        0x00c3_6400 => Some("Ceph"),
        _ => None,
    }
}

/// Not told on this system.
#[cfg(not(target_os = "linux"))]
pub fn network_kind(_path: &Path) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_others_may_enter_is_closed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        let open = || {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        private_dir(&path, &[]).unwrap();
        open();
        private_dir(&path, &[]).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        std::fs::write(path.join("paid.lock"), "").unwrap();
        open();
        private_dir(&path, &["paid.lock"]).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_shared_folder_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("somebodys"), "").unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let error = private_dir(dir.path(), &["paid.lock"]).unwrap_err();
        assert!(error.to_string().contains("holds other things"), "{error}");
        assert_eq!(std::fs::metadata(dir.path()).unwrap().mode() & 0o777, 0o777);
    }

    #[test]
    fn a_link_is_no_private_folder() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path(), &link).unwrap();
        assert!(private_dir(&link, &[]).is_err());
    }
}
