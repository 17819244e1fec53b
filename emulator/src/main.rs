//! `pai-emulator`: a PAI-DLC look-alike on loopback, and the example training its jobs can run.

mod cli;
mod example_train;
mod guard;
mod serve;
mod session;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use cli::{Cli, Command};

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(args) => serve::serve(args).map(|()| ExitCode::SUCCESS),
        Command::ExampleTrain(args) => example_train::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Guard(args) => guard::run(&args),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "pai-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}
