//! `pai-mcp`: an MCP server over stdio, a thin client of the daemon `paid`.

use std::process::ExitCode;

/// Serves on stdin and stdout until stdin ends.
pub fn run() -> ExitCode {
    ExitCode::FAILURE
}
