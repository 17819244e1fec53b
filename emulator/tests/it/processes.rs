use std::time::Duration;

use pai_emulator::{JobView, Status};
use serde_json::json;

use crate::client::{Setup, body};
use crate::group::gone;

fn pid(job: &JobView) -> i32 {
    job.pods[0].pid.expect("the pod does not run")
}

/// Starts a job and waits until it has printed a line.
async fn running(setup: &Setup, command: &str) -> (String, i32) {
    let id = setup.submit(command).await;
    let job = setup.printed(&id, 1).await;
    (id, pid(&job))
}

#[tokio::test]
async fn stop_kills_the_whole_group() {
    let setup = Setup::new().await;
    let (id, pid) = running(&setup, "sleep 1000 & sleep 1001 & echo up; wait").await;
    setup.client.stop(&id).await.ok();
    assert_eq!(setup.end_of(&id).await.status, Status::Stopped);
    gone(pid).await;
}

#[tokio::test]
async fn stop_asks_first_and_then_kills() {
    let setup = Setup::new().await;
    let (polite, _) = running(
        &setup,
        "trap 'echo bye; exit 0' TERM; echo up; sleep 1000 & wait",
    )
    .await;
    setup.client.stop(&polite).await.ok();
    setup.end_of(&polite).await;
    assert_eq!(setup.client.lines(&polite, &[]).await, ["up", "bye"]);

    let (deaf, pid) = running(
        &setup,
        "trap '' TERM; echo up; while :; do sleep 1000; done",
    )
    .await;
    setup.client.stop(&deaf).await.ok();
    let job = setup.end_of(&deaf).await;
    let at = |status| {
        job.transitions
            .iter()
            .find(|each| each.status == status)
            .unwrap()
            .ms
    };
    assert!(
        at(Status::Stopped) - at(Status::Stopping) >= 195,
        "it had its grace time"
    );
    assert_eq!(job.pods[0].exit_code, Some(137));
    gone(pid).await;
}

#[tokio::test]
async fn what_a_leader_leaves_behind_is_killed() {
    let setup = Setup::new().await;
    let (id, pid) = running(&setup, "sleep 1000 & echo up; read -t 0.2 <> <(:); exit 0").await;
    assert_eq!(setup.end_of(&id).await.status, Status::Succeeded);
    gone(pid).await;
}

#[tokio::test]
async fn one_failing_pod_ends_the_others() {
    let setup = Setup::new().await;
    let mut sent = body("pair", "echo up; sleep 1000");
    sent["JobSpecs"] = json!([
        {"Type": "Master", "Image": "i", "UserCommand": "until [ -e go ]; do read -t 0.01 <> <(:); done; exit 4"},
        {"Type": "Worker", "Image": "i"},
    ]);
    let id = setup.client.create(&sent).await;
    let job = setup.printed(&id, 1).await;
    let go = setup
        .scratch
        .path()
        .join(format!("jobs/{id}/{id}-master-0/go"));
    std::fs::write(go, "").unwrap();
    assert_eq!(setup.end_of(&id).await.status, Status::Failed);
    for pod in job.pods {
        gone(pod.pid.unwrap()).await;
    }
    let shown = setup.client.get(&id).await.unwrap().ok();
    assert!(
        shown["ReasonMessage"]
            .as_str()
            .unwrap()
            .contains("exit code 4")
    );
    assert_eq!(shown["Pods"][1]["Status"], "Stopped");
}

#[tokio::test]
async fn a_job_killed_by_a_signal_fails_with_128_and_more() {
    let setup = Setup::new().await;
    let id = setup.finished("kill -SEGV $$").await.job_id;
    let job = setup.client.get(&id).await.unwrap().ok();
    assert!(
        job["ReasonMessage"]
            .as_str()
            .unwrap()
            .contains("exit code 139")
    );
}

#[tokio::test]
async fn the_time_limit_stops_a_job() {
    let setup = Setup::with(|options| options.minute = Duration::from_millis(50)).await;
    let mut sent = body("long", "sleep 1000");
    sent["JobMaxRunningTimeMinutes"] = json!(2);
    let id = setup.client.create(&sent).await;
    assert_eq!(setup.end_of(&id).await.status, Status::Stopped);
    let job = setup.client.get(&id).await.unwrap().ok();
    assert_eq!(job["ReasonCode"], "JobExceededMaxRunningTime");
}

#[tokio::test]
async fn gpus_are_waited_for_in_line() {
    let setup = Setup::with(|options| options.gpus = Some(2)).await;
    let job = |name: &str, gpus: &str| {
        let mut sent = body(name, "sleep 1000");
        sent["JobSpecs"][0]["ResourceConfig"] = json!({"GPU": gpus});
        sent
    };
    let first = setup.client.create(&job("first", "2")).await;
    setup.reached(&first, Status::Running).await;
    let too_large = setup.client.create(&job("too-large", "3")).await;
    let second = setup.client.create(&job("second", "1")).await;
    setup.reached(&second, Status::Queuing).await;
    let without = setup.finished("true").await;
    assert_eq!(
        without.status,
        Status::Succeeded,
        "a job without GPUs does not wait"
    );
    assert_eq!(setup.control.job(&second).unwrap().status, Status::Queuing);
    setup.client.stop(&first).await.ok();
    setup.reached(&second, Status::Running).await;
    assert_eq!(
        setup.control.job(&too_large).unwrap().status,
        Status::Queuing
    );
    setup.client.stop(&too_large).await.ok();
    assert_eq!(setup.end_of(&too_large).await.status, Status::Stopped);
}

#[tokio::test]
async fn shutdown_and_drop_kill_everything() {
    for graceful in [true, false] {
        let setup = Setup::new().await;
        let (_, pid) = running(&setup, "trap '' TERM; echo up; sleep 1000 & wait").await;
        let Setup {
            emulator, scratch, ..
        } = setup;
        if graceful {
            emulator.shutdown()
        } else {
            drop(emulator)
        }
        gone(pid).await;
        drop(scratch);
    }
}

#[tokio::test]
async fn a_command_that_is_not_found_fails_with_127() {
    let setup = Setup::new().await;
    let job = setup.finished("no-such-command-anywhere").await;
    assert_eq!(job.status, Status::Failed);
    assert_eq!(job.pods[0].exit_code, Some(127));
}
