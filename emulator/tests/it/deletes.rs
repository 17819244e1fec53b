use std::time::Duration;

use pai_emulator::Status;
use serde_json::json;

use crate::client::{Setup, body};

#[tokio::test]
async fn a_job_that_has_ended_is_deleted_with_its_files_and_is_gone() {
    let setup = Setup::new().await;
    let kept = setup.finished("echo kept").await.job_id;
    for command in ["echo out > left-behind", "exit 3"] {
        let id = setup.finished(command).await.job_id;
        let folder = setup.scratch.path().join("jobs").join(&id);
        assert!(folder.is_dir());
        assert_eq!(setup.client.delete(&id).await.ok()["JobId"], json!(id));
        assert!(!folder.exists());
        assert_eq!(
            setup.client.get(&id).await.unwrap().code(404),
            "Job.NotFound"
        );
        let logs = setup.client.logs(&id, &format!("{id}-worker-0"), &[]).await;
        assert_eq!(logs.code(404), "Job.NotFound");
        assert_eq!(setup.client.stop(&id).await.code(404), "Job.NotFound");
        assert_eq!(setup.client.delete(&id).await.code(404), "Job.NotFound");
        let update = setup.client.update(&id, &json!({"Priority": 2})).await;
        assert_eq!(update.code(404), "Job.NotFound");
        assert_eq!(
            setup.client.list(&[("JobIds", &id)]).await.ok()["TotalCount"],
            0
        );
        assert_eq!(setup.control.job(&id), None);
    }
    assert_eq!(setup.client.list(&[]).await.ok()["TotalCount"], 1);
    assert_eq!(setup.control.jobs().len(), 1);
    assert_eq!(setup.client.lines(&kept, &[]).await, ["kept"]);
}

#[tokio::test]
async fn a_job_that_lives_cannot_be_deleted() {
    let setup = Setup::with(|options| options.minute = Duration::from_secs(3600)).await;
    let mut sent = body("job", "true");
    sent["Settings"] = json!({"JobReservedMinutes": 1});
    let reserved = setup.client.create(&sent).await;
    setup.reached(&reserved, Status::SucceededReserving).await;
    let running = setup.submit("echo up; sleep 1000").await;
    setup.printed(&running, 1).await;
    for (id, status) in [(&reserved, "SucceededReserving"), (&running, "Running")] {
        let refused = setup.client.delete(id).await;
        assert_eq!(refused.code(400), "OperationNotAllowed");
        let message = format!("Job can't be deleted, because it is {status}");
        assert_eq!(refused.json()["Message"], json!(message));
        assert_eq!(setup.client.get(id).await.unwrap().ok()["Status"], *status);
    }
    assert_eq!(
        setup.client.lines(&running, &[]).await,
        ["up"],
        "its files are there"
    );
    setup.client.stop(&running).await.ok();
    setup.end_of(&running).await;
    setup.client.delete(&running).await.ok();
    assert_eq!(setup.control.job(&running), None);
}

#[tokio::test]
async fn a_list_that_is_late_still_shows_what_was_deleted() {
    let setup = Setup::with(|options| options.list_lag = Duration::from_secs(3600)).await;
    let id = setup.finished("true").await.job_id;
    setup.control.clock().advance(3_601_000);
    setup.client.delete(&id).await.ok();
    assert_eq!(setup.client.get(&id).await.unwrap().status, 404);
    let late = setup.client.list(&[]).await.ok();
    assert_eq!(late["Jobs"][0]["JobId"], json!(id));
    setup.control.clock().advance(3_601_000);
    assert_eq!(setup.client.list(&[]).await.ok()["TotalCount"], 0);
}
