//! `paictl daemon stop`

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use pai_proto::{
    Client, ClientError,
    v1::{ContextStatus, GetStatusResponse},
};

use super::silent::explained;
use crate::{
    context::{Context, HANDSHAKE, answered},
    error::CliError,
    exit::Exit,
    json::DaemonStopped,
    process::{Lock, is_alive},
};

/// How long the daemon may take to leave.
const LIMIT: Duration = Duration::from_secs(5);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) async fn run(context: &mut Context) -> Result<Exit, CliError> {
    let socket = context.socket()?;
    let stopped = match context.connect_any(&socket).await {
        Ok(client) => stop(client, &socket, context).await.map(Some),
        Err(CliError::Client(ClientError::Unreachable { .. })) => Ok(None),
        Err(other) => Err(other),
    };
    let pid = stopped.map_err(|error| explained(error, context))?;
    match (context.json, pid) {
        (true, pid) => context.out.answer_json(&DaemonStopped {
            running: false,
            stopped: pid.is_some(),
            pid,
        }),
        (false, Some(pid)) => context.out.answer(format_args!("stopped, pid {pid}")),
        (false, None) => context.out.answer("no daemon was running"),
    }
    Ok(Exit::Ok)
}

/// Asks it to leave and waits until it has; the client ends first, for a connection must not be what the daemon waits for.
async fn stop(client: Client, socket: &Path, context: &mut Context) -> Result<u32, CliError> {
    let state_dir = match answered(socket, HANDSHAKE, client.status()).await {
        Ok(status) => {
            if let Some(left) = left_alone(&status) {
                context.out.note(left);
            }
            Some(PathBuf::from(status.state_dir)).filter(|path| path.is_absolute())
        }
        Err(error @ CliError::Client(ClientError::Silent { .. })) => return Err(error),
        Err(_) => None,
    };
    let pid = answered(socket, HANDSHAKE, client.shutdown()).await?.pid;
    drop(client);
    let leaving = Leaving {
        socket: socket.into(),
        state_dir,
        pid,
    };
    leaving.end().await?;
    Ok(pid)
}

/// What goes on without the daemon, and what does not.
fn left_alone(status: &GetStatusResponse) -> Option<String> {
    let sum = |of: fn(&ContextStatus) -> u32| status.contexts.iter().map(of).sum::<u32>();
    let held = sum(|each| each.held_submits);
    // Of each by itself: one that cannot be used tells what is held, and no active jobs.
    let active = sum(|each| each.active_jobs.saturating_sub(each.held_submits));
    let jobs = (active > 0).then(|| format!("jobs that go on unwatched: {active}"));
    let held = (held > 0).then(|| format!("submits that wait for room, and are not sent: {held}"));
    let told: Vec<_> = jobs.into_iter().chain(held).collect();
    (!told.is_empty()).then(|| format!("until the next daemon serves: {}", told.join("; ")))
}

/// A daemon that was asked to leave.
struct Leaving {
    socket: PathBuf,
    state_dir: Option<PathBuf>,
    pid: u32,
}

impl Leaving {
    async fn end(&self) -> Result<(), CliError> {
        let gone = async {
            while !self.has_left() {
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::time::timeout(LIMIT, gone).await.map_err(|_| {
            let (pid, limit) = (self.pid, LIMIT.as_secs());
            CliError::other(
                format!("the daemon (pid {pid}) has not left {limit} s after it was asked to"),
                format!("look at its log, or end it with `kill {pid}`"),
            )
        })
    }

    /// It removes its socket, then gives up its lock: the next one can start only after that. The process itself may
    /// linger, for example as a zombie of a parent that does not look.
    fn has_left(&self) -> bool {
        let lock = match &self.state_dir {
            Some(state_dir) => Lock::of_state(state_dir),
            None => Lock::Unknown,
        };
        match lock.pid() {
            Some(holder) => holder != self.pid,
            None => match lock {
                Lock::Free => true,
                Lock::Held(_) => false,
                Lock::Unknown => !self.socket.exists() || !is_alive(self.pid),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::folder::Folder;
    use std::{
        fs::{self, File},
        io::Write as _,
    };

    fn leaving(folder: &Folder, state_dir: Option<&Path>) -> Leaving {
        fs::write(folder.socket(), "").unwrap();
        Leaving {
            socket: folder.socket(),
            state_dir: state_dir.map(Into::into),
            pid: std::process::id(),
        }
    }

    #[test]
    fn what_is_left_alone_is_told() {
        let mut status = GetStatusResponse::default();
        assert_eq!(left_alone(&status), None);
        for (active_jobs, held_submits) in [(2, 1), (1, 0), (0, 1)] {
            status.contexts.push(ContextStatus {
                active_jobs,
                held_submits,
                ..Default::default()
            });
        }
        assert_eq!(
            left_alone(&status).unwrap(),
            "until the next daemon serves: jobs that go on unwatched: 2; submits that wait for room, and are not sent: 2"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn it_has_left_when_its_lock_is_free_and_not_before() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        let leaving = leaving(&folder, Some(folder.path()));
        let mut lock = File::create(folder.path().join("paid.lock")).unwrap();
        lock.lock().unwrap();
        writeln!(lock, "pid {}, version 1", leaving.pid).unwrap();
        fs::remove_file(folder.socket()).unwrap();
        let error = leaving.end().await.unwrap_err();
        assert!(error.to_string().contains("has not left 5 s"), "{error}");
        lock.unlock().unwrap();
        leaving.end().await.unwrap();
        folder.remove().unwrap();
    }

    #[test]
    fn a_lock_that_another_daemon_took_is_an_end_too() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        let leaving = leaving(&folder, Some(folder.path()));
        let mut lock = File::create(folder.path().join("paid.lock")).unwrap();
        lock.lock().unwrap();
        assert!(!leaving.has_left(), "it may not have written its name yet");
        writeln!(lock, "pid 1, version 1").unwrap();
        assert!(leaving.has_left());
        folder.remove().unwrap();
    }

    #[test]
    fn without_a_known_lock_the_socket_and_the_process_tell() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        for state_dir in [None, Some(Path::new("/nowhere"))] {
            let mut leaving = leaving(&folder, state_dir);
            assert!(!leaving.has_left());
            let mut other = std::process::Command::new("true").spawn().unwrap();
            other.wait().unwrap();
            leaving.pid = other.id();
            assert!(leaving.has_left());
            leaving.pid = std::process::id();
            fs::remove_file(folder.socket()).unwrap();
            assert!(leaving.has_left());
        }
        folder.remove().unwrap();
    }
}
