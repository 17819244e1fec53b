//! What goes over the wire, and what the transport learns from answers.

#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

mod common;

use aliyun::sign::{self, Signable};
use aliyun::{Dlc, Endpoint, Error, Priority, Sts, TokenBucket, Transport};
use common::{KEY_ID, SECRET, Server, Step, TOKEN, answer, header, options, post, transport};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const CREATED: &str = r#"{"JobId":"dlcx","RequestId":"R-1"}"#;

fn refusal(code: &str) -> String {
    serde_json::json!({"Code": code, "Message": "m", "RequestId": "R"}).to_string()
}

/// Checks the signature of a request against what came over the wire.
fn assert_signed(request: &str) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut first = head.lines().next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let decode = |text| {
                percent_encoding::percent_decode_str(text)
                    .decode_utf8()
                    .unwrap()
                    .into()
            };
            let (key, value) = pair.split_once('=').unwrap();
            (decode(key), decode(value))
        })
        .collect();
    let authorization = header(head, "authorization").unwrap();
    let names = authorization
        .split("SignedHeaders=")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap();
    let headers: Vec<(&str, &str)> = names
        .split(';')
        .map(|name| (name, header(head, name).unwrap()))
        .collect();
    let acs = head
        .lines()
        .filter(|line| line.to_lowercase().starts_with("x-acs-"))
        .count();
    assert_eq!(
        names
            .split(';')
            .filter(|name| name.starts_with("x-acs-"))
            .count(),
        acs
    );
    let payload_hash = sign::payload_hash(body.as_bytes());
    assert_eq!(
        header(head, "x-acs-content-sha256"),
        Some(payload_hash.as_str())
    );
    let signable = Signable {
        method,
        path,
        query: &query,
        headers: &headers,
        payload_hash: &payload_hash,
    };
    assert_eq!(
        authorization,
        sign::authorization(KEY_ID, SECRET, &signable)
    );
}

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

#[tokio::test]
async fn an_expired_date_takes_the_servers_time_and_goes_once_more() {
    let expired = refusal("InvalidTimeStamp.Expired");
    let date = "Date: Fri, 02 Jan 2026 04:04:05 GMT";
    let mut server = Server::start(vec![
        answer(400, &[date], &expired),
        answer(200, &[], CREATED),
        answer(200, &[], CREATED),
    ])
    .await;
    let mut options = options();
    options.clock = Arc::new(|| "2026-01-02T03:04:05Z".parse().unwrap());
    let transport = transport(options);
    transport.call(&post(&server.endpoint())).await.unwrap();
    transport.call(&post(&server.endpoint())).await.unwrap();
    let requests = [
        server.request().await,
        server.request().await,
        server.request().await,
    ];
    let dates = requests
        .each_ref()
        .map(|request| header(request, "x-acs-date").unwrap());
    assert_eq!(
        dates,
        [
            "2026-01-02T03:04:05Z",
            "2026-01-02T04:04:05Z",
            "2026-01-02T04:04:05Z"
        ]
    );
    assert_ne!(
        header(&requests[0], "x-acs-signature-nonce"),
        header(&requests[1], "x-acs-signature-nonce")
    );
    assert_eq!(transport.clock_offset().as_secs(), 3600);
    assert_eq!(
        transport.now(),
        "2026-01-02T04:04:05Z".parse::<Timestamp>().unwrap()
    );
    assert_eq!(transport.calls()["CreateJob"], 3);
}

#[tokio::test]
async fn a_second_refusal_is_final() {
    let expired = refusal("InvalidTimeStamp.Expired");
    let used = refusal("SignatureNonceUsed");
    let date = "date: Fri, 02 Jan 2026 04:04:05 GMT";
    for (steps, sent) in [
        (
            vec![
                answer(400, &[date], &expired),
                answer(400, &[date], &expired),
            ],
            2,
        ),
        (vec![answer(400, &[], &expired)], 1),
        (vec![answer(400, &["date: soon"], &expired)], 1),
        (vec![answer(400, &[], &used), answer(400, &[], &used)], 2),
        (vec![answer(400, &[], &refusal("InvalidParameter"))], 1),
    ] {
        let server = Server::start(steps).await;
        let transport = transport(options());
        let error = transport.call(&post(&server.endpoint())).await.unwrap_err();
        assert_eq!(transport.calls()["CreateJob"], sent, "{error}");
        assert_eq!(error.effect(), aliyun::Effect::None);
    }
}

#[tokio::test]
async fn a_used_nonce_is_replaced() {
    let steps = vec![
        answer(400, &[], &refusal("SignatureNonceUsed")),
        answer(200, &[], CREATED),
    ];
    let mut server = Server::start(steps).await;
    let mut options = options();
    let count = AtomicU32::new(0);
    options.nonce = Arc::new(move || format!("n{}", count.fetch_add(1, Ordering::Relaxed)));
    transport(options)
        .call(&post(&server.endpoint()))
        .await
        .unwrap();
    for expected in ["n0", "n1"] {
        let request = server.request().await;
        assert_eq!(header(&request, "x-acs-signature-nonce"), Some(expected));
    }
}

#[tokio::test]
async fn throttling_pauses_the_bucket_for_everybody() {
    let throttled = refusal("Throttling.User");
    let cut = "HTTP/1.1 429 X\r\nx-acs-retry-after: 60000\r\ncontent-length: 99\r\n\r\n{";
    for step in [
        answer(429, &["x-acs-retry-after: 60000"], &throttled),
        Step::Answer(cut.into()),
    ] {
        let server = Server::start(vec![step]).await;
        let transport = transport(options());
        let before = tokio::time::Instant::now();
        transport.call(&post(&server.endpoint())).await.unwrap_err();
        let until = transport.bucket().paused_until().expect("paused");
        assert!(until >= before + Duration::from_mins(1));
        assert!(until <= tokio::time::Instant::now() + Duration::from_mins(1));
    }
    let server = Server::start(vec![answer(429, &[], &throttled)]).await;
    let transport = transport(options());
    let error = transport.call(&post(&server.endpoint())).await.unwrap_err();
    assert!(matches!(
        error,
        Error::Throttled {
            retry_after: None,
            ..
        }
    ));
    assert_eq!(transport.bucket().paused_until(), None);
}

#[tokio::test]
async fn answers_have_a_largest_size() {
    let large = format!("{{\"JobId\":\"{}\"}}", "x".repeat(33 << 20));
    let server = Server::start(vec![answer(200, &[], &large)]).await;
    let error = transport(options())
        .call(&post(&server.endpoint()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.effect()),
        ("Client.AnswerTooLarge", aliyun::Effect::Unknown)
    );
}

#[tokio::test]
async fn nothing_secret_is_shown_even_if_the_server_quotes_it() {
    let escaped = TOKEN.replace('/', "\\/");
    let json = format!(
        r#"{{"Code":"InvalidParameter","Message":"key {KEY_ID} token {escaped} parameter {KEY_ID}"}}"#
    );
    let html = format!("<pre>x-acs-security-token: {TOKEN} Credential={KEY_ID}</pre>");
    let steps = vec![answer(400, &[], &json), answer(502, &[], &html)];
    let server = Server::start(steps).await;
    let transport = transport(options());
    for _ in 0..2 {
        let request = post(&server.endpoint());
        let error = transport.call(&request).await.unwrap_err();
        let shown = format!("{error} {error:?} {request:?} {transport:?}");
        for hidden in [KEY_ID, TOKEN, SECRET, "DisplayName"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(shown.contains("***"), "{shown}");
    }
}

#[tokio::test]
async fn a_quoted_signature_is_withheld() {
    // The server answers with the very Authorization header that it got.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let server = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 8192];
        let length = stream.read(&mut request).await.unwrap();
        let request = String::from_utf8_lossy(&request[..length]).into_owned();
        let authorization = header(&request, "authorization").unwrap().to_owned();
        let signature = authorization.rsplit('=').next().unwrap().to_owned();
        let body = format!("{{\"Code\":\"X\",\"Message\":\"got {signature}\"}}");
        let text = format!(
            "HTTP/1.1 400 X\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        signature
    });
    let error = transport(options())
        .call(&post(&endpoint))
        .await
        .unwrap_err();
    let signature = server.await.unwrap();
    assert_eq!(signature.len(), 64);
    assert_eq!(error.message(), "got ***");
}

#[tokio::test]
async fn a_call_dropped_half_way_is_counted() {
    let mut server = Server::start(vec![Step::Silence]).await;
    let transport = transport(options());
    let request = post(&server.endpoint());
    let calling = Arc::clone(&transport);
    let call = tokio::spawn(async move { calling.call(&request).await });
    server.request().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(transport.calls()["CreateJob"], 1);
}

#[tokio::test]
async fn other_credentials_sign_from_now_on() {
    let mut server =
        Server::start(vec![answer(200, &[], CREATED), answer(200, &[], CREATED)]).await;
    let transport = transport(options());
    let before = transport.fingerprint();
    transport.call(&post(&server.endpoint())).await.unwrap();
    transport.set_credentials(aliyun::Credentials::new("other-id", "s", None));
    transport.call(&post(&server.endpoint())).await.unwrap();
    server.request().await;
    let request = server.request().await;
    assert!(
        header(&request, "authorization")
            .unwrap()
            .contains("Credential=other-id,")
    );
    assert_eq!(header(&request, "x-acs-security-token"), None);
    assert_ne!(transport.fingerprint(), before);
}

#[tokio::test]
async fn credentials_that_no_header_can_hold_are_refused() {
    let credentials = aliyun::Credentials::new("id\nx", "s", None);
    let transport =
        Transport::new(credentials, Arc::new(TokenBucket::default()), options()).unwrap();
    let endpoint = Endpoint::parse("http://127.0.0.1:1").unwrap();
    let error = transport.call(&post(&endpoint)).await.unwrap_err();
    assert!(matches!(&error, Error::Invalid { field: Some(field), .. } if field == "credentials"));
    assert_eq!(error.effect(), aliyun::Effect::None);
    assert!(transport.calls().is_empty());
}
