//! Commands that only read: lists, what a job is made of, the audit.

use super::*;

#[tokio::test]
async fn what_a_job_is_made_of_can_be_pasted_into_the_settings() {
    let daemon = |raw: &str| Fake {
        raw: raw.into(),
        ..Default::default()
    };
    let raw =
        r#"{"JobType":"TFJob","JobSpecs":[{"Type":"PS","ImageConfig":{"Password":"[redacted]"}}]}"#;
    let (exit, stdout, stderr) = run(Some(daemon(raw)), &["dump-job-specs", "dlc1"]).await;
    assert_eq!(exit, Exit::Ok);
    let read: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(read["jobType"], "TFJob");
    assert_eq!(read["jobSpecs"][0]["type"], "PS");
    assert!(
        stderr.starts_with("1 secret value is [redacted]"),
        "{stderr}"
    );
    let (exit, stdout, _) = run(Some(daemon("")), &["dump-job-specs", "dlc1"]).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Error, ""));
}

#[tokio::test]
async fn the_audit_is_read_page_after_page() {
    let entry = |id| pai_proto::v1::AuditEntry {
        id,
        at_ms: sample::NOW,
        action: "stop".into(),
        ..Default::default()
    };
    let daemon = || Fake {
        audit: (1..=1500).rev().map(entry).collect(),
        ..Default::default()
    };
    let fake = daemon();
    let heard = fake.heard.clone();
    let line = ["audit", "--json", "-n", "2000", "--all-contexts"];
    let (exit, stdout, _) = run(Some(fake), &line).await;
    assert_eq!(exit, Exit::Ok);
    let read: Vec<serde_json::Value> = serde_json::from_str(&stdout).unwrap();
    let ids: Vec<_> = read
        .iter()
        .map(|entry| entry["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, (1..=1500).rev().collect::<Vec<_>>());
    let asked: Vec<_> = heard
        .calls()
        .into_iter()
        .map(|call| match call {
            Call::Audit(request) => (request.limit, request.before, request.all_contexts),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        asked,
        [
            (1000, None, true),
            (1000, Some(501), true),
            (500, Some(1), true)
        ]
    );
    let (_, stdout, _) = run(Some(daemon()), &["audit", "-n", "2"]).await;
    assert_eq!(stdout.lines().count(), 2);
    let (exit, stdout, stderr) = run(Some(Fake::default()), &["audit"]).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Ok, ""));
    assert_eq!(stderr, "nothing was changed through this daemon\n");
}

#[tokio::test]
async fn a_list_may_be_of_labels_or_of_the_whole_workspace() {
    let listed = async |line: &[&str]| {
        let daemon = with_job(sample::running()).unwrap();
        let heard = daemon.heard.clone();
        let (exit, stdout, stderr) = run(Some(daemon), line).await;
        assert_eq!(exit, Exit::Ok, "{stderr}");
        match heard.calls().remove(0) {
            Call::List(request) => (request, stdout, stderr),
            other => panic!("{other:?}"),
        }
    };
    let line = ["ls", "--label", "team=vision", "--label", "pai-session"];
    let (request, _, stderr) = listed(&line).await;
    assert_eq!(request.tags, ["team=vision", "pai-session"]);
    assert_eq!(
        (request.all, request.include_foreign, stderr.as_str()),
        (false, false, "")
    );
    let (request, stdout, stderr) = listed(&["ls", "--all", "-n", "1000"]).await;
    assert_eq!((request.all, request.limit), (true, 1000));
    assert!(stdout.contains("\t42\tRunning\t"), "{stdout}");
    assert!(
        stderr.starts_with("as the cloud shows them now"),
        "{stderr}"
    );
    assert!(listed(&["ls", "--watched"]).await.0.include_foreign);
}

#[test]
fn an_empty_id_is_a_usage_error_of_every_command() {
    for line in [
        &["logs", ""][..],
        &["logs", "--grep", "x", "dlc1", " "],
        &["wait", ""],
        &["get", ""],
        &["stop", "dlc1", ""],
        &["delete", ""],
        &["priority", "", "1"],
        &["publish", ""],
        &["clone", ""],
        &["dump-job-specs", ""],
        &["config", "import", ""],
    ] {
        let usage = Cli::try_parse_from(["paictl"].iter().chain(line)).unwrap_err();
        assert_eq!(usage.exit_code(), 2, "{line:?}");
        let text = usage.to_string();
        assert!(text.contains("the job id is empty"), "{text}");
    }
}

#[tokio::test]
async fn a_wait_for_what_is_no_regular_expression_is_a_usage_error() {
    let daemon = Fake {
        refusal: Some(ErrorDetail {
            kind: ErrorKind::Invalid.into(),
            message: "unclosed group".into(),
            field: "condition".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let (exit, stdout, stderr) = run(Some(daemon), &["wait", "dlc1", "--for", "log:/(/"]).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Usage, ""));
    assert_eq!(stderr, "error: unclosed group\n");
}
