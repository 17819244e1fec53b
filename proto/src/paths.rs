//! Where the socket, the state and the settings are. Daemon and clients must agree, so both ask here.
//!
//! The environment is passed in, so that a test can set it.

use std::path::{Path, PathBuf};

/// Longest socket path that the system takes, in bytes (`sun_path` less its final NUL).
pub const SOCKET_PATH_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// Why a path cannot be had.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum PathError {
    /// The socket path does not fit into the system's address structure.
    #[error(
        "the socket path is too long: {path} has {len} bytes, this system takes {SOCKET_PATH_MAX}"
    )]
    SocketTooLong {
        /// The path that was asked for.
        path: String,
        /// Its length in bytes.
        len: usize,
    },
    /// Neither the wanted variable nor `HOME` is set.
    #[error("cannot tell where {what} is: HOME is not set")]
    NoHome {
        /// What was looked for.
        what: &'static str,
    },
}

/// Looks up one environment variable; an empty value counts as unset.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<PathBuf>;

/// The real environment, for [`Env`].
pub fn process_env(key: &str) -> Option<PathBuf> {
    std::env::var_os(key)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// The socket: `PAI_SOCKET`, or `paid.sock` in the runtime folder.
///
/// # Errors
/// [`PathError::SocketTooLong`] when the system could not bind it.
pub fn socket(env: Env<'_>) -> Result<PathBuf, PathError> {
    let path = env("PAI_SOCKET").unwrap_or_else(|| runtime_dir(env).join("paid.sock"));
    check_socket_length(&path)?;
    Ok(path)
}

/// The runtime folder: `$XDG_RUNTIME_DIR/pai`, `/run/user/UID/pai`, `$TMPDIR/pai` (macOS), or `/tmp/pai-UID`.
/// Source: engineering sheet C.1.
pub fn runtime_dir(env: Env<'_>) -> PathBuf {
    if let Some(dir) = env("XDG_RUNTIME_DIR") {
        return dir.join("pai");
    }
    let uid = rustix::process::getuid().as_raw();
    let run_user = PathBuf::from(format!("/run/user/{uid}"));
    if owned_by(&run_user, uid) {
        return run_user.join("pai");
    }
    if cfg!(target_os = "macos")
        && let Some(dir) = env("TMPDIR")
    {
        return dir.join("pai");
    }
    PathBuf::from(format!("/tmp/pai-{uid}"))
}

/// The state folder: `PAI_STATE_DIR`, `$XDG_STATE_HOME/pai`, or `~/.local/state/pai`.
///
/// # Errors
/// [`PathError::NoHome`] when no variable tells.
pub fn state_dir(env: Env<'_>) -> Result<PathBuf, PathError> {
    if let Some(dir) = env("PAI_STATE_DIR") {
        return Ok(dir);
    }
    if let Some(dir) = env("XDG_STATE_HOME") {
        return Ok(dir.join("pai"));
    }
    let home = env("HOME").ok_or(PathError::NoHome {
        what: "the state folder",
    })?;
    Ok(home.join(".local/state/pai"))
}

/// The folder of the context `local` (see [`crate::context`]), in the state folder.
///
/// # Errors
/// [`PathError::NoHome`] when no variable tells.
pub fn local_dir(env: Env<'_>) -> Result<PathBuf, PathError> {
    let path = state_dir(env)?.join("local");
    Ok(std::path::absolute(&path).unwrap_or(path))
}

/// The settings: `ALIYUN_PAI_SETTINGS_PATH`, or the default file. Clients ask [`crate::context::chosen`].
///
/// # Errors
/// [`PathError::NoHome`] when no variable tells.
pub fn settings(env: Env<'_>) -> Result<PathBuf, PathError> {
    match env("ALIYUN_PAI_SETTINGS_PATH") {
        Some(path) => Ok(std::path::absolute(&path).unwrap_or(path)),
        None => default_settings(env),
    }
}

/// The settings where nothing else is named: the seed's `~/.config/aliyun-pai/settings.json`.
///
/// # Errors
/// [`PathError::NoHome`] when no variable tells.
pub fn default_settings(env: Env<'_>) -> Result<PathBuf, PathError> {
    let home = env("HOME").ok_or(PathError::NoHome {
        what: "the settings file",
    })?;
    Ok(home.join(".config/aliyun-pai/settings.json"))
}

fn check_socket_length(path: &Path) -> Result<(), PathError> {
    let len = path.as_os_str().len();
    if len > SOCKET_PATH_MAX {
        return Err(PathError::SocketTooLong {
            path: path.display().to_string(),
            len,
        });
    }
    Ok(())
}

fn owned_by(path: &Path, uid: u32) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir() && meta.uid() == uid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn env(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<PathBuf> {
        let map: HashMap<String, PathBuf> = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), PathBuf::from(value)))
            .collect();
        move |key: &str| map.get(key).cloned()
    }

    #[test]
    fn the_named_socket_wins_over_the_runtime_folder() {
        let both = env(&[("PAI_SOCKET", "/x/s.sock"), ("XDG_RUNTIME_DIR", "/run/me")]);
        assert_eq!(socket(&both), Ok("/x/s.sock".into()));
        let runtime = env(&[("XDG_RUNTIME_DIR", "/run/me")]);
        assert_eq!(socket(&runtime), Ok("/run/me/pai/paid.sock".into()));
    }

    #[test]
    fn a_socket_path_of_one_byte_too_many_is_refused() {
        let fits = format!("/{}", "a".repeat(SOCKET_PATH_MAX - 1));
        let too_long = format!("{fits}b");
        assert!(socket(&env(&[("PAI_SOCKET", &fits)])).is_ok());
        assert_eq!(
            socket(&env(&[("PAI_SOCKET", &too_long)])),
            Err(PathError::SocketTooLong {
                path: too_long.clone(),
                len: SOCKET_PATH_MAX + 1
            })
        );
    }

    #[test]
    fn state_and_settings_fall_back_to_the_home_folder() {
        let home = env(&[("HOME", "/home/me")]);
        assert_eq!(state_dir(&home), Ok("/home/me/.local/state/pai".into()));
        assert_eq!(
            settings(&home),
            Ok("/home/me/.config/aliyun-pai/settings.json".into())
        );
        assert!(state_dir(&env(&[])).is_err());
    }
}
