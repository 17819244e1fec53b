//! The daemon as an installed service of the user: where there is one it is started, and no `paid` beside it.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use super::{START_LIMIT, failed, program, silent};
use crate::{
    client::{Client, ConnectOptions},
    error::ClientError,
    paths::{self, Env},
};

/// The units that `systemctl --user` may know, the better one first.
const UNITS: [&str; 2] = ["paid.socket", "paid.service"];
/// Where systemd looks for units of users, beside the folders in the home.
const UNIT_FOLDERS: [&str; 2] = ["/etc/systemd/user", "/usr/lib/systemd/user"];
/// The name of the LaunchAgent.
const AGENT: &str = "pai.paid";

/// An installed service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    /// The unit or the agent.
    name: &'static str,
    /// What starts it.
    program: PathBuf,
    args: Vec<OsString>,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service {}", self.name)
    }
}

impl Service {
    /// The service that serves the socket and the state folder of this environment: none where these are not the usual
    /// ones, for the service would serve another place.
    pub(super) fn installed(env: Env<'_>) -> Option<Self> {
        let usual = |key: &str| match key {
            "PAI_SOCKET" | "PAI_STATE_DIR" => None,
            _ => env(key),
        };
        let is_usual = paths::socket(env) == paths::socket(&usual)
            && paths::state_dir(env) == paths::state_dir(&usual);
        match (is_usual, cfg!(target_os = "macos")) {
            (false, _) => None,
            (true, true) => agent(env),
            (true, false) => unit(env, &UNIT_FOLDERS.map(PathBuf::from)),
        }
    }

    /// Has it started.
    ///
    /// # Errors
    /// In the words of the system.
    pub(super) async fn start(&self) -> Result<(), String> {
        let starting = Command::new(&self.program)
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .output();
        let ended = timeout(START_LIMIT, starting)
            .await
            .map_err(|_| format!("not within {} s", START_LIMIT.as_secs()))?
            .map_err(|error| error.to_string())?;
        if ended.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&ended.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        Err(last.map_or_else(|| ended.status.to_string(), |line| line.trim().to_owned()))
    }

    /// Connects to it, once it has been started.
    ///
    /// # Errors
    /// When it does not serve.
    pub(super) async fn answers(
        &self,
        options: &ConnectOptions,
        handshake: Duration,
    ) -> Result<Client, ClientError> {
        let options = ConnectOptions {
            patience: START_LIMIT,
            ..options.clone()
        };
        let connected = timeout(START_LIMIT + handshake, Client::connect(options.clone()));
        match connected.await.unwrap_or_else(|_| Err(silent(&options))) {
            Err(ClientError::Unreachable { socket, reason }) => Err(failed(
                format!(
                    "{self} was started, and no daemon answers at {}: {reason}",
                    socket.display()
                ),
                match cfg!(target_os = "macos") {
                    true => "`launchctl print` tells why",
                    false => {
                        "`systemctl --user status paid` and `journalctl --user -u paid` tell why"
                    }
                },
            )),
            other => other,
        }
    }
}

/// A systemd user unit: its file is looked for, systemd itself is not asked.
fn unit(env: Env<'_>, folders: &[PathBuf]) -> Option<Service> {
    let program = on_path("systemctl", env)?;
    let under = |key: &str, in_home: &str| {
        let base = env(key).or_else(|| Some(env("HOME")?.join(in_home)))?;
        Some(base.join("systemd/user"))
    };
    let own = [
        under("XDG_CONFIG_HOME", ".config"),
        under("XDG_DATA_HOME", ".local/share"),
    ];
    let folders: Vec<_> = own
        .into_iter()
        .flatten()
        .chain(folders.iter().cloned())
        .collect();
    let is_there = |unit: &&str| folders.iter().any(|folder| is_unit(&folder.join(unit)));
    let name = UNITS.into_iter().find(is_there)?;
    Some(Service {
        name,
        program,
        args: ["--user", "start", name].map(Into::into).to_vec(),
    })
}

/// A unit that is masked (a link to `/dev/null`) or empty is none.
fn is_unit(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.len() > 0)
}

/// A LaunchAgent.
fn agent(env: Env<'_>) -> Option<Service> {
    let program = on_path("launchctl", env)?;
    let file = format!("Library/LaunchAgents/{AGENT}.plist");
    let uid = rustix::process::getuid().as_raw();
    env("HOME")?.join(file).is_file().then(|| Service {
        name: AGENT,
        program,
        args: vec!["kickstart".into(), format!("gui/{uid}/{AGENT}").into()],
    })
}

fn on_path(name: &str, env: Env<'_>) -> Option<PathBuf> {
    program::on_path(name, env("PATH")?.as_os_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start::tests::script as script_at;
    use std::{collections::HashMap, fs};

    /// A home with a `systemctl` and a `launchctl` of its own.
    struct Home {
        dir: tempfile::TempDir,
        more: HashMap<&'static str, PathBuf>,
    }

    impl Home {
        fn new(script: &str) -> Self {
            let dir = tempfile::tempdir().unwrap();
            for name in ["systemctl", "launchctl"] {
                script_at(&dir.path().join(name), script);
            }
            Self {
                dir,
                more: HashMap::new(),
            }
        }

        fn get(&self, key: &str) -> Option<PathBuf> {
            match key {
                "HOME" | "PATH" | "XDG_RUNTIME_DIR" => Some(self.dir.path().into()),
                _ => self.more.get(key).cloned(),
            }
        }

        fn put(&self, path: &str, text: &str) {
            let path = self.dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn unit(&self, folders: &[PathBuf]) -> Option<&'static str> {
            unit(&|key| self.get(key), folders).map(|service| service.name)
        }
    }

    #[test]
    fn a_unit_is_found_where_systemd_looks_and_the_socket_comes_first() {
        let mut home = Home::new("true");
        let system = home.dir.path().join("etc/systemd/user");
        let folders = [system];
        assert_eq!(home.unit(&folders), None);
        home.put("etc/systemd/user/paid.service", "[Service]");
        assert_eq!(home.unit(&folders), Some("paid.service"));
        home.put(".local/share/systemd/user/paid.socket", "[Socket]");
        assert_eq!(home.unit(&folders), Some("paid.socket"));
        home.more.insert("XDG_DATA_HOME", "/nowhere".into());
        assert_eq!(home.unit(&folders), Some("paid.service"));
        home.put("conf/systemd/user/paid.socket", "");
        home.more
            .insert("XDG_CONFIG_HOME", home.dir.path().join("conf"));
        assert_eq!(home.unit(&folders), Some("paid.service"), "it is empty");
        home.put("conf/systemd/user/paid.socket", "[Socket]");
        assert_eq!(home.unit(&folders), Some("paid.socket"));
        home.more.insert("PATH", "/nowhere".into());
        let without_systemd = |key: &str| match key {
            "PATH" => Some("/nowhere".into()),
            _ => home.get(key),
        };
        assert_eq!(unit(&without_systemd, &folders), None);
    }

    #[test]
    fn the_service_is_none_of_another_place() {
        let mut home = Home::new("true");
        home.put(".config/systemd/user/paid.socket", "[Socket]");
        home.put(&format!("Library/LaunchAgents/{AGENT}.plist"), "<plist/>");
        let is_installed = |home: &Home| Service::installed(&|key| home.get(key)).is_some();
        assert!(is_installed(&home));
        for key in ["PAI_SOCKET", "PAI_STATE_DIR"] {
            home.more.insert(key, "/elsewhere/x".into());
            assert!(!is_installed(&home), "{key}");
            home.more.remove(key);
        }
        home.more
            .insert("PAI_SOCKET", home.dir.path().join("pai/paid.sock"));
        assert!(is_installed(&home), "that is the usual one");
    }

    #[test]
    fn an_agent_is_started_by_its_name() {
        let home = Home::new("true");
        assert_eq!(agent(&|key| home.get(key)), None);
        home.put(&format!("Library/LaunchAgents/{AGENT}.plist"), "<plist/>");
        let service = agent(&|key| home.get(key)).unwrap();
        let uid = rustix::process::getuid().as_raw();
        assert_eq!(service.args[1], *format!("gui/{uid}/{AGENT}"));
        assert_eq!(service.to_string(), format!("the service {AGENT}"));
    }

    #[tokio::test]
    async fn systemd_is_asked_and_quoted() {
        for (script, result) in [
            ("test \"$*\" = '--user start paid.socket'", Ok(())),
            (
                "echo Failed to connect to bus >&2; exit 1",
                Err("Failed to connect to bus".to_owned()),
            ),
            ("exit 4", Err("exit status: 4".to_owned())),
        ] {
            let home = Home::new(script);
            home.put(".config/systemd/user/paid.socket", "[Socket]");
            let service = unit(&|key| home.get(key), &[]).unwrap();
            assert_eq!(service.start().await, result, "{script}");
        }
    }
}
