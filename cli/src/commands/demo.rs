//! `paictl demo`

use clap::Args;

use crate::{
    context::Context,
    demo::{
        child::Child,
        cloud::Programs,
        folder::{self, Folder},
        narration,
        show::{self, Outcome},
    },
    error::CliError,
    exit::Exit,
    signals::Signals,
};

/// See it work, without an account.
///
/// Starts a cloud on this machine and a daemon, submits one job, lets three wait for it (this program and two agents, each
/// through a `pai-mcp` of its own) and follows its log. Everything is private to the demo and gone after it; it takes less
/// than half a minute. A daemon of yours that runs is not touched.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Keep the folder with settings, logs and records.
    #[arg(long)]
    keep: bool,
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &DemoArgs, context: &mut Context) -> Result<Exit, CliError> {
    let programs = Programs::find()?;
    let mut ended_early = Signals::listen()?;
    let place = std::env::temp_dir();
    folder::sweep(&place);
    let folder = Folder::create(&place)?;
    let mut children = Vec::new();
    let (out, json) = (&mut context.out, context.json);
    let say = |line: String| match json {
        true => out.note(line),
        false => out.answer(line),
    };
    let played = tokio::select! {
        played = show::play(&programs, &folder, &mut children, &context.zone, say) => Ok(played),
        exit = ended_early.any() => Err(exit),
    };
    let cleared = clear(children, folder, args.keep, context).await;
    let outcome = match played {
        Ok(played) => played?,
        Err(exit) => {
            let last_words = "the demo ends here; nothing is left running";
            context.out.interrupted(last_words, context.json);
            return Ok(exit);
        }
    };
    tell(&outcome, context);
    cleared.map(|()| outcome.exit)
}

fn tell(outcome: &Outcome, context: &mut Context) {
    if context.json {
        context.out.answer_json(&outcome.summary);
        return;
    }
    for line in narration::summary(&outcome.summary) {
        context.out.answer(line);
    }
}

/// Ends the programs, the last one started first, and removes the folder.
async fn clear(
    mut children: Vec<Child>,
    folder: Folder,
    keep: bool,
    context: &mut Context,
) -> Result<(), CliError> {
    while let Some(child) = children.pop() {
        child.end().await;
    }
    match keep {
        true => {
            let path = folder.keep()?;
            context.out.note(format_args!("kept: {}", path.display()));
            Ok(())
        }
        false => folder.remove(),
    }
}
