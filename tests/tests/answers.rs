//! What `--json` prints is an interface: the documented keys are there.

use pai_tests::World;
use serde_json::Value;

#[track_caller]
fn has_keys(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value.get(key).is_some(), "{key} is missing in {value:#}");
    }
}

const JOB: &[&str] = &["job_id", "uid", "name", "phase", "status", "created_at"];

#[tokio::test]
async fn every_answer_has_its_documented_keys() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let submitted = world
        .paictl(&["submit", "train", "--json", "--", "true"])
        .await;
    has_keys(&submitted.json(), JOB);
    let waited = world.paictl(&["wait", "@last", "--json"]).await;
    has_keys(&waited.json()[0], JOB);
    has_keys(&waited.json()[0], &["id", "reached", "timed_out"]);
    let listed = world.paictl(&["ls", "--json"]).await;
    assert_eq!(listed.json().as_array().unwrap().len(), 1);
    has_keys(&listed.json()[0], JOB);
    let got = world.paictl(&["get", "@last", "--json"]).await;
    has_keys(&got.json(), JOB);
    has_keys(&got.json(), &["command", "pods", "milestones", "replicas"]);
    assert_eq!(got.json()["pods"].as_array().unwrap().len(), 1);
    let stopped = world.paictl(&["stop", "@last", "--json"]).await;
    has_keys(&stopped.json(), JOB);
    assert_eq!(stopped.json()["outcome"], "already_ended");
    let config = world.paictl(&["config", "get", "--json"]).await;
    has_keys(
        &config.json(),
        &[
            "settings_path",
            "prefix",
            "region",
            "endpoint",
            "limits",
            "profiles",
        ],
    );
    let status = world.paictl(&["daemon", "status", "--json"]).await;
    has_keys(
        &status.json(),
        &["running", "pid", "rpcs", "rev", "contexts"],
    );
    has_keys(
        &status.json()["contexts"][0],
        &[
            "usable",
            "settings_path",
            "calls",
            "last_look_at",
            "credential_source",
        ],
    );
    for done in [submitted, waited, listed, got, stopped, config, status] {
        assert_eq!(done.code, 0, "{done:?}");
    }
}

#[tokio::test]
async fn a_failure_is_one_line_of_json_on_stderr() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let done = world.paictl(&["get", "dlc0nosuchjob", "--json"]).await;
    assert_eq!((done.code, done.stdout.as_str()), (5, ""));
    has_keys(&done.failure(), &["kind", "message", "hint", "request_id"]);
    assert_eq!(done.failure()["kind"], "not_found");
    assert!(
        !done.failure()["request_id"].is_null(),
        "the cloud's own id: {done:?}"
    );
}

#[tokio::test]
async fn the_daemons_state_is_told_whether_it_runs_or_not() {
    let world = World::new().await;
    let absent = world.paictl(&["daemon", "status", "--json"]).await;
    assert_eq!((absent.code, &absent.json()["running"]), (6, &false.into()));
    let daemon = world.daemon().await;
    let there = world.paictl(&["daemon", "status", "--json"]).await;
    assert_eq!((there.code, &there.json()["running"]), (0, &true.into()));
    assert_eq!(
        there.json()["pid"].as_i64(),
        Some(i64::from(daemon.pid().as_raw_nonzero().get()))
    );
    assert_eq!(daemon.ready()["socket"], world.socket().to_str().unwrap());
}
