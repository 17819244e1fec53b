//! A machine without certificates.

#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

mod common;

use common::{CREATED, Server, answer, options, post, transport};
use std::process::Command;

/// The variables that name the certificates are read once per process, so the test runs in a
/// child of its own that has them from the start.
const CHILD: &str = "PAI_TEST_NO_CERTIFICATES";

#[tokio::test]
async fn plain_http_to_loopback_needs_no_certificates() {
    if std::env::var_os(CHILD).is_none() {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "plain_http_to_loopback_needs_no_certificates"])
            .env(CHILD, "1")
            .env("SSL_CERT_FILE", "/dev/null")
            .env("SSL_CERT_DIR", "/dev/null")
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success(), "{shown}");
        assert!(shown.contains("1 passed"), "{shown}");
        return;
    }
    let server = Server::start(vec![answer(200, &[], CREATED)]).await;
    let answer = transport(options()).call(&post(&server.endpoint())).await;
    assert_eq!(answer.unwrap().status, 200);
}
