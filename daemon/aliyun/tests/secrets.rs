//! Nothing secret is shown, whatever the server quotes.

#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

mod common;

use aliyun::Endpoint;
use common::{KEY_ID, SECRET, Server, Step, TOKEN, answer, header, options, post, transport};

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
async fn a_request_id_may_quote_a_secret_too() {
    let header = format!("x-acs-request-id: id-{TOKEN}");
    let json = format!(
        r#"{{"Code":"X","RequestId":"id-{}"}}"#,
        TOKEN.replace('/', "\\/")
    );
    let cut = format!("HTTP/1.1 400 X\r\ncontent-length: 99\r\n{header}\r\n\r\n{{");
    let steps = vec![
        answer(400, &[&header], r#"{"Code":"X"}"#),
        answer(400, &[], &json),
        answer(200, &[&header], "not JSON"),
        Step::Answer(cut),
    ];
    let count = steps.len();
    let server = Server::start(steps).await;
    let transport = transport(options());
    for _ in 0..count {
        let error = transport.call(&post(&server.endpoint())).await.unwrap_err();
        assert_eq!(error.request_id(), Some("id-***"), "{error}");
    }

    let server = Server::start(vec![answer(200, &[&header], r#"{"JobId":"a"}"#)]).await;
    let found = transport.call(&post(&server.endpoint())).await.unwrap();
    assert_eq!(found.request_id.as_deref(), Some("id-***"));
}
