//! Whether a failed request can have taken effect, told on real sockets.

mod common;

use aliyun::{Effect, Endpoint, Error, Transport};
use common::{Server, Step, answer, options, post, transport};
use std::sync::Arc;
use std::time::Duration;

async fn failure(transport: &Arc<Transport>, endpoint: &Endpoint) -> Error {
    transport
        .call(&post(endpoint))
        .await
        .expect_err("must fail")
}

/// Lets one server act once and gives the error and the number of attempts sent.
async fn failure_after(step: Step) -> (Error, u64) {
    let mut options = options();
    if matches!(step, Step::Begin(_) | Step::Silence) {
        options.timeout = Duration::from_millis(300);
    }
    let server = Server::start(vec![step]).await;
    let transport = transport(options);
    let error = failure(&transport, &server.endpoint()).await;
    let sent = transport
        .calls()
        .get("CreateJob")
        .copied()
        .unwrap_or_default();
    (error, sent)
}

#[tokio::test]
async fn refused_connection_has_no_effect() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let transport = transport(options());
    let endpoint = Endpoint::parse(&format!("http://{address}")).unwrap();
    let error = failure(&transport, &endpoint).await;
    assert_eq!(
        (error.effect(), error.code()),
        (Effect::None, "Client.ConnectFailed")
    );
    assert_eq!(error.status(), None);
    assert!(transport.calls().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn unknown_host_has_no_effect() {
    // A label of more than 63 characters is refused by the resolver without asking anybody.
    let endpoint = Endpoint::parse(&format!("https://{}.invalid", "a".repeat(64))).unwrap();
    let error = failure(&transport(options()), &endpoint).await;
    assert_eq!(
        (error.effect(), error.code()),
        (Effect::None, "Client.ConnectFailed")
    );
}

#[tokio::test]
async fn failed_tls_handshake_has_no_effect() {
    let server = Server::start(vec![Step::Stare]).await;
    let mut options = options();
    options.connect_timeout = Duration::from_millis(200);
    let endpoint = Endpoint::parse(&format!("https://{}", server.address)).unwrap();
    let error = failure(&transport(options), &endpoint).await;
    assert_eq!(
        (error.effect(), error.code()),
        (Effect::None, "Client.ConnectTimeout")
    );

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::parse(&format!("https://{}", listener.local_addr().unwrap())).unwrap();
    let closer = tokio::spawn(async move { drop(listener.accept().await) });
    let error = failure(&transport(common::options()), &endpoint).await;
    assert_eq!(
        (error.effect(), error.code()),
        (Effect::None, "Client.ConnectFailed")
    );
    closer.await.unwrap();
}

#[tokio::test]
async fn silence_after_sending_is_unknown() {
    for (step, code) in [
        (Step::Close, "Client.ConnectionCut"),
        (Step::Silence, "Client.Timeout"),
    ] {
        let (error, sent) = failure_after(step).await;
        assert!(matches!(error, Error::Unavailable { .. }), "{error}");
        assert_eq!(
            (error.effect(), error.code(), sent),
            (Effect::Unknown, code, 1)
        );
    }
}

#[tokio::test]
async fn unreadable_success_is_unknown() {
    let rows = [
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 99\r\nx-acs-request-id: R\r\n\r\n{\"JobId\":",
            "Client.ConnectionCut",
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-acs-request-id: R\r\n\r\n9\r\n{\"JobId\":\r\n",
            "Client.ConnectionCut",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nx-acs-request-id: R\r\n\r\n{\"JobId\":",
            "Client.UnreadableAnswer",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-acs-request-id: R\r\n\r\n",
            "Client.UnreadableAnswer",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nx-acs-request-id: R\r\n\r\n<b/>",
            "Client.UnreadableAnswer",
        ),
    ];
    for (text, code) in rows {
        let (error, sent) = failure_after(Step::Answer(text.into())).await;
        assert_eq!(
            (error.effect(), error.code(), sent),
            (Effect::Unknown, code, 1),
            "{text}"
        );
        assert_eq!((error.status(), error.request_id()), (Some(200), Some("R")));
    }
}

#[tokio::test]
async fn a_body_that_does_not_end_is_a_timeout() {
    let text = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{";
    let (error, sent) = failure_after(Step::Begin(text.into())).await;
    assert_eq!(
        (error.effect(), error.code(), sent),
        (Effect::Unknown, "Client.Timeout", 1)
    );
}

#[tokio::test]
async fn server_failures_are_unknown_and_refusals_have_none() {
    let json = r#"{"Code":"X","Message":"m","RequestId":"R"}"#;
    let html = "<html><body>Bad Gateway</body></html>";
    let rows = [
        (answer(500, &[], json), Effect::Unknown),
        (
            answer(500, &[], r#"{"Code":"SignatureNonceUsed"}"#),
            Effect::Unknown,
        ),
        (
            answer(
                408,
                &["date: Fri, 02 Jan 2026 04:04:05 GMT"],
                r#"{"Code":"InvalidTimeStamp.Expired"}"#,
            ),
            Effect::Unknown,
        ),
        (
            answer(503, &["x-acs-retry-after: 10"], json),
            Effect::Unknown,
        ),
        (
            answer(502, &["content-type: text/html"], html),
            Effect::Unknown,
        ),
        (
            answer(403, &["content-type: text/html"], html),
            Effect::Unknown,
        ),
        (
            answer(400, &[], r#"{"Code":"InternalError"}"#),
            Effect::Unknown,
        ),
        (
            answer(404, &[], r#"{"message":"no route"}"#),
            Effect::Unknown,
        ),
        (answer(429, &["x-acs-retry-after: 10"], json), Effect::None),
        (answer(429, &[], json), Effect::None),
        (answer(400, &[], json), Effect::None),
        (answer(404, &[], json), Effect::None),
        (
            answer(302, &["location: http://127.0.0.1:1/"], ""),
            Effect::Unknown,
        ),
    ];
    for (step, effect) in rows {
        let shown = format!("{step:?}");
        let (error, sent) = failure_after(step).await;
        assert_eq!((error.effect(), sent), (effect, 1), "{shown}");
    }
}

#[tokio::test]
async fn a_refusal_that_is_cut_off_is_unknown() {
    let text = "HTTP/1.1 400 Bad\r\ncontent-length: 99\r\n\r\n{\"Code\":\"Inva";
    let (error, _) = failure_after(Step::Answer(text.into())).await;
    assert_eq!(
        (error.effect(), error.status()),
        (Effect::Unknown, Some(400))
    );
}
