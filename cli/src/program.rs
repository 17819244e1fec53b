//! Finding and starting our programs, as [`pai_proto::start`] does it.

use std::{ffi::OsString, path::Path};

use pai_proto::start;
use tokio::process::Command;

use crate::error::CliError;

pub use pai_proto::start::{Ready, START_LIMIT, beside, first_line};

/// A reason with the last line of a log.
pub fn quoted(reason: String, log: &Path) -> String {
    start::quoted(reason, log, 0)
}

/// Keys of the real cloud are none of a cloud's business that is on this machine.
pub fn without_keys(command: &mut Command) {
    let is_key = |name: &OsString| name.as_encoded_bytes().starts_with(b"ALIBABA_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_key(name)) {
        command.env_remove(name);
    }
}

/// Reads the line of `paid --announce`; `advice` is for when the daemon gave none itself.
///
/// # Errors
/// [`pai_proto::ClientError::Start`].
pub fn announced(line: Result<String, String>, advice: &str) -> Result<Ready, CliError> {
    Ok(start::announced(line, advice)?)
}
