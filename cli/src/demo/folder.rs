//! The folder that everything of a demo lives in.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use pai_proto::paths;

use crate::error::CliError;

/// A new folder that only its owner may enter.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes it in `parent`, under a short name, for the path of a socket may not be long.
    ///
    /// # Errors
    /// When the system refuses, or when the socket's path would be too long.
    pub fn create(parent: &Path) -> Result<Self, CliError> {
        let digits = hex::encode(rand::random::<[u8; 4]>());
        let folder = Self {
            path: parent.join(format!("pai-demo-{digits}")),
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
        Ok(folder)
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

    #[test]
    fn a_parent_that_is_too_deep_is_refused_before_anything_is_made() {
        let deep = PathBuf::from(format!("/nowhere/{}", "a".repeat(paths::SOCKET_PATH_MAX)));
        let error = Folder::create(&deep).unwrap_err();
        assert!(error.hint().contains("TMPDIR"));
    }
}
