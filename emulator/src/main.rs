//! `pai-emulator`: a PAI-DLC look-alike on loopback, and the example training its jobs can run.

mod cli;
mod example_train;
mod serve;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use cli::{Cli, Command};

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(args) => serve::serve(args),
        Command::ExampleTrain(args) => example_train::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "pai-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}
