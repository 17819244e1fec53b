//! What the transport learns from answers, and what it does a second time.

#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

mod common;

use aliyun::{Dlc, Endpoint, Error, Method, Priority, TokenBucket, Transport};
use common::{CREATED, Server, Step, answer, header, options, post, refusal, transport};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

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
async fn a_used_nonce_is_replaced_when_reading() {
    let steps = vec![
        answer(400, &[], &refusal("SignatureNonceUsed")),
        answer(200, &[], CREATED),
        answer(400, &[], &refusal("SignatureNonceUsed")),
        answer(400, &[], &refusal("SignatureNonceUsed")),
    ];
    let mut server = Server::start(steps).await;
    let mut options = options();
    let count = AtomicU32::new(0);
    options.nonce = Arc::new(move || format!("n{}", count.fetch_add(1, Ordering::Relaxed)));
    let dlc = Dlc::new(transport(options), server.endpoint());
    dlc.get_job("dlcx", Priority::Interactive).await.unwrap();
    for expected in ["n0", "n1"] {
        let request = server.request().await;
        assert_eq!(header(&request, "x-acs-signature-nonce"), Some(expected));
    }
    let error = dlc.get_job("dlcx", Priority::Interactive).await;
    assert!(matches!(error, Err(Error::Unavailable { .. })), "{error:?}");
    assert_eq!(dlc.transport().calls()["GetJob"], 4);
}

#[tokio::test]
async fn a_used_nonce_may_mean_that_the_job_is_made() {
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let used = answer(400, &[], &refusal("SignatureNonceUsed"));
        let server = Server::start(vec![used]).await;
        let transport = transport(options());
        let mut request = post(&server.endpoint());
        request.method = method;
        let error = transport.call(&request).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{error}");
        assert_eq!(error.effect(), aliyun::Effect::Unknown);
        assert_eq!(transport.calls()["CreateJob"], 1);
    }
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
