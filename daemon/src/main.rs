//! `paid`: arguments → logging → `run`.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::Parser;
use pai_proto::paths::{self, process_env};
use paid::{
    Boot, BootError,
    sys::{self, Clock},
};
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

/// Watches training jobs and tells paictl and pai-mcp what happens.
///
/// Environment: PAI_SOCKET, PAI_STATE_DIR and ALIYUN_PAI_SETTINGS_PATH say where the socket, the store and the settings
/// are; ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET are used where the settings hold no key; PAI_LOG sets the log filter
/// (default info).
#[derive(Parser)]
#[command(name = "paid", version)]
struct Args {
    /// Run here until Ctrl-C or SIGTERM. (`paictl daemon start` runs paid in the background.)
    #[arg(long, required = true)]
    foreground: bool,
    /// Print one line of JSON on stdout: {"ready":true,"pid":…,"socket":…} or {"ready":false,"message":…,"hint":…,"in_use":…}.
    #[arg(long)]
    announce: bool,
    /// Append the log to this file instead of stderr.
    #[arg(long, value_name = "PATH")]
    log_file: Option<PathBuf>,
    /// Leave when stdin is closed: a parent that dies takes paid with it.
    #[arg(long)]
    exit_with_stdin: bool,
    /// Leave after 15 min without client, active job or open submit: for a paid that a client starts.
    #[arg(long)]
    auto_started: bool,
    /// Leave the session of the terminal, whose end then is no end of paid, and close what was left open for it.
    #[arg(long)]
    own_session: bool,
}

/// Why there is no daemon, or none any more.
struct Refusal {
    message: String,
    hint: String,
    /// Another daemon is at it, perhaps on its way out.
    in_use: bool,
}

impl Refusal {
    fn new(message: String, hint: &str) -> Self {
        Self {
            message,
            hint: hint.to_owned(),
            in_use: false,
        }
    }
}

impl From<BootError> for Refusal {
    fn from(error: BootError) -> Self {
        Self {
            in_use: error.is_in_use(),
            ..Self::new(error.to_string(), error.hint())
        }
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let result = leave_session(args.own_session)
        .and_then(|()| start_logging(args.log_file.as_deref()))
        .and_then(|()| sys::runtime::runtime())
        .map_err(|error| Refusal::new(format!("cannot start: {error}"), ""))
        .and_then(|runtime| finish(runtime, run(&args)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            let Refusal {
                message,
                hint,
                in_use,
            } = refusal;
            let line = serde_json::json!({"ready": false, "message": message, "hint": hint, "in_use": in_use});
            announce(&args, &line);
            let hint = if hint.is_empty() {
                hint
            } else {
                format!("\nhint: {hint}")
            };
            // Nothing is left to tell a failure of stderr to.
            let _unseen = writeln!(io::stderr(), "error: {message}{hint}");
            ExitCode::FAILURE
        }
    }
}

/// A session of our own, where that is asked for: then no terminal controls us, and its end is not ours. Nor are files that
/// are open in it.
fn leave_session(asked: bool) -> io::Result<()> {
    if !asked {
        return Ok(());
    }
    sys::inherited::close();
    match rustix::process::setsid() {
        Ok(_) => Ok(()),
        // We lead a group, perhaps a session already: nothing to leave where no terminal controls us. (The session's
        // leader cannot be asked for: in a container it may be out of sight, and has no number then.)
        Err(_) if File::open("/dev/tty").is_err() => Ok(()),
        Err(error) => Err(io::Error::new(
            io::Error::from(error).kind(),
            format!(
                "--own-session cannot leave the session ({error}): a shell's job leads a group, its child can"
            ),
        )),
    }
}

/// Runs to the end of `work` and no longer: a host name that is being resolved cannot be cancelled.
fn finish<T>(runtime: Runtime, work: impl Future<Output = T>) -> T {
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

async fn run(args: &Args) -> Result<(), Refusal> {
    let boot = boot(args).map_err(|error| {
        let hint = "set PAI_SOCKET to a shorter path, such as one in /tmp";
        Refusal::new(error.to_string(), hint)
    })?;
    let socket = boot.socket.clone();
    let ready = |_: &paid::Daemon| {
        tracing::info!(socket = %socket.display(), version = env!("CARGO_PKG_VERSION"), "serving");
        let ready = serde_json::json!({"ready": true, "pid": std::process::id(), "socket": socket});
        announce(args, &ready);
    };
    let end = end(args.exit_with_stdin)
        .map_err(|error| Refusal::new(format!("cannot listen for signals: {error}"), ""))?;
    Ok(paid::run(boot, ready, end).await?)
}

fn boot(args: &Args) -> Result<Boot, paths::PathError> {
    Ok(Boot {
        socket: paths::socket(&process_env)?,
        state_dir: paths::state_dir(&process_env)?,
        settings: paths::settings(&process_env)?,
        env: Arc::new(|key| std::env::var(key).ok().filter(|value| !value.is_empty())),
        clock: Clock::System,
        auto_started: args.auto_started,
    })
}

/// SIGTERM, SIGINT, SIGHUP, and the end of stdin where that was asked for.
fn end(with_stdin: bool) -> io::Result<impl Future<Output = ()>> {
    let mut term = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let closed = if with_stdin { Some(stdin_end()?) } else { None };
    Ok(async move {
        let stdin = async {
            match closed {
                // Its sender is dropped when stdin ends.
                Some(closed) => drop(closed.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = term.recv() => tracing::info!("SIGTERM"),
            _ = interrupt.recv() => tracing::info!("SIGINT"),
            _ = hangup.recv() => tracing::info!("SIGHUP"),
            () = stdin => tracing::info!("stdin was closed"),
        }
    })
}

/// A thread of its own: a read of stdin cannot be cancelled, and must not keep the runtime from ending.
fn stdin_end() -> io::Result<oneshot::Receiver<()>> {
    let (open, closed) = oneshot::channel();
    std::thread::Builder::new()
        .name("stdin".into())
        .spawn(move || {
            // An error is an end, too.
            let _end = io::copy(&mut io::stdin(), &mut io::sink());
            drop(open);
        })?;
    Ok(closed)
}

fn announce(args: &Args, line: &serde_json::Value) {
    if args.announce {
        // A parent that does not listen any more needs no word.
        let _unheard = writeln!(io::stdout(), "{line}").and_then(|()| io::stdout().flush());
    }
}

fn start_logging(file: Option<&Path>) -> io::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("PAI_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false);
    match file {
        None => lines.with_writer(io::stderr).init(),
        Some(path) => {
            if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
                paid::sys::fs::private_dir(folder, &[])?;
            }
            let file = OpenOptions::new()
                .append(true)
                .create(true)
                .mode(0o600)
                .open(path)?;
            lines.with_writer(file).init();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::*;

    #[test]
    fn what_cannot_be_cancelled_does_not_keep_the_daemon() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let (release, held) = mpsc::channel::<()>();
        let (left, done) = mpsc::channel();
        thread::spawn(move || {
            let resolving = async {
                let (started, running) = oneshot::channel();
                tokio::task::spawn_blocking(move || {
                    started.send(()).unwrap();
                    held.recv()
                });
                running.await.unwrap();
            };
            finish(runtime, resolving);
            left.send(()).unwrap();
        });
        done.recv_timeout(Duration::from_secs(20)).unwrap();
        drop(release);
    }
}
