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
async fn log_lines_are_readable_only_after_the_lag() {
    let setup = Setup::with(|options| options.log_lag = Duration::from_secs(3600)).await;
    let id = setup.finished("echo one; echo two").await.job_id;
    assert_eq!(setup.client.lines(&id, &[]).await, Vec::<String>::new());
    setup.control.clock().advance(3_601_000);
    assert_eq!(setup.client.lines(&id, &[]).await, ["one", "two"]);
}
