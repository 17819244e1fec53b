//! The operations that change a job or tell what it can run on: what is sent, what is made of the
//! answers, and what failures they tell.

#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

mod common;

use aliyun::dlc::{Accessibility, EcsSpecsQuery, UpdateJob};
use aliyun::{Dlc, Effect, Error, Priority};
use common::signed::assert_signed;
use common::{Server, Step, answer, header, options, refusal, transport};
use serde_json::{Value, json};

const ACCEPTED: &str = r#"{"JobId":"dlcx","RequestId":"R-1"}"#;

async fn dlc(steps: Vec<Step>) -> (Server, Dlc) {
    let server = Server::start(steps).await;
    let dlc = Dlc::new(transport(options()), server.endpoint());
    (server, dlc)
}

fn first_line(request: &str) -> &str {
    request.split("\r\n").next().unwrap()
}

fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

fn priority(priority: u8) -> UpdateJob {
    UpdateJob {
        priority: Some(priority),
        ..UpdateJob::default()
    }
}

fn says(message: &str) -> Step {
    let body = json!({"Code": "X", "Message": message, "RequestId": "R"});
    answer(400, &[], &body.to_string())
}

#[tokio::test]
async fn an_update_is_a_put_of_the_given_keys() {
    let accepted = || answer(200, &[], ACCEPTED);
    let (mut server, dlc) = dlc(vec![accepted(), accepted()]).await;
    let updated = dlc
        .update_job("dlcx", &priority(7), Priority::Interactive)
        .await
        .unwrap();
    assert_eq!(updated.job_id.as_deref(), Some("dlcx"));
    assert_eq!(updated.request_id.as_deref(), Some("R-1"));
    let request = server.request().await;
    assert_signed(&request);
    assert_eq!(first_line(&request), "PUT /api/v1/jobs/dlcx HTTP/1.1");
    assert_eq!(header(&request, "x-acs-action"), Some("UpdateJob"));
    assert_eq!(header(&request, "x-acs-version"), Some("2020-12-03"));
    assert_eq!(body(&request), r#"{"Priority":7}"#);

    let public = UpdateJob {
        accessibility: Some(Accessibility::Public),
        description: Some("seen by all".into()),
        ..UpdateJob::default()
    };
    dlc.update_job("dlcx", &public, Priority::Interactive)
        .await
        .unwrap();
    let request = server.request().await;
    assert_signed(&request);
    let sent: Value = serde_json::from_str(body(&request)).unwrap();
    let expected = json!({"Accessibility": "PUBLIC", "Description": "seen by all"});
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn an_update_that_makes_no_sense_is_not_sent() {
    let (_server, dlc) = dlc(Vec::new()).await;
    for (id, update) in [
        ("dlcx", UpdateJob::default()),
        ("dlcx", priority(0)),
        ("dlcx", priority(10)),
        ("..", priority(5)),
    ] {
        let error = dlc
            .update_job(id, &update, Priority::Interactive)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
        assert_eq!(error.effect(), Effect::None);
    }
    assert!(dlc.transport().calls().is_empty());
}

#[tokio::test]
async fn a_delete_has_no_body() {
    let (mut server, dlc) = dlc(vec![answer(200, &["x-acs-request-id: H"], "{}")]).await;
    let deleted = dlc.delete_job("a/b", Priority::Interactive).await.unwrap();
    assert_eq!(deleted.job_id, None, "the answer need not repeat it");
    assert_eq!(deleted.request_id.as_deref(), Some("H"));
    let request = server.request().await;
    assert_signed(&request);
    assert_eq!(first_line(&request), "DELETE /api/v1/jobs/a%2Fb HTTP/1.1");
    assert_eq!(header(&request, "x-acs-action"), Some("DeleteJob"));
    assert_eq!(header(&request, "content-type"), None);
    assert_eq!(body(&request), "");
}

#[tokio::test]
async fn a_refused_delete_says_whether_the_job_lives_or_is_gone() {
    let (_server, dlc) = dlc(vec![
        says("Job can't be deleted, because it is Running"),
        answer(409, &[], &refusal("Whatever")),
        answer(404, &[], &refusal("Job.NotFound")),
        answer(404, &[], &refusal("Workspace.NotFound")),
        answer(502, &[], "<html></html>"),
        Step::Close,
    ])
    .await;
    let mut seen = Vec::new();
    for _ in 0..6 {
        let error = dlc
            .delete_job("dlcx", Priority::Interactive)
            .await
            .unwrap_err();
        let kind = match error {
            Error::Conflict { .. } => "conflict",
            Error::NotFound { .. } => "not found",
            Error::Invalid { .. } => "invalid",
            Error::Unavailable { .. } => "unavailable",
            other => panic!("{other}"),
        };
        seen.push((kind, error.effect()));
    }
    assert_eq!(
        seen,
        [
            ("conflict", Effect::None),
            ("conflict", Effect::None),
            ("not found", Effect::None),
            ("invalid", Effect::None),
            ("unavailable", Effect::Unknown),
            ("unavailable", Effect::Unknown),
        ]
    );
}

#[tokio::test]
async fn an_update_of_unknown_effect_is_told_as_such() {
    let (_server, dlc) = dlc(vec![
        answer(200, &[], "not JSON"),
        answer(400, &[], &refusal("SignatureNonceUsed")),
        answer(403, &[], &refusal("NoPermission")),
    ])
    .await;
    for effect in [Effect::Unknown, Effect::Unknown, Effect::None] {
        let error = dlc
            .update_job("dlcx", &priority(5), Priority::Interactive)
            .await
            .unwrap_err();
        assert_eq!(error.effect(), effect, "{error}");
    }
    assert_eq!(dlc.transport().calls()["UpdateJob"], 3, "each sent once");
}

#[tokio::test]
async fn instance_types_are_asked_for_without_an_order() {
    let found = r#"{"EcsSpecs":[{"InstanceType":"ecs.g6.large","Cpu":2},7],"TotalCount":1}"#;
    let (mut server, dlc) = dlc(vec![
        answer(200, &[], found),
        answer(200, &[], r#"{"EcsSpecs":[],"TotalCount":0}"#),
        answer(200, &[], r#"{"RequestId":"R"}"#),
    ])
    .await;
    let query = EcsSpecsQuery {
        instance_types: vec!["ecs.g6.large".into(), "ecs.x".into()],
        page_number: Some(1),
        page_size: Some(100),
    };
    let page = dlc
        .list_ecs_specs(&query, Priority::Background)
        .await
        .unwrap();
    assert_eq!(page.specs[0].instance_type.as_deref(), Some("ecs.g6.large"));
    assert_eq!((page.malformed, page.total_count), (1, Some(1)));
    let request = server.request().await;
    assert_signed(&request);
    assert_eq!(header(&request, "x-acs-action"), Some("ListEcsSpecs"));
    assert_eq!(
        first_line(&request),
        "GET /api/v1/ecsspecs?InstanceTypes=ecs.g6.large%2Cecs.x&PageNumber=1&PageSize=100 HTTP/1.1"
    );

    let all = EcsSpecsQuery::default();
    let page = dlc.list_ecs_specs(&all, Priority::Background).await;
    assert!(page.unwrap().specs.is_empty());
    let request = server.request().await;
    assert_eq!(first_line(&request), "GET /api/v1/ecsspecs HTTP/1.1");

    let error = dlc.list_ecs_specs(&all, Priority::Background).await;
    assert_eq!(error.unwrap_err().code(), "Client.UnreadableAnswer");
}

#[tokio::test]
async fn the_whole_answer_about_a_job_is_given_as_it_came() {
    let whole = json!({
        "JobId": "dlcx", "Status": ["odd"], "Envs": {"A": "b"}, "Future": {"x": 1},
        "GmtFinishTime": "", "RequestId": "R-1",
    });
    let (mut server, dlc) = dlc(vec![
        answer(200, &[], &whole.to_string()),
        answer(200, &[], r#"{"JobId":"","Status":"Running"}"#),
        answer(200, &[], r#"{"JobId":{"x":1}}"#),
        answer(404, &[], &refusal("Job.NotFound")),
    ])
    .await;
    let get = async || dlc.get_job_object("dlcx", Priority::Interactive).await;
    assert_eq!(Value::Object(get().await.unwrap()), whole);
    let request = server.request().await;
    assert_signed(&request);
    assert_eq!(first_line(&request), "GET /api/v1/jobs/dlcx HTTP/1.1");
    for _ in 0..2 {
        assert_eq!(get().await.unwrap_err().code(), "Client.UnreadableAnswer");
    }
    assert!(matches!(get().await, Err(Error::NotFound { .. })));
}
