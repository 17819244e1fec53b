//! What goes over the wire, and what the operations make of the answers.

#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

mod common;

use aliyun::{Dlc, Endpoint, Error, Priority, Sts};
use common::signed::assert_signed;
use common::{CREATED, KEY_ID, Server, TOKEN, answer, header, options, transport};
use std::sync::Arc;

#[tokio::test]
async fn a_request_is_sent_as_it_was_signed() {
    let mut server = Server::start(vec![answer(200, &[], CREATED)]).await;
    let mut options = options();
    options.clock = Arc::new(|| "2026-01-02T03:04:05.9Z".parse().unwrap());
    options.nonce = Arc::new(|| "the-nonce".into());
    let dlc = Dlc::new(transport(options), server.endpoint());
    let body = serde_json::json!({"DisplayName": "测试"});
    let created = dlc.create_job(&body, Priority::Interactive).await.unwrap();
    assert_eq!(
        (created.job_id.as_str(), created.request_id.as_deref()),
        ("dlcx", Some("R-1"))
    );

    let request = server.request().await;
    assert_signed(&request);
    assert!(
        request.starts_with("POST /api/v1/jobs HTTP/1.1\r\n"),
        "{request}"
    );
    for (name, value) in [
        ("host", server.address.as_str()),
        ("content-type", "application/json; charset=utf-8"),
        ("x-acs-action", "CreateJob"),
        ("x-acs-version", "2020-12-03"),
        ("x-acs-date", "2026-01-02T03:04:05Z"),
        ("x-acs-signature-nonce", "the-nonce"),
        ("x-acs-accesskey-id", KEY_ID),
        ("x-acs-security-token", TOKEN),
        ("user-agent", concat!("pai/", env!("CARGO_PKG_VERSION"))),
    ] {
        assert_eq!(header(&request, name), Some(value), "{name}");
    }
    assert!(
        request.ends_with("\r\n\r\n{\"DisplayName\":\"测试\"}"),
        "{request}"
    );
}

#[tokio::test]
async fn queries_prefixes_and_ids_are_signed_as_sent() {
    let mut server = Server::start(vec![
        answer(200, &[], r#"{"Jobs":[{"JobId":"a"}],"TotalCount":1}"#),
        answer(200, &["x-acs-request-id: H"], r#"{"JobId":"a"}"#),
        answer(200, &[], r#"{"PodId":"p","Logs":["x"]}"#),
    ])
    .await;
    let endpoint = Endpoint::parse(&format!("http://{}/prefix/", server.address)).unwrap();
    let dlc = Dlc::new(transport(options()), endpoint);
    let query = aliyun::dlc::ListJobsQuery {
        display_name: Some("中文 a*b~(c)'d!e+f/g&h=i".into()),
        ..Default::default()
    };
    let page = dlc.list_jobs(&query, Priority::Background).await.unwrap();
    assert_eq!(page.jobs.len(), 1);
    let request = server.request().await;
    assert_signed(&request);
    assert!(
        request.starts_with(
            "GET /prefix/api/v1/jobs?DisplayName=%E4%B8%AD%E6%96%87%20a%2Ab~%28c%29%27d%21e%2Bf%2Fg%26h%3Di HTTP/1.1\r\n"
        ),
        "{request}"
    );
    assert_eq!(header(&request, "content-type"), None);

    let accepted = dlc
        .stop_job("a/../b?c", Priority::Interactive)
        .await
        .unwrap();
    assert_eq!(accepted.request_id.as_deref(), Some("H"));
    let request = server.request().await;
    assert_signed(&request);
    assert!(request.starts_with("POST /prefix/api/v1/jobs/a%2F..%2Fb%3Fc/stop HTTP/1.1\r\n"));
    assert_eq!(header(&request, "content-length"), Some("0"));
    assert_eq!(header(&request, "content-type"), None);

    let query = aliyun::dlc::PodLogsQuery {
        job_id: "a".into(),
        pod_id: "p".into(),
        max_lines: Some(5),
        ..Default::default()
    };
    assert_eq!(
        dlc.get_pod_logs(&query, Priority::Background)
            .await
            .unwrap()
            .lines,
        ["x"]
    );
    let request = server.request().await;
    assert_signed(&request);
    assert!(request.starts_with("GET /prefix/api/v1/jobs/a/pods/p/logs?MaxLines=5 HTTP/1.1\r\n"));

    for bad in ["", "..", "."] {
        let error = dlc.get_job(bad, Priority::Interactive).await.unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
    }
}

#[tokio::test]
async fn identity_is_asked_with_headers_only() {
    let body = r#"{"AccountId":"1","Arn":"acs:ram::1:user/u","IdentityType":"RAMUser","UserId":"2","PrincipalId":"2","RequestId":"R"}"#;
    let mut server = Server::start(vec![answer(200, &[], body), answer(200, &[], "{}")]).await;
    let sts = Sts::new(transport(options()), server.endpoint());
    let identity = sts
        .get_caller_identity(Priority::Interactive)
        .await
        .unwrap();
    assert_eq!(
        (identity.account_id.as_str(), identity.user_id.as_deref()),
        ("1", Some("2"))
    );
    let request = server.request().await;
    assert_signed(&request);
    assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
    assert_eq!(header(&request, "x-acs-version"), Some("2015-04-01"));
    let error = sts
        .get_caller_identity(Priority::Interactive)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "Client.UnreadableAnswer");
}

#[tokio::test]
async fn a_success_without_its_id_is_of_unknown_effect() {
    let steps = vec![
        answer(200, &[], r#"{"RequestId":"R"}"#),
        answer(200, &[], r#"{"JobId":""}"#),
    ];
    let server = Server::start(steps).await;
    let dlc = Dlc::new(transport(options()), server.endpoint());
    let error = dlc
        .create_job(&serde_json::json!({}), Priority::Interactive)
        .await
        .unwrap_err();
    assert_eq!(
        (error.effect(), error.request_id()),
        (aliyun::Effect::Unknown, Some("R"))
    );
    let error = dlc.get_job("a", Priority::Interactive).await.unwrap_err();
    assert_eq!(error.code(), "Client.UnreadableAnswer");
}
