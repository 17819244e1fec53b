use pai_emulator::{FaultKind, FaultRule, Status};
use serde_json::json;

use crate::client::{LIMIT, Setup, body};

async fn with_rule(rule: &str) -> Setup {
    let setup = Setup::new().await;
    setup.control.add_fault(rule.parse().unwrap());
    setup
}

#[tokio::test]
async fn throttling_comes_with_and_without_a_time_to_wait() {
    let setup = with_rule("GetJob:throttle:count=1:retry_after_ms=300").await;
    let reply = setup.client.get("dlc1").await.unwrap();
    assert_eq!(reply.code(400), "Throttling.User");
    assert_eq!(reply.header("x-acs-retry-after"), Some("300"));
    assert_eq!(
        setup.client.get("dlc1").await.unwrap().status,
        404,
        "the rule is spent"
    );

    setup
        .control
        .add_fault("GetJob:throttle_no_header:http_status=429".parse().unwrap());
    let reply = setup.client.get("dlc1").await.unwrap();
    assert_eq!(reply.code(429), "Throttling.User");
    assert_eq!(reply.header("x-acs-retry-after"), None);
}

#[tokio::test]
async fn a_server_error_comes_before_or_after_the_effect() {
    let setup = with_rule("CreateJob:server_error:count=1").await;
    let sent = body("a", "true");
    assert_eq!(
        setup.client.try_create(&sent).await.unwrap().code(503),
        "ServiceUnavailable"
    );
    assert!(setup.control.jobs().is_empty());

    setup.control.add_fault(
        "CreateJob:server_error:after=1:http_status=500:count=1"
            .parse()
            .unwrap(),
    );
    assert_eq!(
        setup.client.try_create(&sent).await.unwrap().code(500),
        "InternalError"
    );
    assert_eq!(setup.control.jobs().len(), 1);
}

#[tokio::test]
async fn a_cut_before_has_no_effect_and_a_cut_after_has() {
    let setup = with_rule("CreateJob:cut_before:count=1").await;
    let sent = body("a", "true");
    assert!(
        setup
            .client
            .try_create(&sent)
            .await
            .unwrap_err()
            .to_string()
            .contains("after 0 bytes")
    );
    assert!(setup.control.jobs().is_empty());

    setup
        .control
        .add_fault(FaultRule::new("CreateJob", FaultKind::CutAfter).times(1));
    assert!(
        setup
            .client
            .try_create(&sent)
            .await
            .unwrap_err()
            .to_string()
            .contains("after 0 bytes")
    );
    assert_eq!(setup.control.jobs().len(), 1);
    let calls = setup.control.calls();
    assert_eq!(
        calls
            .iter()
            .map(|call| call.http_status)
            .collect::<Vec<_>>(),
        [0, 0]
    );
    assert_eq!(calls[1].fault, Some(FaultKind::CutAfter));
}

#[tokio::test]
async fn a_truncated_answer_stops_in_the_middle_of_its_json() {
    let setup = with_rule("CreateJob:truncated:count=1").await;
    let error = setup
        .client
        .try_create(&body("a", "true"))
        .await
        .unwrap_err()
        .to_string();
    let bytes = error.split(' ').nth(2).unwrap().parse::<usize>().unwrap();
    assert!(bytes > 100, "headers and half of the body arrive: {error}");
    assert_eq!(setup.control.jobs().len(), 1, "the effect has happened");
}

#[tokio::test]
async fn an_unknown_status_shows_while_the_rule_stands() {
    let setup = with_rule("*:unknown_status:status=Hibernating").await;
    let id = setup.finished("true").await.job_id;
    assert_eq!(
        setup.client.get(&id).await.unwrap().ok()["Status"],
        "Hibernating"
    );
    assert_eq!(
        setup.client.list(&[]).await.ok()["Jobs"][0]["Status"],
        "Hibernating"
    );
    setup.control.clear_faults();
    assert_eq!(
        setup.client.get(&id).await.unwrap().ok()["Status"],
        "Succeeded"
    );
}

#[tokio::test]
async fn a_slow_call_has_its_effect_after_the_delay() {
    let setup = with_rule("StopJob:slow:delay_ms=150").await;
    let id = setup.submit("sleep 1000").await;
    setup.reached(&id, Status::Running).await;
    let start = std::time::Instant::now();
    setup.client.stop(&id).await.ok();
    assert!(start.elapsed().as_millis() >= 150);
    assert_eq!(setup.end_of(&id).await.status, Status::Stopped);
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_undo_its_call() {
    for rule in [
        "CreateJob:slow:count=1:delay_ms=500",
        "CreateJob:slow:count=1:delay_ms=60000:after=1",
    ] {
        let setup = with_rule(rule).await;
        let sent = body("a", "true");
        let struck = async {
            while !setup.control.faults().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            answer = setup.client.try_create(&sent) => panic!("{answer:?}"),
            () = struck => {}
        }
        let made = |control: &pai_emulator::Control| control.jobs().into_iter().next();
        assert!(setup.control.wait_for(LIMIT, made).await.is_some());
    }
}

#[tokio::test]
async fn a_proxy_in_between_answers_html() {
    let setup = with_rule("ListJobs:html").await;
    let reply = setup.client.list(&[]).await;
    assert_eq!(reply.status, 502);
    assert_eq!(reply.header("content-type"), Some("text/html"));
    assert!(reply.body.starts_with("<html>"));
}

#[tokio::test]
async fn a_forbidden_call_names_the_missing_right() {
    let setup = with_rule("CreateJob:forbidden:count=1").await;
    let sent = body("a", "true");
    let reply = setup.client.try_create(&sent).await.unwrap();
    assert_eq!(reply.code(403), "NoPermission");
    let detail = &reply.json()["AccessDeniedDetail"];
    assert_eq!(detail["AuthAction"], "paidlc:CreateJob");
    assert!(setup.control.jobs().is_empty());
}

#[tokio::test]
async fn a_refusal_says_what_the_rule_says() {
    let setup = with_rule("CreateJob:refuse:count=1:field=JobSpecs").await;
    let sent = body("a", "true");
    let refused = async || setup.client.try_create(&sent).await.unwrap();
    assert_eq!(refused().await.code(400), "InvalidParameter.JobSpecs");
    for (rule, status, code) in [
        ("CreateJob:refuse:count=1", 400, "InvalidParameter"),
        (
            "CreateJob:refuse:count=1:code=Quota.Exceeded:http_status=409",
            409,
            "Quota.Exceeded",
        ),
    ] {
        setup.control.add_fault(rule.parse().unwrap());
        assert_eq!(refused().await.code(status), code);
    }
    assert!(setup.control.jobs().is_empty());
}

#[tokio::test]
async fn a_call_without_effect_is_answered_as_if_it_had_one() {
    let setup = with_rule("*:no_effect").await;
    let done = setup.finished("true").await.job_id;
    let lives = setup.submit("sleep 1000").await;
    setup.reached(&lives, Status::Running).await;

    assert_eq!(setup.client.stop(&lives).await.ok()["JobId"], json!(lives));
    assert_eq!(setup.client.delete(&done).await.ok()["JobId"], json!(done));
    let public = json!({"Accessibility": "PUBLIC"});
    setup.client.update(&lives, &public).await.ok();
    let strikes = setup.control.calls();
    let struck = strikes
        .iter()
        .filter(|call| call.fault == Some(FaultKind::NoEffect));
    assert_eq!(struck.count(), 3);
    let statuses = async |id: &str| setup.client.get(id).await.unwrap().ok()["Status"].clone();
    assert_eq!(statuses(&lives).await, "Running");
    assert_eq!(statuses(&done).await, "Succeeded");
    let job = setup.control.job(&lives).unwrap();
    assert_eq!(job.accessibility, "PRIVATE");
    assert!(setup.scratch.path().join("jobs").join(&done).is_dir());

    // What would not have worked is refused as ever.
    assert_eq!(
        setup.client.stop(&done).await.code(400),
        "OperationNotAllowed"
    );
    assert_eq!(
        setup.client.delete(&lives).await.code(400),
        "OperationNotAllowed"
    );
    let wrong = setup.client.update(&lives, &json!({"Priority": 0})).await;
    assert_eq!(wrong.code(400), "InvalidParameter");
    assert_eq!(
        setup.client.delete("dlcnone").await.code(404),
        "Job.NotFound"
    );

    setup.control.clear_faults();
    setup.client.stop(&lives).await.ok();
    assert_eq!(setup.end_of(&lives).await.status, Status::Stopped);
    setup.client.delete(&done).await.ok();
    assert_eq!(setup.control.job(&done), None);
}

#[tokio::test]
async fn a_job_that_is_kept_is_not_let_go_by_a_stop_without_effect() {
    let setup = Setup::with(|options| {
        options.minute = std::time::Duration::from_secs(3600);
        options.faults = vec!["StopJob:no_effect:count=1".parse().unwrap()];
    })
    .await;
    let mut sent = body("kept", "true");
    sent["Settings"] = json!({"JobReservedMinutes": 1});
    let id = setup.client.create(&sent).await;
    setup.reached(&id, Status::SucceededReserving).await;
    setup.client.stop(&id).await.ok();
    let status = setup.control.job(&id).unwrap().status;
    assert_eq!(status, Status::SucceededReserving);
    setup.client.stop(&id).await.ok();
    assert_eq!(setup.end_of(&id).await.status, Status::Succeeded);
}

#[tokio::test]
async fn a_rule_that_cannot_strike_is_refused_at_the_start() {
    let scratch = tempfile::tempdir().unwrap();
    let mut options = pai_emulator::Options::fast(scratch.path());
    options.faults = vec![FaultRule::new("CreateJobs", FaultKind::Html)];
    let error = pai_emulator::Emulator::start(options).await.err().unwrap();
    assert!(error.to_string().contains("unknown operation"), "{error}");
}

#[tokio::test]
async fn a_refused_call_does_not_use_up_a_rule() {
    let setup = with_rule("*:throttle:count=1").await;
    let unsigned = setup
        .client
        .request("ListJobs", "GET", "/api/v1/jobs", &[], "");
    assert_eq!(
        setup.client.send(&unsigned).await.unwrap().code(400),
        "MissingAccessKeyId"
    );
    assert_eq!(setup.client.list(&[]).await.code(400), "Throttling.User");
}

#[tokio::test]
async fn dice_are_seeded() {
    let roll = |seed| async move {
        let setup = Setup::with(|options| {
            options.seed = Some(seed);
            options.faults = vec!["ListJobs:throttle:p=0.5".parse().unwrap()];
        })
        .await;
        let mut struck = Vec::new();
        for _ in 0..20 {
            struck.push(setup.client.list(&[]).await.status == 400);
        }
        struck
    };
    assert_eq!(roll(1).await, roll(1).await);
    assert_ne!(roll(1).await, roll(2).await);
}

#[tokio::test]
async fn a_rate_limit_throttles_the_surplus() {
    let setup = Setup::with(|options| options.rate_limit = Some(0.01)).await;
    setup.client.list(&[]).await.ok();
    let reply = setup.client.list(&[]).await;
    assert_eq!(reply.code(400), "Throttling.User");
    let wait: u64 = reply.header("x-acs-retry-after").unwrap().parse().unwrap();
    assert!((90_000..=100_000).contains(&wait), "{wait}");
}
