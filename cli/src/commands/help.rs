//! `paictl help`

use clap::{Args, CommandFactory as _};

use crate::{
    args::Cli,
    context::Context,
    error::CliError,
    exit::{self, Exit},
};

const ENVIRONMENT: &str = "\
Environment:
  PAI_SOCKET                       the daemon's socket [default: $XDG_RUNTIME_DIR/pai/paid.sock, without that variable
                                   /run/user/UID/pai/paid.sock, on macOS $TMPDIR/pai/paid.sock, else
                                   /tmp/pai-UID/paid.sock]
  PAI_STATE_DIR                    the daemon's state and log [default: $XDG_STATE_HOME/pai, else ~/.local/state/pai]
  PAI_NO_AUTOSTART                 1: no command starts the daemon unasked
  PAI_LOG                          what the daemon logs: error, warn, info or debug [default: info]
  PAI_CONTEXT                      the settings that are meant, where --context names none: a name of `paictl context ls`
  ALIYUN_PAI_SETTINGS_PATH         the same as a path, where neither names any [default: ~/.config/aliyun-pai/settings.json]
  PAI_SESSION                      a label for the jobs that are submitted: the tag pai-session
  ALIBABA_CLOUD_ACCESS_KEY_ID      the key, where the settings hold none; the daemon reads these three when it starts
  ALIBABA_CLOUD_ACCESS_KEY_SECRET
  ALIBABA_CLOUD_SECURITY_TOKEN
  NO_COLOR                         set: no colours";

/// Help for a command or a topic (exit-codes, environment).
#[derive(Debug, Args)]
pub struct HelpArgs {
    /// A command, for example `daemon start`, or a topic.
    words: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// When there is no such command or topic.
pub fn run(args: &HelpArgs, context: &mut Context) -> Result<Exit, CliError> {
    let words: Vec<_> = args.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["exit-codes"] => context.out.answer(exit::TOPIC),
        ["environment"] => context.out.answer(ENVIRONMENT),
        words => context.out.answer(of_command(words)?),
    }
    Ok(Exit::Ok)
}

fn of_command(words: &[&str]) -> Result<String, CliError> {
    let mut root = Cli::command();
    // Gives the subcommands their full names.
    root.build();
    let mut command = &mut root;
    for word in words {
        command = command.find_subcommand_mut(word).ok_or_else(|| {
            CliError::other(
                format!("no command or topic `{}`", words.join(" ")),
                "see `paictl help`; topics: exit-codes, environment",
            )
        })?;
    }
    Ok(command.render_long_help().to_string().trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The help of every command is an interface: a change of it shows in the snapshot.
    #[test]
    fn the_help_is_complete() {
        let mut root = Cli::command().term_width(100);
        root.build();
        let mut text = String::new();
        collect(&mut root, &mut text);
        insta::assert_snapshot!(text);
    }

    fn collect(command: &mut clap::Command, text: &mut String) {
        text.push_str(&format!("──── {}\n", command.render_long_help()));
        for sub in command.get_subcommands_mut() {
            collect(sub, text);
        }
    }

    #[test]
    fn a_command_of_two_words_has_help_and_nonsense_has_none() {
        assert!(
            of_command(&["daemon", "start"])
                .unwrap()
                .contains("paictl daemon start")
        );
        let error = of_command(&["dance"]).unwrap_err();
        assert_eq!(error.to_string(), "no command or topic `dance`");
    }

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
