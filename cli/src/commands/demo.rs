//! `paictl demo`

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    context::Context,
    demo::{
        child::Child,
        cloud::Programs,
        folder::Folder,
        narration,
        show::{self, Outcome},
    },
    error::CliError,
    exit::Exit,
};

/// See it work, without an account.
///
/// Starts a cloud on this machine and a daemon, submits one job and lets two clients wait for it. Everything is private
/// to the demo and gone after it; it takes less than half a minute. A daemon of yours that runs is not touched.
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
    let folder = Folder::create(&std::env::temp_dir())?;
    let mut children = Vec::new();
    let (out, json) = (&mut context.out, context.json);
    let say = |line: String| match json {
        true => out.note(line),
        false => out.answer(line),
    };
    let played = tokio::select! {
        played = show::play(&programs, &folder, &mut children, &context.zone, say) => Some(played),
        () = ended_early.any() => None,
    };
    let cleared = clear(children, folder, args.keep, context).await;
    let Some(played) = played else {
        context
            .out
            .note("the demo ends here; nothing is left running");
        return Ok(Exit::Interrupted);
    };
    let outcome = played?;
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
            let path = folder.path().display();
            context.out.note(format_args!("kept: {path}"));
            Ok(())
        }
        false => folder.remove(),
    }
}

/// What may end a demo early.
struct Signals([tokio::signal::unix::Signal; 3]);

impl Signals {
    fn listen() -> Result<Self, CliError> {
        let listen =
            |kind| signal(kind).map_err(|error| CliError::io("cannot listen for signals", error));
        Ok(Self([
            listen(SignalKind::interrupt())?,
            listen(SignalKind::terminate())?,
            listen(SignalKind::hangup())?,
        ]))
    }

    async fn any(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
