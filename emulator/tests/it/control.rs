use serde_json::json;

use crate::client::Setup;

#[tokio::test]
async fn control_needs_the_secret() {
    let setup = Setup::new().await;
    for token in ["", "guess", &setup.client.key] {
        let reply = setup.client.control("GET", "jobs", "", Some(token)).await;
        assert_eq!(reply.status, 401);
    }
    let reply = setup
        .client
        .control("POST", "faults", r#"{"rule":"*:html"}"#, Some("x"))
        .await;
    assert_eq!(reply.status, 401);
    assert!(setup.control.faults().is_empty());
}

#[tokio::test]
async fn rules_are_added_listed_and_removed_over_http() {
    let setup = Setup::new().await;
    let call =
        async |method, path: &str, body: &str| setup.client.control(method, path, body, None).await;
    let text = call("POST", "faults", r#"{"rule":"GetJob:throttle:count=2"}"#)
        .await
        .json();
    assert_eq!(text["id"], 1);
    let rule = r#"{"operation":"CreateJob","fault":"cut_after","probability":0.5}"#;
    assert_eq!(call("POST", "faults", rule).await.json()["id"], 2);
    assert_eq!(
        call("POST", "faults", r#"{"rule":"GetJob:boom"}"#)
            .await
            .status,
        400
    );
    assert_eq!(
        call("POST", "faults", r#"{"operation":"*"}"#).await.status,
        400
    );
    for bad in [
        r#"{"operation":"Create","fault":"slow"}"#,
        r#"{"operation":"*","fault":"slow","probability":1.5}"#,
        r#"{"operation":"*","fault":"html","http_status":200}"#,
        r#"{"operation":"*","fault":"slow","after":"yes"}"#,
        r#"{"operation":"*","fault":"boom"}"#,
    ] {
        assert_eq!(call("POST", "faults", bad).await.status, 400, "{bad}");
    }
    let listed = call("GET", "faults", "").await.json();
    assert_eq!(listed[0]["rule"]["count"], 2);
    assert_eq!(listed[1]["rule"]["fault"], "cut_after");
    assert_eq!(call("DELETE", "faults/1", "").await.status, 204);
    assert_eq!(call("DELETE", "faults/1", "").await.status, 404);
    assert_eq!(call("DELETE", "faults", "").await.status, 204);
    assert!(setup.control.faults().is_empty());
}

#[tokio::test]
async fn calls_are_counted_and_written_down() {
    let setup = Setup::new().await;
    let id = setup.finished("true").await.job_id;
    setup.client.get(&id).await.unwrap().ok();
    let missing = setup.client.get("dlcnone").await.unwrap();
    let seen = setup.client.control("GET", "calls", "", None).await.json();
    assert_eq!(seen["counts"], json!({"CreateJob": 1, "GetJob": 2}));
    assert_eq!(seen["calls"][2]["http_status"], 404);
    assert_eq!(
        seen["calls"][2]["request_id"].as_str(),
        missing.header("x-acs-request-id")
    );
    let file = std::fs::read_to_string(setup.scratch.path().join("calls.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = file
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(json!(lines), seen["calls"]);
    assert_eq!(
        setup.client.control("POST", "reset", "", None).await.status,
        204
    );
    assert_eq!(setup.control.call_count("GetJob"), 0);
}

#[tokio::test]
async fn transitions_are_exact_in_control_and_file() {
    let setup = Setup::new().await;
    let job = setup.finished("true").await;
    let seen = setup
        .client
        .control("GET", &format!("jobs/{}", job.job_id), "", None)
        .await
        .json();
    assert_eq!(seen, json!(job));
    assert_eq!(
        setup.client.control("GET", "jobs", "", None).await.json(),
        json!([job])
    );
    let file = std::fs::read_to_string(setup.scratch.path().join("transitions.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = file
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for (line, each) in lines.iter().zip(&job.transitions) {
        let expected =
            json!({"ms": each.ms, "job_id": job.job_id, "name": job.name, "status": each.status});
        assert_eq!(*line, expected);
    }
    assert_eq!(lines.len(), job.transitions.len());
    assert_eq!(
        setup
            .client
            .control("GET", "jobs/dlcnone", "", None)
            .await
            .status,
        404
    );
    let restart = format!("jobs/{}/restart", job.job_id);
    assert_eq!(
        setup
            .client
            .control("POST", &restart, "", None)
            .await
            .status,
        404
    );
}
