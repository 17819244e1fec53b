//! Starting the programs of a demo.

use std::path::{Path, PathBuf};

use serde_json::json;
use tokio::{
    process::{ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::{agent::Agent, child::Child, folder::Folder};
use crate::{
    emulator::{Access, credentials_file},
    error::CliError,
    program::{self, Ready, START_LIMIT, quoted, without_keys},
};

/// What to do when one of them does not start.
pub(super) const KEEP: &str = "`paictl demo --keep` keeps the logs";

/// The programs that a demo needs.
#[derive(Debug)]
pub struct Programs {
    /// The cloud of this machine.
    pub emulator: PathBuf,
    /// The daemon.
    pub paid: PathBuf,
    /// What agents talk to.
    pub mcp: PathBuf,
}

impl Programs {
    /// Finds them beside this program.
    ///
    /// # Errors
    /// When one is not there.
    pub fn find() -> Result<Self, CliError> {
        let beside = |name: &str| {
            program::beside(name).ok_or_else(|| {
                CliError::other(
                    format!("the program `{name}` is not beside paictl"),
                    "install paictl, paid, pai-mcp and pai-emulator into one folder",
                )
            })
        };
        Ok(Self {
            emulator: beside("pai-emulator")?,
            paid: beside("paid")?,
            mcp: beside("pai-mcp")?,
        })
    }
}

/// Starts the emulator and waits until it serves. The child is handed to `keep` before anything can fail.
///
/// # Errors
/// With the program's own words where it gave any.
pub async fn start_emulator(
    emulator: &Path,
    folder: &Folder,
    keep: &mut Vec<Child>,
) -> Result<Access, CliError> {
    let log = folder.log("pai-emulator");
    let mut command = Command::new(emulator);
    command
        .args(["serve", "--exit-with-stdin", "--log-lag", "1s", "--scratch"])
        .arg(folder.cloud());
    without_keys(&mut command);
    let (child, stdout) = Child::spawn("the emulator", &mut command, &log)?;
    keep.push(child);
    let failed = |reason: String| {
        let reason = quoted(reason, &log);
        CliError::other(format!("the emulator did not start: {reason}"), KEEP)
    };
    let line = program::first_line(stdout).await.map_err(failed)?;
    let file = credentials_file(&line)
        .ok_or_else(|| failed("its first line is not READY, address and file".into()))?;
    Access::read(file).map_err(failed)
}

/// Starts the daemon of the demo and waits until it serves.
///
/// # Errors
/// With the daemon's own words where it gave any.
pub async fn start_daemon(
    paid: &Path,
    folder: &Folder,
    keep: &mut Vec<Child>,
) -> Result<Ready, CliError> {
    let log = folder.log("paid");
    let mut command = Command::new(paid);
    command
        .args([
            "--foreground",
            "--announce",
            "--exit-with-stdin",
            "--log-file",
        ])
        .arg(&log);
    within(folder, &mut command);
    let (child, stdout) = Child::spawn("the daemon", &mut command, &log)?;
    keep.push(child);
    let line = program::first_line(stdout).await;
    program::announced(line.map_err(|reason| quoted(reason, &log)), KEEP)
}

/// Starts what an agent talks to, and opens a session.
///
/// # Errors
/// With the program's own words where it gave any.
pub async fn start_agent(
    mcp: &Path,
    name: &'static str,
    folder: &Folder,
    keep: &mut Vec<Child>,
) -> Result<Agent<ChildStdout, ChildStdin>, CliError> {
    let log = folder.log(&name.replace(' ', "-"));
    let mut command = Command::new(mcp);
    command.env("PAI_NO_AUTOSTART", "1");
    within(folder, &mut command);
    let (mut child, stdout) = Child::spawn(name, &mut command, &log)?;
    let stdin = child.take_stdin();
    keep.push(child);
    let failed = |reason: String| {
        let reason = quoted(reason, &log);
        CliError::other(format!("pai-mcp did not start: {reason}"), KEEP)
    };
    let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
        return Err(failed("it is not connected".into()));
    };
    let silent = |_| format!("no answer within {} s", START_LIMIT.as_secs());
    timeout(START_LIMIT, Agent::open(name, stdout, stdin))
        .await
        .map_err(silent)
        .and_then(|opened| opened.map_err(|error| error.to_string()))
        .map_err(failed)
}

/// The settings of the demo: one profile of two pods.
pub fn settings(access: &Access) -> String {
    let settings = json!({
        "version": "0.5.0",
        "projectPrefix": "demo",
        "regionId": "local",
        "workspaceId": "emulator",
        "resourceId": "quota-demo",
        "endpoint": access.endpoint,
        "credentials": {
            "accessKeyId": access.access_key_id,
            "accessKeySecret": access.access_key_secret,
        },
        "mounts": [],
        "limits": { "maxRunningJobs": 4 },
        "profiles": { "default": {
            "jobType": "PyTorchJob",
            "jobSpecs": [{
                "type": "Worker",
                "podCount": 2,
                "image": "local",
                "resourceConfig": { "CPU": "1", "memory": "1Gi", "GPU": "0" },
            }],
        }},
    });
    format!("{settings:#}\n")
}

/// Our own settings of the demo. A log is read again until its lines are this many seconds old: no longer than the
/// emulator holds them back.
pub const OWN_SETTINGS: &str = r#"{"logs": {"lag": 1}}"#;

/// Gives a program the demo's own places instead of the person's.
fn within(folder: &Folder, command: &mut Command) {
    command
        .env("PAI_SOCKET", folder.socket())
        .env("PAI_STATE_DIR", folder.state())
        .env("ALIYUN_PAI_SETTINGS_PATH", folder.settings())
        .env_remove(pai_proto::context::VARIABLE);
    without_keys(command);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_those_of_version_0_5_0() {
        let access = Access {
            endpoint: "http://127.0.0.1:4000".into(),
            access_key_id: "id".into(),
            access_key_secret: "secret".into(),
            workspace_id: "emulator".into(),
            pid: 7,
        };
        insta::assert_snapshot!(settings(&access));
    }
}
