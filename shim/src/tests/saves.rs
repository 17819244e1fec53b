//! Logs that are saved whole, through the whole server.

use std::path::Path;

use pai_proto::v1::{self, follow_logs_response::Frame};
use serde_json::json;

use super::{
    fake::{Fake, Heard, Served},
    peer::{Peer, text},
    sample,
};

/// A daemon that never gets to the end of the log.
fn reading(frames: Vec<Frame>) -> Fake {
    Fake {
        follow: frames,
        stored: Some(v1::StoredLog {
            lines: 23_000,
            ..Default::default()
        }),
        ..Fake::with(sample::running())
    }
}

/// What a save says whose time passes while the daemon reads, and how many seconds it took.
async fn out_of_time(served: &Served, path: &Path) -> (String, u64) {
    let mut peer = Peer::open(served.env()).await;
    let save = json!({"job_id": "dlc1", "save_to": path});
    let id = peer.begin("pai_job_logs", save).await;
    while !matches!(served.heard_call().await, Heard::Follow(_)) {}
    // What it hears from here on it hears at once, so that the time may pass by itself.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let (answer, _) = peer.answer(id).await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    (text(&answer["result"]), begun.elapsed().as_secs())
}

#[tokio::test]
async fn a_save_that_runs_out_of_time_says_that_the_log_is_still_read_and_how_far_it_is() {
    let lines = sample::log_chunk("dlc1running-worker-0", 1, &[b"one", b"two"]);
    let served = reading(vec![Frame::Chunk(lines)]).serve();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.log");
    let (said, seconds) = out_of_time(&served, &path).await;
    assert!((45..=51).contains(&seconds), "{seconds} s");
    let told = format!(
        "error: the daemon is still reading the log, 23000 lines of it so far: nothing was saved to {} within 50 s\n\
         hint: ask again with the same arguments, as often as it takes: what was read is kept, and the next call goes on from there",
        path.display()
    );
    assert_eq!(said, told);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn a_save_that_runs_out_of_time_says_why_the_log_cannot_be_read() {
    let stale = v1::Stale {
        since_ms: Some(sample::NOON),
        reason: "no route to the cloud".into(),
        ..Default::default()
    };
    let served = reading(vec![Frame::Stale(stale)]).serve();
    let folder = tempfile::tempdir().unwrap();
    let (said, _) = out_of_time(&served, &folder.path().join("train.log")).await;
    assert!(
        said.contains("within 50 s (no route to the cloud)\nhint: ask again"),
        "{said}"
    );
}
