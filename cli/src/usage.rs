//! A command line that is wrong, or asks for help.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::error::ErrorKind;

use crate::{exit::Exit, json};

/// Prints help, version or the usage error.
pub fn refuse(usage: &clap::Error, as_json: bool) -> ExitCode {
    let exit = match usage.use_stderr() {
        true => Exit::Usage,
        false => Exit::Ok,
    };
    // A reader that went away needs neither.
    let _unread = match as_json && exit == Exit::Usage {
        true => writeln!(io::stderr(), "{}", json::compact(&failure(usage))),
        false => usage.print(),
    };
    exit.into()
}

/// Whether a command line that could not be read asks for JSON. What stands behind `--` is a job's command.
pub fn wants_json(args: &[OsString]) -> bool {
    let ours = args.iter().take_while(|arg| *arg != "--");
    ours.into_iter().any(|arg| arg == "--json")
}

fn failure(usage: &clap::Error) -> json::Failure {
    let hint = "see `paictl help` and `paictl help COMMAND`";
    if usage.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return json::Failure::new("usage", "the command is not complete", hint);
    }
    let text = usage.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:"))
        .filter(|line| !line.is_empty() && !line.starts_with("For more information"))
        .collect();
    json::Failure::new("usage", &lines.join(" "), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::Parser as _;

    fn told(line: &[&str]) -> serde_json::Value {
        let line = std::iter::once(&"paictl").chain(line);
        let usage = Cli::try_parse_from(line).unwrap_err();
        let text = json::compact(&failure(&usage));
        assert_eq!(text.lines().count(), 1);
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["error"].clone()
    }

    #[test]
    fn a_program_reads_a_wrong_command_line_as_json() {
        let error = told(&["--json", "wait"]);
        assert_eq!(error["kind"], "usage");
        assert_eq!(
            error["message"],
            "the following required arguments were not provided: <ID>..."
        );
        let error = told(&["wait", "x", "--timeout", "soon", "--json"]);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("`soon` is no duration"), "{message}");
        assert_eq!(told(&["daemon"])["message"], "the command is not complete");
    }

    #[test]
    fn json_is_wanted_where_it_is_not_part_of_a_jobs_command() {
        let wants = |line: &[&str]| {
            let line: Vec<_> = line.iter().map(OsString::from).collect();
            wants_json(&line)
        };
        assert!(wants(&["paictl", "wait", "--json"]));
        assert!(!wants(&["paictl", "submit", "--", "x", "--json"]));
    }
}
