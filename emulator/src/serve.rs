//! `serve`: an emulator until a signal, or the end of standard input, says stop.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use pai_emulator::{Clock, Emulator, Options};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::cli::ServeArgs;
use crate::session;

/// Serves and returns when everything it started is gone.
pub(crate) fn serve(args: ServeArgs) -> io::Result<()> {
    if args.own_session {
        session::leave()?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let own = args.scratch.is_none().then(new_scratch);
        let scratch = args.scratch.clone().or_else(|| own.clone());
        let served = serve_in(scratch.unwrap_or_default(), args).await;
        match own.map(std::fs::remove_dir_all) {
            Some(removed) => served.and(unless_missing(removed)),
            None => served,
        }
    })
}

async fn serve_in(scratch: PathBuf, args: ServeArgs) -> io::Result<()> {
    let mut stop = Stop::new(args.exit_with_stdin)?;
    let emulator = Emulator::start(options(&scratch, args)?).await?;
    let path = emulator.credentials().write(&scratch.canonicalize()?)?;
    let mut stdout = io::stdout();
    writeln!(stdout, "READY {} {}", emulator.base_url(), path.display())?;
    stdout.flush()?;
    stop.wait().await;
    let removed = std::fs::remove_file(path);
    emulator.shutdown();
    unless_missing(removed)
}

/// Somebody else may have removed the folder.
fn unless_missing(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn options(scratch: &Path, args: ServeArgs) -> io::Result<Options> {
    let own_program = std::env::current_exe()?;
    Ok(Options {
        port: args.port,
        time_scale: args.time_scale,
        minute: args.minute,
        log_lag: args.log_lag,
        list_lag: args.list_lag,
        update_lag: args.update_lag,
        list_detail: args.list_detail,
        log_keep: args.log_keep.into(),
        max_lines: args.max_lines,
        max_line_bytes: args.max_line_bytes,
        max_answer_bytes: args.max_answer_bytes,
        rate_limit: args.rate_limit,
        gpus: args.gpus,
        workspace_id: args.workspace_id,
        security_token: args.security_token,
        faults: args.faults,
        seed: args.seed,
        clock: Clock::shifted(args.clock_offset_ms),
        path_prefix: own_program
            .parent()
            .map(PathBuf::from)
            .into_iter()
            .collect(),
        guard: Some(own_program),
        ..Options::new(scratch)
    })
}

fn new_scratch() -> PathBuf {
    let random: u64 = rand::random();
    std::env::temp_dir().join(format!("pai-emulator-{}-{random:016x}", std::process::id()))
}

/// The reasons to end, listened for from before the first job can start.
struct Stop {
    signals: [tokio::signal::unix::Signal; 3],
    stdin_closed: Option<oneshot::Receiver<()>>,
}

impl Stop {
    fn new(with_stdin: bool) -> io::Result<Self> {
        let signals = [
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        ];
        Ok(Self {
            signals,
            stdin_closed: with_stdin.then(watch_stdin),
        })
    }

    async fn wait(&mut self) {
        let [terminate, interrupt, hangup] = &mut self.signals;
        let stdin_closed = async {
            match &mut self.stdin_closed {
                Some(closed) => _ = closed.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
            () = stdin_closed => {}
        }
    }
}

/// A thread of its own reads, since a blocked read must not keep the process from ending.
fn watch_stdin() -> oneshot::Receiver<()> {
    let (closed, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 256];
        let mut stdin = io::stdin();
        while stdin.read(&mut buffer).is_ok_and(|count| count > 0) {}
        let _ = closed.send(());
    });
    receiver
}
