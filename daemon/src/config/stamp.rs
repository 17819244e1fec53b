//! Whether files may have changed since they were read, for the price of three stats.

use std::{os::unix::fs::MetadataExt as _, path::Path};

use super::files::own_candidates;

/// What the settings and our own files beside them look like from outside. Another stamp means: read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    settings: Option<Look>,
    own: Vec<Option<Look>>,
}

/// One file, behind its links.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
    mode: u32,
}

/// The stamp of the settings at `path`. A file that cannot be looked at counts as one that is not there.
pub fn stamp(path: &Path) -> Stamp {
    Stamp {
        settings: look(path),
        own: own_candidates(path).iter().map(|own| look(own)).collect(),
    }
}

fn look(path: &Path) -> Option<Look> {
    let meta = std::fs::metadata(path).ok()?;
    Some(Look {
        device: meta.dev(),
        inode: meta.ino(),
        length: meta.len(),
        modified: (meta.mtime(), meta.mtime_nsec()),
        mode: meta.mode(),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn each_change_of_a_file_changes_the_stamp_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dev.json");
        let target = folder.path().join("target");
        let mut last = stamp(&path);
        let mut changed = |what: &str| {
            let now = stamp(&path);
            assert_ne!(now, last, "{what}");
            assert_eq!(now, stamp(&path), "{what}");
            last = now;
        };
        std::fs::write(&target, "{}").unwrap();
        symlink(&target, &path).unwrap();
        changed("the settings are there");
        std::fs::write(&target, "{ }").unwrap();
        changed("another length behind the link");
        // What no umask gives a new file.
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o640)).unwrap();
        changed("another mode");
        let times = std::fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH);
        let file = std::fs::File::options().write(true).open(&target).unwrap();
        file.set_times(times).unwrap();
        changed("another time");
        let other = folder.path().join("other");
        std::fs::copy(&target, &other).unwrap();
        std::fs::rename(&other, &target).unwrap();
        changed("another file of the same content");
        std::fs::write(folder.path().join("pai.json"), "{}").unwrap();
        changed("the common own file");
        std::fs::write(folder.path().join("dev.pai.json"), "{}").unwrap();
        changed("the own file of this name");
        std::fs::remove_file(folder.path().join("dev.pai.json")).unwrap();
        changed("it is gone");
        std::fs::write(folder.path().join("settings.json"), "{}").unwrap();
        assert_eq!(stamp(&path), last, "a foreign file");
    }
}
