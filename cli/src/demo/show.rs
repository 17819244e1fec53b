//! The demo itself: one job, two connections that wait for it.

use futures_util::{Stream, StreamExt as _, stream};
use jiff::tz::TimeZone;
use pai_proto::{
    Client, ClientError, ConnectOptions,
    meta::ClientKind,
    v1::{
        Job, SubmitJobRequest, WaitJobsRequest,
        wait_jobs_request::{Condition, Terminal},
    },
    wait::{Wait, WaitUpdate},
};

use super::{
    child::{self, Child},
    cloud::{self, KEEP, Programs},
    folder::Folder,
    ledger, narration,
    summary::{Seen, Sighting, Summary},
};
use crate::{
    commands::submit::nonce,
    context::{HANDSHAKE, PATIENCE, answered, now_ms},
    error::CliError,
    exit::Exit,
    json,
};

/// Clients that wait.
const CLIENTS: usize = 2;
/// Longest time that the job may take.
const LIMIT_MS: u64 = 60_000;

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
    let ready = cloud::start_daemon(&programs.paid, folder, keep).await?;
    say(narration::started(ready.pid));
    tokio::select! {
        biased;
        end = child::first_end(keep) => Err(CliError::other(end, KEEP)),
        outcome = story(programs, folder, zone, say) => outcome,
    }
}

async fn story(
    programs: &Programs,
    folder: &Folder,
    zone: &TimeZone,
    mut say: impl FnMut(String),
) -> Result<Outcome, CliError> {
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let connected = Client::connect(options(folder));
        clients.push(answered(&folder.socket(), PATIENCE + HANDSHAKE, connected).await?);
    }
    let submitted_ms = now_ms();
    let mut job = submit(&clients, programs).await?;
    let told_by_submit = statuses_of(&job);
    say(narration::submitted(&job));

    let waits = clients.iter().map(|client| client.wait(request(&job)));
    let mut updates = stream::select_all(waits.enumerate().map(|(n, wait)| updates(n + 1, wait)));
    let mut sightings = Vec::new();
    let mut exit = Exit::Gone;
    while let Some((client, at_ms, update)) = updates.next().await {
        let mut statuses = Vec::new();
        match update? {
            WaitUpdate::Change(change) => {
                if let Some(newer) = &change.job {
                    job.clone_from(newer);
                }
                statuses.push(match &change.event {
                    Some(event) => event.to_status.clone(),
                    None => job.status.clone(),
                });
            }
            WaitUpdate::Ended(ended) if ended.timed_out => exit = Exit::TimedOut,
            WaitUpdate::Ended(ended) => {
                if let Some(newer) = ended.results.into_iter().find_map(|result| result.job) {
                    job = newer;
                }
                // The last word may carry statuses that no event came for.
                statuses.extend(statuses_of(&job));
                exit = Exit::of_job(Some(&job));
            }
            other => say(narration::disturbance(&other)),
        }
        statuses.retain(|status| !told_by_submit.contains(status));
        for status in statuses {
            if let Some(sighting) = noted(&mut sightings, client, status, at_ms) {
                let transitions = ledger::transitions(&folder.cloud());
                say(narration::sighting(sighting, &job, &transitions, zone));
            }
        }
    }
    let waited_ms = u64::try_from(now_ms() - submitted_ms).unwrap_or(0);
    let summary = Summary::of(Seen {
        job_id: json::job_id(&job),
        status: &job.status,
        clients: CLIENTS,
        waited_ms,
        told_by_submit: &told_by_submit,
        sightings: &sightings,
        transitions: &ledger::transitions(&folder.cloud()),
        calls: ledger::calls(&folder.cloud()),
    });
    Ok(Outcome { summary, exit })
}

/// The statuses that a job has or had.
fn statuses_of(job: &Job) -> Vec<String> {
    let reached = job.milestones.iter().map(|mile| mile.status.clone());
    reached.chain([job.status.clone()]).collect()
}

/// Keeps the first time at which a client knew of a status.
fn noted(
    sightings: &mut Vec<Sighting>,
    client: usize,
    status: String,
    at_ms: i64,
) -> Option<&Sighting> {
    let known = |seen: &Sighting| seen.client == client && seen.status == status;
    if status.is_empty() || sightings.iter().any(known) {
        return None;
    }
    sightings.push(Sighting {
        client,
        status,
        at_ms,
    });
    sightings.last()
}

/// What one client hears, and when.
fn updates(
    client: usize,
    wait: Wait,
) -> impl Stream<Item = (usize, i64, Result<WaitUpdate, ClientError>)> + Unpin {
    Box::pin(stream::unfold(wait, move |mut wait| async move {
        let update = wait.next().await?;
        Some(((client, now_ms(), update), wait))
    }))
}

async fn submit(clients: &[Client], programs: &Programs) -> Result<Job, CliError> {
    let emulator = programs.emulator.display().to_string();
    let request = SubmitJobRequest {
        name: "train".into(),
        command: shell_words::join([emulator.as_str(), "example-train", "--seconds", "5"]),
        nonce: nonce(),
        ..Default::default()
    };
    let first = clients
        .first()
        .ok_or_else(|| CliError::other("nobody to submit", ""))?;
    crate::commands::the_job(first.submit(request).await?.job)
}

fn request(job: &Job) -> WaitJobsRequest {
    WaitJobsRequest {
        ids: vec![job.uid.clone()],
        condition: Some(Condition::Terminal(Terminal {})),
        timeout_ms: LIMIT_MS,
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

    /// The daemon of this demo never listens: without the watch over the programs its clients would try for seconds.
    #[tokio::test]
    async fn a_program_that_ends_early_ends_the_demo() {
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
        let file = file.display();
        let ready = format!("echo READY http://x {file}; echo out of memory >&2; exit 3");
        let serving = r#"echo '{"ready":true,"pid":1,"socket":"/s"}'; cat"#;
        let programs = Programs {
            emulator: script("emulator", ready),
            paid: script("paid-script", serving.into()),
        };
        let mut keep = Vec::new();
        let played = play(&programs, &folder, &mut keep, &TimeZone::UTC, |_| {}).await;
        let error = played.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the emulator ended: out of memory (exit status: 3)"
        );
        assert_eq!(error.exit(), Exit::Error);
        for child in keep {
            child.end().await;
        }
        folder.remove().unwrap();
    }

    #[test]
    fn a_status_is_noted_once_per_client() {
        let mut sightings = Vec::new();
        for (client, status, new) in [
            (1, "Queuing", true),
            (1, "Queuing", false),
            (2, "Queuing", true),
            (2, "", false),
            (1, "Running", true),
        ] {
            let noted = noted(&mut sightings, client, status.into(), 1).is_some();
            assert_eq!(noted, new, "{client} {status}");
        }
        assert_eq!(sightings.len(), 3);
    }
}
