//! `paictl local up`

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use pai_proto::start;
use tokio::process::{Child, Command};

use super::{place::Place, settings};
use crate::{
    context::Context,
    emulator::{Access, credentials_file},
    error::CliError,
    exit::Exit,
    json::LocalUp,
    private,
    process::end,
    program::{self, without_keys},
    view::clean,
};

pub(super) async fn run(context: &mut Context) -> Result<Exit, CliError> {
    let place = Place::of(context)?;
    let _turn = place.turn().await?;
    // Before anything is started: settings that cannot be read are a reason not to.
    let path = place.settings();
    let there = settings::read(&path)?;
    let (access, started) = match place.running()? {
        Some(access) => (access, false),
        None => (start(&place, &found(context)?).await?, true),
    };
    settings::write(&path, there, &access)?;
    let answer = LocalUp {
        running: true,
        started,
        pid: access.pid,
        endpoint: access.endpoint,
        settings_path: path.display().to_string(),
    };
    tell(&answer, context);
    Ok(Exit::Ok)
}

fn tell(answer: &LocalUp, context: &mut Context) {
    if context.json {
        return context.out.answer_json(answer);
    }
    let word = if answer.started { "up" } else { "already up" };
    let endpoint = clean::line(&answer.endpoint);
    context
        .out
        .answer(format_args!("{word}, pid {}, {endpoint}", answer.pid));
    context.out.note(
        "jobs run as processes of yours, without isolation\n\
         paictl --context local submit hello -- 'echo hello'\n\
         export PAI_CONTEXT=local",
    );
}

fn found(context: &Context) -> Result<PathBuf, CliError> {
    let path = (context.env)("PATH");
    let program = start::find("pai-emulator", path.as_deref().map(Path::as_os_str));
    program.ok_or_else(|| {
        CliError::other(
            "the program `pai-emulator` is neither beside paictl nor on the PATH",
            "install the programs into one folder",
        )
    })
}

/// Starts it, to outlive us, and waits until it serves. One that does not is ended.
async fn start(place: &Place, emulator: &Path) -> Result<Access, CliError> {
    let log = place.log();
    let failed = |reason: String| {
        CliError::other(
            format!("the emulator did not start: {reason}"),
            format!("see its log {}", log.display()),
        )
    };
    let refused = |error| CliError::io(format!("cannot open {}", log.display()), error);
    let stderr = private::appended(&log).map_err(refused)?;
    let before = stderr.metadata().map_err(refused)?.len();
    let mut command = Command::new(emulator);
    command
        .args(["serve", "--own-session", "--scratch"])
        .arg(place.cloud())
        // It must not hold the folder in which somebody happened to call us.
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr);
    without_keys(&mut command);
    let spawned = command.spawn();
    let child = spawned
        .map_err(|error| CliError::io(format!("cannot run {}", emulator.display()), error))?;
    let mut starting = Starting(Some(child));
    match ready(&mut starting).await {
        Ok(access) => {
            starting.0 = None;
            Ok(access)
        }
        Err(reason) => {
            starting.end().await;
            Err(failed(start::quoted(reason, &log, before)))
        }
    }
}

async fn ready(starting: &mut Starting) -> Result<Access, String> {
    let stdout = starting.0.as_mut().and_then(|child| child.stdout.take());
    let line = program::first_line(stdout).await?;
    let file = credentials_file(&line).ok_or("its first line is not READY, address and file")?;
    Access::read(file)
}

/// One that does not serve yet. Whoever gives it up takes it along.
struct Starting(Option<Child>);

impl Starting {
    async fn end(&mut self) {
        if let Some(mut child) = self.0.take() {
            end(&mut child).await;
        }
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // It may be gone already.
            let _gone = child.start_kill();
        }
    }
}
