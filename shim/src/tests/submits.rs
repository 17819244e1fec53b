//! What is asked of the daemon beside what the agent says: the context, the session, the working tree.

use std::{path::Path, process::Command};

use pai_proto::v1;
use serde_json::json;

use super::{
    fake::{Fake, Heard, Served},
    peer::{Peer, env},
    sample,
};
use crate::origin::Origin;

/// A server of this daemon with these variables, started in this folder.
async fn open_at(served: &Served, folder: Option<&Path>, named: Option<&str>) -> Peer {
    let home = served.folder().to_owned();
    let origin = Origin {
        env: env([
            ("PAI_SOCKET", home.join("s")),
            ("HOME", home),
            ("PAI_SESSION", "agent-7".into()),
        ]),
        named: named.map(|name| name.parse().unwrap()),
        folder: folder.map(Into::into),
    };
    let mut peer = Peer::start_at(origin);
    peer.shake_hands("2025-11-25").await;
    peer
}

async fn submitted(served: &Served) -> v1::SubmitJobRequest {
    match served.heard_call().await {
        Heard::Submit(request) => *request,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_argument_reaches_the_daemon() {
    let served = Fake::with(sample::running()).serve();
    let mut peer = Peer::open(served.env()).await;
    let arguments = json!({
        "name": "train", "command": "true", "idempotency_key": "nightly", "queue": true, "another": true,
        "envs": {"LR": "0.1"}, "priority": 7, "tags": {"team": "vision"},
    });
    peer.record("pai_job_submit", arguments).await;
    let request = submitted(&served).await;
    assert_eq!(request.idempotency_key, "nightly");
    assert!(request.queue && request.another);
    assert_eq!(request.envs, [("LR".into(), "0.1".into())].into());
    assert_eq!(request.priority, Some(7));
    assert_eq!(request.tags, [("team".into(), "vision".into())].into());
}

#[tokio::test]
async fn a_submit_that_was_joined_says_so_in_words_of_the_tool() {
    let fake = Fake {
        joined: true,
        ..Fake::with(sample::running())
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    let answer = peer
        .record("pai_job_submit", json!({"name": "x", "command": "y"}))
        .await;
    assert_eq!(answer["joined"], true);
    assert_eq!(
        answer["warnings"],
        json!(["joined: an equal submit was made 12 s ago; another: true makes another job"])
    );
}

fn git(folder: &Path, args: &[&str]) {
    let status = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=x", "-c", "user.email=x@example.com"])
        .args(args)
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.unwrap().success(), "{args:?}");
}

#[tokio::test]
async fn the_agents_working_tree_is_tagged_and_what_will_not_run_is_warned_of() {
    let project = tempfile::tempdir().unwrap();
    git(project.path(), &["init", "-q", "-b", "dev"]);
    git(
        project.path(),
        &["commit", "-q", "--allow-empty", "-m", "one"],
    );
    let fake = Fake {
        code_source: Some(v1::CodeSource {
            default_branch: "main".into(),
            ..Default::default()
        }),
        ..Fake::with(sample::running())
    };
    let served = fake.serve();
    let mut peer = open_at(&served, Some(project.path()), None).await;
    let arguments = json!({"name": "x", "command": "y", "tags": {"pai-session": "mine"}});
    let answer = peer.record("pai_job_submit", arguments).await;
    assert_eq!(
        answer["warnings"],
        json!([
            "if this folder is what the job runs: it is on branch dev, and the job runs branch main",
            "if this folder is what the job runs: it has a commit that was not pushed; the job runs without it",
            "the limit is near",
        ])
    );
    let tags = submitted(&served).await.tags;
    assert_eq!(tags["pai-branch"], "dev");
    assert_eq!(tags["pai-commit"].len(), 40);
    assert_eq!(tags["pai-session"], "mine");
}

#[tokio::test]
async fn outside_of_a_repository_the_session_alone_is_tagged() {
    let served = Fake::with(sample::running()).serve();
    let mut peer = open_at(&served, Some(Path::new("/")), None).await;
    peer.record("pai_job_submit", json!({"name": "x", "command": "y"}))
        .await;
    let tags = submitted(&served).await.tags;
    assert_eq!(tags, [("pai-session".into(), "agent-7".into())].into());
}

#[tokio::test]
async fn the_context_is_that_of_the_command_line_and_must_be_there() {
    let served = Fake::with(sample::running()).serve();
    let mut peer = open_at(&served, None, Some("work")).await;
    let told = peer.failure("pai_job_list", json!({})).await;
    assert!(
        told.starts_with("error: there is no context `work`"),
        "{told}"
    );
    assert!(
        told.contains("whoever started this server chose it"),
        "{told}"
    );
    let contexts = served.folder().join(".config/aliyun-pai/contexts");
    std::fs::create_dir_all(&contexts).unwrap();
    std::fs::write(contexts.join("work.json"), "{}").unwrap();
    peer.record("pai_job_list", json!({})).await;
    match served.heard().await {
        Heard::Hello(_, settings) => assert_eq!(settings, Some(contexts.join("work.json"))),
        other => panic!("{other:?}"),
    }
    // No call can choose another.
    let told = peer
        .failure("pai_job_list", json!({"context": "other"}))
        .await;
    assert!(told.contains("takes no arguments"), "{told}");
}
