//! What `pai-emulator serve` tells those who start it.

use std::{fmt, path::Path};

use serde::Deserialize;

/// What a client needs to reach it: its `emulator.json`. Whoever knows it can run commands as its user.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Access {
    /// `http://127.0.0.1:PORT`
    pub endpoint: String,
    /// The key.
    pub access_key_id: String,
    /// Its secret.
    pub access_key_secret: String,
    /// Workspace of jobs that name none.
    #[serde(default)]
    pub workspace_id: String,
    /// Its process; 0 where it did not say.
    #[serde(default)]
    pub pid: u32,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl Access {
    /// Reads the file.
    ///
    /// # Errors
    /// A sentence, without anything of its content.
    pub fn read(file: &Path) -> Result<Self, String> {
        let cannot = |why: String| format!("{} cannot be read: {why}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| cannot(error.to_string()))?;
        // An error of serde may quote a value.
        serde_json::from_str(&text).map_err(|_| cannot("it is not what the emulator writes".into()))
    }
}

/// The file that the first line names: `READY http://127.0.0.1:PORT FILE`.
pub fn credentials_file(line: &str) -> Option<&Path> {
    let (_address, file) = line.trim_end().strip_prefix("READY ")?.split_once(' ')?;
    Some(Path::new(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::folder::Folder;

    #[test]
    fn the_ready_line_names_the_file_blanks_and_all() {
        let line = "READY http://127.0.0.1:4000 /tmp/a b/emulator.json\n";
        let file = Path::new("/tmp/a b/emulator.json");
        assert_eq!(credentials_file(line), Some(file));
        assert_eq!(credentials_file("READY http://127.0.0.1:4000"), None);
        assert_eq!(credentials_file("panic"), None);
    }

    #[test]
    fn no_secret_of_the_file_is_told() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        let file = folder.path().join("emulator.json");
        let text = r#"{"endpoint":"http://x","access_key_id":"i","access_key_secret":"S3CRET"}"#;
        std::fs::write(&file, text).unwrap();
        let access = Access::read(&file).unwrap();
        assert_eq!(
            (access.access_key_secret.as_str(), access.pid),
            ("S3CRET", 0)
        );
        assert!(!format!("{access:?}").contains("S3CRET"));
        std::fs::write(&file, r#"{"endpoint": 5, "access_key_id": "S3CRET"}"#).unwrap();
        let error = Access::read(&file).unwrap_err();
        assert!(error.contains("emulator.json cannot be read"), "{error}");
        assert!(!error.contains("S3CRET"), "{error}");
        assert!(Access::read(Path::new("/nowhere")).is_err());
        folder.remove().unwrap();
    }
}
