use std::time::Duration;

use pai_emulator::Status;

use crate::client::{LIMIT, Setup};

#[tokio::test]
async fn a_job_appears_in_the_list_only_after_the_lag() {
    let setup = Setup::with(|options| options.list_lag = Duration::from_secs(3600)).await;
    let id = setup.submit_named("late", "true").await;
    assert_eq!(
        setup.client.get(&id).await.unwrap().status,
        200,
        "GetJob knows it at once"
    );
    assert_eq!(setup.client.list(&[]).await.ok()["TotalCount"], 0);
    setup.control.clock().advance(3_601_000);
    assert_eq!(setup.client.names(&[]).await, ["late"]);
}

#[tokio::test]
async fn a_change_of_status_shows_in_the_list_only_after_the_lag() {
    let setup = Setup::with(|options| options.list_lag = Duration::from_secs(3600)).await;
    let id = setup.submit("sleep 1000").await;
    setup.reached(&id, Status::Running).await;
    setup.control.clock().advance(3_601_000);
    setup.client.stop(&id).await.ok();
    setup.control.wait_final(&id, LIMIT).await.unwrap();
    assert_eq!(
        setup.client.get(&id).await.unwrap().ok()["Status"],
        "Stopped"
    );
    let item = setup.client.list(&[]).await.ok()["Jobs"][0].clone();
    assert_eq!(item["Status"], "Running");
    assert!(item.get("GmtFinishTime").is_none());
    setup.control.clock().advance(3_601_000);
    assert_eq!(
        setup.client.list(&[]).await.ok()["Jobs"][0]["Status"],
        "Stopped"
    );
}

#[tokio::test]
async fn pods_and_restarts_show_in_the_list_only_after_the_lag() {
    let setup = Setup::with(|options| {
        options.list_lag = Duration::from_secs(3600);
        options.list_detail = true;
    })
    .await;
    let id = setup
        .submit("if [ -e seen ]; then exit 3; fi; touch seen; echo up; sleep 1000")
        .await;
    let first = setup.printed(&id, 1).await.pods[0].pod_uid.clone();
    setup.control.clock().advance(3_601_000);
    assert!(setup.control.restart_job(&id));
    let second = setup.end_of(&id).await.pods[0].pod_uid.clone();
    let listed = async || setup.client.list(&[]).await.ok()["Jobs"][0].clone();
    let past = listed().await;
    assert_eq!(past["RestartTimes"], "0");
    assert_eq!(past["Pods"][0]["PodUid"], *first);
    assert_eq!(past["Pods"][0]["Status"], "Running");
    assert_eq!(past["Pods"][0]["GmtFinishTime"], "");
    assert_eq!(past["Pods"][0]["HistoryPods"], serde_json::json!([]));
    setup.control.clock().advance(3_601_000);
    let now = listed().await;
    assert_eq!(now["RestartTimes"], "1");
    assert_eq!(now["Pods"][0]["PodUid"], *second);
    assert_eq!(now["Pods"][0]["Status"], "Failed");
    assert_eq!(now["Pods"][0]["HistoryPods"][0]["Status"], "Stopped");
}

#[tokio::test]
async fn log_lines_are_readable_only_after_the_lag() {
    let setup = Setup::with(|options| options.log_lag = Duration::from_secs(3600)).await;
    let id = setup.finished("echo one; echo two").await.job_id;
    assert_eq!(setup.client.lines(&id, &[]).await, Vec::<String>::new());
    setup.control.clock().advance(3_601_000);
    assert_eq!(setup.client.lines(&id, &[]).await, ["one", "two"]);
}
