//! The command line: there is little to choose, so a word that is not known is refused and not ignored.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    process::ExitCode,
};

use pai_proto::context::Name;

const HELP: &str = "\
MCP server for agents: training jobs on Alibaba Cloud PAI-DLC, through the daemon paid.

Usage: pai-mcp [--context NAME]  serve on stdin and stdout; an MCP client starts it like this
       pai-mcp --help            print this
       pai-mcp --version         print the version

  --context NAME  the settings that are meant: a name of `paictl context ls`. No call of a tool can choose others.
                  For example: claude mcp add pai -- pai-mcp --context work

Environment: PAI_CONTEXT and ALIYUN_PAI_SETTINGS_PATH name the settings where --context names none, PAI_SESSION labels the
jobs that are submitted (the tag pai-session); PAI_SOCKET, PAI_STATE_DIR and PAI_NO_AUTOSTART as for paictl; see
`paictl help environment`. The daemon is started where none serves, with this environment.
";

const VERSION: &str = concat!("pai-mcp ", env!("CARGO_PKG_VERSION"), "\n");

/// What a command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To serve, with the settings of this context.
    Serve(Option<Name>),
    /// To print this.
    Print(String),
    /// Nothing that there is: the error.
    Wrong(String),
}

/// Reads a command line.
pub(crate) fn read(args: impl IntoIterator<Item = OsString>) -> Asked {
    let mut args = args
        .into_iter()
        .map(|arg| arg.to_string_lossy().into_owned());
    let mut context = None;
    while let Some(word) = args.next() {
        let name = match word.as_str() {
            "--help" | "-h" => return Asked::Print(HELP.into()),
            "--version" | "-V" => return Asked::Print(VERSION.into()),
            "--context" => args.next(),
            word => match word.strip_prefix("--context=") {
                Some(name) => Some(name.to_owned()),
                None => return wrong(format!("unknown argument {word:?}")),
            },
        };
        let Some(name) = name else {
            return wrong("--context needs a name".into());
        };
        match name.parse() {
            Ok(name) => context = Some(name),
            Err(error) => return wrong(format!("--context: {error}")),
        }
    }
    Asked::Serve(context)
}

fn wrong(message: String) -> Asked {
    Asked::Wrong(format!(
        "pai-mcp: error: {message}\nhint: see `pai-mcp --help`\n"
    ))
}

/// How the program ends when it is not to serve; else the context.
pub(crate) fn answered(args: impl IntoIterator<Item = OsString>) -> Result<Option<Name>, ExitCode> {
    let (text, well) = match read(args) {
        Asked::Serve(context) => return Ok(context),
        Asked::Print(text) => (text, true),
        Asked::Wrong(text) => (text, false),
    };
    // Nobody may be listening.
    let _unheard = match well {
        true => io::stdout().write_all(text.as_bytes()),
        false => io::stderr().write_all(text.as_bytes()),
    };
    Err(match well {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(2),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Asked {
        super::read(words.iter().map(OsString::from))
    }

    #[test]
    fn help_and_version_are_answers_and_anything_else_is_refused() {
        assert_eq!(read(&["--help"]), Asked::Print(HELP.into()));
        assert_eq!(read(&["-V"]), Asked::Print(VERSION.into()));
        for (words, said) in [
            (&["--stdio"][..], "--stdio"),
            (&["work"], "work"),
            (&["--context"], "--context needs a name"),
            (&["--context", "a/b"], "is no name of a context"),
            (&["--context="], "is no name of a context"),
            (&["--context", "work", "--stdio"], "--stdio"),
        ] {
            let Asked::Wrong(text) = read(words) else {
                panic!("{words:?}");
            };
            assert!(text.contains(said) && text.contains("--help"), "{text}");
        }
    }

    #[test]
    fn it_serves_the_context_that_is_named() {
        let work = Some("work".parse().unwrap());
        assert_eq!(read(&[]), Asked::Serve(None));
        assert_eq!(read(&["--context", "work"]), Asked::Serve(work.clone()));
        assert_eq!(read(&["--context=work"]), Asked::Serve(work));
    }

    #[test]
    fn the_help_names_every_variable_that_counts() {
        for name in [
            "PAI_CONTEXT",
            "ALIYUN_PAI_SETTINGS_PATH",
            "PAI_SESSION",
            "PAI_SOCKET",
            "PAI_STATE_DIR",
            "PAI_NO_AUTOSTART",
        ] {
            assert!(HELP.contains(name), "{name}");
        }
    }
}
