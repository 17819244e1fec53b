//! Frames as they come, and what to make of them.

use std::{path::PathBuf, sync::atomic::AtomicU64, sync::atomic::Ordering};

use hyper_util::rt::TokioIo;
use pai_proto::{
    Client, ClientError,
    v1::{
        self, jobs_client::JobsClient, wait_jobs_request::Condition, wait_jobs_request::Terminal,
    },
    wait::{Wait, WaitUpdate},
    watch::{Watch, WatchUpdate},
};
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint, Uri};

use crate::{
    until::{PAUSE, within},
    world::World,
};

/// The service without our client: for looking at frames.
pub fn raw_jobs(world: &World) -> JobsClient<Channel> {
    let socket: PathBuf = world.socket();
    // The authority is never resolved: the connector ignores it.
    let channel = Endpoint::from_static("http://paid.local").connect_with_connector_lazy(
        tower::service_fn(move |_: Uri| {
            let socket = socket.clone();
            async move { UnixStream::connect(socket).await.map(TokioIo::new) }
        }),
    );
    JobsClient::new(channel)
}

/// A submit with a nonce of its own.
pub fn submit_request(name: &str, command: &str) -> v1::SubmitJobRequest {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    v1::SubmitJobRequest {
        name: name.into(),
        command: command.into(),
        nonce: format!("nonce-{}-{count}", std::process::id()),
        // Two of one name and command are two.
        another: true,
        ..Default::default()
    }
}

/// A wait for the end of these jobs.
pub fn until_ended(ids: &[&str]) -> v1::WaitJobsRequest {
    v1::WaitJobsRequest {
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        condition: Some(Condition::Terminal(Terminal {})),
        ..Default::default()
    }
}

/// The last word of a wait, and everything it said before.
///
/// # Panics
/// When it fails or does not end.
pub async fn outcome(mut wait: Wait) -> (v1::WaitEnded, Vec<WaitUpdate>) {
    let mut said = Vec::new();
    let waiting = async {
        while let Some(update) = wait.next().await {
            match update.expect("a wait does not fail") {
                WaitUpdate::Ended(ended) => return ended,
                update => said.push(update),
            }
        }
        panic!("the wait ended without a last word")
    };
    let ended = within("the end of a wait", waiting).await;
    (ended, said)
}

/// Waits with `client` for the end of one job.
///
/// # Panics
/// When the wait fails.
pub async fn end_of(client: &Client, id: &str) -> v1::Job {
    let (ended, _) = outcome(client.wait(until_ended(&[id]))).await;
    let result = ended.results.into_iter().next();
    result.and_then(|result| result.job).expect("a job")
}

/// Reads on until `enough`; every update, the last one included.
///
/// # Panics
/// When the watch fails or `enough` never comes.
pub async fn read_until(
    watch: &mut Watch,
    mut enough: impl FnMut(&WatchUpdate) -> bool,
) -> Vec<WatchUpdate> {
    let mut updates = Vec::new();
    let reading = async {
        loop {
            let update = watch.next().await.expect("a watch does not fail");
            let last = enough(&update);
            updates.push(update);
            if last {
                return;
            }
        }
    };
    within("an update of a watch", reading).await;
    updates
}

/// The events among the updates.
pub fn events(updates: &[WatchUpdate]) -> Vec<v1::Event> {
    updates
        .iter()
        .filter_map(|update| match update {
            WatchUpdate::Change(change) => change.event.clone(),
            _ => None,
        })
        .collect()
}

/// Whether the update is the event with this revision or a later one.
pub fn is_at(update: &WatchUpdate, rev: u64) -> bool {
    events(std::slice::from_ref(update))
        .iter()
        .any(|event| event.rev >= rev)
}

/// Whether the update tells that a job has this phase now.
pub fn tells(update: &WatchUpdate, uid: &str, phase: v1::Phase) -> bool {
    events(std::slice::from_ref(update))
        .iter()
        .any(|event| event.job_uid == uid && event.to_phase() == phase)
}

/// Asks for the daemon's state until it shows what is looked for: waiters and looks are no events.
///
/// # Panics
/// When it never does.
pub async fn status_shows(
    client: &Client,
    what: &str,
    shows: impl Fn(&v1::GetStatusResponse) -> bool,
) -> v1::GetStatusResponse {
    let asking = async {
        let mut pauses = tokio::time::interval(PAUSE);
        loop {
            pauses.tick().await;
            let status = client.status().await.expect("the daemon tells its state");
            if shows(&status) {
                return status;
            }
        }
    };
    within(what, asking).await
}

/// The first look has been answered: a submit will not begin with one.
pub async fn looked(client: &Client) {
    let shows = |status: &v1::GetStatusResponse| status.contexts[0].last_look_ms.is_some();
    status_shows(client, "the first look", shows).await;
}

/// What was refused.
///
/// # Panics
/// When nothing was.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, ClientError>) -> v1::ErrorDetail {
    match result {
        Err(ClientError::Refused(detail)) => detail,
        other => panic!("not refused: {other:?}"),
    }
}
