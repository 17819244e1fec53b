//! `pai-mcp`: an MCP server over stdio, a thin client of the daemon `paid`, without state of its own.
//!
//! stdout carries messages of the protocol and nothing else; whatever is for people goes to stderr. No daemon is needed
//! before the first call of a tool, and whatever ends this process or one of its calls ends no job.
//!
//! | module | what it is |
//! |---|---|
//! | `usage`, `origin` | the command line, of which there is little; what calls inherit from the start |
//! | `transport` | messages on stdin and stdout; tells of the end of stdin |
//! | `server` | the MCP server: who we are, which tools, one call |
//! | `guard` | a call always gets an answer: panics, time limit |
//! | `tools` | one tool per file |
//! | `args`, `schema` | arguments, read strictly and described portably |
//! | `answer`, `error` | what a call answers, well or not |
//! | `record` | what agents read about jobs and settings: an interface |
//! | `daemon` | the connection, made when it is needed |
//! | `progress` | what a call says while it lasts |
//! | `time` | times in writing; foreign text is made fit by [`pai_proto::text`] |

mod answer;
mod args;
mod daemon;
mod error;
mod guard;
mod origin;
mod progress;
mod record;
mod schema;
mod server;
#[cfg(test)]
mod tests;
mod time;
mod tools;
mod transport;
mod usage;

use std::{
    ffi::OsString,
    io::{self, Write as _},
    process::ExitCode,
};

use rmcp::transport::stdio_pipes;
use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};

use crate::origin::Origin;

/// Serves on stdin and stdout until stdin ends or a signal comes. Both are regular ends.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let named = match usage::answered(args) {
        Ok(named) => named,
        Err(exit) => return exit,
    };
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let ended = runtime.block_on(serve_process(Origin::of_process(named)));
    // Where stdin is no pipe a thread may be reading it; it ends with the process.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

async fn serve_process(origin: Origin) -> io::Result<()> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let (input, output) = stdio_pipes();
    tokio::select! {
        _ = interrupted.recv() => Ok(()),
        _ = terminated.recv() => Ok(()),
        ended = server::serve(input, output, origin) => ended,
    }
}

fn failed(error: &io::Error) -> ExitCode {
    stderr(&format!("error: {error}"));
    ExitCode::FAILURE
}

/// One line for people. Nobody may be listening.
fn stderr(line: &str) {
    let _unheard = writeln!(io::stderr(), "pai-mcp: {line}");
}
