use std::time::Duration;

use pai_emulator::{JobView, Status};
use serde_json::{Value, json};

use crate::client::{Setup, body};

/// A minute that no test waits for.
const LONG: Duration = Duration::from_secs(3600);

async fn with_minute(minute: Duration) -> Setup {
    Setup::with(|options| {
        options.minute = minute;
        options.gpus = Some(1);
    })
    .await
}

/// A job on the one GPU that is kept for two minutes.
fn kept(name: &str, command: &str) -> Value {
    let mut sent = body(name, command);
    sent["Settings"] = json!({"JobReservedMinutes": 2, "JobReservedPolicy": "Always"});
    sent["JobSpecs"][0]["ResourceConfig"] = json!({"GPU": "1"});
    sent
}

fn statuses(job: &JobView) -> Vec<Status> {
    job.transitions.iter().map(|each| each.status).collect()
}

#[tokio::test]
async fn a_job_that_is_kept_ends_after_its_minutes() {
    let setup = with_minute(Duration::from_millis(40)).await;
    for (command, between, end) in [
        ("true", Status::SucceededReserving, Status::Succeeded),
        ("exit 3", Status::FailedReserving, Status::Failed),
    ] {
        let id = setup.client.create(&kept("job", command)).await;
        let job = setup.end_of(&id).await;
        assert_eq!(statuses(&job)[3..], [Status::Running, between, end]);
        let at = |status| {
            let found = job.transitions.iter().find(|each| each.status == status);
            found.unwrap().ms
        };
        assert!(at(end) - at(between) >= 78, "two minutes of 40 ms");
        let shown = setup.client.get(&id).await.unwrap().ok();
        let history = shown["StatusHistory"].as_array().unwrap();
        let reasons: Vec<&Value> = history[4..]
            .iter()
            .map(|each| &each["ReasonCode"])
            .collect();
        assert_eq!(reasons[0], reasons[1]);
    }
}

#[tokio::test]
async fn a_job_that_is_kept_has_a_result_and_no_end_and_holds_its_gpus() {
    let setup = with_minute(LONG).await;
    let id = setup
        .client
        .create(&kept("first", "echo out; exit 3"))
        .await;
    setup.reached(&id, Status::FailedReserving).await;
    let next = setup.client.create(&kept("next", "true")).await;
    setup.reached(&next, Status::Queuing).await;
    // One without GPUs overtakes it: it does not only want for time.
    setup.finished("true").await;
    assert_eq!(setup.control.job(&next).unwrap().status, Status::Queuing);

    let job = setup.client.get(&id).await.unwrap().ok();
    assert_eq!(job["Status"], "FailedReserving");
    assert_eq!(job["ReasonCode"], "JobFailed");
    let message = job["ReasonMessage"].as_str().unwrap();
    assert!(message.contains("exit code 3"), "{message}");
    assert_eq!(
        (&job["GmtFinishTime"], &job["GmtFailedTime"]),
        (&json!(""), &json!(""))
    );
    assert_eq!(job["Pods"][0]["Status"], "Failed");
    assert_eq!(setup.client.lines(&id, &[]).await, ["out"]);
    let query = [("Status", "FailedReserving")];
    let item = setup.client.list(&query).await.ok()["Jobs"][0].clone();
    assert_eq!(item["JobId"], json!(id));
    assert!(item.get("GmtFinishTime").is_none(), "{item}");
    assert_eq!(item["Settings"]["JobReservedMinutes"], 2);
}

#[tokio::test]
async fn a_job_that_is_kept_can_be_let_go_early_and_ends_as_it_ended() {
    let setup = with_minute(LONG).await;
    for (command, between, end) in [
        ("true", Status::SucceededReserving, Status::Succeeded),
        ("exit 3", Status::FailedReserving, Status::Failed),
    ] {
        // Both want the one GPU: the second runs only because the first gives it back.
        let id = setup.client.create(&kept("job", command)).await;
        setup.reached(&id, between).await;
        assert!(!setup.control.restart_job(&id), "it does not run any more");
        assert_eq!(setup.client.stop(&id).await.ok()["JobId"], json!(id));
        assert_eq!(setup.end_of(&id).await.status, end);
        let again = setup.client.stop(&id).await;
        assert_eq!(again.code(400), "OperationNotAllowed");
        let message = format!("Job can't be stopped, because it is {end}");
        assert_eq!(again.json()["Message"], json!(message));
    }
}

#[tokio::test]
async fn what_was_stopped_is_not_kept() {
    let setup = with_minute(Duration::from_millis(1)).await;
    let id = setup.client.create(&kept("stopped", "sleep 1000")).await;
    setup.reached(&id, Status::Running).await;
    setup.client.stop(&id).await.ok();
    let job = setup.end_of(&id).await;
    assert_eq!(
        statuses(&job)[3..],
        [Status::Running, Status::Stopping, Status::Stopped]
    );

    let mut limited = kept("limited", "sleep 1000");
    limited["JobMaxRunningTimeMinutes"] = json!(1);
    let id = setup.client.create(&limited).await;
    assert_eq!(setup.end_of(&id).await.status, Status::Stopped);
}
