//! Starting `paid` in the background.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
    process::Stdio,
};

use tokio::process::{Child, Command};

use super::{
    announce::{self, Failure, Ready, first_line},
    child::{end, kill, quoted},
};

/// When the daemon is to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// When it is told to.
    Stays,
    /// Also when it has had no work for [`super::IDLE_EXIT`].
    UntilIdle,
}

/// What is to be started.
pub(super) struct Order<'a> {
    /// The program.
    pub(super) paid: &'a Path,
    /// Where it and its stderr write.
    pub(super) log: &'a Path,
    /// Where it is to serve.
    pub(super) socket: &'a Path,
    /// Its state folder.
    pub(super) state_dir: &'a Path,
    /// Its settings; `None` leaves them to its environment.
    pub(super) settings: Option<&'a Path>,
    /// When it is to leave.
    pub(super) life: Life,
}

impl Order<'_> {
    /// Starts it, to outlive us, and waits until it serves. One that does not is ended.
    ///
    /// # Errors
    /// The daemon's own words where it gave any.
    pub(super) async fn launch(&self) -> Result<Ready, Failure> {
        let (log, before) = open(self.log).map_err(|error| {
            Failure::of_io(
                &format!("cannot open its log {}", self.log.display()),
                &error,
            )
            .hint("set PAI_STATE_DIR to a folder of your own that nobody else may open (chmod 700)")
        })?;
        let child = self.command().stderr(log).spawn().map_err(|error| {
            Failure::of_io(&format!("cannot run {}", self.paid.display()), &error)
        })?;
        let mut starting = Starting { child: Some(child) };
        let stdout = starting
            .child
            .as_mut()
            .and_then(|child| child.stdout.take());
        let line = first_line(stdout).await;
        let line = line.map_err(|reason| quoted(reason, self.log, before));
        let ready = announce::read(line);
        match ready {
            Ok(_) => starting.child = None,
            Err(_) => starting.end().await,
        }
        ready
    }

    /// It begins in our process group, so that a Ctrl-C during the start reaches it, and leaves it for a session of its
    /// own before it serves: the end of our terminal is none of its business then.
    fn command(&self) -> Command {
        let mut command = Command::new(self.paid);
        command
            .args(["--foreground", "--announce", "--own-session", "--log-file"])
            .arg(self.log)
            .env("PAI_SOCKET", self.socket)
            .env("PAI_STATE_DIR", self.state_dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        if self.life == Life::UntilIdle {
            command.arg("--auto-started");
        }
        if let Some(settings) = self.settings {
            command.env("ALIYUN_PAI_SETTINGS_PATH", settings);
        }
        let mut paths = [self.paid, self.log, self.socket, self.state_dir]
            .into_iter()
            .chain(self.settings);
        if paths.all(Path::is_absolute) {
            // It must not hold the folder in which somebody happened to call us.
            command.current_dir("/");
        }
        command
    }
}

/// The log, where a daemon that cannot even log leaves its words, and its length so far.
fn open(log: &Path) -> io::Result<(File, u64)> {
    if let Some(folder) = log.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(log)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// A daemon that does not serve yet. Whoever gives it up takes it along.
struct Starting {
    child: Option<Child>,
}

impl Starting {
    async fn end(&mut self) {
        if let Some(child) = &mut self.child {
            end(child).await;
        }
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(child) = &self.child {
            kill(child);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{os::unix::fs::PermissionsExt as _, path::PathBuf};

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        /// Starts this script as the daemon.
        async fn launch(&self, life: Life, script: &str) -> Result<Ready, Failure> {
            let paid = self.path("paid");
            crate::start::tests::script(&paid, script);
            let order = Order {
                paid: &paid,
                log: &self.path("state/paid.log"),
                socket: &self.path("s"),
                state_dir: &self.path("state"),
                settings: Some(&self.path("settings.json")),
                life,
            };
            order.launch().await
        }
    }

    fn message(failure: Failure) -> String {
        failure.into_error(None).to_string()
    }

    #[tokio::test]
    async fn a_daemon_that_ends_without_a_word_is_quoted_from_its_log() {
        let folder = Folder::new();
        for _ in 0..2 {
            let launched = folder.launch(Life::Stays, "echo 'no space left' >&2; exit 3");
            assert_eq!(
                message(launched.await.unwrap_err()),
                "the daemon did not start: it ended without a word (no space left)"
            );
        }
        let log = folder.path("state/paid.log");
        let text = std::fs::read_to_string(&log).unwrap();
        assert_eq!(text, "no space left\nno space left\n");
        assert_eq!(log.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn it_is_told_where_to_serve_and_when_to_leave() {
        let folder = Folder::new();
        let script = r#"echo "$* $PWD $PAI_SOCKET $PAI_STATE_DIR $ALIYUN_PAI_SETTINGS_PATH" >&2
            echo '{"ready":true,"pid":7}'"#;
        for (life, auto) in [(Life::Stays, ""), (Life::UntilIdle, " --auto-started")] {
            let ready = folder.launch(life, script).await.unwrap();
            assert_eq!(ready.pid, 7);
            let log = std::fs::read_to_string(folder.path("state/paid.log")).unwrap();
            let [log_file, socket, state, settings] =
                ["state/paid.log", "s", "state", "settings.json"]
                    .map(|name| folder.path(name).display().to_string());
            assert_eq!(
                log.lines().last().unwrap(),
                format!(
                    "--foreground --announce --own-session --log-file {log_file}{auto} / {socket} {state} {settings}"
                )
            );
        }
    }

    #[tokio::test]
    async fn a_log_that_cannot_be_written_is_told() {
        let folder = Folder::new();
        std::fs::write(folder.path("state"), "mine").unwrap();
        let failure = folder.launch(Life::Stays, "true").await.unwrap_err();
        let error = failure.into_error(None);
        assert!(error.to_string().contains("state/paid.log"), "{error}");
        assert!(error.hint().contains("PAI_STATE_DIR"), "{error:?}");
    }

    /// The clock of the runtime jumps over the ten seconds.
    #[tokio::test(start_paused = true)]
    async fn a_daemon_that_hangs_is_ended() {
        let folder = Folder::new();
        let script = "trap '' TERM; exec sleep 1000";
        let failure = folder.launch(Life::Stays, script).await.unwrap_err();
        let told = message(failure);
        assert!(told.contains("not ready within 10 s"), "{told}");
        let of_ours = |entry: std::fs::DirEntry| {
            let words = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            String::from_utf8_lossy(&words).contains(&*folder.path("s").to_string_lossy())
        };
        if let Ok(processes) = std::fs::read_dir("/proc") {
            assert!(!processes.flatten().any(of_ours));
        }
    }

    #[tokio::test]
    async fn a_start_that_is_given_up_leaves_nothing() {
        for own_group in [true, false] {
            let mut command = Command::new("sleep");
            command.arg("1000").stdout(Stdio::piped());
            if own_group {
                command.process_group(0);
            }
            let mut child = command.spawn().unwrap();
            let stdout = child.stdout.take();
            drop(Starting { child: Some(child) });
            let end = first_line(stdout).await;
            assert_eq!(end, Err("it ended without a word".into()));
        }
    }
}
