//! A socket's name, and whether it still leads to us.

use std::{
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// The name in the file system of a socket that we bound. It knows its file, so that a name which somebody else took
/// over is told from ours. As long as the listener lives its file's number is not given away again.
#[derive(Debug)]
pub struct SocketName {
    path: PathBuf,
    file: (u64, u64),
}

impl SocketName {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.into(),
            file: file(path)?,
        })
    }

    /// Whether clients that connect to the name come to us. A folder that cannot be read just now proves nothing.
    pub fn is_ours(&self) -> bool {
        match file(&self.path) {
            Ok(file) => file == self.file,
            Err(error) => !matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ),
        }
    }

    /// Removes the name, where it is still ours.
    ///
    /// # Errors
    /// The system's.
    pub fn remove(&self) -> io::Result<()> {
        match file(&self.path)? == self.file {
            true => std::fs::remove_file(&self.path),
            false => Ok(()),
        }
    }
}

fn file(path: &Path) -> io::Result<(u64, u64)> {
    let meta = std::fs::symlink_metadata(path)?;
    Ok((meta.dev(), meta.ino()))
}

#[cfg(test)]
mod tests {
    use super::super::{StateLock, bind};

    #[tokio::test]
    async fn a_name_that_somebody_else_took_is_not_removed() {
        let dir = tempfile::tempdir().unwrap();
        let lock = StateLock::take(dir.path()).unwrap();
        let path = dir.path().join("paid.sock");
        let (_listener, name) = bind(&path, &lock).await.unwrap();
        assert!(name.is_ours());
        std::fs::remove_file(&path).unwrap();
        assert!(!name.is_ours());
        let _theirs = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(!name.is_ours());
        name.remove().unwrap();
        assert!(path.exists());

        std::fs::remove_file(&path).unwrap();
        let (_listener, name) = bind(&path, &lock).await.unwrap();
        name.remove().unwrap();
        assert!(!path.exists());
    }
}
