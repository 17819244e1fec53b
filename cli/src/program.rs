//! Finding and starting our programs, as [`pai_proto::start`] does it.

use std::path::Path;

use pai_proto::start;

use crate::error::CliError;

pub use pai_proto::start::{Ready, START_LIMIT, beside, first_line};

/// A reason with the last line of a log.
pub fn quoted(reason: String, log: &Path) -> String {
    start::quoted(reason, log, 0)
}

/// Reads the line of `paid --announce`; `advice` is for when the daemon gave none itself.
///
/// # Errors
/// [`pai_proto::ClientError::Start`].
pub fn announced(line: Result<String, String>, advice: &str) -> Result<Ready, CliError> {
    Ok(start::announced(line, advice)?)
}
