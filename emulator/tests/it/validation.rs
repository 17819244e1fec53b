use serde_json::{Value, json};

use crate::client::{Setup, body};

#[tokio::test]
async fn create_job_names_what_is_missing() {
    let setup = Setup::new().await;
    for key in ["DisplayName", "JobType", "JobSpecs", "UserCommand"] {
        let mut sent = body("a", "true");
        sent.as_object_mut().unwrap().remove(key);
        let reply = setup.client.try_create(&sent).await.unwrap();
        assert_eq!(reply.code(400), "MissingParameter");
        assert!(reply.json()["Message"].as_str().unwrap().contains(key));
    }
    assert!(setup.control.jobs().is_empty());
}

#[tokio::test]
async fn create_job_refuses_bad_values_and_large_bodies() {
    let setup = Setup::new().await;
    let spec = json!([{"Type": "Worker", "Image": "i", "EcsSpec": "ecs.g6.large", "ResourceConfig": {"CPU": "1"}}]);
    let bad: [(&str, Value); 3] = [
        ("DisplayName", json!("no spaces")),
        ("JobSpecs", spec),
        ("UserCommand", json!("x".repeat(65_536))),
    ];
    for (key, value) in bad {
        let mut sent = body("a", "true");
        sent[key] = value;
        assert_eq!(
            setup.client.try_create(&sent).await.unwrap().code(400),
            "InvalidParameter"
        );
    }
    assert!(setup.control.jobs().is_empty());
}

#[tokio::test]
async fn a_body_beyond_all_measure_is_not_read_to_its_end() {
    let setup = Setup::new().await;
    let mut sent = body("a", "true");
    sent["UserCommand"] = json!("x".repeat(2 * 1024 * 1024));
    // The answer may be lost with the connection; what counts is that no job was made.
    let _ = setup.client.try_create(&sent).await;
    assert!(setup.control.jobs().is_empty());
    setup.finished("true").await;
}

#[tokio::test]
async fn queries_are_checked() {
    let setup = Setup::new().await;
    let bad = [
        ("PageNumber", "0"),
        ("PageSize", "many"),
        ("SortBy", "GmtModifiedTime"),
        ("Order", "up"),
        ("StartTime", "yesterday"),
        ("Status", "Running,Queuing"),
        ("ShowOwn", "yes"),
        ("FromAllWorkspaces", "true"),
        ("Tags", "not json"),
        ("Tags", r#"{"a":1}"#),
        ("PaymentType", "Spot"),
        ("NumericRangeField", "RequestGPU"),
    ];
    for query in bad {
        assert_eq!(
            setup.client.list(&[query]).await.code(400),
            "InvalidParameter",
            "{query:?}"
        );
    }
    let reply = setup.client.list(&[("PaymentType", "Spot")]).await;
    assert_eq!(reply.json()["Message"], "not emulated: PaymentType");
    let twice = [("PageSize", "1"), ("PageSize", "2")];
    assert_eq!(
        setup.client.list(&twice).await.code(400),
        "InvalidParameter"
    );
    setup
        .client
        .list(&[
            ("ShowOwn", "True"),
            ("FromAllWorkspaces", "True"),
            ("FutureKey", "1"),
        ])
        .await
        .ok();
}
