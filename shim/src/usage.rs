//! The command line: there is nothing to choose, so a word that is not known is refused and not ignored.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    process::ExitCode,
};

const HELP: &str = "\
MCP server for agents: training jobs on Alibaba Cloud PAI-DLC, through the daemon paid.

Usage: pai-mcp            serve on stdin and stdout; an MCP client starts it like this
       pai-mcp --help     print this
       pai-mcp --version  print the version

Environment: PAI_SOCKET, PAI_STATE_DIR, PAI_NO_AUTOSTART and ALIYUN_PAI_SETTINGS_PATH, as for paictl; see
`paictl help environment`. The daemon is started where none serves, with this environment.
";

const VERSION: &str = concat!("pai-mcp ", env!("CARGO_PKG_VERSION"), "\n");

/// How the program ends when it is not to serve.
pub(crate) fn answered(args: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let first = args.into_iter().next()?;
    let (text, well) = answer(&first.to_string_lossy());
    // Nobody may be listening.
    let _unheard = match well {
        true => io::stdout().write_all(text.as_bytes()),
        false => io::stderr().write_all(text.as_bytes()),
    };
    Some(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

fn answer(word: &str) -> (String, bool) {
    match word {
        "--help" | "-h" => (HELP.into(), true),
        "--version" | "-V" => (VERSION.into(), true),
        _ => (
            format!("pai-mcp: error: unknown argument {word:?}\nhint: see `pai-mcp --help`\n"),
            false,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_and_version_are_answers_and_anything_else_is_refused() {
        assert!(answer("--help").1);
        assert_eq!(answer("-V"), (VERSION.into(), true));
        let (text, well) = answer("--stdio");
        assert!(!well && text.contains("--stdio") && text.contains("--help"));
        assert!(answered([]).is_none(), "without arguments it serves");
    }
}
