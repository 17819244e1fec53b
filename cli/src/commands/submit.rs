//! `paictl submit`

use clap::Args;
use pai_proto::v1::{self, Phase};

use super::the_job;
use crate::{
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::{clean, word},
};

/// Submit a job. Prints its id.
///
/// Image, resources and mounts come from the profile of the settings. The submit happens once, even when the connection
/// breaks meanwhile.
#[derive(Debug, Args)]
#[command(
    override_usage = "paictl submit [OPTIONS] NAME -- COMMAND...\n       for example: paictl submit train -- python train.py"
)]
pub struct SubmitArgs {
    /// Short name; the full one gets prefix, time and four characters.
    name: String,
    /// Profile of the settings; without it the one called `default`.
    #[arg(long, short, value_name = "PROFILE")]
    profile: Option<String>,
    /// Branch of the settings' code source, in place of its default.
    #[arg(long, value_name = "BRANCH")]
    code_branch: Option<String>,
    /// Commit of the settings' code source, in place of its default.
    #[arg(long, value_name = "COMMIT")]
    code_commit: Option<String>,
    /// Command to run in every pod. One word is taken as it is (shell text), several are quoted for the shell.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: SubmitArgs, context: &mut Context) -> Result<Exit, CliError> {
    let request = v1::SubmitJobRequest {
        name: args.name,
        command: shell_text(args.command),
        profile: args.profile.unwrap_or_default(),
        nonce: nonce(),
        code_branch: args.code_branch.unwrap_or_default(),
        code_commit: args.code_commit.unwrap_or_default(),
        ..Default::default()
    };
    let response = context.connect().await?.submit(request).await?;
    let job = the_job(response.job)?;
    for warning in &response.warnings {
        context.out.warn(clean::line(warning));
    }
    if context.json {
        let submitted = json::Submitted::new(&job, response.joined, &response.warnings);
        context.out.answer_json(&submitted);
    } else {
        context.out.answer(word::id(&job));
    }
    if let Some(remark) = unconfirmed(&job) {
        context.out.note(remark);
    }
    if !context.json {
        let id = word::id(&job);
        context.out.note(format_args!(
            "paictl logs -f {id}\npaictl wait {id}\npaictl get {id}"
        ));
    }
    Ok(Exit::Ok)
}

/// What to say of a job that the backend has not confirmed.
fn unconfirmed(job: &v1::Job) -> Option<&'static str> {
    match job.phase() {
        Phase::Unconfirmed => Some(
            "unconfirmed: the answer to the submit was lost; the daemon is finding out and makes no second job before it knows",
        ),
        Phase::Submitting => {
            Some("submitting: the backend has not answered yet; the daemon goes on")
        }
        Phase::Held => Some("held: waits in the daemon until there is room"),
        _ => None,
    }
}

/// One word is shell text already; several become one line that the shell splits into the same words.
fn shell_text(mut command: Vec<String>) -> String {
    match command.len() {
        1 => command.swap_remove(0),
        _ => shell_words::join(command),
    }
}

/// So that a submit that is repeated after a broken connection finds its first.
pub(crate) fn nonce() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> String {
        shell_text(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn one_word_is_shell_text() {
        assert_eq!(
            of(&["cd /x && python a.py > log"]),
            "cd /x && python a.py > log"
        );
    }

    #[test]
    fn several_words_stay_the_same_words() {
        assert_eq!(
            of(&["python", "a.py", "--lr", "0.1"]),
            "python a.py --lr 0.1"
        );
        for words in [
            &["echo", "two words", "$HOME", "it's", "", "a;b", "&&"][..],
            &["printf", "%s\n", "*", "~", "#", "\"q\""][..],
        ] {
            assert_eq!(shell_words::split(&of(words)).unwrap(), words);
        }
    }

    #[test]
    fn a_nonce_is_new_each_time() {
        assert_eq!(nonce().len(), 32);
        assert_ne!(nonce(), nonce());
    }

    #[test]
    fn only_a_job_of_our_own_phases_gets_a_remark() {
        let remark = |phase: Phase| {
            unconfirmed(&v1::Job {
                phase: phase.into(),
                ..Default::default()
            })
        };
        for phase in [Phase::Unconfirmed, Phase::Submitting, Phase::Held] {
            let word = json::phase(phase);
            assert!(remark(phase).is_some_and(|text| text.starts_with(&word)));
        }
        assert_eq!(remark(Phase::Queued), None);
    }
}
