//! Asking a person before something that cannot be taken back.

use std::io::{self, IsTerminal as _};

use futures_util::{FutureExt as _, future::LocalBoxFuture};

use crate::{context::Context, error::CliError, input};

/// Somebody at a terminal: gives the next line that is typed.
pub type Person = Box<dyn FnMut() -> LocalBoxFuture<'static, io::Result<String>>>;

/// Whoever sits at the terminal of this process; nobody where stdin or stderr is none.
pub fn of_process() -> Option<Person> {
    let there = io::stdin().is_terminal() && io::stderr().is_terminal();
    there.then(|| -> Person { Box::new(|| input::line().boxed_local()) })
}

/// Whether there is somebody to ask.
///
/// # Errors
/// When there is nobody: a usage error, since `--yes` says it beforehand.
pub fn possible(command: &str, context: &Context) -> Result<(), CliError> {
    match context.person {
        Some(_) => Ok(()),
        None => Err(CliError::usage(
            format!("{command} asks before it does it, and there is no terminal to ask on"),
            "add --yes",
        )),
    }
}

/// Asks; anything but `y` or `yes` is a no. `untouched` is what is said where a signal comes instead of an answer.
///
/// # Errors
/// When nobody is there, or the answer cannot be read.
pub async fn agreed(
    question: &str,
    untouched: &'static str,
    context: &mut Context,
) -> Result<bool, CliError> {
    let Some(person) = &mut context.person else {
        return Ok(false);
    };
    let line = person();
    context.out.ask(format_args!("{question} [y/N] "));
    let last_words = std::mem::replace(&mut context.last_words, untouched);
    let line = line
        .await
        .map_err(|error| CliError::io("cannot read the answer", error))?;
    context.last_words = last_words;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{context::tests::context, exit::Exit};
    use std::pin::pin;

    #[tokio::test]
    async fn only_a_plain_yes_is_one() {
        for (typed, expected) in [
            ("y", true),
            (" YES ", true),
            ("", false),
            ("n", false),
            ("yesterday", false),
        ] {
            let (mut context, stdout, stderr) = context(false);
            context.person = Some(Box::new(move || {
                std::future::ready(Ok(typed.to_owned())).boxed_local()
            }));
            let before = context.last_words;
            let agreed = agreed("delete it?", "nothing was deleted", &mut context).await;
            assert_eq!(agreed.unwrap(), expected, "{typed}");
            assert_eq!(context.last_words, before);
            assert_eq!(
                (stdout.text().as_str(), stderr.text().as_str()),
                ("", "delete it? [y/N] ")
            );
        }
    }

    #[tokio::test]
    async fn who_is_interrupted_at_the_question_hears_that_nothing_was_done() {
        let (mut context, _, _) = context(false);
        context.person = Some(Box::new(|| std::future::pending().boxed_local()));
        {
            let mut asked = pin!(agreed("delete it?", "nothing was deleted", &mut context));
            assert!(asked.as_mut().now_or_never().is_none());
        }
        assert_eq!(context.last_words, "nothing was deleted");
    }

    #[test]
    fn without_a_terminal_yes_has_to_be_said_beforehand() {
        let (context, _, _) = context(false);
        let error = possible("delete", &context).unwrap_err();
        assert_eq!(
            (error.exit(), error.hint().as_str()),
            (Exit::Usage, "add --yes")
        );
    }
}
