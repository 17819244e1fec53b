//! What a server that throttles does to this call and to the next.

#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

mod common;

use aliyun::{Effect, Error, Priority, TokenBucket, Transport};
use common::{CREATED, Server, Step, answer, credentials, options, post, refusal, transport};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

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
        let before = Instant::now();
        transport.call(&post(&server.endpoint())).await.unwrap_err();
        let until = transport.bucket().paused_until().expect("paused");
        assert!(until >= before + Duration::from_mins(1));
        assert!(until <= Instant::now() + Duration::from_mins(1));
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

fn rest(error: &Error) -> Duration {
    let Error::Throttled {
        retry_after: Some(rest),
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(
        (error.code(), error.effect(), error.status()),
        ("Client.Throttled", Effect::None, None)
    );
    *rest
}

#[tokio::test]
async fn nobody_sits_out_a_long_pause_without_knowing() {
    let throttled = refusal("Throttling.User");
    let server = Server::start(vec![answer(
        429,
        &["x-acs-retry-after: 240000"],
        &throttled,
    )])
    .await;
    let transport = transport(options());
    let request = post(&server.endpoint());
    transport.call(&request).await.unwrap_err();
    let error = tokio::time::timeout(Duration::from_secs(5), transport.call(&request))
        .await
        .expect("at once")
        .unwrap_err();
    let rest = rest(&error);
    assert!(rest > Duration::from_secs(200) && rest <= Duration::from_secs(240));
    let seconds = rest.as_secs() + 1;
    assert_eq!(
        error.message(),
        format!("the cloud has asked to wait for another {seconds} s")
    );
    assert_eq!(transport.calls()["CreateJob"], 1, "the second was not sent");
    assert_eq!(transport.bucket().waiting(), (0, 0));
}

#[tokio::test]
async fn a_short_pause_is_sat_out() {
    let throttled = refusal("Throttling.User");
    let server = Server::start(vec![
        answer(429, &["x-acs-retry-after: 50"], &throttled),
        answer(200, &[], CREATED),
    ])
    .await;
    let transport = transport(options());
    let request = post(&server.endpoint());
    transport.call(&request).await.unwrap_err();
    transport.call(&request).await.unwrap();
}

#[tokio::test]
async fn a_long_queue_is_told_as_such_and_background_calls_stay_in_theirs() {
    let bucket = Arc::new(TokenBucket::new(0.01, 1));
    bucket.acquire(Priority::Interactive).await;
    let transport = Arc::new(Transport::new(credentials(), bucket, options()).unwrap());
    let endpoint = aliyun::Endpoint::parse("http://127.0.0.1:1").unwrap();
    let error = transport.call(&post(&endpoint)).await.unwrap_err();
    assert!(rest(&error) > Duration::from_secs(90));
    assert!(
        error.message().starts_with("too many calls wait"),
        "{error}"
    );

    let mut request = post(&endpoint);
    request.priority = Priority::Background;
    let calling = Arc::clone(&transport);
    let call = tokio::spawn(async move { calling.call(&request).await });
    while transport.bucket().waiting() != (0, 1) {
        assert!(!call.is_finished());
        tokio::task::yield_now().await;
    }
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
}
