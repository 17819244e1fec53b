//! `paictl`: a thin client of the daemon `paid`, without state of its own.
//!
//! | module | what it is |
//! |---|---|
//! | [`args`] | the command line as a type; its doc comments are the help |
//! | [`commands`] | one command per file, named after the verb |
//! | [`context`] | what every command works with: output, environment, connection |
//! | [`error`], [`exit`] | the one place where failures become message, hint and exit code |
//! | [`view`] | text for people; foreign text loses its control characters here |
//! | [`json`] | text for programs: explicit structs, changed only by addition |
//! | [`program`] | finding and starting `paid` |
//! | [`process`], [`signals`] | who is alive and who holds a lock; Ctrl-C and its kin |
//! | [`emulator`], [`private`] | what the cloud on this machine tells; files of their owner alone |
//! | [`demo`] | the parts of `paictl demo` |
//! | [`ask`] | asking a person before something that cannot be taken back |
//! | [`output`], [`input`], [`duration`], [`usage`] | two writers; what a person gives; `1h30m`; a command line that is wrong |

pub mod args;
pub mod ask;
pub mod commands;
pub mod context;
pub mod demo;
pub mod duration;
pub mod emulator;
pub mod error;
pub mod exit;
pub mod input;
pub mod json;
pub mod output;
pub mod private;
pub mod process;
pub mod program;
pub mod signals;
pub mod usage;
pub mod view;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser as _;

use crate::{args::Cli, context::Context, error::CliError};

/// Reads the arguments, runs the command and says how it went.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<_> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(usage) => return usage::refuse(&usage, usage::wants_json(&args)),
    };
    let mut context = Context::of_process(cli.json, cli.context);
    let result = runtime().and_then(|runtime| {
        runtime.block_on(commands::run(cli.command.unwrap_or_default(), &mut context))
    });
    let exit = result.unwrap_or_else(|error| error.report(&mut context));
    context.out.finish(exit, context.json).into()
}

fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::io("cannot start", error))
}

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
