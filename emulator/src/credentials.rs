//! `emulator.json`: what a client needs to reach this emulator. Whoever can read the file can run
//! commands as this user, hence mode 0600.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The content of `emulator.json`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// Base address, `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// Access key id of this run.
    pub access_key_id: String,
    /// Its secret; also the bearer token of `control_url`.
    pub access_key_secret: String,
    /// Session token every call must carry, when the emulator was started to ask for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_token: Option<String>,
    /// Base address of the control interface.
    pub control_url: String,
    /// Workspace of jobs that name none.
    pub workspace_id: String,
    /// Process id of the emulator.
    pub pid: u32,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// Name of the file below the scratch folder.
    pub const FILE_NAME: &str = "emulator.json";

    /// Writes the file below `scratch` in one step, mode 0600, and returns its path.
    pub fn write(&self, scratch: &Path) -> io::Result<PathBuf> {
        let path = scratch.join(Self::FILE_NAME);
        crate::scratch::replace_private(&path, &serde_json::to_string_pretty(self)?)?;
        Ok(path)
    }

    /// Reads a file written by [`Credentials::write`].
    pub fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
    }
}
