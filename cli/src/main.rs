//! `paictl`: the command line for people. Everything is in the library, so that tests reach it.

fn main() -> std::process::ExitCode {
    paictl::run(std::env::args_os())
}
