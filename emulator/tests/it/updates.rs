use std::time::Duration;

use pai_emulator::Status;
use serde_json::{Value, json};

use crate::client::{Setup, body};

/// A job of a quota, unless told otherwise.
fn of_quota(command: &str, quota: &str) -> Value {
    let mut sent = body("job", command);
    sent["ResourceId"] = json!(quota);
    sent
}

/// Jobs stay in Creating.
async fn waiting() -> Setup {
    Setup::with(|options| options.time_scale = 1e6).await
}

async fn detail(setup: &Setup, id: &str) -> Value {
    setup.client.get(id).await.unwrap().ok()
}

async fn item(setup: &Setup, id: &str) -> Value {
    setup.client.list(&[("JobId", id)]).await.ok()["Jobs"][0].clone()
}

#[tokio::test]
async fn a_job_that_waits_for_its_quota_takes_another_priority() {
    let setup = waiting().await;
    let id = setup.client.create(&of_quota("true", "quota1")).await;
    assert_eq!(detail(&setup, &id).await["Priority"], 1);
    let updated = setup.client.update(&id, &json!({"Priority": 9})).await.ok();
    assert_eq!(updated["JobId"], json!(id));
    assert_eq!(detail(&setup, &id).await["Priority"], 9);
    assert_eq!(item(&setup, &id).await["Priority"], 9);
    assert_eq!(setup.control.job(&id).unwrap().priority, 9);
    let path = format!("jobs/{id}");
    let seen = setup.client.control("GET", &path, "", None);
    assert_eq!(seen.await.json()["priority"], 9);
}

#[tokio::test]
async fn a_priority_without_effect_is_answered_all_the_same() {
    let setup = waiting().await;
    for quota in [json!(""), json!(null)] {
        let mut sent = of_quota("true", "");
        sent["ResourceId"] = quota;
        let id = setup.client.create(&sent).await;
        setup.client.update(&id, &json!({"Priority": 9})).await.ok();
        assert_eq!(detail(&setup, &id).await["Priority"], 1, "no quota");
    }

    let setup = Setup::new().await;
    let id = setup.client.create(&of_quota("sleep 1000", "quota1")).await;
    setup.reached(&id, Status::Running).await;
    let both = json!({"Priority": 9, "Description": "late"});
    setup.client.update(&id, &both).await.ok();
    let job = detail(&setup, &id).await;
    assert_eq!(job["Priority"], 1, "it runs");
    assert_eq!(job["Description"], "late", "the rest is done");
}

#[tokio::test]
async fn a_job_becomes_public_in_any_status_and_never_private_again() {
    let setup = Setup::new().await;
    let id = setup.finished("true").await.job_id;
    assert_eq!(detail(&setup, &id).await["Accessibility"], "PRIVATE");
    let public = [("Accessibility", "PUBLIC")];
    assert!(setup.client.names(&public).await.is_empty());
    let update = json!({"Accessibility": "PUBLIC"});
    setup.client.update(&id, &update).await.ok();
    assert_eq!(detail(&setup, &id).await["Accessibility"], "PUBLIC");
    assert_eq!(item(&setup, &id).await["Accessibility"], "PUBLIC");
    assert_eq!(
        setup.client.names(&public).await,
        ["job"],
        "it is found as such"
    );
    assert_eq!(setup.control.job(&id).unwrap().accessibility, "PUBLIC");

    let back = setup
        .client
        .update(&id, &json!({"Accessibility": "PRIVATE"}))
        .await;
    assert_eq!(back.code(400), "InvalidParameter");
    assert_eq!(detail(&setup, &id).await["Accessibility"], "PUBLIC");
}

#[tokio::test]
async fn a_refused_update_changes_nothing_at_all() {
    let setup = waiting().await;
    let id = setup.client.create(&of_quota("true", "quota1")).await;
    for wrong in [
        json!({"Priority": 9, "Accessibility": "PRIVATE"}),
        json!({"Priority": 9, "Description": 7}),
        json!({"Priority": 9, "UserCommand": "rm"}),
        json!({"Priority": 9, "JobSpecs": [{"Type": "Worker", "PodCount": 2}]}),
        json!({"Priority": 0}),
    ] {
        let refused = setup.client.update(&id, &wrong).await;
        assert_eq!(refused.code(400), "InvalidParameter", "{wrong}");
    }
    let refused = setup
        .client
        .update(&id, &json!({"UserCommand": "rm"}))
        .await;
    assert_eq!(refused.json()["Message"], "not emulated: UserCommand");
    assert_eq!(detail(&setup, &id).await["Priority"], 1);
    let missing = setup
        .client
        .update("dlcnone", &json!({"Priority": 2}))
        .await;
    assert_eq!(missing.code(404), "Job.NotFound");
}

#[tokio::test]
async fn unknown_keys_and_the_sdks_empty_list_are_ignored() {
    let setup = waiting().await;
    let id = setup.client.create(&of_quota("true", "quota1")).await;
    let update = json!({"Priority": 3, "JobSpecs": [], "DisplayName": "new", "Future": {}});
    setup.client.update(&id, &update).await.ok();
    let job = detail(&setup, &id).await;
    assert_eq!(
        (&job["Priority"], &job["DisplayName"]),
        (&json!(3), &json!("job"))
    );
}

#[tokio::test]
async fn an_update_shows_only_after_the_lag() {
    let setup = Setup::with(|options| {
        options.time_scale = 1e6;
        options.update_lag = Duration::from_secs(60);
        options.list_lag = Duration::from_secs(3600);
    })
    .await;
    let id = setup.client.create(&of_quota("true", "quota1")).await;
    setup.control.clock().advance(3_601_000);
    let modified = item(&setup, &id).await["GmtModifiedTime"].clone();
    let update = json!({"Priority": 9, "Accessibility": "PUBLIC", "Description": "new"});
    setup.client.update(&id, &update).await.ok();
    assert_eq!(
        setup.control.job(&id).unwrap().priority,
        9,
        "the truth is not late"
    );
    let shown = async || {
        let job = detail(&setup, &id).await;
        ["Priority", "Accessibility", "Description"].map(|key| job[key].clone())
    };
    assert_eq!(shown().await, [json!(1), json!("PRIVATE"), json!("")]);
    setup.control.clock().advance(61_000);
    assert_eq!(shown().await, [json!(9), json!("PUBLIC"), json!("new")]);
    let late = item(&setup, &id).await;
    assert_eq!(
        (&late["Priority"], &late["GmtModifiedTime"]),
        (&json!(1), &modified)
    );
    let public = [("Accessibility", "PUBLIC")];
    assert!(setup.client.names(&public).await.is_empty());
    setup.control.clock().advance(3_601_000);
    let now = item(&setup, &id).await;
    assert_eq!(now["Priority"], 9);
    assert_ne!(now["GmtModifiedTime"], modified);
    assert_eq!(setup.client.names(&public).await, ["job"]);
}
