use crate::client::{Request, Setup};

fn list(setup: &Setup) -> Request {
    setup
        .client
        .request("ListJobs", "GET", "/api/v1/jobs", &[], "")
}

async fn refusal(setup: &Setup, mut request: Request, status: u16) -> String {
    request.sign(&setup.client.key, &setup.client.secret);
    setup.client.send(&request).await.unwrap().code(status)
}

#[tokio::test]
async fn a_request_without_signature_is_refused() {
    let setup = Setup::new().await;
    let reply = setup.client.send(&list(&setup)).await.unwrap();
    assert_eq!(reply.code(400), "MissingAccessKeyId");
}

#[tokio::test]
async fn an_unknown_key_is_refused() {
    let setup = Setup::new().await;
    let mut request = list(&setup);
    request.sign("LTAIsomebody", &setup.client.secret);
    let reply = setup.client.send(&request).await.unwrap();
    assert_eq!(reply.code(404), "InvalidAccessKeyId.NotFound");
}

#[tokio::test]
async fn a_wrong_secret_is_refused_before_anything_happens() {
    let setup = Setup::new().await;
    let body = crate::client::body("a", "true").to_string();
    let mut request = setup
        .client
        .request("CreateJob", "POST", "/api/v1/jobs", &[], &body);
    request.sign(&setup.client.key, "guess");
    let reply = setup.client.send(&request).await.unwrap();
    assert_eq!(reply.code(400), "SignatureDoesNotMatch");
    assert!(setup.control.jobs().is_empty());
}

#[tokio::test]
async fn a_changed_body_is_refused() {
    let setup = Setup::new().await;
    let body = crate::client::body("a", "true").to_string();
    let mut request = setup
        .client
        .request("CreateJob", "POST", "/api/v1/jobs", &[], &body);
    request.sign(&setup.client.key, &setup.client.secret);
    request.body = body.replace("true", "evil");
    let reply = setup.client.send(&request).await.unwrap();
    assert_eq!(reply.code(400), "SignatureDoesNotMatch");
}

#[tokio::test]
async fn an_incomplete_signature_is_refused() {
    let setup = Setup::new().await;
    for name in [
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-content-sha256",
    ] {
        let mut request = list(&setup);
        request.remove(name);
        assert_eq!(
            refusal(&setup, request, 400).await,
            "IncompleteSignature",
            "{name}"
        );
    }
    let mut old = list(&setup);
    old.header("authorization", "acs LTAI:c2lnbmF0dXJl");
    assert_eq!(
        setup.client.send(&old).await.unwrap().code(400),
        "IncompleteSignature"
    );
}

#[tokio::test]
async fn a_clock_that_is_off_is_refused_and_told_the_time() {
    let setup = Setup::new().await;
    let request = list(&setup);
    setup.control.clock().advance(16 * 60 * 1000);
    let now = || jiff::Timestamp::from_millisecond(setup.control.clock().now_ms()).unwrap();
    let minute = || now().strftime("%d %b %Y %H:%M").to_string();
    let before = minute();
    let mut late = request.clone();
    late.sign(&setup.client.key, &setup.client.secret);
    let reply = setup.client.send(&late).await.unwrap();
    assert_eq!(reply.code(400), "InvalidTimeStamp.Expired");
    let date = reply.header("date").unwrap();
    assert!(
        date.contains(&before) || date.contains(&minute()),
        "{date} is not {before}"
    );

    let mut odd = request;
    odd.header("x-acs-date", "2026-01-02 03:04:05");
    assert_eq!(refusal(&setup, odd, 400).await, "InvalidTimeStamp.Format");
}

#[tokio::test]
async fn a_nonce_is_good_once() {
    let setup = Setup::new().await;
    let mut request = list(&setup);
    request.sign(&setup.client.key, &setup.client.secret);
    setup.client.send(&request).await.unwrap().ok();
    assert_eq!(
        setup.client.send(&request).await.unwrap().code(400),
        "SignatureNonceUsed"
    );
}

#[tokio::test]
async fn a_session_token_is_asked_for_when_told_to() {
    let setup = Setup::with(|options| options.security_token = Some("tok/+=".into())).await;
    assert_eq!(
        refusal(&setup, list(&setup), 400).await,
        "MissingSecurityToken"
    );
    let mut stale = list(&setup);
    stale.header("x-acs-accesskey-id", &setup.client.key);
    stale.header("x-acs-security-token", "old");
    assert_eq!(
        refusal(&setup, stale.clone(), 400).await,
        "InvalidSecurityToken.Expired"
    );
    stale.header("x-acs-security-token", "tok/+=");
    stale.sign(&setup.client.key, &setup.client.secret);
    setup.client.send(&stale).await.unwrap().ok();
}

#[tokio::test]
async fn python_and_plus_signs_are_understood() {
    let setup = Setup::new().await;
    setup.submit_named("a.b", "true").await;
    let query = [("ShowOwn", "True"), ("DisplayName", "A.B")];
    let mut request = setup
        .client
        .request("ListJobs", "GET", "/api/v1/jobs", &query, "");
    request.header("accept", "application/json");
    request.header(
        "user-agent",
        "AlibabaCloud (Linux; x86_64) Python/3.11.7 TeaDSL/2",
    );
    request.sign(&setup.client.key, &setup.client.secret);
    let reply = setup.client.send(&request).await.unwrap().ok();
    assert_eq!(reply["TotalCount"], 1);
}

#[tokio::test]
async fn a_request_signed_for_another_host_is_refused() {
    let setup = Setup::new().await;
    let port = setup.client.addr.port();
    for (host, good) in [
        (format!("127.0.0.1:{port}"), true),
        (format!("LOCALHOST:{port}"), true),
        (format!("[::1]:{port}"), true),
        (format!("127.0.0.1:{}", port ^ 1), false),
        ("localhost".to_owned(), false),
        ("pai-dlc.cn-hangzhou.aliyuncs.com".to_owned(), false),
    ] {
        let mut request = list(&setup);
        request.header("host", &host);
        request.sign(&setup.client.key, &setup.client.secret);
        let reply = setup.client.send(&request).await.unwrap();
        if good {
            reply.ok();
        } else {
            assert_eq!(reply.code(404), "InvalidProduct.NotFound", "{host}");
        }
    }
}

#[tokio::test]
async fn strangers_do_not_name_what_is_counted() {
    let setup = Setup::new().await;
    for action in ["Evil1", "Evil2"] {
        let request = setup
            .client
            .request(action, "GET", "/api/v1/elsewhere", &[], "");
        let reply = setup.client.send(&request).await.unwrap();
        assert_eq!(reply.code(400), "MissingAccessKeyId");
    }
    setup.client.send(&list(&setup)).await.unwrap();
    let known = setup
        .client
        .call("GetToken", "GET", "/api/v1/tokens", &[], "");
    assert_eq!(known.await.unwrap().code(404), "InvalidApi.NotFound");
    let counts = setup.control.call_counts();
    let counts: Vec<_> = counts
        .iter()
        .map(|(name, count)| (&**name, *count))
        .collect();
    assert_eq!(
        counts,
        [("GetToken", 1), ("ListJobs", 1), ("unauthenticated", 2)]
    );
}
