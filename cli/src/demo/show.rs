//! The demo itself: one job, a client and two agents that wait for it, and its log.

use std::time::Duration;

use futures_util::{
    StreamExt as _,
    stream::{self, LocalBoxStream},
};
use jiff::tz::TimeZone;
use pai_proto::{
    Client, ConnectOptions,
    meta::ClientKind,
    v1::{
        FollowLogsRequest, Job, SubmitJobRequest, WaitJobsRequest,
        wait_jobs_request::{Condition, Terminal},
    },
};
use tokio::{
    process::{ChildStdin, ChildStdout},
    time::{Instant, timeout_at},
};

use super::{
    agent::Agent,
    child::{self, Child},
    cloud::{self, KEEP, OWN_SETTINGS, Programs},
    folder::Folder,
    narration,
    story::{CLIENTS, Cloud, Heard, Story},
    summary::Summary,
};
use crate::{
    commands::submit::nonce,
    context::{HANDSHAKE, PATIENCE, answered, now_ms},
    error::CliError,
    exit::Exit,
    json,
};

/// What the agents are called.
const AGENTS: [&str; CLIENTS.len() - 1] = ["agent 1", "agent 2"];
/// Longest time that the job may take.
const LIMIT: Duration = Duration::from_secs(60);
/// Longest time that the end of the log may come after the end of the job.
const LOG_LIMIT: Duration = Duration::from_secs(10);

/// One that waits.
type Waiting = Agent<ChildStdout, ChildStdin>;
/// Who heard it (the clients count from 1, the log is 0), when, and what.
type Voice = LocalBoxStream<'static, (usize, i64, Result<Heard, CliError>)>;

/// How it went.
#[derive(Debug)]
pub struct Outcome {
    /// What was found.
    pub summary: Summary,
    /// The exit code of the job.
    pub exit: Exit,
}

/// Plays the demo in `folder`. Programs that it starts are in `keep` from the moment they run.
///
/// # Errors
/// See [`CliError`].
pub async fn play(
    programs: &Programs,
    folder: &Folder,
    keep: &mut Vec<Child>,
    zone: &TimeZone,
    mut say: impl FnMut(String),
) -> Result<Outcome, CliError> {
    let access = cloud::start_emulator(&programs.emulator, folder, keep).await?;
    folder.write(&folder.settings(), &cloud::settings(&access))?;
    folder.write(&folder.own_settings(), OWN_SETTINGS)?;
    let ready = cloud::start_daemon(&programs.paid, folder, keep).await?;
    say(narration::started(ready.pid));
    let mut agents = Vec::new();
    for name in AGENTS {
        agents.push(cloud::start_agent(&programs.mcp, name, folder, keep).await?);
    }
    let cloud = Cloud { folder, zone };
    tokio::select! {
        biased;
        end = child::first_end(keep) => Err(CliError::other(end, KEEP)),
        outcome = story(programs, agents, cloud, say) => outcome,
    }
}

async fn story(
    programs: &Programs,
    agents: Vec<Waiting>,
    cloud: Cloud<'_>,
    mut say: impl FnMut(String),
) -> Result<Outcome, CliError> {
    let connected = Client::connect(options(cloud.folder));
    let client = answered(&cloud.folder.socket(), PATIENCE + HANDSHAKE, connected).await?;
    let submitted_ms = now_ms();
    let job = submit(&client, programs).await?;
    say(narration::submitted(&job));

    let mut voices = stream::select_all(voices(&client, agents, &job));
    let mut story = Story::new(job, submitted_ms);
    let mut deadline = Instant::now() + LIMIT;
    while !story.is_over() {
        match timeout_at(deadline, voices.next()).await {
            Ok(Some((client, at_ms, heard))) => {
                let knew = story.all_know();
                story.hear(client, at_ms, heard?, &cloud, &mut say);
                if story.all_know() && !knew {
                    deadline = Instant::now() + LOG_LIMIT;
                }
            }
            _ if story.all_know() => story.give_the_log_up(&mut say),
            _ => {
                let limit = LIMIT.as_secs();
                let text = format!("not everybody knew the end of the job within {limit} s");
                return Err(CliError::other(text, KEEP));
            }
        }
    }
    let (summary, exit) = story.end(cloud.folder);
    Ok(Outcome { summary, exit })
}

/// Everybody who hears of the job.
fn voices(client: &Client, agents: Vec<Waiting>, job: &Job) -> Vec<Voice> {
    let wait = stream::unfold(client.wait(request(job)), async |mut wait| {
        let update = wait.next().await?;
        Some((update.map(Heard::Job).map_err(Into::into), wait))
    });
    let follow = stream::unfold(client.follow(log_request(job)), async |mut follow| {
        let update = follow.next().await?;
        Some((update.map(Heard::Log).map_err(Into::into), follow))
    });
    let mut voices = vec![voice(0, follow), voice(1, wait)];
    for (agent, number) in agents.into_iter().zip(2..) {
        let heard = agent.wait(json::job_id(job).to_owned());
        voices.push(voice(number, heard.map(|heard| heard.map(Heard::Agent))));
    }
    voices
}

fn voice(
    number: usize,
    heard: impl stream::Stream<Item = Result<Heard, CliError>> + 'static,
) -> Voice {
    heard
        .map(move |heard| (number, now_ms(), heard))
        .boxed_local()
}

async fn submit(client: &Client, programs: &Programs) -> Result<Job, CliError> {
    let emulator = programs.emulator.display().to_string();
    let request = SubmitJobRequest {
        name: "train".into(),
        command: shell_words::join([
            &emulator,
            "example-train",
            "--seconds",
            "5",
            "--steps",
            "50",
        ]),
        nonce: nonce(),
        ..Default::default()
    };
    crate::commands::the_job(client.submit(request).await?.job)
}

fn request(job: &Job) -> WaitJobsRequest {
    WaitJobsRequest {
        ids: vec![job.uid.clone()],
        condition: Some(Condition::Terminal(Terminal {})),
        ..Default::default()
    }
}

fn log_request(job: &Job) -> FollowLogsRequest {
    FollowLogsRequest {
        id: job.uid.clone(),
        ..Default::default()
    }
}

fn options(folder: &Folder) -> ConnectOptions {
    ConnectOptions {
        socket: folder.socket(),
        settings: Some(folder.settings()),
        program: "paictl",
        version: env!("CARGO_PKG_VERSION"),
        kind: ClientKind::Person,
        // The demo has keys of its own.
        key_fingerprint: String::new(),
        patience: PATIENCE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers the first message of a session and stays.
    const SERVER: &str =
        r#"read hello; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; cat >/dev/null"#;

    /// Plays with scripts in the place of the daemon's and the agents' programs.
    async fn played(emulator: &str, mcp: &str) -> CliError {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        let script = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
            path
        };
        let access = r#"{"endpoint":"http://x","access_key_id":"i","access_key_secret":"s"}"#;
        let file = folder.path().join("emulator.json");
        std::fs::write(&file, access).unwrap();
        let ready = format!("echo READY http://x {}; {emulator}", file.display());
        let serving = r#"echo '{"ready":true,"pid":1,"socket":"/s"}'; cat"#;
        let programs = Programs {
            emulator: script("emulator", ready),
            paid: script("paid-script", serving.into()),
            mcp: script("mcp", mcp.into()),
        };
        let mut keep = Vec::new();
        let played = play(&programs, &folder, &mut keep, &TimeZone::UTC, |_| {}).await;
        for child in keep {
            child.end().await;
        }
        folder.remove().unwrap();
        played.unwrap_err()
    }

    /// The daemon of this demo never listens: without the watch over the programs its client would try for seconds.
    #[tokio::test]
    async fn a_program_that_ends_early_ends_the_demo() {
        let error = played("echo out of memory >&2; exit 3", SERVER).await;
        assert_eq!(
            error.to_string(),
            "the emulator ended: out of memory (exit status: 3)"
        );
        assert_eq!(error.exit(), Exit::Error);
    }

    #[tokio::test]
    async fn an_agent_whose_program_does_not_come_up_is_named_with_its_words() {
        let error = played("cat", "read hello; echo no such library >&2; exit 3").await;
        assert_eq!(
            error.to_string(),
            "pai-mcp did not start: agent 1 lost the connection to pai-mcp: unexpected end of file (no such library)"
        );
    }
}
