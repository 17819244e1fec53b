//! Calls and what they answer.

use std::time::{Duration, Instant};

use pai_proto::v1::{
    self, ErrorDetail, ErrorKind, follow_logs_response::Frame, stop_job_response::Outcome as Stop,
};
use serde_json::json;

use super::{
    fake::{Fake, Heard, Served},
    peer::{Peer, text},
    sample::{self, NOON},
};
use crate::answer::SIZE_MAX;

#[tokio::test]
async fn a_tool_that_panics_answers_and_the_server_goes_on() {
    let served = Fake::with(sample::running()).serve();
    let mut peer = Peer::open(served.env()).await;
    let text = peer.failure("test_panic", json!({})).await;
    assert!(
        text.starts_with("error: test_panic failed by a fault of this server"),
        "{text}"
    );
    assert!(text.contains("as it was told to"), "{text}");
    let job = peer
        .record("pai_job_get", json!({"job_id": "dlc1running"}))
        .await;
    assert_eq!(job["status"], "Running");
}

#[tokio::test]
async fn what_is_asked_wrongly_is_told_without_asking_the_daemon() {
    let nobody = Served::nobody();
    let mut peer = Peer::open(nobody.env()).await;
    for (tool, arguments, said) in [
        (
            "pai_job_get",
            json!({"id": "dlc1"}),
            "no argument `id`; did you mean `job_id`?",
        ),
        (
            "pai_job_stop",
            json!({}),
            "pai_job_stop needs the argument `job_id`",
        ),
        ("pai_job_list", json!({"limit": 5}), "it takes no arguments"),
        (
            "pai_job_wait",
            json!({"job_ids": "dlc1"}),
            "must be a list of strings",
        ),
        ("pai_job_wait", json!({"job_ids": []}), "is empty"),
        (
            "pai_job_logs",
            json!({"job_id": "dlc1", "tail": "all"}),
            "must be a whole number",
        ),
        (
            "pai_job_logs",
            json!({"job_id": "dlc1", "tail": 1001}),
            "the argument `tail` of pai_job_logs is 1001; it must be a whole number from 1 to 1000",
        ),
        (
            "pai_job_logs",
            json!({"job_id": "dlc1", "tail": 0}),
            "is 0; it must be a whole number from 1 to 1000",
        ),
        (
            "pai_job_logs",
            json!({"job_id": "dlc1", "save_to": ""}),
            "the argument `save_to` of pai_job_logs is empty\nhint: leave it away",
        ),
        (
            "pai_job_logs",
            json!({"job_id": "dlc1", "pod": "", "grep": "", "cursor": ""}),
            "the arguments `pod`, `grep` and `cursor` of pai_job_logs are empty\nhint: leave them away",
        ),
        (
            "pai_job_submit",
            json!({"name": "x", "command": "y", "branch": "dev"}),
            "no argument `branch`; did you mean `code_branch`?",
        ),
    ] {
        let text = peer.failure(tool, arguments).await;
        assert!(text.contains(said), "{text}");
        assert!(text.contains("\nhint: "), "{text}");
    }
    let id = peer.begin("pai_job_gett", json!({})).await;
    let (answer, _) = peer.answer(id).await;
    assert_eq!(answer["error"]["code"], -32602);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("pai_job_gett") && message.contains("pai_job_get,"),
        "{message}"
    );
}

#[tokio::test]
async fn without_a_daemon_every_call_says_so_soon_and_the_next_one_looks_again() {
    let mut nobody = Served::nobody();
    let mut peer = Peer::open(nobody.env()).await;
    let begin = Instant::now();
    let first = peer.begin("pai_job_list", json!({})).await;
    let second = peer
        .begin("pai_job_wait", json!({"job_ids": ["dlc1"], "timeout_s": 0}))
        .await;
    for id in [first, second] {
        let (answer, _) = peer.answer(id).await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        let text = text(&answer["result"]);
        assert!(text.contains("no daemon answers at"), "{text}");
        assert!(
            text.contains("\nhint: ") && text.contains("paictl daemon start"),
            "{text}"
        );
    }
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "they share one attempt"
    );
    Fake::default().serve_at(&mut nobody);
    let listed = peer.record("pai_job_list", json!({})).await;
    assert_eq!(listed["jobs"], json!([]));
    assert!(listed["hint"].as_str().unwrap().contains("pai_job_submit"));
}

#[tokio::test]
async fn one_connection_serves_all_calls_and_names_itself() {
    let served = Fake::with(sample::running()).serve();
    let mut peer = Peer::open(served.env()).await;
    for _ in 0..2 {
        peer.record("pai_job_get", json!({"job_id": "@last"})).await;
    }
    match served.heard().await {
        Heard::Hello(hello, settings) => {
            assert_eq!(hello.client, "pai-mcp");
            assert_eq!(settings, Some(served.folder().join("settings.json")));
        }
        other => panic!("{other:?}"),
    }
    for _ in 0..2 {
        let heard = served.heard().await;
        assert!(
            matches!(heard, Heard::Get),
            "no second handshake: {heard:?}"
        );
    }
}

#[tokio::test]
async fn a_daemon_that_does_not_come_back_is_looked_for_anew() {
    let mut served = Fake::with(sample::running()).serve();
    let mut peer = Peer::open(served.env()).await;
    peer.record("pai_job_get", json!({"job_id": "@last"})).await;
    served.leave().await;
    // From here on nothing comes over a socket, so that the time may pass by itself.
    tokio::time::pause();
    let lost = peer
        .failure("pai_job_get", json!({"job_id": "@last"}))
        .await;
    assert!(
        lost.contains("the connection to the daemon broke"),
        "{lost}"
    );
    let nobody = peer
        .failure("pai_job_get", json!({"job_id": "@last"}))
        .await;
    assert!(nobody.contains("no daemon answers"), "{nobody}");
    tokio::time::resume();
    Fake::with(sample::running()).serve_at(&mut served);
    peer.record("pai_job_get", json!({"job_id": "@last"})).await;
}

#[tokio::test]
async fn a_daemon_of_another_version_is_told() {
    let fake = Fake {
        major: Some(99),
        ..Fake::default()
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    let text = peer.failure("pai_job_list", json!({})).await;
    assert!(text.contains("9.9.9") && text.contains("99.0"), "{text}");
    assert!(text.contains("hint: install the same version"), "{text}");
}

#[tokio::test]
async fn what_the_daemon_refuses_is_told_with_hint_and_request_id() {
    let fake = Fake {
        refusal: Some(ErrorDetail {
            kind: ErrorKind::Limit.into(),
            message: "nothing was submitted: limits.maxRunningJobs is 2".into(),
            hint: "wait for one of them".into(),
            request_id: "7F-1".into(),
            ..Default::default()
        }),
        ..Fake::default()
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    let told = "error: nothing was submitted: limits.maxRunningJobs is 2\nhint: wait for one of them\nrequest id: 7F-1";
    for (tool, arguments) in [
        ("pai_job_submit", json!({"name": "x", "command": "y"})),
        ("pai_job_list", json!({})),
        ("pai_job_get", json!({"job_id": "dlc1"})),
        ("pai_job_wait", json!({"job_ids": ["dlc1"]})),
        ("pai_job_logs", json!({"job_id": "dlc1"})),
        ("pai_job_stop", json!({"job_id": "dlc1"})),
        ("pai_whoami", json!({})),
        ("pai_config", json!({})),
    ] {
        assert_eq!(peer.failure(tool, arguments).await, told, "{tool}");
    }
}

#[tokio::test]
async fn a_submit_can_be_repeated_and_says_what_comes_next() {
    let served = Fake::with(sample::running()).serve();
    let mut peer = Peer::open(served.env()).await;
    let arguments =
        json!({"name": "train", "command": "python a.py", "profile": "big", "code_branch": ""});
    let answer = peer.record("pai_job_submit", arguments).await;
    assert_eq!(
        answer,
        json!({
            "job_id": "dlc1running",
            "name": "me-train-20261120120304-y4hp",
            "status": "Running",
            "phase": "running",
            "created_at": "2026-11-20T12:03:04Z",
            "started_at": "2026-11-20T12:03:10Z",
            "warnings": ["the limit is near"],
            "hint": "pai_job_wait {\"job_ids\": [\"dlc1running\"]} tells when it has ended",
        })
    );
    let Heard::Submit(request) = served.heard_call().await else {
        panic!("no submit");
    };
    assert_eq!(
        (request.name.as_str(), request.command.as_str()),
        ("train", "python a.py")
    );
    assert_eq!(request.profile, "big");
    assert_eq!(request.nonce.len(), 32);
}

#[tokio::test]
async fn a_list_is_cut_to_what_clients_pass_on_and_says_so() {
    let job = |number: u32| v1::Job {
        native_id: format!("dlc{number:013}"),
        ..sample::failed()
    };
    let fake = Fake {
        jobs: (0..60).map(job).collect(),
        end: v1::SnapshotEnd {
            left_out: 1_000,
            stale_since_ms: Some(NOON),
            stale_reason: "no route".into(),
            ..Default::default()
        },
        ..Fake::default()
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    let listed = peer.record("pai_job_list", json!({})).await;
    let shown = listed["jobs"].as_array().unwrap();
    assert!(shown.len() <= 50 && shown.len() > 30, "{}", shown.len());
    assert_eq!(shown[0]["job_id"], "dlc0000000000000", "newest first");
    let left_out = listed["left_out"].as_u64().unwrap();
    assert_eq!(left_out, 1_060 - u64::try_from(shown.len()).unwrap());
    assert_eq!(listed["stale_since"], "2026-11-20T12:03:04Z");
    assert_eq!(listed["stale_reason"], "no route");
    assert!(listed.to_string().len() < SIZE_MAX + 512);
}

#[tokio::test]
async fn a_failed_job_names_its_log() {
    let fake = Fake {
        end: v1::SnapshotEnd {
            stale_since_ms: Some(NOON),
            ..Default::default()
        },
        ..Fake::with(sample::failed())
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    let got = peer.record("pai_job_get", json!({"job_id": "dlc1"})).await;
    assert_eq!(got["result"], "failed");
    assert_eq!(
        got["reason"],
        "PodFailed: worker-1 was killed for want of memory"
    );
    assert_eq!(got["stale_since"], "2026-11-20T12:03:04Z");
    let hint = got["hint"].as_str().unwrap();
    assert!(
        hint.contains(r#"pai_job_logs {"job_id": "dlc1running"}"#),
        "{hint}"
    );
}

#[tokio::test]
async fn stop_settings_and_key_are_told() {
    let fake = Fake {
        outcome: Stop::Requested,
        ..Fake::with(sample::running())
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    let stopped = peer.record("pai_job_stop", json!({"job_id": "dlc1"})).await;
    assert_eq!(stopped["outcome"], "requested");
    assert_eq!(stopped["job_id"], "dlc1running");
    let config = peer.record("pai_config", json!({})).await;
    assert_eq!(config["prefix"], "me");
    let who = peer.record("pai_whoami", json!({})).await;
    assert_eq!(who["account_id"], "100");
}

#[tokio::test]
async fn a_log_is_text_with_a_header_and_a_cursor() {
    let fake = Fake {
        text: v1::ReadLogTextResponse {
            header: "dlc1running (me-train, Failed): the last 2 lines of worker-1".into(),
            text: "step 1\nloss nan".into(),
            cursor: vec![1, 254],
            ..Default::default()
        },
        ..Fake::with(sample::failed())
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    let arguments =
        json!({"job_id": "dlc1", "tail": 1000, "grep": "nan", "cursor": "Af4", "previous": true});
    let result = peer.call("pai_job_logs", arguments).await;
    assert_eq!(result["isError"], false);
    assert!(result.get("structuredContent").is_none());
    assert_eq!(
        text(&result),
        "dlc1running (me-train, Failed): the last 2 lines of worker-1\n[cursor: Af4]\nstep 1\nloss nan"
    );
    assert!(matches!(served.heard_call().await, Heard::Get));
    let Heard::ReadText(request) = served.heard_call().await else {
        panic!("no text");
    };
    assert_eq!(request.id, "dlc1running");
    assert!(request.pods.is_empty() && request.previous);
    let around = "\n[cursor: ]\n".len();
    assert_eq!(request.max_bytes as usize + around, 8 << 10);
    assert_eq!(request.tail, Some(1_000));
    assert_eq!(
        (request.grep.as_str(), request.cursor),
        ("nan", vec![1, 254])
    );
}

#[tokio::test]
async fn a_cursor_that_is_none_is_refused() {
    let served = Fake::with(sample::running()).serve();
    let mut peer = Peer::open(served.env()).await;
    let result = peer
        .call(
            "pai_job_logs",
            json!({"job_id": "dlc1", "cursor": "it is none"}),
        )
        .await;
    assert_eq!(result["isError"], true);
    assert!(
        text(&result).contains("not one of an earlier answer"),
        "{result}"
    );
}

#[tokio::test]
async fn the_whole_log_goes_to_a_new_file_of_the_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let fake = Fake {
        follow: vec![
            Frame::Chunk(sample::log_chunk(
                "dlc1running-worker-0",
                1,
                &[b"one", b"two"],
            )),
            Frame::Ended(v1::LogEnded {
                complete: true,
                ..Default::default()
            }),
        ],
        ..Fake::with(sample::running())
    };
    let served = fake.serve();
    let mut peer = Peer::open(served.env()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.log");
    let save = json!({"job_id": "dlc1", "save_to": path});
    let result = peer.call("pai_job_logs", save.clone()).await;
    assert!(text(&result).contains("[saved: 2 lines in "), "{result}");
    assert!(matches!(served.heard_call().await, Heard::Get));
    let Heard::ReadText(read) = served.heard_call().await else {
        panic!("no text");
    };
    assert!(
        read.max_bytes as usize + text(&result).len() <= 8 << 10,
        "of the text there was nothing"
    );
    let Heard::Follow(request) = served.heard_call().await else {
        panic!("no follow");
    };
    assert!(request.no_follow && request.to_the_end && request.tail.is_none());
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "[worker-0] one\n[worker-0] two\n"
    );
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    // Nothing is written over.
    let result = peer.call("pai_job_logs", save).await;
    assert_eq!(result["isError"], true);
    let relative = peer
        .call(
            "pai_job_logs",
            json!({"job_id": "dlc1", "save_to": "x.log"}),
        )
        .await;
    assert!(text(&relative).contains("absolute"), "{relative}");
}
