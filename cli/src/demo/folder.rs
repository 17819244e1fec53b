//! The folder that everything of a demo lives in.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use pai_proto::paths;

use crate::{
    error::CliError,
    process::{Lock, is_alive},
};

/// How the names of the folders begin.
const PREFIX: &str = "pai-demo-";
/// Names the process of a demo, and is locked while it lives. A folder that is to be kept has none.
const OWNER: &str = "pid";

/// A new folder that only its owner may enter.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Held open for its lock.
    owner: Option<File>,
}

impl Folder {
    /// Makes it in `parent`, under a short name, for the path of a socket may not be long.
    ///
    /// # Errors
    /// When the system refuses, or when the socket's path would be too long.
    pub fn create(parent: &Path) -> Result<Self, CliError> {
        let digits = hex::encode(rand::random::<[u8; 4]>());
        let mut folder = Self {
            path: parent.join(format!("{PREFIX}{digits}")),
            owner: None,
        };
        let socket = folder.socket();
        paths::socket(&|key| (key == "PAI_SOCKET").then(|| socket.clone())).map_err(|error| {
            CliError::other(
                error.to_string(),
                "set TMPDIR to a folder with a short path",
            )
        })?;
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder.path)
            .map_err(|error| {
                CliError::io(format!("cannot make {}", folder.path.display()), error)
            })?;
        folder.owner = Some(folder.own()?);
        Ok(folder)
    }

    fn own(&self) -> Result<File, CliError> {
        let path = self.path.join(OWNER);
        let owned = |file: &File| file.lock().map(|()| std::process::id());
        self.write(&path, "")?;
        let mut file = fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(|error| CliError::io(format!("cannot open {}", path.display()), error))?;
        owned(&file)
            .and_then(|pid| write!(file, "{pid}"))
            .map_err(|error| CliError::io(format!("cannot lock {}", path.display()), error))?;
        Ok(file)
    }

    /// Leaves it to the person: no later demo sweeps it away.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn keep(self) -> Result<PathBuf, CliError> {
        let owner = self.path.join(OWNER);
        fs::remove_file(&owner)
            .map_err(|error| CliError::io(format!("cannot remove {}", owner.display()), error))?;
        Ok(self.path)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The daemon's socket.
    pub fn socket(&self) -> PathBuf {
        self.path.join("s")
    }

    /// The daemon's state.
    pub fn state(&self) -> PathBuf {
        self.path.join("state")
    }

    /// The settings.
    pub fn settings(&self) -> PathBuf {
        self.path.join("settings.json")
    }

    /// Our own settings, beside the others.
    pub fn own_settings(&self) -> PathBuf {
        self.path.join("pai.json")
    }

    /// The emulator's own folder.
    pub fn cloud(&self) -> PathBuf {
        self.path.join("cloud")
    }

    /// The log of one of our programs.
    pub fn log(&self, program: &str) -> PathBuf {
        self.path.join(format!("{program}.log"))
    }

    /// A new file that only its owner may read.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&self, path: &Path, text: &str) -> Result<(), CliError> {
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| CliError::io(format!("cannot write {}", path.display()), error))
    }

    /// Removes it with all that is in it.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn remove(self) -> Result<(), CliError> {
        fs::remove_dir_all(&self.path)
            .map_err(|error| CliError::io(format!("cannot remove {}", self.path.display()), error))
    }
}

/// Removes what demos that were killed left in `parent`.
pub fn sweep(parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) && is_orphan(&entry.path()) {
            // Whatever cannot be removed now is tried again by the next demo.
            let _left = fs::remove_dir_all(entry.path());
        }
    }
}

/// A folder of ours (no symbolic link) whose demo is dead by both signs: the lock and the process. One alone could
/// mislead: a pid says nothing of another container, and a lock is taken a moment after its file was made.
fn is_orphan(path: &Path) -> bool {
    let us = rustix::process::geteuid().as_raw();
    let own = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir() && meta.uid() == us);
    let owner = path.join(OWNER);
    let pid = fs::read_to_string(&owner).ok();
    let pid = pid.and_then(|pid| pid.parse::<u32>().ok());
    own && pid.is_some_and(|pid| !is_alive(pid)) && Lock::of_file(&owner) == Lock::Free
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn only_the_owner_may_enter_and_read() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        folder.write(&folder.settings(), "{}").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path()), 0o700);
        assert_eq!(mode(&folder.settings()), 0o600);
        let path = folder.path().to_owned();
        folder.remove().unwrap();
        assert!(!path.exists());
    }

    /// A folder whose owner file is closed and names a process that has ended.
    fn orphan(parent: &Path) -> PathBuf {
        let mut dead = std::process::Command::new("true").spawn().unwrap();
        dead.wait().unwrap();
        let Folder { path, owner } = Folder::create(parent).unwrap();
        drop(owner);
        fs::write(path.join(OWNER), dead.id().to_string()).unwrap();
        path
    }

    #[test]
    fn the_leavings_of_a_killed_demo_are_swept_and_nothing_else() {
        let parent = Folder::create(&std::env::temp_dir()).unwrap();
        let alive = Folder::create(parent.path()).unwrap();
        let kept = Folder::create(parent.path()).unwrap().keep().unwrap();
        let (dead, elsewhere) = (orphan(parent.path()), orphan(parent.path()));
        let foreign = parent.path().join("not-a-demo");
        fs::rename(&elsewhere, &foreign).unwrap();
        let link = parent.path().join("pai-demo-link");
        std::os::unix::fs::symlink(&foreign, &link).unwrap();
        let locked = orphan(parent.path());
        let lock = File::open(locked.join(OWNER)).unwrap();
        lock.lock().unwrap();
        sweep(parent.path());
        assert!(!dead.exists());
        for path in [alive.path(), &kept, &foreign, &link, &locked] {
            assert!(path.exists(), "{}", path.display());
        }
        parent.remove().unwrap();
    }

    #[test]
    fn a_parent_that_is_too_deep_is_refused_before_anything_is_made() {
        let deep = PathBuf::from(format!("/nowhere/{}", "a".repeat(paths::SOCKET_PATH_MAX)));
        let error = Folder::create(&deep).unwrap_err();
        assert!(error.hint().contains("TMPDIR"));
    }
}
