use pai_emulator::{Status, USER_ID};
use serde_json::json;

use crate::client::{Setup, body};

const DAY_MS: i64 = 86_400_000;

#[tokio::test]
async fn a_name_is_found_by_any_part_in_any_case() {
    let setup = Setup::new().await;
    for name in ["Train-One", "train-two", "other"] {
        setup.submit_named(name, "true").await;
    }
    assert_eq!(
        setup.client.names(&[("DisplayName", "TRAIN")]).await,
        ["train-two", "Train-One"]
    );
    assert_eq!(
        setup.client.names(&[("DisplayName", "tr*")]).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn names_are_not_unique() {
    let setup = Setup::new().await;
    let first = setup.submit_named("same", "true").await;
    assert_ne!(first, setup.submit_named("same", "true").await);
    assert_eq!(setup.client.names(&[]).await, ["same", "same"]);
}

#[tokio::test]
async fn ids_statuses_types_and_workspaces_are_filters() {
    let setup = Setup::new().await;
    let running = setup.submit_named("running", "sleep 1000").await;
    let done = setup.submit_named("done", "true").await;
    let mut elsewhere = body("elsewhere", "true");
    elsewhere["WorkspaceId"] = json!("12345");
    elsewhere["JobType"] = json!("TFJob");
    elsewhere["Accessibility"] = json!("PUBLIC");
    let elsewhere = setup.client.create(&elsewhere).await;
    setup.reached(&running, Status::Running).await;
    setup.end_of(&done).await;
    setup.end_of(&elsewhere).await;
    let names = async |query: &[(&str, &str)]| setup.client.names(query).await;
    assert_eq!(names(&[("Status", "Running")]).await, ["running"]);
    assert_eq!(names(&[("WorkspaceId", "12345")]).await, ["elsewhere"]);
    assert_eq!(names(&[("JobType", "TFJob")]).await, ["elsewhere"]);
    assert_eq!(
        names(&[("Accessibility", "PRIVATE")]).await,
        ["done", "running"]
    );
    assert_eq!(names(&[("JobId", &done.to_uppercase())]).await, ["done"]);
    let both = format!("{done},{running},dlcother");
    assert_eq!(names(&[("JobIds", &both)]).await, ["done", "running"]);
    assert_eq!(
        names(&[("JobIds", &both), ("JobId", &done)]).await,
        ["done"]
    );
    assert_eq!(
        names(&[("JobId", &both)]).await,
        Vec::<String>::new(),
        "JobId is one id"
    );
    let everywhere = [
        ("WorkspaceId", "x"),
        ("FromAllWorkspaces", "true"),
        ("ShowOwn", "true"),
    ];
    assert_eq!(names(&everywhere).await.len(), 3);
}

#[tokio::test]
async fn a_user_sees_the_jobs_of_all_and_may_ask_for_those_of_one() {
    let setup = Setup::new().await;
    setup.submit_named("mine", "true").await;
    let mut theirs = body("theirs", "true");
    let id = setup.control.submit_as("77", &theirs).unwrap();
    let names = async |query: &[(&str, &str)]| setup.client.names(query).await;
    assert_eq!(names(&[]).await, ["theirs", "mine"]);
    assert_eq!(names(&[("ShowOwn", "true")]).await, ["mine"]);
    assert_eq!(names(&[("UserIdForFilter", "77")]).await, ["theirs"]);
    assert_eq!(names(&[("UserIdForFilter", USER_ID)]).await, ["mine"]);
    assert_eq!(names(&[("Username", "emu")]).await, ["mine"]);
    let told = setup.client.get(&id).await.unwrap();
    assert_eq!(told.json()["UserId"], "77");
    assert_eq!(setup.control.request(&id), Some(theirs.clone()));
    theirs["JobType"] = json!("NoSuchJob");
    let refused = setup.control.submit_as("77", &theirs).unwrap_err();
    assert!(refused.to_string().contains("JobType"), "{refused}");
}

#[tokio::test]
async fn tags_and_quotas_are_filters() {
    let setup = Setup::new().await;
    for (name, tags, quota) in [
        ("one", json!({"team": "a", "run": "1"}), "q1"),
        ("two", json!({"team": "a", "run": "2"}), "q2"),
        ("three", json!({}), "q3"),
    ] {
        let mut sent = body(name, "true");
        sent["Settings"] = json!({ "Tags": tags });
        sent["ResourceId"] = json!(quota);
        setup.client.create(&sent).await;
    }
    let names = async |query: &[(&str, &str)]| setup.client.names(query).await;
    assert_eq!(names(&[("Tags", r#"{"team":"a"}"#)]).await, ["two", "one"]);
    let both = r#"{"team":"a","run":"1"}"#;
    assert_eq!(names(&[("Tags", both)]).await, ["one"]);
    assert_eq!(names(&[("Tags", "{}")]).await.len(), 3);
    assert_eq!(names(&[("ResourceId", "q2")]).await, ["two"]);
    assert_eq!(names(&[("ResourceIds", "q1, q3")]).await, ["three", "one"]);
}

#[tokio::test]
async fn jobs_older_than_a_week_need_a_start_time_even_by_id() {
    let setup = Setup::new().await;
    let old = setup.submit_named("old", "true").await;
    setup.end_of(&old).await;
    setup.control.clock().advance(8 * DAY_MS);
    setup.submit_named("new", "true").await;
    assert_eq!(setup.client.names(&[]).await, ["new"]);
    assert_eq!(
        setup.client.names(&[("JobIds", &old)]).await,
        Vec::<String>::new()
    );
    let since = [("StartTime", "1970-01-01T00:00:00Z"), ("JobIds", &old)];
    assert_eq!(setup.client.names(&since).await, ["old"]);
    let end = jiff::Timestamp::from_millisecond(setup.control.clock().now_ms() - DAY_MS).unwrap();
    let end = end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let window = [("StartTime", "1970-01-01T00:00:00Z"), ("EndTime", &*end)];
    assert_eq!(setup.client.names(&window).await, ["old"]);
}

#[tokio::test]
async fn pages_cover_all_jobs_once() {
    let setup = Setup::new().await;
    let all: Vec<String> = (0..5).map(|index| format!("job-{index}")).collect();
    for name in &all {
        setup.submit_named(name, "true").await;
    }
    let mut seen = Vec::new();
    for page in ["1", "2", "3", "4"] {
        let query = [
            ("PageNumber", page),
            ("PageSize", "2"),
            ("SortBy", "GmtCreateTime"),
            ("Order", "asc"),
        ];
        let answer = setup.client.list(&query).await.ok();
        assert_eq!(answer["TotalCount"], 5);
        assert!(
            answer.get("PageNumber").is_none(),
            "the page is never echoed"
        );
        seen.extend(setup.client.names(&query).await);
    }
    assert_eq!(seen, all);
    let names = setup
        .client
        .names(&[("SortBy", "DisplayName"), ("Order", "desc")])
        .await;
    assert_eq!(names, all.into_iter().rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_holds_fifty_unless_told_and_a_hundred_at_most() {
    let setup = Setup::with(|options| options.time_scale = 1000.0).await;
    for _ in 0..101 {
        setup.submit("true").await;
    }
    assert_eq!(setup.client.names(&[]).await.len(), 50);
    assert_eq!(setup.client.names(&[("PageSize", "500")]).await.len(), 100);
    assert_eq!(
        setup
            .client
            .names(&[("PageSize", "500"), ("PageNumber", "2")])
            .await
            .len(),
        1
    );
}
