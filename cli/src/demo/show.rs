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
    child::Child,
    cloud::{self, Programs},
    folder::Folder,
    ledger, narration,
    summary::{Seen, Sighting, Summary},
};
use crate::{
    commands::submit::nonce,
    context::{PATIENCE, now_ms, shake_hands},
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

    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(shake_hands(options(folder)).await?);
    }
    let submitted_ms = now_ms();
    let mut job = submit(&clients, programs).await?;
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
                let reached = job.milestones.iter().map(|mile| mile.status.clone());
                statuses.extend(reached);
                exit = Exit::of_job(Some(&job));
            }
            other => say(narration::disturbance(&other)),
        }
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
        sightings: &sightings,
        transitions: &ledger::transitions(&folder.cloud()),
        calls: ledger::calls(&folder.cloud()),
    });
    Ok(Outcome { summary, exit })
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
